"""The processes that the demo starts: each in a session of its own, so that Ctrl-C reaches the demo alone.

Where the demo is killed they end with it: Linux kills a process whose parent is gone, if it asked for that.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import orjson

from monitor.settings import Settings

_ENDS_WITH_PARENT = """
import ctypes, os, signal, sys
if hasattr(library := ctypes.CDLL(None), "prctl"):
    PR_SET_PDEATHSIG = 1
    library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
"""Asks for it, and becomes the command. A function between fork and exec could hang: the demo has threads."""


@contextmanager
def process(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process for the length of the block; then it is ended, in order, and after five seconds by force.

    command: the program with its path, and its arguments.
    """
    first = [sys.executable, "-I", "-S", "-c", _ENDS_WITH_PARENT, str(os.getpid())]
    with log.open("wb") as file:
        started = subprocess.Popen(
            first + command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(5)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def monitor(
    command: str, settings: Settings, bootstrap: str, log: Path, more: Mapping[str, str]
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """`monitor` with one of its commands, against these brokers. more: further variables of its environment."""
    environment = os.environ | {
        "MONITOR_BROKERS": bootstrap, "MONITOR_PREFIX": settings.prefix, "MONITOR_METRICS_PORT": "0",
        "MONITOR_LOG_LEVEL": "info", "PYTHONUTF8": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]), **more,
    }  # fmt: skip
    return process([sys.executable, "-m", "monitor", command], log, environment)


def logged(log: Path, name: str) -> object:
    """What the first line of a log says that has this field; None where none has it yet."""
    for line in log.read_bytes().splitlines():
        if f'"{name}"'.encode() in line:
            found: object = orjson.loads(line)[name]
            return found
    return None
