"""The one file that overrides Faust and aiokafka: batches instead of records, commits that cannot run ahead.

Faust's own consumer starts four tasks for every record, can commit past records still in flight, forgets what
is finished before it commits on a rebalance, and stays without partitions for ever after one coordinator
error. Here a Faust event is everything that one fetch brought of one partition. What is overridden is pinned:
tests/streams/kafka/test_faust_contract.py fails when faust or aiokafka change underneath.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, cast

import aiokafka
import faust
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    ConsumerStoppedError,
    GroupAuthorizationFailedError,
    IllegalStateError,
    KafkaError,
    LeaderNotAvailableError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)
from aiokafka.structs import ConsumerRecord, RecordMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode.threads import MethodQueue

from streams.kafka.ending import cause, die, within
from streams.kafka.ends import Ends
from streams.kafka.lost import LOST, Bounds, bounds_of, gap_of, line_of

log = logging.getLogger("settlement_monitor.streams")

Headers = Sequence[tuple[str, bytes]]
Record = tuple[bytes | None, bytes | None, Headers]
"""Key, value and headers of a record to be sent."""

HEALTH_SECONDS = 1.0
CALLS = 8
"""So many calls of the consumer wait for their answers at once (our assumption): Faust's two can both wait for a broker
that is away, and nothing is fetched of the others."""
SPARE_SECONDS = 5.0
"""So long before Faust's own limit a seek is given up (our assumption): Faust then stands still without a word."""
FETCH_WAIT_MS = 200
SEND_SECONDS = 60.0
"""After so long an unacknowledged record ends the process: aiokafka would wait for its replicas for ever."""
FORBIDDEN = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)


async def send_all(
    producer: AIOKafkaProducer, topic: str, partition: int, records: Iterable[Record]
) -> list[RecordMetadata]:
    """Send records to one partition in as few batches as can be; returns when all are acknowledged."""
    sent: list[Awaitable[RecordMetadata]] = []
    batch = producer.create_batch()
    for key, value, headers in records:
        if batch.append(key=key, value=value, timestamp=None, headers=[*headers]) is None:
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None, headers=[*headers])
    if batch.record_count():
        sent.append(await producer.send_batch(batch, topic, partition=partition))
    return list(await asyncio.gather(*sent))


class BatchApp(faust.App):
    """A Faust app whose partitions of one topic are taken over by ourselves, not by the group's offsets."""

    area: str = ""
    """Prefix of the topics."""
    held_topic: str | None = None
    finish_work: Callable[[], Awaitable[None]] | None = None
    """Lets what is at work end before partitions are given away or the worker stops."""
    begin_work: Callable[[Mapping[TP, int]], Awaitable[None]] | None = None
    """Is told at which offsets the other partitions begin, after each assignment."""

    def hold(self) -> None:
        """Deliver nothing more to the agents, as Faust does before a stop; needs no other thread."""
        if self._consumer is not None:
            self._consumer.stop_flow()
        self.flow_control.suspend()
        self.flow_control.clear()

    def _create_directories(self) -> None:
        """Make none: Faust keeps nothing on disk here, and the working directory may not be ours."""


def client_settings(app: faust.App) -> dict[str, Any]:
    """How to reach the app's brokers, for clients of our own."""
    conf = app.conf
    servers = driver.server_list(conf.broker_consumer, driver.Transport.default_port)
    return {
        "bootstrap_servers": servers,
        **driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
    }


