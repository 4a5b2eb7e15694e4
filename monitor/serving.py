"""What a process says of itself over HTTP: /metrics, and answers in JSON such as /healthz and /readyz."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from monitor.errors import ConfigurationError

Answer = Callable[[], tuple[bool, Mapping[str, object]]]
"""Whether all is well, and what else is to be said."""


def serve(registry: CollectorRegistry, answers: Mapping[str, Answer], host: str, port: int) -> ThreadingHTTPServer:
    """Serve /metrics and the answers, each under its path, on a thread of their own: 200 where all is well, else 503.

    /metrics?name[]=NAME gives that metric alone, as Prometheus asks for it: all of them cost a process tens of ms.
    Raises ConfigurationError where the port is taken.
    """
    paths = ", ".join(("/metrics", *answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path == "/metrics":
                names = parse_qs(query).get("name[]")
                asked = registry.restricted_registry(names) if names else registry
                self.answer(200, CONTENT_TYPE_LATEST, generate_latest(asked))
            elif path in answers:
                well, detail = answers[path]()
                self.answer(200 if well else 503, "application/json", json.dumps({"ok": well, **detail}).encode())
            else:
                self.answer(404, "text/plain", f"expected one of {paths}\n".encode())

        def answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: a scrape every few seconds is no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise ConfigurationError(f"MONITOR_METRICS_PORT: {host}:{port}: {error.strerror}") from None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
