"""Reference tables on their compacted topics: read to the end before the first batch, followed from then on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from rules.reference import TABLES, BadRowError, Reference
from streams.topics import Names, started

log = logging.getLogger("settlement_monitor.tables")

Row = Mapping[str, str]

AGAIN_SECONDS = 60.0
"""How often what is loaded meanwhile is looked for."""


class TableReader:
    """Follows the tables of one pooling area into a Reference, whose version names the rows that are in it.

    client: how to reach the cluster, as aiokafka takes it.
    """

    def __init__(self, client: Mapping[str, Any], prefix: str, reference: Reference) -> None:
        self._client = client
        self._topics = {Names(prefix).reference(table): table for table in TABLES}
        self._reference = reference
        self._positions: dict[TopicPartition, int] = {}
        self._marks: dict[tuple[str, str, str], int] = {}
        self._sum = 0

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        """A consumer for the length of the block; let go of also where no broker answers."""
        consumer = AIOKafkaConsumer(enable_auto_commit=False, **self._client)
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()

    async def read_all(self) -> int:
        """Read every table to the end that it has now; gives the number of rows."""
        async with self._consumer() as consumer:
            partitions = await self._assign(consumer)
            ends = await consumer.end_offsets(partitions)
            rows = 0
            while any(self._positions.get(tp, 0) < end for tp, end in ends.items()):
                rows += await self._take(consumer, 1000)
            return rows

    async def follow(self) -> None:
        """Read on for ever: what is loaded while the worker runs is in force a minute later.

        It takes no argument: a task of Faust's that has one is given the app.
        """
        while True:
            try:
                await self._follow()
            except KafkaError as error:
                log.warning("tables cannot be read now", extra={"reason": type(error).__name__})
                await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self) -> None:
        async with self._consumer() as consumer:
            await self._assign(consumer)
            while True:
                await self._take(consumer, 1000)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _assign(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        there = await consumer.topics()
        missing = sorted(self._topics.keys() - there)
        if missing:
            log.warning("no such topic", extra={"topics": missing})
        partitions = [TopicPartition(topic, 0) for topic in sorted(self._topics.keys() & there)]
        consumer.assign(partitions)
        for tp in partitions:
            position = self._positions.get(tp)
            await (consumer.seek_to_beginning(tp) if position is None else _seek(consumer, tp, position))
        return partitions

    async def _take(self, consumer: AIOKafkaConsumer, wait_ms: int) -> int:
        taken = 0
        for tp, records in (await consumer.getmany(timeout_ms=wait_ms)).items():
            for record in records:
                taken += self._put(self._topics[tp.topic], record.value, record.offset)
        for tp in consumer.assignment():
            self._positions[tp] = await consumer.position(tp)
        return taken

    def _put(self, table: str, value: bytes | None, offset: int) -> int:
        if value is None:
            return 0
        try:
            row = _row(orjson.loads(value))
            self._reference.put(table, row)
        except (orjson.JSONDecodeError, BadRowError) as error:
            log.warning("row set aside", extra={"table": table, "offset": offset, "reason": type(error).__name__})
            return 0
        self._mark(table, row)
        return 1

    def _mark(self, table: str, row: Row) -> None:
        """Let the version tell of a row in place of the one before it; the order in which rows came does not matter."""
        name = table, row[TABLES[table][0]], row.get("valid_from", "")
        content = orjson.dumps([table, dict(row)], option=orjson.OPT_SORT_KEYS)
        mark = int.from_bytes(blake2b(content, digest_size=8).digest(), "big")
        self._sum ^= mark ^ self._marks.get(name, 0)
        self._marks[name] = mark
        self._reference.version = f"topics-{self._sum:016x}"


def _row(came: object) -> Row:
    if not isinstance(came, dict):
        raise BadRowError(f"row: expected an object, was {type(came).__name__}")
    return {str(name): str(text) for name, text in came.items() if text is not None}


async def _seek(consumer: AIOKafkaConsumer, tp: TopicPartition, position: int) -> None:
    consumer.seek(tp, position)


async def publish_rows(client: Mapping[str, Any], prefix: str, table: str, rows: Iterable[Row]) -> int:
    """Write rows of one table, acknowledged by all replicas; gives their number."""
    key_column, _ = TABLES[table]
    topic, sent = Names(prefix).reference(table), []
    async with started(AIOKafkaProducer(acks="all", enable_idempotence=True, **client)) as producer:
        for row in rows:
            key = f"{row[key_column]}/{row.get('valid_from', '')}".encode()
            sent.append(await producer.send(topic, value=orjson.dumps(dict(row)), key=key, partition=0))
        await asyncio.gather(*sent)
    return len(sent)