class _Thread(driver.AIOKafkaConsumerThread):
    """aiokafka's consumer in its own thread and loop."""

    consumer: BatchConsumer
    flow_when_drained = 0
    passed: Mapping[TP, int] = {}
    """Where the partitions stand of which the last look brought nothing: up to there all is delivered."""
    _health: asyncio.Task[None] | None = None

    @property
    def method_queue(self) -> MethodQueue:
        """The calls from the loop of the app that this thread answers."""
        if self._method_queue is None:
            self._method_queue = MethodQueue(num_workers=CALLS, loop=self.thread_loop, beacon=self.beacon)
        return self._method_queue

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        """Ask for committed records, five times a second; Faust waits 1.5 s, which some brokers take at its word."""
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = "read_committed"
        return consumer

    async def on_start(self) -> None:
        await super().on_start()
        self._health = asyncio.get_running_loop().create_task(self._watch_coordinator())

    async def on_thread_stop(self) -> None:
        if self._health is not None:
            self._health.cancel()
        # A fetch that waits for its broker is cancelled, and aiokafka's close takes that for a cancel of its own.
        with contextlib.suppress(asyncio.CancelledError):
            await super().on_thread_stop()

    async def _watch_coordinator(self) -> None:
        try:
            await self._ask_coordinator()
        except Exception as error:  # noqa: BLE001 - the process ends: nobody else would ever ask
            die(cause(error, "watching the consumer group"))

    async def _ask_coordinator(self) -> None:
        """Ask once a second: aiokafka parks its coordination until somebody has seen the error.

        And show that somebody is here: who has only partitions that wait fetches nothing, and would leave the group.
        """
        while True:
            await asyncio.sleep(HEALTH_SECONDS)
            consumer = self._ensure_consumer()
            with consumer._subscription.fetch_context():
                coordinator = consumer._coordinator
            try:
                coordinator.check_errors()
            except KafkaError as error:
                if isinstance(error, FORBIDDEN) or coordinator._coordination_task.done():
                    die(cause(error, "belonging to the consumer group"))
                log.warning("consumer group: %r; joining again", error)
            if consumer._fetcher._fetch_task.done() and not consumer._closed:
                die("fetching records: the task of aiokafka has ended")

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> Any:
        """Take what is fetched, without awaiting between the look at the flow and the taking.

        Faust's own may take records of a new assignment before its positions are set, and lose them.
        """
        # Of its own: the app empties its set in another thread, and of no partition at all aiokafka would take all.
        active_partitions = {*active_partitions}
        with consumer._fetcher._subscriptions.fetch_context():
            records = await self._drain(consumer, active_partitions, max_records)
            if not records:
                fetched = consumer._fetcher._create_fetch_waiter()
                await asyncio.wait([fetched], timeout=timeout)
                fetched.cancel()
                records = await self._drain(consumer, active_partitions, max_records)
        return records

    async def _drain(self, consumer: Any, partitions: set[TP], max_records: int | None) -> Any:
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        flow = self.consumer.flow_stops
        if not self.consumer.flow_active or not partitions or fetcher._subscriptions.reassignment_in_progress:
            return {}
        self.flow_when_drained = flow
        try:
            records = await fetcher.fetched_records(partitions, timeout=0, max_records=max_records)
        except OffsetOutOfRangeError as error:
            await self._end_if_lost(consumer, *error.args)
            return {}
        positions = fetcher._subscriptions.subscription.assignment.all_consumed_offsets()
        self.passed = {TP(*tp): at.offset for tp, at in positions.items() if tp in partitions and tp not in records}
        return records

    async def _end_if_lost(self, consumer: aiokafka.AIOKafkaConsumer, at: Mapping[TopicPartition, int]) -> None:
        """End the process where these offsets are gone; those that are there again are fetched again."""
        bounds = await bounds_of(consumer, at)
        gaps = [
            await gap_of(consumer, tp, offset, bounds[tp]) for tp, offset in at.items() if not bounds[tp].holds(offset)
        ]
        if gaps:
            die(line_of(gaps, self.consumer.app.area), LOST)

    async def starts(self, held_topic: str | None) -> dict[TP, tuple[int, int | None]]:
        """Seek to where the group stopped, at the first start to the beginning; gives (position, committed)."""
        consumer = self._ensure_consumer()
        found: dict[TP, tuple[int, int | None]] = {}
        for tp in (tp for tp in consumer.assignment() if tp.topic != held_topic):
            committed = await consumer.committed(tp)
            position = committed if committed is not None else (await consumer.beginning_offsets([tp]))[tp]
            consumer.seek(tp, position)
            found[TP(*tp)] = position, committed
        return found

    async def seek_from(self, tp: TP, offset: int | None) -> int:
        """Seek to offset, or to the beginning where it is None; gives the position."""
        consumer, at = self._ensure_consumer(), TopicPartition(*tp)
        position = offset if offset is not None else (await consumer.beginning_offsets([at]))[at]
        consumer.seek(at, position)
        return cast(int, position)

    async def firsts(self, topic: str) -> dict[TP, tuple[int, int | None]]:
        """First offset and the group's offset of every partition of a topic."""
        consumer = self._ensure_consumer()
        tps = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
        first = await consumer.beginning_offsets(tps)
        return {TP(*tp): (first[tp], await consumer.committed(tp)) for tp in tps}

    async def bounds(self, tp: TP) -> Bounds:
        """What there is of a partition, and how far the group is."""
        at = TopicPartition(*tp)
        return (await bounds_of(self._ensure_consumer(), [at]))[at]


