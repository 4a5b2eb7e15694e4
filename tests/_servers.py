"""What the servers that tests need have in common: refused in one line, ended whatever happens."""

import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest


def unavailable(server: str, reason: str) -> NoReturn:
    """Skip the test; fail it where MONITOR_TEST_REQUIRE (names, commas or blanks between) has the server."""
    if server in re.split(r"[,\s]+", os.environ.get("MONITOR_TEST_REQUIRE", "")):
        pytest.fail(f"{server}, which MONITOR_TEST_REQUIRE demands: {reason}", pytrace=False)
    pytest.skip(f"{server}: {reason}")


@functools.cache
def docker_answers() -> bool:
    """Whether there is a Docker engine, and not only its client."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run([docker, "info"], capture_output=True, timeout=5, check=False).returncode == 0
    return False


@contextlib.contextmanager
def followed_by(*command: str) -> Iterator[None]:
    """Run the command when the block is left, or when this process ends inside of it, be it by kill -9.

    A shell waits for the end of a pipe that only this process holds open; Ctrl-C does not reach its session.
    """
    with subprocess.Popen(
        ["sh", "-c", 'cat >/dev/null; exec "$@"', "followed_by", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ):
        # Leaving the inner block closes the pipe and waits for the command.
        yield


@contextlib.contextmanager
def ended_with(process: subprocess.Popen[Any]) -> Iterator[None]:
    """A block that fails kills the process and its group; leaving Popen's own block would wait for its end for ever."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise
