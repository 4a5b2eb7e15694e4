"""Who works on an area now, and whether its workers left it so that others of another making may go on."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError, for_code

from streams.kafka.changelog import Changelog, Head
from streams.kafka.clients import administer, started
from streams.kafka.reading import reader
from streams.kafka.topics import Names, topic_partitions

NOT_YET = (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError)
"""The cluster has just started, or a broker has just gone: ask again."""
PATIENCE_SECONDS = 20.0
RECORD_BYTES = 16 << 20


class Member(NamedTuple):
    """One worker of a group: what it calls itself, from where, and its partitions by topic."""

    client_id: str
    host: str
    partitions: Mapping[str, list[int]]


async def members(client: Mapping[str, Any], group: str) -> list[Member]:
    """The workers of a group as the broker knows them, those that joined and have no partition yet included."""
    async with asyncio.timeout(PATIENCE_SECONDS), administer(client) as admin:
        while True:
            try:
                return await _members(admin, group)
            except NOT_YET:
                await asyncio.sleep(0.2)


async def _members(admin: AIOKafkaAdminClient, group: str) -> list[Member]:
    [answer] = await admin.describe_consumer_groups([group])
    code, _, _, _, _, found, *_ = answer.groups[0]
    if code:
        raise for_code(code)(group)
    said = [Member(client_id, host.lstrip("/"), _assigned(assigned)) for _, client_id, host, _, assigned in found]
    return sorted(said, key=lambda one: (one.client_id, one.host))


def _assigned(encoded: bytes) -> dict[str, list[int]]:
    partitions: defaultdict[str, list[int]] = defaultdict(list)
    if encoded:
        for topic, number in ConsumerProtocolMemberAssignment.decode(encoded).partitions():
            partitions[topic].append(number)
    return {topic: sorted(numbers) for topic, numbers in sorted(partitions.items())}


async def hindrance(client: Mapping[str, Any], prefix: str, group: str, state: str) -> str | None:
    """Why code or settings that decide cannot change now, in one line; None where they can.

    state: version of the saved state that the code reads. Workers that were killed may have sent what they had not
    saved: it is judged again, and must come to the same bytes.
    """
    if found := await members(client, group):
        named = ", ".join(sorted({one.host for one in found}))
        return f"{group}: expected no worker, was {len(found)} ({named}): stop them by SIGTERM first"
    heads = await _heads(client, Names(prefix))
    others = {head.versions.get("state", "none") for head in heads.values() if head} - {state}
    if others:
        return (
            f"saved state: expected version {state}, was {', '.join(sorted(others))}, which this release cannot take "
            "over: create a new prefix and replay the events to it"
        )
    if unfinished := [str(number) for number, head in heads.items() if head is None or not head.finished]:
        return (
            f"partitions inside {', '.join(unfinished)}: expected that their worker stopped by SIGTERM, was killed: "
            "start workers as the area has it, wait until nothing waits inside, then stop them"
        )
    return None


async def _heads(client: Mapping[str, Any], names: Names) -> dict[int, Head | None]:
    """The last head of each partition inside to which anything was ever written."""
    largest = {"max_partition_fetch_bytes": RECORD_BYTES, "fetch_max_bytes": RECORD_BYTES}
    make = partial(reader, client, **largest)

    entries = await topic_partitions(client, names.entries)
    async with started(AIOKafkaConsumer(enable_auto_commit=False, **client)) as consumer:
        ends = await consumer.end_offsets(entries)
    heads = {tp.partition: await Changelog(names.changelog, tp.partition, _no_writer, make).head() for tp in entries}
    return {tp.partition: heads[tp.partition] for tp, end in ends.items() if end or heads[tp.partition]}


def _no_writer() -> AIOKafkaProducer:
    raise RuntimeError("changelog: it is only read here")  # a writer would fence the partition's owner
