"""One worker process: router and detector against a real Kafka, with metrics and health."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NoReturn, TypeVar

import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from monitor import __version__
from monitor.errors import ConfigurationError
from monitor.inforce.reference import load_reference
from monitor.inforce.rulebook import load_rules
from monitor.inforce.versions import versions_of
from monitor.settings import Settings, unknown_variables
from monitor.text import complain
from monitor.worker.connection import Connection, is_away
from monitor.worker.fingerprint import SECRET, fingerprint_of
from monitor.worker.health import serve
from monitor.worker.logs import set_up_logs
from monitor.worker.metrics import Metrics
from rules.engine.engine import Engine
from rules.engine.records import VERSION as STATE_VERSION
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS, kinds_read
from rules.ledgers.inside import EVERY
from rules.reference import Reference
from rules.wire.door import Door
from streams.app import build_app
from streams.config import StreamConfig
from streams.detect.meter import Standing
from streams.kafka import area, gaps, topics
from streams.kafka.ending import leave, named, or_die
from streams.kafka.ends import Ends
from streams.kafka.lost import LOST, line_of
from streams.kafka.topics import stamped_by_publishers
from streams.kafka.versions import Versions
from streams.route.router import Router
from streams.run import run

T = TypeVar("T")

AGAIN_SECONDS = 1.0
"""How often a broker that did not answer is asked again."""
LOOK_SECONDS = 20.0
"""So long a start waits at most to know whether offsets are gone."""


def run_worker(settings: Settings) -> NoReturn:
    """Run until SIGTERM or SIGINT. Raises ConfigurationError before anything is started."""
    check_key(settings)
    check_rules(settings)
    check_state_dir(settings)
    end_on_signals()
    connection = Connection()
    set_up_logs(settings.log_level, connection)
    metrics = WorkerMetrics(connection)
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
        ours, mark = asyncio.run(or_die(prepare(settings, metrics, versions), "preparing", ConfigurationError))
        log.info("area joined", area=ours.id, fingerprint=area.short(ours.fingerprint))
        log.info("versions read", mark=mark)
    kinds = kinds_read(watches, reference) if versions is None else EVERY
    config = stream_config(settings, ours)
    app = build_app(
        config,
        lambda partition, resting: metrics.watch(partition, Engine(watches, reference, LEDGERS, resting)),
        lambda _: Router(door, kinds),
        metrics,
        lambda: {"state": STATE_VERSION},
        versions,
    )
    run(app, config.step_seconds)


class WorkerMetrics(Metrics):
    """Metrics that tell the log, too, whether brokers answer."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection

    def standing(self, standings: Mapping[TP, Standing]) -> None:
        """Where each partition at work stands: a broker answers."""
        super().standing(standings)
        self.connection.answers()

    def away(self, why: str) -> None:
        """No broker answers."""
        super().away(why)
        self.connection.away(why)

    def here(self) -> None:
        """A broker answers, and nothing else is at work that may complain yet."""
        self.broker = None
        self.connection.answers(quiet=0)


def given(settings: Settings) -> tuple[Sequence[Watch], Reference]:
    """The rules and tables that a worker is given: of files, where the broker is embedded. Else the log names them."""
    if not settings.embedded:
        return [], Reference()
    return load_rules(settings.rules), load_reference(settings.reference, settings.pseudonyms)


async def prepare(settings: Settings, meter: WorkerMetrics, versions: Versions) -> tuple[area.Area, str]:
    """Look at the topics, join the area, read tables and rules; gives their mark. Raises ConfigurationError."""
    client = {"bootstrap_servers": settings.brokers}
    await patiently(client, meter, lambda: check_topics(settings))
    ours = await patiently(client, meter, lambda: join_area(settings))
    in_force = await patiently(client, meter, versions.newest)
    await refuse_gaps(settings)
    if stamped := await patiently(client, meter, lambda: stamped_by_publishers(client, settings.prefix)):
        structlog.get_logger("settlement_monitor.worker").warning(stamped)
    return ours, in_force.mark


