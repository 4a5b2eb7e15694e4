# ruff: noqa: D102, ANN401 - the fakes have the methods and arguments of Faust and aiokafka
"""What streams/kafka/faust.py overrides and relies on in faust, mode and aiokafka, and what it promises in their place."""

import asyncio
import contextlib
import hashlib
import importlib
import importlib.metadata
import inspect
import textwrap
import threading
from collections.abc import AsyncIterator, Mapping
from time import monotonic
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import IllegalStateError
from aiokafka.structs import TopicPartition
from faust.types import TP

from streams.kafka import faust as ours
from streams.kafka.faust import (
    SPARE_SECONDS,
    BatchApp,
    BatchConsumer,
    BatchProducer,
    BatchTransport,
    _Thread,
    send_all,
)
from streams.kafka.pulse import BEAT_SECONDS, Pulse

VERSIONS = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14.0"}

PINNED = {
    "faust.transport.consumer:Consumer.getmany": "e486c434b792",
    "faust.transport.consumer:Consumer._wait_next_records": "ba40cd367132",
    "faust.transport.consumer:Consumer._drain_messages": "8f35dd7a1114",
    "faust.transport.consumer:Consumer._new_offset": "2b29afe4dd9a",
    "faust.transport.consumer:Consumer._add_gap": "f1cc1db634f5",
    "faust.transport.consumer:Consumer.ack": "5548cf0f7584",
    "faust.transport.consumer:Consumer._commit_offsets": "86b3e9b0aec7",
    "faust.transport.consumer:Consumer._commit_tps": "b83d551c3278",
    "faust.transport.consumer:Consumer._filter_committable_offsets": "4fb75ba687d0",
    "faust.transport.consumer:Consumer._filter_tps_with_pending_acks": "cccdca32d241",
    "faust.transport.consumer:Consumer._should_commit": "91d8eb1ef6bf",
    "faust.transport.consumer:Consumer.commit": "e43a7d03685f",
    "faust.transport.consumer:Consumer.maybe_wait_for_commit_to_finish": "14281eda99cf",
    "faust.transport.consumer:Consumer.force_commit": "464b62ae9172",
    "faust.transport.consumer:Consumer.commit_and_end_transactions": "cdc86f2fe363",
    "faust.transport.consumer:Consumer.wait_empty": "53195dca246c",
    "faust.transport.consumer:Consumer.on_stop": "7accc1bf4f97",
    "faust.transport.consumer:Consumer.on_partitions_revoked": "652177e770ee",
    "faust.transport.consumer:Consumer.on_partitions_assigned": "c07feb1175f7",
    "faust.transport.consumer:Consumer._set_active_tps": "5177b9c0b80e",
    "faust.transport.consumer:Consumer.pause_partitions": "a1814af09823",
    "faust.transport.consumer:Consumer.resume_partitions": "fc6392136c27",
    "faust.transport.consumer:Consumer.on_buffer_full": "edcee17978c4",
    "faust.transport.consumer:Consumer.on_buffer_drop": "c5f80b096c71",
    "faust.transport.consumer:Consumer.perform_seek": "2b4ceebd23de",
    "faust.transport.consumer:Consumer.stop_flow": "aa77389dc23a",
    "faust.transport.consumer:Consumer.resume_flow": "192f20bc377f",
    "faust.transport.drivers.aiokafka:Consumer._new_consumer_thread": "8fd0d41b1514",
    "faust.transport.drivers.aiokafka:Consumer._to_message": "a2a5aefda42d",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.on_start": "675d03707bbe",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.on_thread_stop": "cdbbe53230d2",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.getmany": "1b1c58046a9b",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._fetch_records": "9e7369fc572d",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._commit": "78c931ecfa8d",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._create_worker_consumer": "c179c0bdb975",
    "faust.transport.drivers.aiokafka:ConsumerRebalanceListener": "f3d04f29dfb3",
    "faust.transport.drivers.aiokafka:Producer._settings_default": "492005e1ef20",
    "faust.transport.drivers.aiokafka:Producer._settings_extra": "2b12df47f0a5",
    "faust.transport.drivers.aiokafka:Producer._new_producer": "a1bef421b990",
    "faust.transport.drivers.aiokafka:Producer.on_start": "a1601325eb84",
    "faust.transport.drivers.aiokafka:server_list": "5a13d9708b3c",
    "faust.transport.drivers.aiokafka:credentials_to_aiokafka_auth": "364c9c9c6852",
    "faust.transport.conductor:ConductorCompiler.build": "70ded0e71910",
    "mode.utils.queues:FlowControlQueue": "15f15a87fd6d",
    "faust.app.base:App._on_partitions_revoked": "c1abd58dcb37",
    "faust.app.base:App._on_partitions_assigned": "c9c5485eb273",
    "faust.app.base:App._stop_consumer": "96573acf5f04",
    "faust.app.base:App._consumer_wait_empty": "73ba99b95ca0",
    "faust.tables.recovery:Recovery._resume_streams": "fbe0f747b84c",
    "faust.tables.recovery:Recovery.on_rebalance": "31030bc1807f",
    "faust.tables.recovery:Recovery._wait": "768af810dce8",
    "mode.threads:MethodQueue.__init__": "62d5b81ebce9",
    "faust.events:Event.ack": "5e8bcc5ff1f1",
    "faust.types.tuples:Message.ack": "3c9ee05236d3",
    "faust.agents.agent:Agent._execute_actor": "f5fa58d0f95a",
    "mode.supervisors:CrashingSupervisor": "37e805f0af21",
    "mode.services:Service._crash": "023e36034cd9",
    "mode.worker:Worker._schedule_shutdown": "00f5a7d8fd26",
    "mode.worker:Worker._stop_on_signal": "a4bcdaa5b7ec",
    "mode.services:Service.start": "eabea5b1c444",
    "mode.services:Service.crash": "6e0b5672cd83",
    "mode.threads:ServiceThread.crash": "58ff0be29421",
    "mode.worker:Worker.execute_from_commandline": "d441fd6a414d",
    "aiokafka.consumer.fetcher:Fetcher.fetched_records": "e20ce0c8117f",
    "aiokafka.consumer.fetcher:Fetcher.seek_to": "10c45c3c873d",
    "aiokafka.consumer.fetcher:Fetcher._create_fetch_waiter": "65046fcd40e7",
    "aiokafka.consumer.fetcher:FetchResult.getall": "b638929de343",
    "aiokafka.consumer.subscription_state:SubscriptionState.fetch_context": "88fca759b6e7",
    "aiokafka.consumer.subscription_state:Assignment.all_consumed_offsets": "ebb3b22a61fc",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.check_errors": "c67ee34a37d9",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._push_error_to_user": "8dce53d5130d",
    "aiokafka.producer.producer:AIOKafkaProducer.create_batch": "86ae801b347c",
    "aiokafka.producer.producer:AIOKafkaProducer.send_batch": "ff8d65b59517",
    "aiokafka.producer.producer:AIOKafkaProducer.begin_transaction": "9834b9f64d8a",
    "aiokafka.producer.producer:AIOKafkaProducer.commit_transaction": "8f568a6acef9",
    "aiokafka.producer.message_accumulator:BatchBuilder.append": "65992902ef83",
    "aiokafka.consumer.consumer:AIOKafkaConsumer.start": "5ba1baa38f62",
    "aiokafka.producer.message_accumulator:MessageAccumulator.add_batch": "35870bc8e9eb",
    "aiokafka.producer.sender:Sender._do_txn_commit": "a474e71ab00f",
    "aiokafka.client:AIOKafkaClient.bootstrap": "f9d734f5446b",
    "aiokafka.client:AIOKafkaClient.force_metadata_update": "4b2453f58f83",
    "aiokafka.client:AIOKafkaClient._md_synchronizer": "515db2ff324d",
    "aiokafka.client:AIOKafkaClient.send": "fb1726e3ed8e",
    "aiokafka.client:AIOKafkaClient.set_topics": "d431143b7c44",
    "aiokafka.protocol.offset:OffsetRequest": "d01378a63d0c",
    "aiokafka.cluster:ClusterMetadata.leader_for_partition": "39e78e751973",
}


