"""What a worker says of itself over HTTP: /metrics, /healthz, /readyz."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from monitor.errors import ConfigurationError
from monitor.worker.metrics import Metrics

MOST_BLOCKED = 20
"""So many blocked partitions are named, the longest blocked first."""
STUCK_SECONDS = 60.0
"""A worker with a partition that has records waiting and did not move for so long is not well."""


def health(metrics: Metrics, now: float) -> tuple[bool, dict[str, object]]:
    """Whether the worker is well, which is: whether a restart would help.

    It does where a partition does not move although it could, or where nobody looks any more. It does not where no
    broker answers or a partition is blocked; the answer says since when, and why. A partition that is still being taken
    over is not counted: it is not ready, and every step of that is bounded.
    """
    stands, broker = metrics.stands, metrics.broker
    still = max((now - stand.since for stand in stands.values() if stand.lag and not stand.blocked), default=0.0)
    silent = now - metrics.measured_at
    well = max(0.0 if broker else still, silent) < STUCK_SECONDS
    blocked = sorted((stand.since, *tp, stand.blocked) for tp, stand in stands.items() if stand.blocked)
    return well, {
        "behind": sum(stand.lag for stand in stands.values()),
        "seconds_stuck": round(still, 1),
        "seconds_unmeasured": round(silent, 1),
        "input_partitions": metrics.waiting,
        "broker_away": {"since": _moment(broker.since), "why": broker.why} if broker else None,
        "blocked": [
            {"topic": topic, "partition": partition, "why": why, "since": _moment(since)}
            for since, topic, partition, why in blocked[:MOST_BLOCKED]
        ],
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def ready(metrics: Metrics) -> bool:
    """Whether the worker has partitions to work on, the state of all of them, and a broker that answers."""
    return metrics.broker is None and metrics.owned > 0 and len(metrics.taken) == metrics.owned_internal


def serve(metrics: Metrics, host: str, port: int) -> ThreadingHTTPServer:
    """/metrics, /healthz and /readyz on a thread of their own. Raises ConfigurationError where the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self.answer(200, CONTENT_TYPE_LATEST, generate_latest(metrics.registry))
            elif self.path in ("/healthz", "/readyz"):
                well, detail = health(metrics, time.time())
                well = well if self.path == "/healthz" else ready(metrics)
                self.answer(200 if well else 503, "application/json", json.dumps({"ok": well, **detail}).encode())
            else:
                self.answer(404, "text/plain", b"expected /metrics, /healthz or /readyz\n")

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
