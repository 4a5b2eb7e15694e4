"""Looks for offsets that are gone in a whole area, and goes on behind them where a person has accepted that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.kafka.changelog import Changelog, Head
from streams.kafka.clients import started
from streams.kafka.lost import Gap, bounds_of, entries_are_lost, events_are_lost, gap_of
from streams.kafka.reading import reader
from streams.kafka.topics import Names, partitions_of, topic_partitions

Client = Mapping[str, Any]
"""How to reach the cluster, as aiokafka takes it."""


async def find(client: Client, prefix: str, group: str) -> list[Gap]:
    """Every partition of the area on which its workers cannot go on, the events first."""
    names = Names(prefix)
    heads = await _heads(client, names)
    judged_to = max((head.tick for head in heads.values()), default=0)
    async with started(_of_group(client, group)) as consumer:
        events = await bounds_of(consumer, await topic_partitions(client, names.events))
        entries = await bounds_of(consumer, await topic_partitions(client, names.entries))
        has_others = any(bounds.committed is not None for bounds in events.values())
        found = [
            await gap_of(consumer, tp, bounds.committed, bounds, judged_to)
            for tp, bounds in events.items()
            if events_are_lost(bounds, has_heads=bool(heads), has_others=has_others)
        ]
        for tp, bounds in entries.items():
            head = heads.get(tp.partition)
            offset = head.offset if head else None
            if entries_are_lost(bounds, offset, has_heads=bool(heads)):
                position = offset if head else bounds.committed or 0
                found.append(await gap_of(consumer, tp, position, bounds, head.tick if head else None))
    return found


async def accept(client: Client, prefix: str, group: str, gaps: Sequence[Gap]) -> None:
    """Let the next owners go on at the first records that are there; the group must have no members.

    The head of a partition inside is written under the partition's own transactional id: an owner that is still at
    work is fenced off. Where the state itself is gone no head is made up: the group's offset says where to begin.
    """
    names = Names(prefix)
    for gap in gaps:
        if gap.topic == names.entries:
            await _move_head(_changelog(client, names, gap.partition), gap.first)
    async with started(_of_group(client, group)) as consumer:
        consumer.assign([TopicPartition(gap.topic, gap.partition) for gap in gaps])
        await consumer.commit({TopicPartition(gap.topic, gap.partition): gap.first for gap in gaps})


async def _move_head(changelog: Changelog, offset: int) -> None:
    await changelog.open()
    try:
        if (head := await changelog.head()) is not None:
            await changelog.write([], msgspec.structs.replace(head, offset=offset))
    finally:
        await changelog.close()


async def _heads(client: Client, names: Names) -> dict[int, Head]:
    count = await partitions_of(client, names.changelog)
    heads = await asyncio.gather(*(_changelog(client, names, number).head() for number in range(count)))
    return {number: head for number, head in enumerate(heads) if head is not None}


def _changelog(client: Client, names: Names, partition: int) -> Changelog:
    return Changelog(
        names.changelog,
        partition,
        partial(AIOKafkaProducer, transactional_id=names.writer(partition), **client),
        partial(reader, client),
    )


def _of_group(client: Client, group: str) -> AIOKafkaConsumer:
    """A consumer that knows the group's offsets and is no member of it."""
    return AIOKafkaConsumer(group_id=group, enable_auto_commit=False, isolation_level="read_committed", **client)
