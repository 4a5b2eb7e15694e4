"""The topics of tables and rules: a load is seen whole or not at all, and is read up to an offset that is stated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced

from rules.reference import TABLES
from streams.kafka.clients import started
from streams.kafka.faust import Record, send_all
from streams.kafka.reading import reader
from streams.kafka.topics import Names

Row = Mapping[str, str]

LOAD_SECONDS = 300
"""A load that takes longer is ended by the broker, and nothing of it is in force."""


class OvertakenError(Exception):
    """Another load or retry of the same topic began meanwhile. done: what is left of this one."""

    def __init__(self, topic: str, what: str = "load", done: str = "nothing of this one is in force") -> None:
        super().__init__(f"{topic}: expected to be the only {what}, another one began; {done}")


async def publish_rows(client: Mapping[str, Any], prefix: str, table: str, rows: Iterable[Row]) -> int:
    """Write rows of one table in one transaction; gives their number. Raises OvertakenError.

    client: how to reach the cluster, as aiokafka takes it.
    """
    records: list[Record] = [(record_key(table, row), orjson.dumps(dict(row)), ()) for row in rows]
    await publish(client, Names(prefix).reference(table), records)
    return len(records)


def record_key(table: str, row: Row) -> bytes:
    """The key of the record in which a row stands on the topic of its table. Raises KeyError where it has no key."""
    key_column, _ = TABLES[table]
    return f"{row[key_column]}/{row.get('valid_from', '')}".encode()


async def publish(client: Mapping[str, Any], topic: str, records: Sequence[Record]) -> None:
    """Write records to a topic of one partition in one transaction, under the one id that it has.

    Who begins later fences off who began before. Raises OvertakenError.
    """
    producer = AIOKafkaProducer(
        transactional_id=f"{topic}.load", transaction_timeout_ms=LOAD_SECONDS * 1000, max_request_size=2 << 20, **client
    )
    async with started(producer):
        await producer.begin_transaction()
        try:
            # Each answer is seen before the commit: aiokafka would commit a transaction whose records were refused.
            await send_all(producer, topic, 0, records)
            await producer.commit_transaction()
        except ProducerFenced:
            raise OvertakenError(topic) from None
        except BaseException:
            with suppress(KafkaError):
                await producer.abort_transaction()
            raise


async def ends(client: Mapping[str, Any], topics: Collection[str]) -> dict[str, int]:
    """The offset behind the last finished transaction on topics of one partition; 0 where there is no such topic."""
    async with started(reader(client)) as consumer:
        there = await consumer.topics()
        found = await consumer.end_offsets([TopicPartition(topic, 0) for topic in topics if topic in there])
    return {topic: found.get(TopicPartition(topic, 0), 0) for topic in topics}
