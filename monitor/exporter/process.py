"""The process `monitor exporter`: reads events and reminders, and counts them.

It stands beside the read model: what it decodes is every message, and a fault or a flood here delays no list of alerts.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from monitor.errors import ConfigurationError
from monitor.exporter.metrics import UseMetrics
from monitor.settings import Settings
from monitor.worker.beside import begin
from monitor.worker.connection import Connection, is_away
from rules.wire.answers import Failed, Late, Refused, Skipped
from rules.wire.door import Door
from streams.kafka.clients import started
from streams.kafka.ending import named, or_die
from streams.kafka.reading import Record, UnreadError, place, reader, unread
from streams.kafka.topics import Names, topic_partitions

AGAIN_SECONDS = 5.0
"""So long it waits before it begins again where Kafka failed. Our assumption."""
REMEMBERED = 200_000
"""So many messages are remembered, to count one that is sent twice once. Our assumption: hours of a county."""


class Recent:
    """The identities of the last messages."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._order: deque[int] = deque()
        self._known: set[int] = set()

    def is_new(self, identity: int) -> bool:
        """Whether it was not among the last; it is from now on."""
        if identity in self._known:
            return False
        self._known.add(identity)
        self._order.append(identity)
        if len(self._order) > self._most:
            self._known.remove(self._order.popleft())
        return True


class Tally:
    """Counts records, of whichever of the two topics."""

    def __init__(self, door: Door, metrics: UseMetrics, reminders: str) -> None:
        """reminders: name of their topic; every other record is an event."""
        self._door, self._metrics, self._reminders = door, metrics, reminders
        self._recent = Recent(REMEMBERED)

    def take(self, record: Record) -> None:
        """Count a record."""
        if record.topic == self._reminders:
            self._metrics.remind((record.key or b"").decode("utf-8", "replace"))
        else:
            self.take_event(record.value or b"", record.timestamp)

    def take_event(self, value: bytes, appended: int) -> None:
        """Count a message, appended at this moment (ms UTC)."""
        try:
            opened = self._door.open(value, appended)
        except (Refused, Skipped, Failed, Late):
            self._metrics.unread.inc()
            return
        if not self._recent.is_new(opened.identity):
            self._metrics.unread.inc()
            return
        for event in opened.events:
            self._metrics.take(event)


def run_exporter(settings: Settings) -> NoReturn:
    """Run until SIGTERM or SIGINT, and end at once then. Raises ConfigurationError."""
    metrics = UseMetrics(settings.exporter_series, settings.region_budgets)
    connection = begin(settings, "exporter", metrics)
    asyncio.run(or_die(_run(settings, metrics, connection), "counting the use of the fund", ConfigurationError))
    raise AssertionError("it follows for ever")


async def _run(settings: Settings, metrics: UseMetrics, connection: Connection) -> NoReturn:
    """One life after the other. Raises ConfigurationError where the topics are not there."""
    names = Names(settings.prefix)
    tally = Tally(Door(settings.pseudonyms, settings.limits), metrics, names.reminders)
    log = structlog.get_logger("settlement_monitor.exporter")
    client = {"bootstrap_servers": settings.brokers}
    while True:
        try:
            both = [await topic_partitions(client, name) for name in (names.events, names.reminders)]
            if not all(both):
                raise ConfigurationError(f"topics: expected those of {settings.prefix}: run `monitor topics create`")
            connection.answers(quiet=0)
            await _follow(client, f"{settings.prefix}-exporter", [tp for some in both for tp in some], tally, metrics)
        except (KafkaError, UnreadError, OSError) as error:
            if is_away(error):
                connection.away(named(error))
            else:
                log.warning("events cannot be counted", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
        metrics.is_ready = False
        await asyncio.sleep(AGAIN_SECONDS)


async def _follow(
    client: Mapping[str, Any], group: str, partitions: Sequence[TopicPartition], tally: Tally, metrics: UseMetrics
) -> NoReturn:
    """Count what comes, and commit what is counted. Without offsets it begins at the end: history is not today's."""
    async with started(reader(client, group_id=group)) as consumer:
        place(consumer, await _offsets(consumer, partitions))
        metrics.is_ready = True
        while True:
            batches = await consumer.getmany(timeout_ms=1000, max_records=2000)
            for records in batches.values():
                for record in records:
                    tally.take(record)
            if batches:
                await consumer.commit({tp: records[-1].offset + 1 for tp, records in batches.items()})
            metrics.asked(await unread(consumer))


async def _offsets(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Where to go on; the log says where records are gone that were not counted."""
    first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    log, offsets = structlog.get_logger("settlement_monitor.exporter"), {}
    for tp in partitions:
        at = await consumer.committed(tp)
        if at is None:
            at = end[tp]
        elif not first[tp] <= at <= end[tp]:
            log.warning("records are gone uncounted", topic=tp.topic, partition=tp.partition, at=at, first=first[tp])
            at = first[tp]
        offsets[tp] = at
    return offsets
