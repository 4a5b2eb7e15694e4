"""What the servers that tests need have in common: refused in one line, ended whatever happens."""

import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

AnyContainer = TypeVar("AnyContainer", bound=DockerContainer)
PULL_SECONDS = 300.0


def unavailable(server: str, reason: str) -> NoReturn:
    """Skip the test; fail it where MONITOR_TEST_REQUIRE (names, commas or blanks between) has the server."""
    if server in re.split(r"[,\s]+", os.environ.get("MONITOR_TEST_REQUIRE", "")):
        pytest.fail(f"{server}, which MONITOR_TEST_REQUIRE demands: {reason}", pytrace=False)
    pytest.skip(f"{server}: {reason}")


def docker_has(image: str) -> bool:
    """Whether there is a Docker engine, and not only its client, that has the image or can pull it."""
    return _docker("info", seconds=5) and (
        _docker("image", "inspect", image, seconds=30) or _docker("pull", image, seconds=PULL_SECONDS)
    )


def _docker(*words: str, seconds: float) -> bool:
    """Whether Docker's client is there and does this within so many seconds."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run([docker, *words], capture_output=True, timeout=seconds, check=False).returncode == 0
    return False


@contextlib.contextmanager
def started(container: AnyContainer) -> Iterator[AnyContainer]:
    """Run a container for the length of the block, or until this process ends inside of it, be it by kill -9.

    Testcontainers would have a second container do that, whose image must be there too.
    """
    testcontainers_config.ryuk_disabled = True
    name = f"settlement-monitor-test-{secrets.token_hex(4)}"
    with (
        followed_by("docker", "rm", "--force", "--volumes", name),
        contextlib.closing(container.get_docker_client().client),
    ):
        yield container.with_name(name).start()


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