def digest(path: str) -> str:
    """The hash of the source of `module:Class.method`."""
    module, name = path.split(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return hashlib.sha256(textwrap.dedent(inspect.getsource(found)).encode()).hexdigest()[:12]


@pytest.mark.parametrize(("package", "version"), VERSIONS.items())
def test_the_pinned_version_is_installed(package: str, version: str) -> None:
    """Another version is a deliberate change: read what changed, then change streams/kafka/faust.py and this table."""
    assert version == importlib.metadata.version(package)


@pytest.mark.parametrize(("path", "expected"), PINNED.items())
def test_what_is_overridden_or_relied_on_has_not_changed(path: str, expected: str) -> None:
    """A change underneath is read before it runs."""
    found = digest(path)

    assert expected == found, f"{path} is another than the one streams/kafka/faust.py was written for: now {found}"


class FakeKafka(_Thread):
    """The consumer's thread without Kafka: hands out what it is given, and remembers what is committed."""

    def __init__(self, consumer: BatchConsumer) -> None:
        super().__init__(consumer, loop=consumer.loop, beacon=consumer.beacon)
        self.fetched: dict[TopicPartition, list[Any]] = {}
        self.assigned: set[TP] = set()
        self.committed: list[dict[TP, int]] = []
        self.accepts = True
        self.is_away = self.is_given_away = False

    async def getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109
        fetched, self.fetched = self.fetched, {}
        return fetched

    async def commit(self, tps: Mapping[TP, int]) -> bool:
        if self.accepts:
            self.committed.append(dict(tps))
        return self.accepts

    def assignment(self) -> set[TP]:
        return self.assigned

    async def call_thread(self, fun: Any, *args: Any, **kwargs: Any) -> Any:
        return await fun(*args, **kwargs)

    async def starts(self, held_topic: str | None) -> dict[TP, tuple[int, int | None]]:
        if self.is_away:
            await asyncio.sleep(60)
        if self.is_given_away:
            self.consumer.stop_flow()
        return dict.fromkeys(self.assigned, (7, 7))

    async def seek_from(self, tp: TP, offset: int | None) -> int:
        if tp not in self.assigned:
            raise IllegalStateError
        return offset or 0


class Record:
    """A record as aiokafka gives it, as far as it is looked at."""

    timestamp = 1_700_000_000_000
    timestamp_type = 1

    def __init__(self, offset: int) -> None:
        self.offset = offset


TP0, TP1 = TP("t", 0), TP("t", 1)


@pytest.fixture
async def consumer() -> AsyncIterator[BatchConsumer]:
    """A consumer of an app that is not started, with both partitions assigned."""
    app = BatchApp("contract", broker="kafka://127.0.0.1:1", web_enabled=False, topic_disable_leader=True)
    app.transport = BatchTransport(app.conf.broker_consumer, app)
    app.held_topic = "held"
    app.finalize()
    cast(Any, app.topics)._acking_topics.add("t")
    consumer = cast(BatchConsumer, app.consumer)
    real, consumer._thread = consumer._thread, FakeKafka(consumer)
    kafka_of(consumer).assigned = {TP0, TP1}
    consumer._set_active_tps({TP0, TP1})

    async def revoked(_: object) -> None:
        consumer.stop_flow()
        await consumer.wait_empty()

    consumer._on_partitions_revoked = cast(Any, revoked)
    yield consumer
    for thread in (real, consumer._thread):
        thread.thread_loop.close()


def kafka_of(consumer: BatchConsumer) -> FakeKafka:
    """The fake behind a consumer."""
    return cast(FakeKafka, consumer._thread)


async def fetch(consumer: BatchConsumer, **batches: list[int]) -> list[Any]:
    """Let these offsets be fetched by partition (p0, p1); gives what is delivered."""
    kafka_of(consumer).fetched = {
        TopicPartition("t", int(name[1:])): [Record(offset) for offset in offsets] for name, offsets in batches.items()
    }
    return [message async for _, message in consumer.getmany(timeout=0.1)]


async def committed(consumer: BatchConsumer) -> dict[TP, int]:
    """Commit; gives all that was committed up to now."""
    await consumer.commit()
    return {tp: offset for each in kafka_of(consumer).committed for tp, offset in each.items()}


async def test_a_seek_without_an_answer_ends_before_faust_forgets_it(consumer: BatchConsumer) -> None:
    """Faust's recovery task would end without a word, and nothing would ever be fetched again."""
    kafka_of(consumer).is_away = True
    consumer.app.conf.broker_request_timeout = SPARE_SECONDS + 0.1

    with pytest.raises(TimeoutError, match=r"where the input is to be read from: .* within 0\.1 s"):
        await cast(Any, consumer.app.tables).recovery._wait(consumer.perform_seek(), timeout=60)


@pytest.mark.parametrize("is_given_away", [False, True])
async def test_a_seek_of_an_assignment_that_is_over_lets_nothing_flow(
    *, consumer: BatchConsumer, is_given_away: bool
) -> None:
    """Faust lets the flow go on after a seek, be the partitions still here or not."""
    kafka_of(consumer).is_given_away = is_given_away
    refused = pytest.raises(IllegalStateError, match="given away") if is_given_away else contextlib.nullcontext()

    with refused:
        await cast(Any, consumer.app.tables).recovery._wait(consumer.perform_seek(), timeout=60)


async def test_one_event_is_one_fetched_batch_of_one_partition(consumer: BatchConsumer) -> None:
    """Records of a partition come together, never mixed with another's, raw and in order."""
    messages = await fetch(consumer, p0=[3, 4, 5], p1=[9])

    assert [(TP0, 5, [3, 4, 5]), (TP1, 9, [9])] == [
        (message.tp, message.offset, [record.offset for record in message.value]) for message in messages
    ]


async def test_a_batch_that_overtook_another_is_not_committed(consumer: BatchConsumer) -> None:
    """Only the finished prefix counts, whatever the order in which batches are finished."""
    first, second, third = [(await fetch(consumer, p0=offsets))[0] for offsets in ([0, 1], [2, 3], [4])]
    consumer.ack(second)
    assert await committed(consumer) == {}
    consumer.ack(third)
    assert await committed(consumer) == {}
    consumer.ack(first)

    assert await committed(consumer) == {TP0: 5}


async def test_a_prefix_is_committed_while_later_batches_are_at_work(consumer: BatchConsumer) -> None:
    """What is finished is committed, up to the batch that is not."""
    first, _, third = [(await fetch(consumer, p0=offsets))[0] for offsets in ([0, 1], [2, 3], [4])]
    consumer.ack(first)
    consumer.ack(third)

    assert await committed(consumer) == {TP0: 2}


async def test_holes_in_the_offsets_do_not_hold_a_commit_up(consumer: BatchConsumer) -> None:
    """Compaction and transactions leave offsets out."""
    for offsets in ([5, 9], [40]):
        consumer.ack((await fetch(consumer, p0=offsets))[0])
    await consumer._add_gap(TP0, 10, 39)

    assert await committed(consumer) == {TP0: 41}


async def test_a_marker_behind_the_last_record_is_passed_over(consumer: BatchConsumer) -> None:
    """Else the group would never be seen to have read a log that ends with a transaction."""
    message = (await fetch(consumer, p0=[0, 1]))[0]
    kafka_of(consumer).passed = {TP0: 3}
    assert await committed(consumer) == {}  # the batch before it is at work
    consumer.ack(message)

    assert await committed(consumer) == {TP0: 3}


async def test_a_log_of_markers_alone_is_read_to_its_end(consumer: BatchConsumer) -> None:
    """All that was ever written was taken back."""
    consumer._acked[TP0] = []
    kafka_of(consumer).passed = {TP0: 2}

    assert await committed(consumer) == {TP0: 2}


async def test_where_an_old_assignment_stood_is_not_committed(consumer: BatchConsumer) -> None:
    """The partition may have gone on elsewhere, and come back."""
    consumer._acked[TP0] = []
    kafka_of(consumer).passed = {TP0: 2}
    consumer.stop_flow()

    assert await committed(consumer) == {}


async def test_a_refused_commit_is_repeated(consumer: BatchConsumer) -> None:
    """What the broker did not take, it is asked to take again."""
    consumer.ack((await fetch(consumer, p0=[0, 1]))[0])
    kafka_of(consumer).accepts = False
    assert await committed(consumer) == {}
    kafka_of(consumer).accepts = True

    assert await committed(consumer) == {TP0: 2}


async def test_a_commit_waits_for_nothing_that_is_sent(consumer: BatchConsumer) -> None:
    """Faust's own flushes first, for ever where one record cannot be acknowledged, be it a figure for people."""
    never = asyncio.Event()
    cast(Any, consumer.app.producer)._producer = SimpleNamespace(flush=never.wait)
    consumer.ack((await fetch(consumer, p0=[0, 1]))[0])
    async with asyncio.timeout(30):
        assert await committed(consumer) == {TP0: 2}


async def test_a_commit_is_not_sent_twice(consumer: BatchConsumer) -> None:
    """An idle partition costs no commits."""
    consumer.ack((await fetch(consumer, p0=[0, 1]))[0])
    await committed(consumer)
    await committed(consumer)

    assert kafka_of(consumer).committed == [{TP0: 2}]


async def test_a_rebalance_commits_before_it_forgets(consumer: BatchConsumer) -> None:
    """The batch at work ends, and is committed, before the partition is given away."""
    message = (await fetch(consumer, p0=[0, 1]))[0]

    async def finish() -> None:
        await asyncio.sleep(0)
        consumer.ack(message)

    consumer.app.finish_work = finish
    await consumer.on_partitions_revoked({TP0, TP1})

    assert kafka_of(consumer).committed == [{TP0: 2}]
    assert consumer._new_offset(TP0) is None


async def test_a_commit_under_way_does_not_stand_for_the_last_one(consumer: BatchConsumer) -> None:
    """What was finished after the timer's commit began is committed too before a partition is given away."""
    consumer.ack((await fetch(consumer, p0=[0, 1]))[0])
    slow = asyncio.Event()
    commit = kafka_of(consumer).commit

    async def slowly(tps: Mapping[TP, int]) -> bool:
        await slow.wait()
        return await commit(tps)

    kafka_of(consumer).commit = slowly  # type: ignore[method-assign]  # a slow broker
    timer = asyncio.create_task(consumer.commit())
    await asyncio.sleep(0)
    consumer.ack((await fetch(consumer, p0=[2, 3]))[0])
    asyncio.get_running_loop().call_later(0.05, slow.set)
    await consumer.wait_empty()
    await timer

    assert kafka_of(consumer).committed == [{TP0: 2}, {TP0: 4}]


async def test_an_old_acknowledgement_commits_nothing_of_a_new_assignment(consumer: BatchConsumer) -> None:
    """A batch that ends after its partition was given away and came back does not count as the new one's."""
    old = (await fetch(consumer, p0=[0, 1]))[0]
    await consumer.on_partitions_revoked({TP0, TP1})
    consumer._set_active_tps({TP0, TP1})
    consumer.resume_flow()
    kafka_of(consumer).flow_when_drained = consumer.flow_stops
    await fetch(consumer, p0=[0, 1, 2])
    consumer.ack(old)

    assert await committed(consumer) == {}


async def test_what_was_fetched_before_a_rebalance_is_dropped(consumer: BatchConsumer) -> None:
    """Records of an old assignment are not delivered into the new one."""
    consumer.stop_flow()
    consumer.resume_flow()

    assert await fetch(consumer, p0=[0, 1]) == []


async def test_a_held_partition_waits_for_its_release(consumer: BatchConsumer) -> None:
    """Nothing is delivered of a partition before its state is taken over, however often the flow is resumed."""
    held = TP("held", 0)
    kafka_of(consumer).assigned = {TP0, held}
    consumer._held = {held}
    consumer._set_active_tps({TP0})
    consumer.resume_partitions({TP0, held})
    assert held not in consumer._get_active_partitions()

    assert await consumer.release(held, 7) == 7
    assert held in consumer._get_active_partitions()


async def test_where_a_first_start_begins_is_committed_before_anything_is_read(consumer: BatchConsumer) -> None:
    """A worker killed at once after its first checkpoint must not look like a group that has lost its offsets."""

    async def starts(held_topic: str | None) -> dict[TP, tuple[int, int | None]]:  # noqa: ARG001 - as the method
        return {TP0: (0, None), TP1: (5, 5)}

    kafka_of(consumer).starts = starts  # type: ignore[method-assign]  # what a group has that is new to one partition
    await consumer.perform_seek()

    assert kafka_of(consumer).committed == [{TP0: 0}]


async def test_what_is_finished_of_a_batch_is_committed_before_its_end(consumer: BatchConsumer) -> None:
    """The rest may be held for long; what is finished never goes back, and nothing is said of others' partitions."""
    consumer._begin_at(TP0, 0)
    [event] = await fetch(consumer, p0=[0, 1, 2, 3])
    consumer.finish(TP0, 3)
    consumer.finish(TP("other", 0), 9)
    half = dict(await committed(consumer))
    consumer.finish(TP0, 1)
    consumer.ack(event)

    assert half[TP0] == 3
    assert (await committed(consumer))[TP0] == 4
    assert TP("other", 0) not in consumer.standing()


async def test_a_partition_stands_where_it_is_finished(consumer: BatchConsumer) -> None:
    """Of one that is not taken over nothing is known; of one that is, also before its first batch."""
    held = TP("held", 0)
    kafka_of(consumer).assigned = {TP0, held}
    assert consumer.standing() == {}
    await consumer.release(held, 7)
    consumer.ack((await fetch(consumer, p0=[0, 1]))[0])
    await committed(consumer)

    assert consumer.standing() == {held: 7, TP0: 2}


async def test_a_full_buffer_of_an_old_assignment_does_not_release_a_held_partition(
    consumer: BatchConsumer,
) -> None:
    """A queue that empties after the rebalance says nothing about the new assignment."""
    consumer.on_buffer_full(TP0)
    await consumer.on_partitions_revoked({TP0})
    consumer.on_buffer_drop(TP0)

    assert TP0 not in consumer._get_active_partitions()


async def test_room_in_a_full_buffer_is_noticed_at_once(consumer: BatchConsumer) -> None:
    """Faust would sleep a second where all partitions wait for room."""
    consumer.on_buffer_full(TP0)
    consumer.on_buffer_full(TP1)
    asyncio.get_running_loop().call_later(0.02, consumer.on_buffer_drop, TP0)
    started = monotonic()
    kafka_of(consumer).fetched = {TopicPartition("t", 0): [Record(0)]}
    delivered = [message async for _, message in consumer.getmany(timeout=1.0)]

    assert len(delivered) == 1
    assert monotonic() - started < 0.5


async def test_behind_a_full_queue_of_one_agent_nothing_is_delivered_to_any(consumer: BatchConsumer) -> None:
    """So no agent may wait for what others do: a partition that has to wait is held in the consumer."""
    app = consumer.app
    app.flow_control.resume()
    app.conf.stream_buffer_maxsize = 8
    topic = app.topic("t", value_type=bytes, key_serializer="raw", value_serializer="raw")
    channel = topic.clone(is_iterator=True)
    partitions = [TP("t", number) for number in range(3)]
    consumer._set_active_tps({*partitions})
    handlers = {tp: cast(Any, app.topics)._build_handler(tp, {channel}) for tp in partitions}

    async def deliver(tp: TP, offset: int) -> None:
        await handlers[tp](consumer._to_message(tp, cast(Any, [Record(offset)])))

    for offset in range(6):
        await deliver(partitions[0], offset)
    assert consumer._get_active_partitions() == {*partitions}
    await deliver(partitions[0], 6)
    await deliver(partitions[1], 0)
    assert consumer._get_active_partitions() == {partitions[2]}
    last = asyncio.create_task(deliver(partitions[2], 0))
    await asyncio.wait([last], timeout=0.05)
    assert not last.done()
    channel.queue.get_nowait()
    await asyncio.wait_for(last, 30)


async def test_the_producer_is_idempotent(consumer: BatchConsumer) -> None:
    """Retries double nothing, and every replica has what is acknowledged."""
    producer = cast(BatchProducer, consumer.app.producer)

    assert producer._settings_extra() == {"enable_idempotence": True, "acks": "all"}


class Full:
    """A producer whose batches hold two records, and whose acknowledgements come when they are asked for."""

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []
        self.acknowledged = asyncio.Event()

    def create_batch(self) -> Any:
        class Two(list[bytes]):
            def append(self, *, value: bytes, **_: object) -> bool | None:  # type: ignore[override]
                return None if len(self) == 2 else not super().append(value)

            def record_count(self) -> int:
                return len(self)

        return Two()

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Any:
        self.sent.append(list(batch))
        return asyncio.ensure_future(self.acknowledged.wait())


async def test_records_that_do_not_fit_one_batch_are_split_in_order() -> None:
    """Nothing is left out at the seam of two batches, and the sender waits for all of them."""
    producer = Full()
    sending = asyncio.create_task(
        send_all(cast(Any, producer), "t", 0, [(None, str(n).encode(), ()) for n in range(5)])
    )
    while len(producer.sent) < 3:  # noqa: ASYNC110 - the fake has no event for it
        await asyncio.sleep(0)
    assert not sending.done()
    producer.acknowledged.set()
    await sending

    assert producer.sent == [[b"0", b"1"], [b"2", b"3"], [b"4"]]


async def test_what_is_never_acknowledged_is_not_waited_for(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where replicas are missing aiokafka tries for ever: the sender gives up, and its process ends."""
    monkeypatch.setattr(ours, "SEND_SECONDS", 0.05)
    producer = cast(BatchProducer, consumer.app.producer)
    monkeypatch.setattr(producer, "_ensure_producer", Full)

    with pytest.raises(TimeoutError):
        await producer.publish("t", 0, [(None, b"1", ())])


@pytest.mark.parametrize(
    ("dead", "said"),
    [("", set()), ("watch", {"watching the consumer group"}), ("fetch", {"fetching records"})],
)
async def test_a_task_that_nobody_asks_about_ends_the_process(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch, dead: str, said: set[str]
) -> None:
    """Whatever it died of: the worker would be without partitions for ever, or read nothing."""
    ends: list[str] = []
    monkeypatch.setattr(ours, "die", ends.append)
    monkeypatch.setattr(ours, "HEALTH_SECONDS", 0.01)
    thread, asked = kafka_of(consumer), asyncio.Event()

    def coordinator() -> Any:
        asked.set()
        if dead == "watch":
            raise AttributeError("_coordinator")
        return SimpleNamespace(
            _coordinator=SimpleNamespace(check_errors=lambda: None),
            _subscription=SubscriptionState(),
            _fetcher=SimpleNamespace(_fetch_task=SimpleNamespace(done=lambda: dead == "fetch")),
            _closed=False,
        )

    monkeypatch.setattr(thread, "_ensure_consumer", coordinator)
    watching = asyncio.create_task(thread._watch_coordinator())
    await asyncio.wait_for(asked.wait(), 30)
    await asyncio.sleep(0)
    watching.cancel()
    await asyncio.wait([watching])

    assert said == {one.partition(":")[0] for one in ends}


async def test_who_has_only_partitions_that_wait_stays_in_the_group(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is fetched then, and aiokafka would leave the group once that has lasted for max.poll.interval."""
    monkeypatch.setattr(ours, "HEALTH_SECONDS", 0.01)
    subscription = SubscriptionState()
    subscription._last_fetch_ended -= 1e6
    there = SimpleNamespace(
        _coordinator=SimpleNamespace(check_errors=lambda: None),
        _subscription=subscription,
        _fetcher=SimpleNamespace(_fetch_task=asyncio.current_task()),
        _closed=False,
    )
    thread = kafka_of(consumer)
    monkeypatch.setattr(thread, "_ensure_consumer", lambda: there)
    watching = asyncio.create_task(thread._watch_coordinator())
    async with asyncio.timeout(30):
        while subscription.fetcher_idle_time > 1e5:  # noqa: ASYNC110 - the fake has no event for it
            await asyncio.sleep(0.005)
    watching.cancel()


async def test_a_loop_that_stood_still_ends_the_process() -> None:
    """Before the first thing is sent after a stop longer than the session, it says where it stood and ends."""
    ends: list[str] = []
    pulse = Pulse(0.2, ends.append)
    pulse._last = monotonic()
    pulse.check()
    assert ends == []
    pulse._last -= 0.3
    pulse.check()

    assert len(ends) == 1
    assert "stood still for 0.3 s" in ends[0]
    assert "in test_a_loop_that_stood_still_ends_the_process" in ends[0]


async def test_a_beat_after_a_stop_does_not_hide_it() -> None:
    """The timer of the loop may come before any sender asks."""
    ends: list[str] = []
    pulse = Pulse(0.2, ends.append)
    pulse._last = monotonic() - 0.3
    pulse._beat(asyncio.get_running_loop())

    assert len(ends) == 1


async def test_a_beat_tells_how_late_it_came() -> None:
    """So long the loop did something else; a beat in time is not late."""
    late: list[float] = []
    pulse = Pulse(10, tell=late.append)
    pulse._last = monotonic() - 0.3 - BEAT_SECONDS
    pulse._beat(asyncio.get_running_loop())
    pulse._last = monotonic() + 1
    pulse._beat(asyncio.get_running_loop())

    assert 0.3 <= late[0] < 5
    assert late[1] == 0


async def test_a_loop_that_never_comes_back_is_noticed_by_a_thread() -> None:
    """Also where nobody in the loop can ask any more."""
    ended = threading.Event()
    pulse = Pulse(BEAT_SECONDS * 1.5, lambda _: ended.set())
    pulse.start()

    assert ended.wait(timeout=30)  # this very wait holds the loop


async def test_a_worker_that_waits_for_its_group_does_not_stand_still() -> None:
    """Before the first assignment no beat is missed, however long it takes."""
    ends: list[str] = []
    Pulse(0.0, ends.append).check()

    assert ends == []
