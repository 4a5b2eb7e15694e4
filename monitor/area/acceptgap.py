"""A person accepts that offsets are gone: the workers go on behind the gap, and the audit topic says who decided it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import CommitFailedError

from monitor.errors import ConfigurationError
from rules.times import iso
from streams.kafka import gaps
from streams.kafka.clients import started
from streams.kafka.handover import members
from streams.kafka.lost import Gap
from streams.kafka.topics import Names

Client = Mapping[str, Any]


async def gaps_of(client: Client, prefix: str, group: str, topic: str | None, partition: int | None) -> list[Gap]:
    """The gaps of an area, of one topic or of one partition. Raises ConfigurationError where none can ever be there."""
    names = Names(prefix)
    if topic not in (None, names.events, names.entries):
        raise ConfigurationError(f"--topic: expected {names.events} or {names.entries}, was {topic}")
    if partition is not None and topic is None:
        raise ConfigurationError("--partition: expected --topic beside it")
    found = await gaps.find(client, prefix, group)
    return [gap for gap in found if topic in (None, gap.topic) and partition in (None, gap.partition)]


async def accept(client: Client, prefix: str, group: str, found: Sequence[Gap], by: str) -> None:
    """Write each gap to the audit topic, then go on behind it. by: who decided it.

    Raises ConfigurationError while the group has members: what they are at would be lost.
    """
    if running := await members(client, group):
        raise ConfigurationError(
            f"{group}: expected no worker that runs, was {len(running)}; stop them (one that was killed counts until "
            "its session ends)"
        )
    async with started(AIOKafkaProducer(acks="all", enable_idempotence=True, **client)) as producer:
        for gap in found:
            await producer.send_and_wait(Names(prefix).audit, _audited(gap, by), key=by.encode())
    try:
        await gaps.accept(client, prefix, group, found)
    except CommitFailedError:
        raise ConfigurationError(f"{group}: expected no worker that runs, one has just begun; stop it") from None


def _audited(gap: Gap, by: str) -> bytes:
    """The audit record of an accepted gap."""
    return orjson.dumps({
        "at": iso(int(time.time()) * 1000),
        "by": by,
        "what": "topics accept-gap",
        "before": {"topic": gap.topic, "partition": gap.partition, "offset": gap.position, "lost": gap.what},
        "after": {"topic": gap.topic, "partition": gap.partition, "offset": gap.first},
    })  # fmt: skip


def contract(gap: Gap) -> dict[str, Any]:
    """A gap as it is printed."""
    return {**asdict(gap), "lost": gap.what}
