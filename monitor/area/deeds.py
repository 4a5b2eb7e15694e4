"""What somebody does in an area goes onto its topics, and who did it onto the audit topic: all of it or nothing."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaProducer

from rules.times import iso
from streams.kafka.clients import started
from streams.kafka.topics import Names

SECONDS = 20.0
"""So long may it take. Our assumption: who clicks waits no longer."""


class Message(NamedTuple):
    """A record to be written. topic: its whole name."""

    topic: str
    key: str
    value: bytes


class Deed(NamedTuple):
    """One act of one person. at: ms UTC. before, after: what the audit record says; messages: what else is written."""

    what: str
    by: str
    at: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    messages: tuple[Message, ...] = ()


async def record(client: Mapping[str, Any], prefix: str, deeds: Sequence[Deed]) -> None:
    """Write deeds with their audit records in one transaction.

    Raises KafkaError, OSError, TimeoutError where they cannot be written.
    """
    producer = AIOKafkaProducer(
        transactional_id=f"{prefix}-deeds-{socket.gethostname()}-{os.getpid()}",
        transaction_timeout_ms=int(1000 * SECONDS), **client,
    )  # fmt: skip
    async with asyncio.timeout(SECONDS), started(producer):
        await send(producer, prefix, deeds)


async def send(producer: AIOKafkaProducer, prefix: str, deeds: Sequence[Deed]) -> None:
    """Write deeds with their audit records in one transaction of a producer that has begun."""
    async with producer.transaction():
        for deed in deeds:
            for one in deed.messages:
                await producer.send_and_wait(one.topic, one.value, key=one.key.encode())
            await producer.send_and_wait(Names(prefix).audit, _audited(deed), key=deed.by.encode())


def _audited(deed: Deed) -> bytes:
    """The audit record of a deed."""
    said = {"at": iso(deed.at), "by": deed.by, "what": deed.what, "before": deed.before, "after": deed.after}
    return orjson.dumps(said)
