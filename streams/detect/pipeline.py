"""What stands behind the two agents: the routers and tasks of the partitions that this worker has now."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter, time
from typing import TYPE_CHECKING, Any, cast

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.partitioner import DefaultPartitioner
from faust.types import TP

from rules.engine.engine import Engine
from rules.engine.resting import AtRest
from rules.ledgers import LEDGERS
from streams.config import StreamConfig
from streams.detect.detector import Outcome, Published, process_in_slices
from streams.detect.meter import Meter, Standing
from streams.detect.task import SLICE_SECONDS, Task
from streams.kafka import reading
from streams.kafka.aside import set_aside
from streams.kafka.changelog import Changelog
from streams.kafka.ending import named, or_die, within
from streams.kafka.ends import Ends, until_answered
from streams.kafka.faust import BatchApp, BatchConsumer, BatchProducer, Record, client_settings
from streams.kafka.lost import Gap, LostOffsetsError, entries_are_lost, line_of
from streams.kafka.pulse import Pulse
from streams.kafka.topics import Names
from streams.kafka.versions import Versions
from streams.route.intake import Batch, Intake
from streams.route.router import Routed, Router, bundles, partition_of
from streams.route.tallies import Tallies
from streams.route.turns import Turns

if TYPE_CHECKING:
    from streams.detect.disk import Disk

log = logging.getLogger("settlement_monitor.streams")

_murmur2 = DefaultPartitioner()

MEASURE_SECONDS = 2.0
APART_SECONDS = 0.02
"""So much later than another one a partition is saved for the last time, so that the loop has a turn in between."""


class Pipeline:
    """Routers and tasks, and the way of a batch through each."""

    def __init__(
        self,
        app: BatchApp,
        config: StreamConfig,
        engine_factory: Callable[[int, AtRest | None], Engine],
        router_factory: Callable[[int], Router],
        meter: Meter,
        versions: Callable[[], Mapping[str, str]],
        by_log: Versions | None = None,
    ) -> None:
        self._app = app
        self._config = config
        self._names = Names(config.prefix)
        self._engine = engine_factory
        self._meter = meter
        self._versions = versions
        self._tasks: dict[int, Task] = {}
        self._tallies = Tallies(time)
        self._taking: asyncio.Task[None] | None = None
        self._pulse = Pulse(config.session_seconds, tell=meter.beat)
        self._by_log = by_log
        self._hears = False
        self.intake = Intake(
            config, router_factory, self.consumer, self.producer, self._send_routed, meter, lambda: client_settings(app)
        )
        if by_log is not None:
            self.intake.turns = Turns(self._names, by_log, self.consumer, self.producer, self.intake.kinds)

    def consumer(self) -> BatchConsumer:
        """Give the app's consumer."""
        return cast(BatchConsumer, self._app.consumer)

    def producer(self) -> BatchProducer:
        """Give the app's producer, once nothing says that this worker was replaced."""
        self._pulse.check()
        return cast(BatchProducer, self._app.producer)

    async def run(self) -> None:
        """Write checkpoints for ever."""
        while True:
            await asyncio.sleep(self._config.checkpoint_seconds)
            tasks = list(self._tasks.values())
            apart = self._config.checkpoint_seconds / 2 / max(len(tasks), 1)
            await _all(self._save(task, after=number * apart) for number, task in enumerate(tasks))

    async def tally(self) -> None:
        """Write for ever what was noted of senders."""
        while True:
            await asyncio.sleep(self._config.tally_seconds)
            await self._write_tallies()

    async def _write_tallies(self) -> None:
        records: list[Record] = [(None, value, ()) for value in self._tallies.drain()]
        # Figures for people: no reason to stop, and the metrics have them too.
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(self._config.step_seconds):
                await self._publish(self._names.tallies, 0, records)

    async def measure(self) -> None:
        """Tell the meter for ever where the partitions stand. Silence for long means that the loop hangs."""
        ends = Ends(client_settings(self._app))
        while True:
            await asyncio.sleep(MEASURE_SECONDS)
            done = self.consumer().standing()
            try:
                found = await ends.ask(done)
            except KafkaError as error:
                self._meter.away(named(error))
            else:
                self._meter.standing({tp: Standing.at(finished, found.get(tp)) for tp, finished in done.items()})

    async def _save(self, task: Task, after: float = 0.0) -> None:
        """Save a partition so many seconds later than the first: together they would take time and memory at once."""
        await asyncio.sleep(after)
        self._pulse.check()
        idle = task.position == task.seen
        task.seen = task.position
        if saved := await task.save(idle=idle):
            self._meter.checkpointed(task.partition, saved)

    # --- router

    async def begin(self, positions: Mapping[TP, int]) -> None:
        """Input partitions came to this worker; each is read from its offset on."""
        async with within(6 * self._config.step_seconds, "number of input partitions, and what was announced of them"):
            count = await self.producer().partitions(self._names.events)
            await self._hear()
        mine = {tp.partition: offset for tp, offset in positions.items() if tp.topic == self._names.events}
        self.intake.begin(self._app.consumer_generation_id, count, mine)

    async def _hear(self) -> None:
        """Begin to read what workers announce; returns when all is read that was announced before.

        Faust begins its tasks only after the first assignment, which waits for this.
        """
        if not self._hears:
            self._hears = True
            self._app.add_future(or_die(self.intake.follow(), "reading what workers announce"))
        await self.intake.has_heard()

    async def _send_routed(self, partition: int, batch: Batch, routed: Routed) -> None:
        producer, names = self.producer(), self._names
        count = await producer.partitions(names.entries)
        shares: list[list[bytes]] = [[] for _ in range(count)]
        for key, value in routed.entries:
            if key is None:
                for share in shares:
                    share.append(value)
            else:
                shares[partition_of(key, count)].append(value)
        await _all(
            producer.publish(names.entries, p, [(None, bundle, ()) for bundle in bundles(share)])
            for p, share in enumerate(shares)
            if share
        )
        refused = [
            set_aside(batch[i], [("error_code", code.encode()), ("error_detail", detail.encode())])
            for i, code, detail in routed.dead_letters
        ]
        late = [set_aside(batch[i]) for i in routed.late]
        await self._publish(names.dead_letter, partition, refused)
        await self._publish(names.late, partition, late)
        self._tallies.add(routed.noted)

    async def _publish(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        if records:
            producer = self.producer()
            await producer.publish(topic, partition % await producer.partitions(topic), records)

    # --- detector

    async def detect(self, event: faust.EventT[Any]) -> None:
        """Judge one batch and send what it gives; a checkpoint acknowledges it later.

        In slices, so that the loop never stands still for long; where they end changes nothing of what is sent.
        """
        batch = cast(Batch, event.value)
        partition = batch[0].partition
        if (task := self._tasks.get(partition)) is None:
            return
        records = [(r.value or b"", r.timestamp) for r in batch]
        async with task.judging(batch[0].offset, batch[-1].offset, cast(Any, event)):
            self._pulse.check()
            started = perf_counter()
            for outcome in process_in_slices(task.engine, records, SLICE_SECONDS, task.offsets):
                await self._send_judged(outcome)
                if outcome.awaits is not None:
                    await task.turn(outcome.awaits.item, outcome.awaits.appended)
                self._tallies.add(outcome.noted)
                unread = [set_aside(batch[i], [("error", b"undecodable")]) for i in outcome.undecodable]
                await self._publish(self._names.rule_errors, partition, unread)
                self._meter.detected(partition, outcome, perf_counter() - started)
                await asyncio.sleep(0)
                self._pulse.check()
                started = perf_counter()

    async def _send_judged(self, outcome: Outcome) -> None:
        await _all([
            self._publish_keyed(self._names.alerts, outcome.alerts),
            self._publish_keyed(self._names.reminders, outcome.reminders),
            self._publish_keyed(self._names.late, outcome.late),
            self._publish_keyed(self._names.rule_errors, outcome.rule_errors),
        ])  # fmt: skip

    async def _publish_keyed(self, topic: str, records: Sequence[Published]) -> None:
        if not records:
            return
        producer = self.producer()
        everywhere = list(range(await producer.partitions(topic)))
        shares: defaultdict[int, list[Record]] = defaultdict(list)
        for record in records:
            share = _murmur2(record.key or b"", everywhere, everywhere)
            shares[share].append((record.key, record.value, record.headers))
        await _all(producer.publish(topic, p, share) for p, share in shares.items())

    # --- partitions come and go

    async def assigned(self, partitions: Iterable[TP]) -> None:
        """Start to take over, outside of the rebalance."""
        self._pulse.start()
        mine = {tp.partition for tp in partitions if tp.topic == self._names.entries}
        inputs = {tp.partition for tp in partitions if tp.topic == self._names.events}
        self._meter.partitions(len(inputs), len(mine))
        self._taking = asyncio.create_task(or_die(self._take_over(mine), "taking partitions over"))

    async def finish(self) -> None:
        """Let the batches at work end and be saved, and hold still until the next assignment."""
        async with within(self._config.rebalance_seconds / 2, "work in flight"):
            if self._taking is not None:
                self._taking.cancel()
                await asyncio.wait([self._taking])
            saving = (self._finish(task, number * APART_SECONDS) for number, task in enumerate(self._tasks.values()))
            await _all([self._finish_routing(), *saving])

    async def _finish_routing(self) -> None:
        await self.intake.finish()
        await self._write_tallies()

    async def _finish(self, task: Task, after: float) -> None:
        await asyncio.sleep(after)
        self._pulse.check()
        if saved := await task.finish():
            self._meter.checkpointed(task.partition, saved)

    async def _take_over(self, mine: set[int]) -> None:
        gone = [p for p, task in self._tasks.items() if p not in mine or task.position is None]
        for partition in gone:
            await self._tasks.pop(partition).close()
        async with within(6 * self._config.step_seconds, f"ends of {self._names.entries}"):
            ends = await until_answered(partial(self.consumer().ends, self._names.entries))
        await _all(self._take(p, len(ends), ends[p][1]) for p in mine)

    async def _take(self, partition: int, count: int, end: int) -> None:
        task = self._tasks.get(partition)
        if task is None:
            changelog = self._changelog(partition) if self._config.changelog else None
            in_force = self._by_log.at if self._by_log else None
            disk = self._disk(partition, count) if self._config.changelog and self._config.state_dir else None
            task = Task(partition, count, self._engine(partition, disk), changelog, self._versions, in_force, disk)
            self._tasks[partition] = task
        offset = await task.take_over(end)
        if offset is None and self._config.changelog:
            await self._refuse_lost_state(partition)
        with contextlib.suppress(IllegalStateError):  # taken away again: the next assignment tells
            async with within(6 * self._config.step_seconds, f"first offset of {self._names.entries}/{partition}"):
                task.start_at(await self.consumer().release(TP(self._names.entries, partition), offset))
            self._meter.taken_over(partition)
        log.info("partition taken over", extra={"partition": partition, "offset": task.position})

    async def _refuse_lost_state(self, partition: int) -> None:
        """Without a head this is the first start, or the state is gone. Raises LostOffsetsError."""
        tp = TP(self._names.entries, partition)
        async with asyncio.timeout(6 * self._config.step_seconds):
            bounds = await self.consumer().bounds(tp)
        if entries_are_lost(bounds, None, has_heads=False):
            gap = Gap(tp.topic, partition, bounds.committed, bounds.first, bounds.end)
            raise LostOffsetsError(line_of([gap], self._config.prefix))

    def _disk(self, partition: int, count: int) -> Disk:
        from streams.detect.disk import Disk  # noqa: PLC0415 - RocksDB takes 8 MB, of no use where all is in memory

        identity = f"area {self._config.area}, state {self._versions().get('state')}, {count} partitions"
        return Disk(Path(self._config.state_dir) / self._config.prefix / str(partition), LEDGERS, identity)

    def _changelog(self, partition: int) -> Changelog:
        config, common = self._config, client_settings(self._app)

        def producer() -> AIOKafkaProducer:
            return AIOKafkaProducer(
                transactional_id=self._names.writer(partition),
                transaction_timeout_ms=int(2000 * config.step_seconds),
                max_batch_size=config.send_bytes,
                max_request_size=config.record_bytes,
                **common,
            )

        def reader() -> AIOKafkaConsumer:
            largest = config.record_bytes
            return reading.reader(common, max_partition_fetch_bytes=largest, fetch_max_bytes=largest)

        return Changelog(self._names.changelog, partition, producer, reader, config.step_seconds)


async def _all(work: Iterable[Awaitable[Any]]) -> None:
    await asyncio.gather(*work)
