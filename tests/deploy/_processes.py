"""Servers of the deployment as processes of a test: found or refused in one line, waited for, and always ended."""

import contextlib
import http.client
import json
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests._servers import followed_by, unavailable

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PATIENCE = 120.0
_CHANCE = random.SystemRandom()


def program(*names: str) -> str:
    """Find a program of Prometheus by one of its names; without it the test is skipped."""
    for name in names:
        if found := shutil.which(name):
            return found
    return unavailable("prometheus", f"no {names[0]} on PATH (apt-get install prometheus prometheus-alertmanager)")


def free_port() -> int:
    """A port of this machine that nobody has."""
    [port] = free_ports(1)
    return port


def free_ports(number: int) -> list[int]:
    """So many ports, no two of them the same: each is held until all are chosen.

    Below 20000, where neither the system nor kafka.sh hands out ports: between the choice here and the start of the
    server that wants it, a connection of another program would take one of the system's.
    """
    with contextlib.ExitStack() as held:
        return [held.enter_context(_held()).getsockname()[1] for _ in range(number)]


@contextlib.contextmanager
def _held() -> Iterator[socket.socket]:
    """A socket at a port that nobody had."""
    with socket.socket() as server:
        while True:
            with contextlib.suppress(OSError):
                server.bind(("127.0.0.1", _CHANCE.randrange(10_001, 20_000)))
                break
        yield server


def run(
    *command: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None, patience: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and keep what it says. patience: in seconds."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience, env=env, cwd=cwd)


def get(port: int, path: str, **query: str) -> tuple[int, bytes]:
    """Ask a server on this machine: status and body; 0 where it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"{path}?{urlencode(query)}" if query else path)
        response = connection.getresponse()
        return response.status, response.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def query(port: int, expression: str) -> list[dict[str, Any]]:
    """What Prometheus answers to an expression now."""
    status, body = get(port, "/api/v1/query", query=expression)
    assert status == 200, body.decode()
    return list(json.loads(body)["data"]["result"])


def eventually(holds: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until something holds; say what did not. Half of the time at least it does not ask."""
    asked = time.monotonic()
    deadline = asked + patience
    while not holds():
        now = time.monotonic()
        assert now < deadline, f"not within {patience:g} s: {what}"
        time.sleep(max(0.1, now - asked))
        asked = time.monotonic()


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the length of the block; what it says goes to the log, whose end stands below a failed block."""
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [str(word) for word in command], stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            start_new_session=True, env=env, cwd=cwd,
        ) as process,
        followed_by("kill", str(process.pid)),
    ):  # fmt: skip
        try:
            yield process
        except BaseException as failure:
            end = log.read_text(errors="replace")[-3000:]
            failure.add_note(f"{command[0]}: exit code {process.poll()} (None: it runs), its last words:\n{end}")
            raise
