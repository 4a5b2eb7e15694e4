"""One changelog partition with Kafka's transactions and fencing, without Kafka; a crash can be put at any step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import ProducerFenced
from aiokafka.structs import TopicPartition


class Crash(Exception):  # noqa: N818 - it is no error of the program
    """The process ends here."""


@dataclass
class Cluster:
    """One changelog partition with Kafka's transactions, one writer at a time; a crash can be put at any step."""

    crash_at: list[int] = field(default_factory=list)
    refuse: str = ""
    steps: int = 0
    epoch: int = 0
    records: list[tuple[bytes, bytes | None, bool]] = field(default_factory=list)
    """Key, value and whether it was committed; a marker is a record without key."""
    open: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)

    async def step(self) -> None:
        """Stand for something that takes time, and after which the process may be gone."""
        self.steps += 1
        if self.crash_at and self.steps == self.crash_at[0]:
            self.steps = 0
            self.crash_at.pop(0)
            raise Crash
        await asyncio.sleep(0)

    def end(self, *, committed: bool) -> None:
        """End the open transaction."""
        if self.open:
            self.records += [(key, value, committed) for key, value in self.open]
            self.records.append((b"", None, False))
            self.open = []

    def committed(self) -> dict[bytes, bytes]:
        """What a reader would make of the partition."""
        last = {key: value for key, value, committed in self.records if committed}
        return {key: value for key, value in last.items() if value is not None}


class Batch(list[tuple[bytes, bytes | None]]):
    """A batch that is full after two records."""

    def append(self, *, key: bytes, value: bytes | None, timestamp: None, headers: list[Any]) -> bool | None:  # type: ignore[override]
        """As of aiokafka: None when it is full."""
        if len(self) == 2:
            return None
        super().append((key, value))
        return True

    def record_count(self) -> int:
        """As of aiokafka."""
        return len(self)


@dataclass(frozen=True)
class Sent:
    """What is known of a batch that was sent: the offset of its first record."""

    offset: int


class Producer:
    """aiokafka's transactional producer over a Cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._epoch = -1

    async def start(self) -> None:
        """Fence the former producer off and end its transaction."""
        await self._cluster.step()
        self._cluster.end(committed=False)
        self._cluster.epoch += 1
        self._epoch = self._cluster.epoch
        await self._cluster.step()

    async def begin_transaction(self) -> None:
        await self._cluster.step()

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> Awaitable[Sent]:
        await self._cluster.step()
        sent: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        if self._epoch != self._cluster.epoch:
            sent.set_exception(ProducerFenced())
        elif self._cluster.refuse.encode() in [key for key, _ in batch]:
            sent.set_exception(ValueError("refused"))
        else:
            sent.set_result(Sent(len(self._cluster.records) + len(self._cluster.open)))
            self._cluster.open.extend(batch)
        return sent

    async def commit_transaction(self) -> None:
        await self._cluster.step()
        if self._epoch != self._cluster.epoch:
            raise ProducerFenced
        self._cluster.end(committed=True)
        await self._cluster.step()

    async def stop(self) -> None:
        await self._cluster.step()


@dataclass(frozen=True)
class Read:
    """A record as read."""

    offset: int
    key: bytes
    value: bytes | None


class Reader:
    """aiokafka's read_committed consumer over a Cluster; markers and aborted records only move its position."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._position = 0

    async def start(self) -> None:
        await self._cluster.step()

    async def stop(self) -> None: ...

    def assign(self, partitions: list[TopicPartition]) -> None: ...

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._position = offset

    def pause(self, *partitions: TopicPartition) -> None: ...

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        await self._cluster.step()
        return dict.fromkeys(partitions, len(self._cluster.records))

    async def position(self, partition: TopicPartition) -> int:
        return self._position

    async def getmany(self, partition: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Read]]:
        await self._cluster.step()
        page = list(enumerate(self._cluster.records))[self._position : self._position + 3]
        self._position += len(page)
        read = [Read(offset, key, value) for offset, (key, value, committed) in page if committed]
        return {partition: read} if read else {}
