"""The process `monitor console`."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

import structlog
import uvicorn
from fastapi import FastAPI

from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.errors import ConfigurationError
from monitor.settings import Settings
from monitor.worker.beside import begin

LAST_ANSWERS_SECONDS = 2
"""So long may answers that have begun go on when it ends: pages that wait for news are cut off."""


def run_console(settings: Settings) -> None:
    """Answer until SIGTERM or SIGINT. Raises ConfigurationError where a setting is wrong or the port is taken."""
    metrics = ConsoleMetrics()
    app = app_of(settings, metrics)
    with closing(listening(settings.console_host, settings.console_port)) as sock:
        begin(settings, "console", metrics)
        host, port = sock.getsockname()[:2]
        structlog.get_logger("settlement_monitor.console").info(
            "answering", address=settings.console_address or address_of(host, port)
        )
        asyncio.run(serve(app, sock, settings.console_proxies))


def listening(host: str, port: int) -> socket.socket:
    """A socket on which nothing else answers: who comes before the first answer waits. Raises ConfigurationError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family)
    except OSError as error:
        why, *_ = str(error.strerror).split(" (while attempting")  # Python adds the address, which stands there already
        raise ConfigurationError(f"MONITOR_CONSOLE_PORT: {host}:{port}: {why}") from None


def address_of(host: str, port: int) -> str:
    """Where a browser finds it."""
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def serve(app: FastAPI, sock: socket.socket, proxies: str) -> None:
    """Answer on a socket until a signal comes. proxies: whose word counts on where a request came from."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=LAST_ANSWERS_SECONDS, lifespan="off", forwarded_allow_ips=proxies,
    )  # fmt: skip
    await uvicorn.Server(config).serve(sockets=[sock])
