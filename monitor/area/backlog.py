"""How far the workers of an area are behind, partition by partition, and what cannot be read on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from faust.types import TP

from streams.detect.meter import Blocked, Standing
from streams.kafka.clients import started
from streams.kafka.ends import Ends
from streams.kafka.lost import bounds_of
from streams.kafka.topics import Names, topic_partitions


class Backlog(NamedTuple):
    """What waits in one partition.

    lag: records that are not finished; None where no leader tells. blocked: why it cannot be read on, as a worker would
    say it; an open transaction is only a sign where it stays.
    """

    topic: str
    partition: int
    lag: int | None
    blocked: Blocked | None


async def backlog_of(client: Mapping[str, Any], prefix: str, group: str) -> list[Backlog]:
    """What waits in each partition of the events and of the topic inside, for the workers of a group.

    Raises KafkaError where no broker answers.
    """
    names, ends = Names(prefix), Ends(client)
    partitions = [*await topic_partitions(client, names.events), *await topic_partitions(client, names.entries)]
    try:
        found = await ends.ask(TP(*tp) for tp in partitions)
    finally:
        await ends.close()
    led = [tp for tp in partitions if TP(*tp) in found]  # of another one no consumer learns anything either
    async with started(AIOKafkaConsumer(group_id=group, enable_auto_commit=False, **client)) as consumer:
        bounds = await bounds_of(consumer, led)
    backlog = [Backlog(tp.topic, tp.partition, None, "no_leader") for tp in partitions if tp not in bounds]
    for tp, of in bounds.items():
        done = of.first if of.committed is None else of.committed
        standing = Standing.at(done, found[TP(*tp)])
        lag = max(0, found[TP(*tp)].offset - done)
        backlog.append(Backlog(tp.topic, tp.partition, lag, standing.blocked))
    return sorted(backlog)
