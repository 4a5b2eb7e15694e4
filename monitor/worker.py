"""One worker process: router and detector against a real Kafka, with metrics, health and a read model beside it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NoReturn, TypeVar

import structlog
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from monitor import __version__
from monitor.errors import ConfigurationError
from monitor.fingerprint import SECRET, fingerprint_of
from monitor.logs import set_up_logs
from monitor.metrics import Metrics
from monitor.readmodel import Projector
from monitor.reference import load_reference
from monitor.rulebook import load_rules, versions_of
from monitor.settings import Settings, unknown_variables
from rules._engine import Engine
from rules._state import VERSION as STATE_VERSION
from rules._track import Watch
from rules.reference import Reference
from rules.wire.door import Door
from streams import area
from streams.app import build_app
from streams.config import StreamConfig
from streams.router import Router
from streams.run import run
from streams.topics import stamped_by_publishers

T = TypeVar("T")

STUCK_SECONDS = 60.0
"""A worker with a partition that has records waiting and did not move for so long is not well."""


def run_worker(settings: Settings) -> NoReturn:
    """Run until SIGTERM or SIGINT. Raises ConfigurationError before anything is started."""
    check_key(settings)
    check_rules(settings)
    set_up_logs(settings.log_level)
    metrics = Metrics()
    watches, reference = given(settings)
    server = serve(metrics, settings.metrics_host, settings.metrics_port)
    log = structlog.get_logger("settlement_monitor.worker")
    if unknown := unknown_variables(os.environ):
        log.warning("unknown settings", variables=", ".join(unknown))
    log.info("starting", brokers=settings.brokers, prefix=settings.prefix, metrics_port=server.server_address[1])
    door = Door(settings.pseudonyms, settings.limits)
    client = {"bootstrap_servers": settings.brokers}
    ours = area.or_new(None)
    versions = None if settings.embedded else versions_of(client, settings.prefix)
    if versions is not None:
        ours = join_area(settings)
        log.info("area joined", area=ours.id, fingerprint=area.short(ours.fingerprint))
        log.info("versions read", mark=_ask(settings, versions.newest).mark)
        if stamped := asyncio.run(stamped_by_publishers(client, settings.prefix)):
            log.warning(stamped)
    app = build_app(
        stream_config(settings, ours),
        lambda partition: metrics.watch(partition, Engine(watches, reference)),
        lambda _: Router(door),
        metrics,
        lambda: {"state": STATE_VERSION},
        versions,
    )
    if not settings.embedded:
        app.task(Projector(client, settings.prefix, settings.redis, settings.alerts_days).run)
    run(app)


def given(settings: Settings) -> tuple[Sequence[Watch], Reference]:
    """The rules and tables that a worker is given: of files, where the broker is embedded. Else the log names them."""
    if not settings.embedded:
        return [], Reference()
    return load_rules(settings.rules), load_reference(settings.reference, settings.pseudonyms)


def join_area(settings: Settings) -> area.Area:
    """The area, which has what these settings say: the first worker writes it, a later one must have the same.

    Raises ConfigurationError: one line with both fingerprints and what differs.
    """
    client = {"bootstrap_servers": settings.brokers}
    try:
        stands = _ask(settings, lambda: area.read(client, settings.prefix))
        if stands is None or not stands.fingerprint:
            log = structlog.get_logger("settlement_monitor.worker")
            log.info("no worker joined the area before: the first writes its settings", record=stands is not None)
            stands = _ask(settings, lambda: area.write(client, settings.prefix, lambda now: first_of(settings, now)))
        area.check(stands, fingerprint_of(settings, stands.id), SECRET)
    except ValueError as error:
        raise ConfigurationError(f"{settings.prefix}: {error}") from None
    return stands


def first_of(settings: Settings, stands: area.Area | None) -> area.Area:
    """The area with the fingerprint of these settings, if it has none yet; an older version made no area at all."""
    made = area.or_new(stands)
    return made if made.fingerprint else area.Area(made.id, fingerprint_of(settings, made.id))


def _ask(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Ask the cluster before the worker starts. Raises ConfigurationError where it does not answer."""

    async def asked() -> T:
        return await work()

    try:
        return asyncio.run(asked())
    except (KafkaConnectionError, KafkaTimeoutError, OSError):
        raise ConfigurationError(f"MONITOR_BROKERS: expected brokers that answer at {settings.brokers}") from None


def check_rules(settings: Settings) -> None:
    """Refuse rules of a worker's own: all workers of a cluster judge by those on its topic."""
    if settings.rules is not None and not settings.embedded:
        raise ConfigurationError(
            f"MONITOR_RULES: expected none where there is a cluster, was {settings.rules}; "
            f"monitor rules put {settings.rules}"
        )


def check_key(settings: Settings) -> None:
    """Refuse pseudonyms that anybody could undo, except on this machine."""
    if not settings.person_key and settings.persons != "raw" and not settings.on_loopback:
        raise ConfigurationError(
            "MONITOR_PERSON_KEY: expected a secret, was empty; without one a worker runs on loopback only"
        )


def group_of(settings: Settings) -> str:
    """The consumer group of an area's workers."""
    return f"{settings.prefix}-monitor"


def client_id(fingerprint: area.Fingerprint) -> str:
    """What the broker's list of the group calls this worker: release, fingerprint, machine; `monitor doctor` reads it.

    >>> client_id({}).startswith("settlement-monitor/0.1.0/none/")
    True
    """
    return f"settlement-monitor/{__version__}/{area.short(fingerprint)}/{socket.gethostname()}"


def stream_config(settings: Settings, ours: area.Area) -> StreamConfig:
    """What the streams package has to know of the settings and of the area."""
    return StreamConfig(
        brokers=settings.brokers,
        prefix=settings.prefix,
        group=group_of(settings),
        area=ours.id,
        client_id=client_id(ours.fingerprint),
        changelog=not settings.embedded,
        allow_final=settings.allow_final,
        checkpoint_seconds=settings.checkpoint_seconds,
        session_seconds=settings.session_seconds,
        alignment_hours=settings.alignment_hours,
        hold_seconds=60 * settings.hold_minutes,
    )


def health(metrics: Metrics, now: float) -> tuple[bool, dict[str, object]]:
    """Whether the worker is well: each of its partitions moves or has nothing waiting, and it looks after that.

    A partition that is still being taken over is not counted: it is not ready, and every step of that is bounded.
    """
    stands = metrics.stands.values()
    still = max((now - stand.since for stand in stands if stand.lag), default=0.0)
    silent = now - metrics.measured_at
    well = max(still, silent) < STUCK_SECONDS
    return well, {
        "behind": sum(stand.lag for stand in stands),
        "seconds_stuck": round(still, 1),
        "seconds_unmeasured": round(silent, 1),
        "input_partitions": metrics.waiting,
    }


def ready(metrics: Metrics) -> bool:
    """Whether the worker has partitions to work on, and the state of all of them."""
    return metrics.owned > 0 and len(metrics.taken) == metrics.owned_internal


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
