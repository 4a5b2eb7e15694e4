"""What the servers of the tests promise: refused clearly, real, and gone when nobody needs them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from tests._redis import redis_server
from tests._servers import docker_has, ended_with, followed_by, unavailable

ROOT = Path(__file__).parents[1]


def appears(path: Path) -> bool:
    """Whether the file comes to be within ten seconds."""
    deadline = time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.exists()


def test_a_missing_server_skips_its_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody demands the server, its tests are skipped with one line."""
    monkeypatch.setenv("MONITOR_TEST_REQUIRE", "redis")

    with pytest.raises(pytest.skip.Exception, match=r"^kafka: no Java$"):
        unavailable("kafka", "no Java")


@pytest.mark.parametrize("demanded", ["kafka", "redis,kafka", "redis kafka"])
def test_a_missing_server_that_is_demanded_fails_its_tests(monkeypatch: pytest.MonkeyPatch, demanded: str) -> None:
    """On a machine that is meant to have the server, being without it is a failure."""
    monkeypatch.setenv("MONITOR_TEST_REQUIRE", demanded)

    with pytest.raises(pytest.fail.Exception, match=r"^kafka, which MONITOR_TEST_REQUIRE demands: no Java$"):
        unavailable("kafka", "no Java")


DOCKER = """#!/bin/sh
case "$1 $2" in "info "|"{done}") ;; *) exit 1 ;; esac
"""


@pytest.mark.parametrize(("done", "expected"), [("image inspect", True), ("pull redis:1", True), ("version ", False)])
def test_an_engine_without_the_image_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, done: str, *, expected: bool
) -> None:
    """An image that is there, one that can be pulled, one that cannot be had: then the next way is taken."""
    (tmp_path / "docker").write_text(DOCKER.format(done=done))
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    assert expected == docker_has("redis:1")


def test_what_follows_a_block_is_done_when_it_is_left(tmp_path: Path) -> None:
    """The command has ended before the line after the block."""
    with followed_by("touch", f"{tmp_path}/done"):
        early = (tmp_path / "done").exists()

    assert (early, (tmp_path / "done").exists()) == (False, True)


def test_what_follows_a_block_is_done_though_the_process_is_killed(tmp_path: Path) -> None:
    """A test run that ends by kill -9 leaves no server behind."""
    program = (
        "import sys, time; from tests._servers import followed_by\n"
        "with followed_by('touch', sys.argv[1]): print('inside', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, f"{tmp_path}/done"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)

    assert appears(tmp_path / "done")


def test_a_block_that_fails_does_not_wait_for_its_process() -> None:
    """Nor for what that has started."""
    with (
        pytest.raises(ZeroDivisionError),
        subprocess.Popen(["sh", "-c", "sleep 600 & sleep 600"], start_new_session=True) as process,
        ended_with(process),
    ):
        _ = 1 / 0

    assert process.returncode == -signal.SIGKILL


@pytest.mark.redis
def test_redis_answers(redis_url: str) -> None:
    """The URL leads to a real server, by redis-py alone."""
    with redis.Redis.from_url(redis_url) as client:
        client.set("test:settlements", 3, ex=60)

        assert client.incr("test:settlements") == 4


@pytest.mark.redis
def test_redis_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that was started for the tests does not outlive them."""
    monkeypatch.delenv("MONITOR_TEST_REDIS", raising=False)
    with redis_server() as url:
        pass

    with redis.Redis.from_url(url) as client, pytest.raises(redis.ConnectionError):
        client.ping()
