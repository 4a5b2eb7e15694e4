"""Reading a topic to its end: the one way in which anything here reads what stands on a topic.

Every read begins at offsets that are stated, and no consumer may choose another place by itself: aiokafka's own reset
can put a partition at its end unread. What cannot be read as asked is an UnreadError, never less than was asked.
"""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from aiokafka.structs import ConsumerRecord

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"
Offsets: TypeAlias = Mapping[TopicPartition, int]

STILL_SECONDS = 60.0
"""So long may no partition move before a read is given up. Our assumption: longer than a leader needs to change."""
_ASK_MS = 200


class UnreadError(Exception):
    """A partition that was not read as asked: which, what was to be read, and what came."""

    def __init__(self, at: TopicPartition, expected: str) -> None:
        self.at = at
        super().__init__(f"{at.topic}/{at.partition}: expected {expected}")


class GoneError(UnreadError):
    """What was to be read stands on the topic no more, or does not stand there yet."""


class StandsStillError(UnreadError):
    """The records are there, and none came for too long."""


def reader(client: Mapping[str, Any], **more: object) -> AIOKafkaConsumer:
    """A consumer for `read`, not started: of committed records, which commits nothing by itself.

    client: how to reach the cluster, as aiokafka takes it. more: further settings of the consumer.
    """
    settings = {"enable_auto_commit": False, "isolation_level": "read_committed", "auto_offset_reset": "none"}
    return AIOKafkaConsumer(**{**settings, **more, **client})


async def read_all(
    consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition], still_seconds: float = STILL_SECONDS
) -> AsyncIterator[Sequence[Record]]:
    """Hand on every record that stands on these partitions now, as `read` does.

    The end is that of the last transaction that is finished: what is behind an open one is not read.
    """
    first = await consumer.beginning_offsets(list(partitions))
    async for records in read_on(consumer, first, still_seconds):
        yield records


async def read_on(
    consumer: AIOKafkaConsumer, first: Offsets, still_seconds: float = STILL_SECONDS
) -> AsyncIterator[Sequence[Record]]:
    """Hand on every record from the first offset of each partition to the end that it has now, as `read` does."""
    async for records in read(consumer, first, await consumer.end_offsets(list(first)), still_seconds):
        yield records


async def read(
    consumer: AIOKafkaConsumer, first: Offsets, last: Offsets, still_seconds: float = STILL_SECONDS
) -> AsyncIterator[Sequence[Record]]:
    """Hand on every record from the first offset of each partition to before its last.

    Some records of one partition at a time, in their order; a transaction that was ended unfinished, a marker, and what
    was compacted away are holes. The partitions stay assigned, so that offsets of theirs can be committed. Raises
    GoneError where they do not hold what is asked for, StandsStillError where none of them moves for `still_seconds`.
    """
    left = _begin(consumer, first, last)
    loop = get_running_loop()
    moved = loop.time()
    while left:
        for tp, records in (await _ask(consumer, left)).items():
            if wanted := _before(records, last[tp]):
                yield wanted
        # The last offset may be that of a marker, which is never handed out: only the position tells.
        now = {tp: await consumer.position(tp) for tp in left}
        if now != left:
            moved = loop.time()
        elif loop.time() - moved > still_seconds:
            tp, offset = min(left.items())
            raise StandsStillError(tp, f"to be read to {last[tp]}, stands still at {offset} for {still_seconds:g} s")
        left = {tp: offset for tp, offset in now.items() if offset < last[tp]}
        consumer.pause(*(now.keys() - left.keys()))


def place(consumer: AIOKafkaConsumer, offsets: Offsets) -> None:
    """Let a consumer of `reader` read these partitions, each from its offset on.

    Nothing is waited for in between, so no reset of aiokafka's is ever under way.
    """
    consumer.assign(list(offsets))
    for tp, offset in offsets.items():
        consumer.seek(tp, offset)


async def unread(consumer: AIOKafkaConsumer) -> int:
    """How many records a consumer has not read of its partitions, as far as the last answer of the broker told."""
    lag = 0
    for tp in consumer.assignment():
        end = consumer.last_stable_offset(tp)
        if end is not None:
            lag += max(0, end - await consumer.position(tp))
    return lag


async def offsets_at(
    consumer: AIOKafkaConsumer, moment: int, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """The offset of the first record appended at or after a moment (ms UTC); the end where there is none yet."""
    ends = await consumer.end_offsets(list(partitions))
    found = await consumer.offsets_for_times(dict.fromkeys(ends, moment))
    return {tp: end if found.get(tp) is None else found[tp].offset for tp, end in ends.items()}


def _begin(consumer: AIOKafkaConsumer, first: Offsets, last: Offsets) -> dict[TopicPartition, int]:
    """Put the consumer at the first offset of each partition that has something to read; gives these offsets."""
    for tp, offset in first.items():
        if offset > last[tp]:
            raise GoneError(tp, f"offset {offset} to exist, it ends at {last[tp]}")
    left = {tp: offset for tp, offset in first.items() if offset < last[tp]}
    place(consumer, left)
    return left


async def _ask(consumer: AIOKafkaConsumer, left: Offsets) -> dict[TopicPartition, list[Record]]:
    try:
        came: dict[TopicPartition, list[Record]] = await consumer.getmany(*left, timeout_ms=_ASK_MS)
    except OffsetOutOfRangeError as error:
        [(tp, offset)] = error.args[0].items()
        raise GoneError(tp, f"offset {offset} to be there still, it is gone") from None
    return came


def _before(records: Sequence[Record], end: int) -> Sequence[Record]:
    """The records before an offset."""
    return records if records[-1].offset < end else [record for record in records if record.offset < end]
