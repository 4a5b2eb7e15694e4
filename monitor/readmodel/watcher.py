"""What the read model watches beside alerts: when each institution was last heard of, when each table was loaded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from monitor.lines import object_in
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.silence import WATCHED, Heard, Silence
from rules.reference import TABLES
from rules.times import DAY
from rules.wire.door import sender_of
from streams.kafka.clients import started
from streams.kafka.reading import Record, UnreadError, offsets_at, place, read, reader
from streams.kafka.topics import Names, topic_partitions

SAVE_SECONDS = 60.0
AGAIN_SECONDS = 10.0
BACK = 1_000
"""So many offsets before the end of a table's topic its last row is looked for: some of them are no rows."""


class Saved(msgspec.Struct):
    """What stands in Redis under <prefix>:heard. offsets: of each partition of the events, the first not heard."""

    offsets: dict[str, int]
    heard: dict[str, Heard]


_decode = msgspec.json.Decoder(Saved).decode


class Watcher:
    """Follows the events topic, of which it reads who sent a message and nothing else."""

    def __init__(self, client: Mapping[str, Any], prefix: str, url: str, metrics: ReadModelMetrics) -> None:
        self._client, self._names = client, Names(prefix)
        self._key = f"{prefix}:heard"
        self._redis = AsyncRedis.from_url(url)
        self._metrics = metrics
        self._silence = Silence()
        self._log = structlog.get_logger("settlement_monitor.readmodel")

    async def run(self) -> None:
        """Follow for ever; where Kafka or Redis refuses something, again after a while, from what is saved."""
        async with self._redis:
            await self._go_on()

    async def _go_on(self) -> None:
        while True:
            try:
                await self._follow()
            except RedisError as error:
                self._log.warning("redis is away", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
                self._metrics.redis_is_away()
            except (KafkaError, UnreadError, OSError) as error:
                self._log.warning("events cannot be watched", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self) -> None:
        value = cast("bytes | None", await self._redis.get(self._key))
        saved = Saved({}, {}) if value is None else _decode(value)
        self._silence = Silence(saved.heard)
        async with started(reader(self._client)) as consumer:
            await self._begin(consumer, saved)
            due = 0.0
            while True:
                batches = await consumer.getmany(timeout_ms=1000, max_records=2000)
                for records in batches.values():
                    self._hear(records)
                if time.monotonic() >= due:
                    due = time.monotonic() + SAVE_SECONDS
                    await self._save(consumer)
                    self._metrics.loaded(await loaded(self._client, self._names))

    async def _begin(self, consumer: AIOKafkaConsumer, saved: Saved) -> None:
        """Go on where it was saved; what is new, or was deleted meanwhile, begins with the watched days."""
        partitions = await topic_partitions(self._client, self._names.events)
        since = int(time.time() * 1000) - WATCHED * DAY
        first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        fresh = await offsets_at(consumer, since, partitions)
        known = {tp: saved.offsets.get(str(tp.partition), -1) for tp in partitions}
        place(consumer, {tp: at if first[tp] <= at <= end[tp] else fresh[tp] for tp, at in known.items()})

    def _hear(self, records: list[Record]) -> None:
        for record in records:
            body = object_in(record.value or b"")
            if body and (institution := sender_of(body).institution):
                self._silence.hear(institution, record.timestamp)

    async def _save(self, consumer: AIOKafkaConsumer) -> None:
        self._silence.forget()
        self._metrics.heard(self._silence.silent())
        offsets = {str(tp.partition): await consumer.position(tp) for tp in consumer.assignment()}
        await self._redis.set(self._key, msgspec.json.encode(Saved(offsets, self._silence.heard)))
        self._metrics.redis_answers()


async def loaded(client: Mapping[str, Any], names: Names) -> list[tuple[str, float]]:
    """When each table was last loaded, by the broker's clock, seconds since 1970; 0 where it never was."""
    tables = {TopicPartition(names.reference(table), 0): table for table in TABLES}
    found = dict.fromkeys(tables.values(), 0.0)
    async with started(reader(client)) as consumer:
        first, end = await consumer.beginning_offsets([*tables]), await consumer.end_offsets([*tables])
        late = {tp: max(first[tp], end[tp] - BACK) for tp in tables}
        async for records in read(consumer, late, end):
            for record in records:
                table = tables[TopicPartition(record.topic, record.partition)]
                found[table] = max(found[table], record.timestamp / 1000)
    return [*found.items()]
