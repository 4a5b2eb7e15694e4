"""A task: one internal partition at work, with its engine and its checkpoints; taken over by exactly one worker.

A checkpoint saves what was judged, on the changelog. Any step that fails, or takes too long, ends the process:
nothing is tried again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

import msgspec

from rules.engine import packs
from rules.engine.engine import Engine
from rules.engine.item import Tick, Turn
from rules.engine.state import Drained
from streams.kafka.changelog import HEAD, Changelog, Head
from streams.kafka.ending import within
from streams.kafka.versions import InForce, greatest

if TYPE_CHECKING:
    from streams.detect.disk import Disk

P = ParamSpec("P")
T = TypeVar("T")

HEAD_EVERY = 10_000
"""An untouched state is still saved when its offset has moved by so many records."""


LOADER = ThreadPoolExecutor(1, "load")
"""One engine is loaded at a time, so that the loop has half of the interpreter all the while."""


DISK_SECONDS = 30.0
"""Longest time of writing one checkpoint to the disk (our assumption: a disk that is slower is ill)."""


SLICE_SECONDS = 0.05
"""So long is judged, or made ready to be saved, before anything else has its turn, and one step more: at a hot
institution a late swipe may take 10 ms."""


PARTED = 200
"""So many packs of pages are parted in one transaction (our assumption)."""


async def _in_thread(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(LOADER, partial(work, *arguments, **named))


@dataclass(frozen=True, slots=True)
class Saved:
    """One committed checkpoint."""

    offset: int
    records: int
    size: int
    """Bytes of keys and values."""
    seconds: float


class Acknowledged(Protocol):
    """A batch whose group offset may be committed: only lag displays read it."""

    def ack(self) -> object:
        """Say that the batch is finished."""


class Task:
    """One internal partition at work in this worker: its engine, and how far it has judged and saved."""

    def __init__(
        self,
        partition: int,
        partitions: int,
        engine: Engine,
        changelog: Changelog | None,
        versions: Callable[[], Mapping[str, str]] = dict,
        in_force: Callable[[Mapping[str, int], str], Awaitable[InForce]] | None = None,
        disk: Disk | None = None,
    ) -> None:
        """Take no changelog where state lives in memory only (embedded broker, one worker).

        disk: where the engine's pages rest; None: in memory.

        versions: what the head says of state; another "state" is not taken over. in_force: gives the tables and rules
        that the log names by offsets and mark; None where they are given to the engine once for all.
        """
        self.partition = partition
        self.engine = engine
        self.position: int | None = None
        """Offset of the next record to be judged; None until taken over."""
        self.seen: int | None = None
        """Where it was when a checkpoint was last thought of."""
        self._partitions = partitions
        self._changelog = changelog
        self._disk = disk
        self._versions = versions
        self._read_versions = in_force
        self._in_force: InForce | None = None
        self.offsets: dict[str, int] | None = None if in_force is None else {}
        """Of the tables and rules in force; None where they are given."""
        self._saved: int | None = None
        self._finished: deque[Acknowledged] = deque()
        self._judging = asyncio.Lock()
        self._saving = asyncio.Lock()
        self._half_sent = False
        self._half_saved = False
        self._working = False
        self._judged_before = 0
        """Up to this offset an owner that did not stop in order may have judged what it did not save."""

    async def take_over(self, end: int = 0) -> int | None:
        """Become the only owner and load the last checkpoint, or prove that this is still so.

        end: of the partition inside, as it is now. Gives the offset to go on at; None is the first start, at the
        beginning.
        """
        if self._changelog is not None:
            if self.position is None:
                await self._load(self._changelog, end)
            await asyncio.shield(self._write(self._changelog))  # a next rebalance must not tear it
        self._working = True
        return self.position

    async def _load(self, changelog: Changelog, end: int) -> None:
        self._judged_before = end
        await changelog.open()
        head, records = await (self._read(changelog) if self._disk is None else self._catch_up(changelog, self._disk))
        if head is None:
            if self._disk is not None:
                await _in_thread(self.engine.load, ())
            return
        found = self._head_in(head)
        await self.turn(found)
        # In a thread, for a million entries take many seconds: the loop must go on, and show that it does.
        await _in_thread(self.engine.load, records)
        if self._in_force is not None:  # where what was saved is gone from the topics, this is something else
            self.engine.turn(self._in_force.watches, self._in_force.reference)
        self.position = self._saved = found.offset
        if found.finished:
            self._judged_before = 0

    def _head_in(self, saved: bytes) -> Head:
        """The head of a state that this process can take over. Raises ValueError where it cannot."""
        head = msgspec.msgpack.decode(saved, type=Head)
        now, was = (self._partitions, self._versions().get("state")), (head.partitions, head.versions.get("state"))
        if was != now:
            raise ValueError(f"saved state: expected (partitions, state version) {now}, was {was}")
        return head

    async def _read(self, changelog: Changelog) -> tuple[bytes | None, Collection[tuple[bytes, bytes]]]:
        """The head of the changelog, and all else that it says."""
        state = await changelog.read()
        return state.pop(HEAD, None), state.items()

    async def _catch_up(self, changelog: Changelog, disk: Disk) -> tuple[bytes | None, Collection[tuple[bytes, bytes]]]:
        """Bring the copy on disk up to the changelog; gives the head, and what is not read from the disk when asked."""
        first, end = await changelog.bounds()
        head, together = b"", dict[bytes, bytes | None]()
        async for records in changelog.records(await _in_thread(disk.open, first, end), end):
            await _in_thread(disk.take_in, [(record.key, record.value) for record in records])
            for record in records:
                if record.key == HEAD:
                    head = record.value or b""
                elif (record.key or b"").startswith(packs.BEGINNING):
                    together[record.key or b""] = record.value
        if any(together.values()):
            end = await self._part(changelog, together, self._head_in(head))
        return await _in_thread(disk.complete, end), await _in_thread(disk.records)

    async def _part(self, changelog: Changelog, together: Mapping[bytes, bytes | None], head: Head) -> int:
        """Save pages by themselves that an owner without a disk saved together; gives the offset behind that.

        The head stays as it was. Who is stopped here leaves some of each, and the next owner goes on.
        """
        behind = 0
        left = iter([(name, value) for name, value in together.items() if value is not None])
        while some := [*islice(left, PARTED)]:
            records: list[tuple[bytes, bytes | None]] = [(name, None) for name, _ in some]
            records += [one for _, value in some for one in packs.apart(value)]
            behind = await changelog.write(records, head)
        return behind

    async def turn(self, to: Head | Tick | Turn, appended: int = 0) -> None:
        """Bring the tables and rules into force that something names. appended: when, ms UTC."""
        if self._read_versions is None or self.offsets is None:
            return
        wanted = greatest(self.offsets, to.offsets)
        self._in_force = await self._read_versions(wanted, to.mark if wanted == to.offsets else "")
        self.offsets.update(greatest(wanted, self._in_force.offsets))
        self.engine.turn(self._in_force.watches, self._in_force.reference, appended)

    def start_at(self, offset: int) -> None:
        """Say at which offset the partition really goes on."""
        self.position = offset

    @asynccontextmanager
    async def judging(self, first: int, last: int, batch: Acknowledged) -> AsyncIterator[None]:
        """Judge one batch and send what it gives: no checkpoint falls in between, nor after a failure.

        Transactions leave holes: the first record stands at or after the position, never before it.
        """
        async with self._judging:
            if self.position is None or first < self.position:
                raise RuntimeError(f"partition {self.partition}: expected offset {self.position} or more, was {first}")
            self._half_sent = True
            self.position = last + 1
            yield
            self._half_sent = False
            self._finished.append(batch)
            if self._changelog is None:
                self._acknowledge(1)

    async def save(self, *, idle: bool = False) -> Saved | None:
        """Write a checkpoint if state was touched, or the offset moved far, or moved and then rested."""
        if self._changelog is None or not self._working:
            return None
        return await self._write(self._changelog, moved=1 if idle else HEAD_EVERY)

    async def finish(self) -> Saved | None:
        """Let the batch at work end, save it, and write nothing more until taken over again."""
        if self._changelog is None or not self._working:
            return None
        saved = await self._write(self._changelog, stops=True)
        self._working = False
        return saved

    async def close(self) -> None:
        """Give the partition up; what was not saved belongs to the next owner's reading."""
        self._working = False
        if self._disk is not None:
            async with self._saving, self._judging:  # a batch at work reads it
                await _in_thread(self._disk.close)
        if self._changelog is not None:
            async with self._saving:
                await self._changelog.close()

    async def _write(self, changelog: Changelog, moved: int = 0, *, stops: bool = False) -> Saved | None:
        """Write a checkpoint. Long because the order of its steps is what keeps it sound."""
        async with self._saving:
            async with self._judging:
                if self._half_saved:
                    raise RuntimeError(f"partition {self.partition}: the checkpoint before was not finished")
                if self._half_sent or self.position is None:
                    return None
                started = perf_counter()
                self._half_saved = True
                records = await self._drained()
                complete = stops and self.position >= self._judged_before
                head = self._head(self.position, finished=complete)
                finished = len(self._finished)
                if not records and head.offset - (self._saved or 0) < moved:
                    if self._disk is not None:
                        self._disk.settle()  # what was handed out is nothing new
                    self._half_saved = False
                    return None
            behind = await changelog.write(records, head)
            if self._disk is not None:
                async with within(DISK_SECONDS, f"writing the disk of partition {self.partition}"):
                    await asyncio.to_thread(self._disk.write, records, head, behind)
                self._disk.settle()
            self._half_saved = False
            self._saved = head.offset
            self._acknowledge(finished)
        size = sum(len(key) + len(value or b"") for key, value in records)
        return Saved(head.offset, len(records), size, perf_counter() - started)

    async def _drained(self) -> Drained:
        """What has changed since the last checkpoint. Everything else has its turn meanwhile; this partition waits."""
        steps, until = self.engine.drain_in_steps(), perf_counter() + SLICE_SECONDS
        while (found := next(steps)) is None:
            if perf_counter() >= until:
                await asyncio.sleep(0)
                until = perf_counter() + SLICE_SECONDS
        return found

    def _head(self, position: int, *, finished: bool) -> Head:
        offsets, mark = dict(self.offsets or {}), self._in_force.mark if self._in_force else ""
        return Head(position, self.engine.tick, self._partitions, dict(self._versions()), finished, offsets, mark)

    def _acknowledge(self, finished: int) -> None:
        for _ in range(finished):
            self._finished.popleft().ack()
