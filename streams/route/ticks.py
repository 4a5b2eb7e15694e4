"""Hours that pass, for every partition of the internal topic: the common hour, of a resting input, of the end.

Only the worker that owns input partition 0 sends them. Ticks are idempotent: only a later hour counts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from time import monotonic, time

from aiokafka.errors import KafkaError

from rules.engine.item import Turn
from streams.kafka.ending import cause, die
from streams.kafka.faust import BatchConsumer, BatchProducer
from streams.kafka.topics import Names
from streams.route.router import NO_TURN, encode_tick

log = logging.getLogger("settlement_monitor.streams")

HOUR = 3_600_000

Ends = dict[int, tuple[int, int, int | None]]


def read_to(ends: Ends, now: Ends, *, but: int | None = None) -> bool:
    """Tell whether the group has read every input partition up to the ends of then; one may be left out."""
    return all(first == end or (now[p][2] or 0) >= end for p, (first, end, _) in ends.items() if p != but)


class Ticks:
    """Sends ticks to every partition of the internal topic."""

    def __init__(
        self,
        names: Names,
        idle_seconds: float,
        consumer: Callable[[], BatchConsumer],
        producer: Callable[[], BatchProducer],
        is_live: Callable[[], bool],
        in_force: Callable[[], Turn] = lambda: NO_TURN,
    ) -> None:
        """Take idle_seconds: when the whole input rests and is read for so long, the broker's hours pass.

        is_live: tells whether what was read last was of its own day; a history that is loaded does not jump to today.
        in_force: what each tick tells again.
        """
        self._names = names
        self._idle_seconds = idle_seconds
        self._consumer = consumer
        self._producer = producer
        self._is_live = is_live
        self._in_force = in_force
        self._told = 0
        self._watching: asyncio.Task[None] | None = None
        self._owner = 0

    async def passed(self, hour: int) -> None:
        """Tell every partition that this hour (ms) has come, once and only forward, while this worker is the owner."""
        if self._watching is not None and hour > self._told:
            await self.send([hour])
            self._told = hour

    async def send(self, hours: Iterable[int], *, final: bool = False) -> None:
        """Send hours (ms) to every partition; returns when acknowledged."""
        if records := [(None, encode_tick(hour, final=final, turn=self._in_force()), ()) for hour in hours]:
            producer, topic = self._producer(), self._names.entries
            count = await producer.partitions(topic)
            await asyncio.gather(*(producer.publish(topic, p, records) for p in range(count)))

    async def close(self, appended: int) -> None:
        """Send the last tick when every input partition is read to the end that it has now.

        What stood on partition 0 before the closing record is routed; the other partitions may belong to
        other workers, so the group's offsets are asked: a router commits after its entries are acknowledged.
        """
        owner, ends = self._owner, Ends()
        while True:
            now = await self._ends()
            ends = ends or now
            if now and read_to(ends, now, but=0):
                break
            await asyncio.sleep(0.2 if now else 1.0)
            if owner != self._owner:
                raise asyncio.CancelledError  # the next owner of partition 0 finds the record again
        await self.send([appended // HOUR * HOUR], final=True)

    def watch(self, *, owner: bool) -> None:
        """Begin or end to look for a resting input."""
        self._owner += 1
        if self._watching is not None:
            self._watching.cancel()
        self._watching, self._told = (asyncio.create_task(self._watch()) if owner else None), 0

    async def _watch(self) -> None:
        try:
            await self._tick_when_idle()
        except Exception as error:  # noqa: BLE001 - the process ends
            die(cause(error, "telling the hours"))

    async def _tick_when_idle(self) -> None:
        seen: dict[int, int] = {}
        since = monotonic()
        while True:
            await asyncio.sleep(min(60.0, self._idle_seconds / 5))
            ends = await self._ends()
            if not ends:  # who knows whether anything came
                seen = {}
                continue
            now = {p: end for p, (_, end, _) in ends.items()}
            if now != seen or not read_to(ends, ends):
                seen, since = now, monotonic()
            elif monotonic() - since >= self._idle_seconds and self._is_live():
                await self.passed(await self._broker_time() // HOUR * HOUR)

    async def _ends(self) -> Ends:
        """Where the input ends now; nothing where a broker does not answer, or tells of no leader yet."""
        try:
            return await self._consumer().ends(self._names.events)
        except KafkaError as error:
            log.warning("ends of the input: %r", error)
            return {}

    async def _broker_time(self) -> int:
        """Ask by a tick of hour 0, which means nothing to anybody: the broker says when it appended it."""
        record = (None, encode_tick(0), ())
        appended = (await self._producer().publish(self._names.entries, 0, [record]))[0].timestamp
        return appended if appended is not None and appended > 0 else int(time() * 1000)
