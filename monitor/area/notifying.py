"""Do leads reach Alertmanager: is it ready, and when did `monitor notify` last give a sign of life."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.clients import started
from streams.kafka.reading import Offsets, offsets_at, read, reader
from streams.kafka.topics import Names, topic_partitions

ASK_SECONDS = 3.0
"""So long an answer of Alertmanager is waited for. Our assumption: it answers this in milliseconds."""
LAST_OFFSETS = 100
"""So many offsets at the end of a partition are searched for its last record. Our assumption: most are markers."""


@dataclass(frozen=True)
class Telling:
    """What the topics tell of `monitor notify`. Moments are ms UTC."""

    wrote: int | None
    """When it last wrote what it told; None where nothing of it is there."""
    waits_since: int | None
    """When the oldest revision that it has not read was published; None where none waits."""


async def ask_alertmanagers(addresses: str) -> list[str]:
    """Ask each Alertmanager whether it is ready. An empty text says yes, another why not; none holds an address."""
    timeout = aiohttp.ClientTimeout(total=ASK_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        return await asyncio.gather(*(_ask(session, address.strip()) for address in addresses.split(",")))


async def _ask(session: aiohttp.ClientSession, address: str) -> str:
    try:
        async with session.get(f"{address.rstrip('/')}/-/ready") as answer:
            return "" if answer.status == 200 else f"status {answer.status}"
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return type(error).__name__


async def telling(brokers: str, prefix: str, group: str, before: int) -> Telling | None:
    """What the topics tell of `monitor notify`; None where it never committed an offset.

    group: under which it commits. before: a revision published since then (ms UTC) does not count as waiting.
    Raises KafkaError, UnreadError.
    """
    client, names = {"bootstrap_servers": brokers}, Names(prefix)
    alerts = await topic_partitions(client, names.alerts)
    notified = await topic_partitions(client, names.notified)
    async with started(reader(client, group_id=group)) as consumer:
        known = {tp: await consumer.committed(tp) for tp in alerts}
        if all(offset is None for offset in known.values()):
            return None
        first = await consumer.beginning_offsets(alerts)
        unread = {tp: max(first[tp], known[tp] or 0) for tp in alerts}
        old = await offsets_at(consumer, before, alerts)
        waits_since = await _oldest(consumer, unread, old)
        return Telling(await _newest(consumer, notified), waits_since)


async def _oldest(consumer: AIOKafkaConsumer, first: Offsets, last: Offsets) -> int | None:
    """When the oldest record between these offsets was appended."""
    moments = []
    for tp in first:
        if first[tp] < last[tp]:
            async for records in read(consumer, {tp: first[tp]}, {tp: last[tp]}):
                moments.append(records[0].timestamp)
                break
    return min(moments, default=None)


async def _newest(consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> int | None:
    """When the newest record of these partitions was appended."""
    begin, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    first = {tp: max(begin[tp], end[tp] - LAST_OFFSETS) for tp in begin}
    moments = [record.timestamp async for records in read(consumer, first, end) for record in records]
    return max(moments, default=None)
