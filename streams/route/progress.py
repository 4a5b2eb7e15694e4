"""What the workers of an area tell one another of their input partitions, on a topic of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from time import monotonic, time
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.clients import begin, let_go
from streams.kafka.faust import BatchProducer, Record
from streams.kafka.topics import Names
from streams.route.alignment import EVER, Announcement, Board

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Announcement).decode


class Progress:
    """Puts announcements on the topic and reads everybody's into the board.

    Without a client (embedded broker, one worker) nothing is sent: the worker hears itself.
    """

    def __init__(
        self,
        names: Names,
        board: Board,
        client: Callable[[], Mapping[str, Any]] | None,
        producer: Callable[[], BatchProducer],
        heard: Callable[[], None],
        hear: Callable[[bytes, bytes], None],
    ) -> None:
        """Take heard: is called after anything was heard. hear: takes what is no announcement, by key."""
        self._names = names
        self._board = board
        self._client = client
        self._producer = producer
        self._heard = heard
        self._hear = hear
        self._consumer: AIOKafkaConsumer | None = None
        self._ahead: float | None = None
        """How far the broker's clock is ahead of this worker's own, ms; a little less than it really is."""
        self._told_at: dict[int, int] = {}
        self.is_read = asyncio.Event()
        """Set once all that stood on the topic at the start is on the board."""

    def now(self) -> int:
        """The broker's clock, ms, or a little before; 0 where nothing was heard of it."""
        if self._client is None:
            return int(time() * 1000)
        return 0 if self._ahead is None else int(monotonic() * 1000 + self._ahead)

    def silence(self, partition: int) -> float:
        """For how many seconds nothing was announced of a partition, by this machine's clock; 0 where nothing ever was.

        What is known of the broker's clock is as old as the last announcement.
        """
        return max(0.0, time() - self._told_at.get(partition, EVER) / 1000)

    async def follow(self) -> None:
        """Read for ever what all workers announce."""
        if self._client is None:
            self.is_read.set()
            return
        # A client of its own, in no group.
        self._consumer = AIOKafkaConsumer(auto_offset_reset="earliest", enable_auto_commit=False, **self._client())
        try:
            await begin(self._consumer.start())
            await self._follow(self._consumer)
        finally:
            await let_go(self._consumer)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        topic = TopicPartition(self._names.progress, 0)
        consumer.assign([topic])
        end = (await consumer.end_offsets([topic]))[topic]
        while True:
            announced: list[tuple[int, Announcement]] = []
            for record in (await consumer.getmany(topic, timeout_ms=1000)).get(topic, ()):
                self._ahead = record.timestamp - monotonic() * 1000
                if record.key is not None and record.value is not None:
                    with contextlib.suppress(msgspec.DecodeError):  # of another release: it counts for nobody
                        announced += self._take(record.key, record.value, record.timestamp)
            self._board.hear(announced)
            if not self.is_read.is_set() and await consumer.position(topic) >= end:
                self.is_read.set()
            self._heard()

    def _take(self, key: bytes, value: bytes, appended: int) -> list[tuple[int, Announcement]]:
        """The announcement that a record is, if it is one; what is none is handed on."""
        if not key.isdigit():
            self._hear(key, value)
            return []
        self._told_at[int(key)] = appended
        return [(int(key), _decode(value))]

    async def tell(self, records: Mapping[bytes, bytes]) -> None:
        """Let every worker hear these records, this one too; returns when acknowledged."""
        await self._producer().publish(self._names.progress, 0, [(key, value, ()) for key, value in records.items()])

    async def announce(self, said: Mapping[int, Announcement]) -> None:
        """Say where partitions of this worker stand; returns when acknowledged."""
        if self._client is None:
            self._board.hear(said.items())
            self._heard()
            return
        records: list[Record] = [(str(partition).encode(), _encode(one), ()) for partition, one in said.items()]
        told = await self._producer().publish(self._names.progress, 0, records)
        if told and (appended := told[-1].timestamp or 0) > 0:
            self._ahead = appended - monotonic() * 1000
