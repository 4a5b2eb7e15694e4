"""What a worker says of itself over HTTP: /metrics, /healthz, /readyz."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer

from monitor import serving
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
    """Serve them on a thread of their own. Raises ConfigurationError where the port is taken."""

    def well() -> tuple[bool, dict[str, object]]:
        return health(metrics, time.time())

    def is_ready() -> tuple[bool, dict[str, object]]:
        return ready(metrics), health(metrics, time.time())[1]

    return serving.serve(metrics.registry, {"/healthz": well, "/readyz": is_ready}, host, port)
