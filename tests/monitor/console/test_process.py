"""The process of the console: when it can be reached, and where."""

from __future__ import annotations

import socket

import pytest

from monitor.console.process import address_of, listening
from monitor.errors import ConfigurationError


def test_who_comes_as_soon_as_the_address_is_told_is_not_refused() -> None:
    """The address is told before the first answer can be given; until then a browser waits."""
    with listening("127.0.0.1", 0) as sock, socket.create_connection(sock.getsockname(), timeout=10) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\n")
        server, _ = sock.accept()
        with server:
            assert server.recv(5) == b"GET /"


def test_a_port_that_somebody_has_is_told() -> None:
    """By the name of its setting."""
    with listening("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            listening("127.0.0.1", port)

    assert f"MONITOR_CONSOLE_PORT: 127.0.0.1:{port}: Address already in use" == str(refused.value)


def test_an_address_of_six_parts_stands_in_brackets() -> None:
    """As a browser takes it."""
    assert address_of("::1", 80) == "http://[::1]:80/"
