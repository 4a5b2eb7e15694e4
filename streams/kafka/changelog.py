"""The changelog of one internal partition: written in whole Kafka transactions, by exactly one worker.

A checkpoint puts the state records that were touched and a *head* with the offset into one transaction on the
changelog partition, under that partition's own transactional id. The head alone says where the detector is.
Whoever opens the transactional producer of a partition fences its former owner off, so that old state can
never be written over new.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.kafka.clients import begin, let_go
from streams.kafka.ending import within
from streams.kafka.faust import send_all
from streams.kafka.reading import Record, read, read_all

HEAD = b"\x00head"
"""Key of the record that says of which offset the other records are the state."""


class Head(msgspec.Struct, frozen=True, array_like=True):
    """What a changelog partition says of itself."""

    offset: int
    """Offset of the next internal record to be judged."""
    tick: int
    """Hour (ms) of the last tick judged."""
    partitions: int
    """How many partitions the internal topic had: keys move when that changes."""
    versions: dict[str, str]
    """Version of the form of state."""
    finished: bool = False
    """Nothing after the offset was judged by anybody: the owner stopped in order. Only then may code or settings change
    before the next one goes on: what was judged and not saved is judged again, and must give the same bytes."""
    offsets: dict[str, int] = {}
    """Of the tables and rules in force: topic, without the prefix, to the first offset that is not."""
    mark: str = ""
    """Of all that is in force."""


class Changelog:
    """The changelog partition of one internal partition, written only in whole transactions."""

    def __init__(
        self,
        topic: str,
        partition: int,
        producer: Callable[[], AIOKafkaProducer],
        reader: Callable[[], AIOKafkaConsumer],
        seconds: float = 10.0,
    ) -> None:
        """Take makers of a transactional producer and of a `reading.reader`, and seconds for a step."""
        self._at = TopicPartition(topic, partition)
        self._name = f"{topic}/{partition}"
        self._make_producer = producer
        self._reader = reader
        self._seconds = seconds
        self._opened: AIOKafkaProducer | None = None

    @property
    def _producer(self) -> AIOKafkaProducer:
        if self._opened is None:
            raise RuntimeError("changelog: expected to be opened first")
        return self._opened

    async def open(self) -> None:
        """Become the only writer: the former one is fenced off and its open transaction ended."""
        self._opened = self._make_producer()
        async with within(6 * self._seconds, f"owning {self._name}"):
            await begin(self._producer.start())

    async def read(self) -> dict[bytes, bytes]:
        """Read all that was committed, the last record of each key."""
        async with self._reading() as reader:
            return await _last_of_each(read_all(reader, [self._at], self._seconds))

    async def bounds(self) -> tuple[int, int]:
        """The first offset, and the one behind what was committed."""
        async with self._reading() as reader, within(6 * self._seconds, f"offsets of {self._name}"):
            first, end = await reader.beginning_offsets([self._at]), await reader.end_offsets([self._at])
        return first[self._at], end[self._at]

    async def records(self, first: int, end: int) -> AsyncIterator[Sequence[Record]]:
        """Read what was committed from one offset to before another, in order."""
        if first == end:
            return
        async with self._reading() as reader:
            async for records in read(reader, {self._at: first}, {self._at: end}, self._seconds):
                yield records

    async def head(self) -> Head | None:
        """Read the last head alone, without becoming the writer: each transaction ends with one, so from the end."""
        async with self._reading() as reader:
            first = (await reader.beginning_offsets([self._at]))[self._at]
            end = (await reader.end_offsets([self._at]))[self._at]
            back, start = 10, end
            while start > first:
                start, back = max(first, end - back), back * 10
                records = read(reader, {self._at: start}, {self._at: end}, self._seconds)
                if (head := (await _last_of_each(records)).get(HEAD)) is not None:
                    return msgspec.msgpack.decode(head, type=Head)
        return None

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AIOKafkaConsumer]:
        reader = self._reader()
        try:
            async with within(6 * self._seconds, f"reading {self._name}"):
                await begin(reader.start())
            yield reader
        finally:
            async with within(6 * self._seconds, f"letting go of {self._name}"):
                await let_go(reader)

    async def write(self, records: Sequence[tuple[bytes, bytes | None]], head: Head) -> int:
        """Write records and head in one transaction; gives the offset behind the head.

        Every result is seen before the next step: aiokafka would commit a transaction whose records were refused.
        """
        topic, partition = self._at
        async with within(self._seconds, f"checkpoint on {self._name}"):
            await self._producer.begin_transaction()
            await send_all(self._producer, topic, partition, [(key, value, ()) for key, value in records])
            [sent] = await send_all(self._producer, topic, partition, [(HEAD, msgspec.msgpack.encode(head), ())])
            await self._producer.commit_transaction()
        return int(sent.offset) + 1

    async def close(self) -> None:
        """Leave the partition to others."""
        if self._opened is not None:
            async with within(6 * self._seconds, f"leaving {self._name}"):
                await let_go(self._opened)


async def _last_of_each(batches: AsyncIterable[Sequence[Record]]) -> dict[bytes, bytes]:
    """The last record of each key, without those that were taken back."""
    state: dict[bytes, bytes] = {}
    async for records in batches:
        for record in records:
            if record.key is None:
                continue
            if record.value is None:
                state.pop(record.key, None)
            else:
                state[record.key] = record.value
    return state