async def join_area(settings: Settings) -> area.Area:
    """The area, which has what these settings say: the first worker writes it, a later one must have the same.

    Raises ConfigurationError: one line with both fingerprints and what differs.
    """
    client = {"bootstrap_servers": settings.brokers}
    try:
        stands = await area.read(client, settings.prefix)
        if stands is None or not stands.fingerprint:
            log = structlog.get_logger("settlement_monitor.worker")
            log.info("no worker joined the area before: the first writes its settings", record=stands is not None)
            stands = await area.write(client, settings.prefix, lambda now: first_of(settings, now))
        area.check(stands, fingerprint_of(settings, stands.id), SECRET)
    except ValueError as error:
        raise ConfigurationError(f"{settings.prefix}: {error}") from None
    return stands


def first_of(settings: Settings, stands: area.Area | None) -> area.Area:
    """The area with the fingerprint of these settings, if it has none yet; an older version made no area at all."""
    made = area.or_new(stands)
    return made if made.fingerprint else area.Area(made.id, fingerprint_of(settings, made.id))


async def refuse_gaps(settings: Settings) -> None:
    """End with exit code 3 where offsets are gone.

    Before the group is joined: a worker that is started again and again does not keep a person from accepting it. Where
    a partition has no leader nobody can say, and the worker goes on: it ends where it meets the gap.
    """
    client = {"bootstrap_servers": settings.brokers}
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            found = await gaps.find(client, settings.prefix, group_of(settings))
    except (KafkaError, TimeoutError) as error:
        log = structlog.get_logger("settlement_monitor.worker")
        log.warning("offsets cannot be looked at now", reason=type(error).__name__)
        return
    if found:
        complain(line_of(found, settings.prefix))
        raise SystemExit(LOST)


async def patiently(client: Mapping[str, str], meter: WorkerMetrics, work: Callable[[], Awaitable[T]]) -> T:
    """Do what needs a broker before the worker begins; where none answers, wait for one for as long as it takes.

    There is no end to it: a restart brings no broker back, and the pauses that a process manager puts between restarts
    would only keep the worker away when there is one again. /readyz and the log say what is waited for.
    """
    broker = Ends(client)
    try:
        while True:
            try:
                await broker.ask(())  # which gives up sooner than the work where an address swallows all
                done = await work()
            except (KafkaError, OSError) as error:
                if not is_away(error):
                    raise
                meter.away(named(error))
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                meter.here()
                return done
    finally:
        await broker.close()


def end_on_signals() -> None:
    """End at once with 0 on SIGTERM and SIGINT: as long as the app does not run, nothing is at work."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leave(0))


async def check_topics(settings: Settings) -> None:
    """Refuse to begin without topics. Raises ConfigurationError."""
    sizes = topics.Sizes(settings.events_partitions, settings.entries_partitions, replicas=settings.replication)
    found = await topics.look({"bootstrap_servers": settings.brokers}, settings.prefix, sizes)
    if missing := [one.name for one in found if one.state == "missing"]:
        raise ConfigurationError(
            f"topics: expected {', '.join(missing)} on the cluster, were not there: run `monitor topics create`"
        )


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


def check_state_dir(settings: Settings) -> None:
    """Refuse a folder for what rests that cannot be written; make it where it is not there."""
    if settings.state_dir is None or settings.embedded:
        return
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.state_dir):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"MONITOR_STATE_DIR: expected a folder that can be written, was {settings.state_dir}: {error.strerror}"
        ) from None


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
        state_dir=str(settings.state_dir or ""),
        changelog=not settings.embedded,
        allow_final=settings.allow_final,
        checkpoint_seconds=settings.checkpoint_seconds,
        session_seconds=settings.session_seconds,
        alignment_hours=settings.alignment_hours,
        hold_seconds=60 * settings.hold_minutes,
    )