class BatchConsumer(driver.Consumer):
    """One event for each (partition, fetched batch); its value is the list of raw records."""

    app: BatchApp
    _thread: _Thread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.flow_stops = 0
        self._delivered: defaultdict[TP, deque[int]] = defaultdict(deque)
        self._finished: dict[TP, int] = {}
        self._held: set[TP] = set()
        self._room = asyncio.Event()
        self._ends = Ends(client_settings(self.app))

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109 - Faust's signature
    ) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """Deliver batches; what was fetched before the flow was stopped belongs to an old assignment."""
        if self.flow_active and not self._get_active_partitions():
            self._room.clear()
            await self.wait(self._room.wait(), timeout=timeout)
        records, _ = await self._wait_next_records(timeout)
        for tp, batch in (records or {}).items():
            if self.should_stop or self._thread.flow_when_drained != self.flow_stops:
                return
            message = self._to_message(TP(*tp), batch)
            self._delivered[message.tp].append(message.offset)
            yield message.tp, message

    def _to_message(self, tp: TP, record: list[ConsumerRecord[bytes, bytes]]) -> ConsumerMessage:
        last = record[-1]
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, last.timestamp_type,
            cast(Any, []), None, cast(Any, record), None, 0, 0, tp, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    def stop_flow(self) -> None:
        """Stop fetching, and count that."""
        super().stop_flow()
        self.flow_stops += 1

    def on_buffer_drop(self, tp: TP) -> None:
        """Go on with a partition whose buffer has room again, unless it is held."""
        super().on_buffer_drop(tp)
        if tp in self._paused_partitions:  # Faust forgets that
            self._get_active_partitions().discard(tp)
        self._room.set()

    def hold_back(self, tps: AbstractSet[TP]) -> None:
        """Fetch nothing of newly assigned partitions before `go_on_with`: Faust resumes what is only paused."""
        self._held |= tps
        self.pause_partitions(tps)

    def go_on_with(self, tp: TP) -> None:
        """Fetch of a partition again that was paused or held back."""
        self._held.discard(tp)
        self.resume_partitions({tp})
        self._room.set()

    def read_to(self, tp: TP, last: int) -> int | None:
        """The offset to which a partition is read, markers passed over; None where a batch after `last` is on its way.

        last: offset of the last record that has arrived.
        """
        delivered = self._delivered.get(tp)
        if (delivered and delivered[-1] > last) or self._thread.flow_when_drained != self.flow_stops:
            return None
        return max(last + 1, self._thread.passed.get(tp, 0))

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing: what is finished is counted in batches, so holes in the offsets do not matter."""

    def _new_offset(self, tp: TP) -> int | None:
        """Give the offset after the finished prefix of what was delivered."""
        delivered, acked = self._delivered[tp], self._acked_index[tp]
        while delivered and delivered[0] in acked:
            acked.discard(delivered[0])
            self._finished[tp] = max(delivered.popleft() + 1, self._finished.get(tp, 0))
        self._acked[tp].clear()
        if not delivered and self._thread.flow_when_drained == self.flow_stops:
            self._pass_over_markers(tp)
        return self._finished.get(tp)

    def finish(self, tp: TP, offset: int) -> None:
        """Say that a partition is finished up to an offset, also within a batch; one that is not ours is left alone."""
        if tp in self._finished:
            self._finished[tp] = max(self._finished[tp], offset)

    def _pass_over_markers(self, tp: TP) -> None:
        """Count what is no record as finished: behind a transaction stands a marker that is never delivered."""
        passed = self._thread.passed.get(tp)
        if passed is not None:
            self._finished[tp] = max(passed, self._finished.get(tp, 0))

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002 - Faust's signature
        """Commit; Faust would remember a refused commit as done and never repeat it."""
        before = {tp: self._committed_offset[tp] for tp in offsets}
        done = await super()._commit_offsets(offsets, start_new_transaction)
        if not done:
            self._committed_offset.update(before)
        return done

    async def wait_empty(self) -> None:
        """Let the batches at work end and commit them; Faust's own collects garbage until none is left."""
        if self.app.finish_work is not None:
            await self.app.finish_work()
        await self.maybe_wait_for_commit_to_finish()
        await self.commit_and_end_transactions()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is finished, then forget; Faust forgets first."""
        await self._on_partitions_revoked(revoked)
        self._get_active_partitions().difference_update(revoked)
        for group in (self._paused_partitions, self._buffered_partitions):
            group.difference_update(revoked)
        for known in (self._delivered, self._finished, self._acked, self._acked_index):
            for tp in revoked:
                cast(dict[TP, Any], known).pop(tp, None)
        for tp in revoked:
            self._read_offset.pop(tp, None)
            self._committed_offset.pop(tp, None)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Hold the partitions inside that came, until their state is taken over."""
        self._held = {tp for tp in assigned if tp.topic == self.app.held_topic}
        await super().on_partitions_assigned(assigned, generation_id)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Go on with partitions that are not held."""
        super().resume_partitions({tp for tp in tps if tp not in self._held})

    async def perform_seek(self) -> None:
        """Seek all but the held topic; without a group offset this is the first start, so the beginning.

        That is committed before anything is read: once state is saved, a group without an offset has lost it. Raises
        TimeoutError where no leader answers, IllegalStateError where the partitions were given away meanwhile: Faust
        then waits for the next assignment, and lets nothing be fetched before.
        """
        flow = self.flow_stops
        async with within(self.app.conf.broker_request_timeout - SPARE_SECONDS, "where the input is to be read from"):
            await self._seek_input()
        if flow != self.flow_stops:
            raise IllegalStateError("partitions were given away while their offsets were sought")

    async def _seek_input(self) -> None:
        starts: dict[TP, tuple[int, int | None]] = await self._thread.call_thread(
            self._thread.starts, self.app.held_topic
        )
        for tp, (position, committed) in starts.items():
            self._read_offset[tp] = position
            self._committed_offset[tp] = committed
            self._begin_at(tp, position)
        if first := {tp: position for tp, (position, committed) in starts.items() if committed is None}:
            await self._thread.commit(first)  # refused only where the next rebalance has begun, which seeks again
        if self.app.begin_work is not None:
            await self.app.begin_work({tp: position for tp, (position, _) in starts.items()})

    async def bounds(self, tp: TP) -> Bounds:
        """What there is of a partition, and how far the group is."""
        return cast(Bounds, await self._thread.call_thread(self._thread.bounds, tp))

    async def release(self, tp: TP, offset: int | None) -> int:
        """Go on with a held partition at offset (None: its beginning); gives the position."""
        position: int = await self._thread.call_thread(self._thread.seek_from, tp, offset)
        self._read_offset[tp] = position
        self._committed_offset[tp] = None
        self._begin_at(tp, position)
        self._held.discard(tp)
        self.resume_partitions({tp})
        self._room.set()
        return position

    def _begin_at(self, tp: TP, position: int) -> None:
        """What stands before is finished; from now on the commits of this partition are thought of."""
        self._finished[tp] = position
        self._acked[tp] = []

    def standing(self) -> dict[TP, int]:
        """The offset up to which each partition at work here is finished."""
        return {tp: self._finished[tp] for tp in self.assignment() if tp in self._finished}

    async def ends(self, topic: str) -> dict[int, tuple[int, int, int | None]]:
        """First offset, end offset and the group's offset of every partition of a topic.

        What stands behind an open transaction is before the end: it was not read. Raises KafkaError.
        """
        firsts = cast(dict[TP, tuple[int, int | None]], await self._thread.call_thread(self._thread.firsts, topic))
        ends = await self._ends.ask(firsts)
        if firsts.keys() - ends:
            raise LeaderNotAvailableError(f"of {len(firsts.keys() - ends)} partitions of {topic}")
        return {tp.partition: (first, ends[tp].offset, committed) for tp, (first, committed) in firsts.items()}


class BatchProducer(driver.Producer):
    """Idempotent, acks=all; sends whole batches to a partition that the caller names."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"enable_idempotence": True, "acks": "all"}

    async def flush(self) -> None:
        """Wait for nothing: who sends waits for the acknowledgement, and no commit waits for figures for people."""

    async def publish(self, topic: str, partition: int, records: Iterable[Record]) -> list[RecordMetadata]:
        """Send records to one partition; returns when all are acknowledged."""
        async with within(SEND_SECONDS, f"records for {topic}/{partition}"):
            return await send_all(self._ensure_producer(), topic, partition, records)

    async def partitions(self, topic: str) -> int:
        """Tell how many partitions a topic has."""
        return len(await self._ensure_producer().partitions_for(topic))


class BatchTransport(driver.Transport):
    """Faust's Kafka transport with the two replaceable parts replaced."""

    Consumer = BatchConsumer
    Producer = BatchProducer
