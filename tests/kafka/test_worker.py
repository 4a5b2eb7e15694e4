"""Workers on a real Kafka: killed, paused, joined and left, and what must hold all the same.

The checker runs the log of the internal topic through a fresh engine, one record after the other: the same log
gives the same alerts and the same state, byte for byte, whatever happened to the workers meanwhile.
"""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import KafkaError

from rules.engine.engine import Engine
from rules.engine.item import Tick
from rules.ledgers import Inside
from streams.detect.detector import process
from streams.kafka import topics
from streams.kafka.changelog import HEAD, Changelog, Head
from streams.route.router import encode_tick, partition_of
from tests.kafka._area import SIZES, Area, Log, Worker, event, pieces
from tests.kafka._worker import engine
from tests.oracle.world import apart

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

KILLS = 2


def is_closing(record: ConsumerRecord[bytes, bytes]) -> bool:
    """Whether a record of the internal topic holds the last tick."""
    inside = (msgspec.msgpack.decode(value, type=Inside) for value in pieces(record.value))
    return any(isinstance(one, Tick) and one.final for one in inside)


def replay(log: Log) -> tuple[Engine, set[tuple[Any, ...]]]:
    """One partition of the internal topic through a fresh engine, record by record."""
    fresh = engine(0)
    alerts: set[tuple[Any, ...]] = set()
    for record in log:
        outcome = process(fresh, [(record.value or b"", record.timestamp)])
        alerts |= {(each.key, each.value, tuple(each.headers)) for each in outcome.alerts}
    return fresh, alerts


async def assert_nothing_lost_nothing_else(area: Area) -> None:
    """Every accepted event is in the log, each log's alerts and state are those of a replay, byte for byte."""
    refused, entries = await area.expected_entries()
    logs = await area.logs()
    assert entries <= {value for log in logs.values() for record in log for value in pieces(record.value)}
    letters = {dict(record.headers)["source"] for record in await area.kafka.read(area.names.dead_letter)}
    assert refused == len(letters)

    state, expected = await area.state(), set()
    for partition, log in logs.items():
        fresh, alerts = replay(log)
        expected |= alerts
        saved = {key: value for key, value in state[partition].items() if key != HEAD}
        assert apart(saved) == apart(dict(fresh.drain_changes()))
    found = {(r.key, r.value, tuple(r.headers)) for r in await area.kafka.read(area.names.alerts)}
    assert len(expected) > 0
    assert expected == found


async def test_two_workers_share_the_work(area: Area) -> None:
    """What is published is routed, judged and saved, whoever has which partition; SIGTERM ends both cleanly."""
    workers = [await area.worker(), await area.worker()]
    await area.until(lambda: all(worker.has_said("assigned") for worker in workers))
    await area.publish(2000)
    await area.until(area.settled)
    await area.stop(*workers)

    assert all(worker.said("saved") for worker in workers)
    assert "uvloop" in next(line for line in workers[0].lines if line.startswith("assigned"))
    await assert_nothing_lost_nothing_else(area)


async def test_a_worker_that_starts_again_repeats_nothing(area: Area) -> None:
    """After a clean stop everything is saved: the next start goes on where the last one ended."""
    first = await area.worker()
    await area.publish(1000)
    await area.until(lambda: first.said("detected") > 0)
    assert await first.end(signal.SIGINT) == 0
    second = await area.worker()
    await area.until(area.settled)
    await area.stop(second)

    alerts = [(r.key, r.value) for r in await area.kafka.read(area.names.alerts)]
    assert len(alerts) == len(set(alerts))
    await assert_nothing_lost_nothing_else(area)


async def test_workers_killed_in_a_backlog_lose_nothing(area: Area) -> None:
    """Ended by kill -9 at random moments of the work, again and again."""
    seed = random.randrange(1_000_000)
    print("seed", seed)  # noqa: T201 - to repeat it
    dice = random.Random(seed)
    await area.publish(2000)
    running = [await area.worker(), await area.worker()]
    async with area.fed():
        for _ in range(KILLS):
            victim = dice.randrange(2)
            await area.until(partial(running[victim].has_said, "detected"))
            await asyncio.sleep(dice.uniform(0, 1))
            await running[victim].end(signal.SIGKILL)
            running[victim] = await area.worker()
    await area.until(area.settled)

    await area.stop(*running)
    await assert_nothing_lost_nothing_else(area)


@pytest.mark.long
async def test_a_worker_that_was_paused_and_replaced_ends_itself(area: Area) -> None:
    """SIGSTOP beyond the session, SIGCONT: it ends with 1, and has written nothing over its successor's state."""
    paused, other = await area.worker(), await area.worker()
    async with area.fed():
        await area.until(lambda: paused.said("saved") > 0 and other.said("saved") > 0)
        paused.process.send_signal(signal.SIGSTOP)
        alone = other.said("assigned 4 4")
        await area.until(lambda: other.said("assigned 4 4") > alone)
        taken = other.said("saved")
        await area.until(lambda: other.said("saved") > taken + 8)
        paused.process.send_signal(signal.SIGCONT)
        code = await paused.ended()
    await area.until(area.settled)

    assert code == 1
    assert "stood still" in " ".join(paused.lines)
    await area.stop(other)
    await assert_nothing_lost_nothing_else(area)


async def test_workers_that_join_and_leave_repeat_nothing(area: Area) -> None:
    """A rebalance saves first: what comes and goes cleanly sends no alert twice."""
    stays = await area.worker()
    async with area.fed():
        await area.until(lambda: stays.said("saved") > 0)
        for _ in range(2):
            guest = await area.worker()
            await area.until(partial(guest.has_said, "saved"))
            await area.stop(guest)
    await area.until(area.settled)

    await area.stop(stays)
    alerts = [(r.key, r.value) for r in await area.kafka.read(area.names.alerts)]
    assert len(alerts) == len(set(alerts))
    await assert_nothing_lost_nothing_else(area)


async def test_the_closing_tick_comes_after_everything(area: Area) -> None:
    """It closes what is open, once every input partition is read to its end; state and alerts are complete."""
    workers = [await area.worker(), await area.worker()]
    await area.publish(1500)
    await topics.close(area.client, area.prefix)

    async def closed() -> bool:
        kinds = [dict(r.headers)["ce_type"] for r in await area.kafka.read(area.names.alerts)]
        return b"settlement.alert.closed" in kinds and kinds.count(b"settlement.alert.opened") > 0

    await area.until(closed)
    await area.until(area.settled)
    logs = await area.logs()
    _, entries = await area.expected_entries()
    for log in logs.values():
        # A batch that a rebalance interrupted is routed again: what counts is when each entry came first.
        first = {value: record.offset for record in reversed(log) for value in pieces(record.value)}
        closing = [record.offset for record in log if is_closing(record)]
        assert max(first[entry] for entry in entries if entry in first) < closing[0]
    await area.stop(*workers)
    await assert_nothing_lost_nothing_else(area)


async def test_a_closing_record_that_is_not_allowed_is_set_aside(area: Area) -> None:
    """Where allow_final is not set it is a message like any other, and a bad one."""
    await area.worker(allow_final=False)
    await topics.close(area.client, area.prefix)

    async def refused() -> bool:
        return len(await area.kafka.read(area.names.dead_letter)) == 1

    await area.until(refused)
    letter = (await area.kafka.read(area.names.dead_letter))[0]
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (None, b"final")
    assert headers["source"] == f"{area.names.events}/0/0".encode()
    assert headers.keys() == {"error_code", "error_detail", "source"}
    assert await area.logs() == {p: [] for p in range(SIZES.internal)}


@pytest.mark.long
async def test_a_restart_does_not_make_a_wild_date_the_hour(area: Area) -> None:
    """The next owner's clock goes on from the last saved hour: its first event is weeks ahead, and brings no tick."""
    area.base -= 20 * 86_400
    first = await area.worker()
    await area.publish(100)
    await area.until(area.settled)
    await area.stop(first)
    ticks = {head.tick for head in (await area.heads()).values()}
    async with AIOKafkaProducer(**area.client) as producer:
        await producer.send_and_wait(area.names.events, event(100, area.base + 10 * 86_400), partition=0)
    second = await area.worker()
    await area.until(area.settled)
    await area.stop(second)

    assert len(ticks) == 1
    assert ticks != {0}
    assert ticks == {head.tick for head in (await area.heads()).values()}


async def test_a_compressed_message_that_is_too_large_is_set_aside(area: Area) -> None:
    """The broker takes it for its few bytes as they travel; set aside it is cut, and the next message is read."""
    await area.worker()
    async with AIOKafkaProducer(**area.client, compression_type="gzip", max_request_size=16 << 20) as producer:
        await producer.send_and_wait(area.names.events, b"a" * (6 << 20), key=b"k" * (3 << 20), partition=1)
        await producer.send_and_wait(area.names.events, b"{", partition=1)

    async def refused() -> bool:
        return len(await area.kafka.read(area.names.dead_letter)) == 2

    await area.until(refused)
    large, _ = sorted(await area.kafka.read(area.names.dead_letter), key=lambda letter: letter.offset)
    headers = dict(large.headers)
    assert (headers["truncated"], headers["truncated_key"]) == (b"%d" % (6 << 20), b"%d" % (3 << 20))
    assert headers["source"] == f"{area.names.events}/1/0".encode()
    assert set(large.value or b"") == set(b"a")


async def test_an_input_that_rests_lets_the_hours_pass(area: Area) -> None:
    """When nothing comes any more, the broker's hour is told to every partition."""
    await area.worker(idle_seconds=1.0)
    await area.publish(200)

    async def told() -> bool:
        hour = int(time.time()) // 3600 * 3_600_000
        return {hour} == {head.tick for head in (await area.heads()).values()}

    await area.until(told)


@pytest.mark.parametrize("committed", [True, pytest.param(False, marks=pytest.mark.long)])
async def test_transactions_of_the_publisher_are_read_whole_and_to_their_end(area: Area, committed: bool) -> None:  # noqa: FBT001 - a column
    """What was taken back is not judged, and what is no record keeps neither the hours nor the closing tick waiting."""
    await area.publish(2)
    _, before = await area.expected_entries()
    await area.worker(idle_seconds=1.0)
    async with AIOKafkaProducer(transactional_id=area.prefix, **area.client) as producer:
        for end in (producer.abort_transaction, producer.commit_transaction)[: 1 + committed]:
            await producer.begin_transaction()
            for partition in range(SIZES.inputs):
                value = event(partition, area.base)
                await producer.send_and_wait(area.names.events, value, key=b"k", partition=partition)
            await end()

    async def told() -> bool:
        hour = int(time.time()) // 3600 * 3_600_000
        return {hour} == {head.tick for head in (await area.heads()).values()}

    await area.until(told)
    await topics.close(area.client, area.prefix)
    await area.until(lambda: all_closed(area))
    _, entries = await area.expected_entries()
    inside = {value for log in (await area.logs()).values() for record in log for value in pieces(record.value)}
    assert entries == {value for value in inside if not isinstance(msgspec.msgpack.decode(value, type=Inside), Tick)}
    assert (entries > before) == committed


@pytest.mark.long
async def test_input_behind_an_open_transaction_does_not_rest(area: Area) -> None:
    """Nobody knows yet what stands there, and when it was: the broker's hours pass only when it is read."""

    async def told() -> bool:
        hour = int(time.time()) // 3600 * 3_600_000
        return {hour} == {head.tick for head in (await area.heads()).values()}

    await area.publish(2)
    async with AIOKafkaProducer(transactional_id=area.prefix, **area.client) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(area.names.events, event(0, area.base), partition=1)
        worker = await area.worker(idle_seconds=1.0)
        await area.until(lambda: worker.has_said("assigned"))
        await asyncio.sleep(8)  # hours of a resting input would pass after some 2 s
        was_told = await told()
        await producer.abort_transaction()

    assert not was_told
    await area.until(told)


@pytest.mark.parametrize("committed", [True, pytest.param(False, marks=pytest.mark.long)])
async def test_a_strangers_transaction_on_the_topic_inside_does_no_harm(area: Area, committed: bool) -> None:  # noqa: FBT001 - a column
    """It leaves a hole in the offsets of a partition that rests; the worker, and the one after it, go on behind it."""
    worker = await area.worker()
    await area.publish(300)
    await area.until(area.settled)
    async with AIOKafkaProducer(transactional_id=f"{area.prefix}-stranger", **area.client) as stranger:
        await stranger.begin_transaction()
        for partition in range(SIZES.internal):
            await stranger.send_and_wait(area.names.entries, encode_tick(0), partition=partition)
        await (stranger.commit_transaction if committed else stranger.abort_transaction)()
    await area.publish(300)
    await area.until(area.settled)
    await area.stop(worker)
    after = await area.worker()
    await area.publish(300)
    await area.until(area.settled)
    await area.stop(after)

    holes = {p for p, log in (await area.logs()).items() if len(log) < log[-1].offset + 1}
    assert holes == set(range(SIZES.internal))
    await assert_nothing_lost_nothing_else(area)


async def trim(area: Area, topic: str, left: int = 0) -> None:
    """Delete every record of a topic but the last few of each partition."""
    tps = [TopicPartition(topic, number) for number in range(4)]
    async with AIOKafkaConsumer(**area.client) as consumer, area.kafka.admin() as admin:
        ends = await consumer.end_offsets(tps)
        await admin.delete_records({tp: RecordsToDelete(end - left) for tp, end in ends.items()})


async def test_a_worker_that_retention_passes_by_ends_with_three(area: Area) -> None:
    """What it had still to read is gone while it runs: one line with the command, no hang and no silent jump."""
    worker = await area.worker(fetch_bytes=4 << 10)
    await area.publish(400)
    await area.until(area.settled)
    worker.process.send_signal(signal.SIGSTOP)
    await area.publish(1000)
    await trim(area, area.names.events)
    worker.process.send_signal(signal.SIGCONT)
    code = await worker.ended()

    assert code == 3, worker.complaints
    assert worker.complaints[-1].startswith(
        f"settlement_monitor.streams CRITICAL worker ends: lost: {area.names.events}/"
    )
    assert "are gone before they were read" in worker.complaints[-1]
    assert f"monitor topics accept-gap --prefix {area.prefix} " in worker.complaints[-1]


@pytest.mark.long
async def test_a_partition_inside_that_is_trimmed_behind_its_head_is_not_taken_over(area: Area) -> None:
    """Nothing inside is skipped: who takes it over ends with code 3."""
    first = await area.worker()
    await area.publish(300)
    await area.until(area.settled)
    await area.stop(first)
    async with AIOKafkaProducer(**area.client) as producer:
        for partition in range(SIZES.internal):
            await producer.send_and_wait(area.names.entries, encode_tick(0), partition=partition)
    await trim(area, area.names.entries)
    worker = await area.worker()
    code = await worker.ended()

    assert code == 3, worker.complaints
    assert f"lost: {area.names.entries}/" in worker.complaints[-1]


async def test_a_changelog_that_is_gone_is_not_a_first_start(area: Area) -> None:
    """The group was further, and the log inside is not whole: the state cannot be made again from it."""
    first = await area.worker()
    await area.publish(300)
    await area.until(area.settled)
    await area.stop(first)
    await trim(area, area.names.entries, left=1)
    async with area.kafka.admin() as admin:
        await admin.delete_topics([area.names.changelog])

    async def made_anew() -> bool:
        with contextlib.suppress(KafkaError):
            return "created" in {one.state for one in await topics.create(area.client, area.prefix, SIZES)}
        return False

    await area.until(made_anew)
    worker = await area.worker()
    code = await worker.ended()

    assert code == 3, worker.complaints
    assert "the state saved at offset " in worker.complaints[-1]


async def all_closed(area: Area) -> bool:
    """Whether the last tick is on every partition."""
    return all(any(is_closing(record) for record in log) for log in (await area.logs()).values())


async def test_a_worker_that_fails_ends_with_one(area: Area) -> None:
    """What nobody thought of ends the process before anything is saved."""
    worker = await area.worker(fault="broken")
    await area.publish(10)
    code = await worker.ended()

    assert code == 1
    expected = "settlement_monitor.streams CRITICAL worker ends: judging entries: RuntimeError: broken (in "
    assert worker.complaints[-1].startswith(expected), worker.complaints
    assert await area.heads() == {}


async def ends_in_time(worker: Worker, signal_number: signal.Signals = signal.SIGTERM) -> int:
    """Let a worker stop; gives the exit code. It has 5 s, a checkpoint (5 s here), and a moment for the machine."""
    started = time.monotonic()
    code = await worker.end(signal_number)
    assert time.monotonic() - started < 5 + 5 + 2, worker.complaints
    return code


@pytest.mark.long
async def test_a_worker_that_joins_a_group_stops_in_time(area: Area) -> None:
    """Its join waits for a member that was killed, up to the session or a rebalance; a stop does not."""
    dead = await area.worker(session_seconds=30.0)
    await area.publish(100)
    await area.until(lambda: dead.said("saved") > 0)
    await dead.end(signal.SIGKILL)
    joining = await area.worker(session_seconds=30.0, step_seconds=5.0)

    async def asks() -> bool:
        async with area.kafka.admin() as admin:
            [group] = await admin.describe_consumer_groups([area.prefix])
        return len(group.groups[0][5]) > 1  # members

    await area.until(asks)

    assert not joining.has_said("assigned")
    assert await ends_in_time(joining) == 0


async def test_a_worker_that_takes_over_stops_in_time(area: Area) -> None:
    """State that is being loaded is nobody's yet: nothing is to be saved, and the loading thread is not waited for."""
    first = await area.worker()
    await area.publish(500)
    await area.until(area.settled)
    await area.stop(first)
    second = await area.worker(fault="slow", step_seconds=5.0)
    await area.until(partial(second.has_said, "loading"))

    assert await ends_in_time(second) == 0


@pytest.mark.long
async def test_a_worker_whose_consumer_hangs_stops_in_time(area: Area) -> None:
    """The thread of the consumer is not needed to save what is judged."""
    worker = await area.worker(fault="hangs", step_seconds=5.0)
    await area.until(partial(worker.has_said, "hanging"))

    assert await ends_in_time(worker) == 0


async def test_a_stray_record_inside_is_passed_over(area: Area) -> None:
    """It is kept on the rule-errors topic, and what comes after it is judged and saved."""
    worker = await area.worker()
    await area.until(lambda: worker.said("assigned") > 0)
    async with AIOKafkaProducer(**area.client) as producer:
        for value in (b"\xc1", None):
            await producer.send_and_wait(area.names.entries, value, key=b"stray", partition=0)
    await area.publish(1000)
    await area.until(area.settled)
    await area.stop(worker)

    kept = [(record.value, dict(record.headers)) for record in await area.kafka.read(area.names.rule_errors)]
    sources = [f"{area.names.entries}/0/{offset}".encode() for offset in (0, 1)]
    assert kept == [
        (value, {"error": b"undecodable", "source": source})
        for value, source in zip((b"\xc1", None), sources, strict=True)
    ]
    await assert_nothing_lost_nothing_else(area)


def changelog(area: Area, partition: int = 0) -> Changelog:
    """The changelog of a partition, as a worker has it."""
    return Changelog(
        area.names.changelog,
        partition,
        lambda: AIOKafkaProducer(transactional_id=f"{area.prefix}-{partition}", **area.client),
        lambda: AIOKafkaConsumer(isolation_level="read_committed", **area.client),
    )


async def test_a_large_state_record_is_saved_and_read(area: Area) -> None:
    """A hot key's blob may be larger than Kafka's usual 1 MiB."""
    log = changelog(area)
    await log.open()
    blob = random.Random(1).randbytes(5 << 20)
    await log.write([(b"hot", blob), (b"cold", b"1")], Head(1, 0, 4, {}))
    await log.close()

    assert blob == (await log.read())[b"hot"]


async def test_the_former_owner_is_fenced_off_and_its_half_checkpoint_gone(area: Area) -> None:
    """Kafka keeps the promise on which everything rests: one writer, whole transactions."""
    old, new = changelog(area), changelog(area)
    await old.open()
    await old.write([(b"a", b"1")], Head(1, 0, 4, {}))
    await old._producer.begin_transaction()
    await old._producer.send_and_wait(area.names.changelog, b"half", b"a", partition=0)
    await new.open()
    state = await new.read()

    assert state[b"a"] == b"1"
    with pytest.raises(KafkaError):
        await old._producer.commit_transaction()
    with contextlib.suppress(KafkaError):
        await old.close()
    await new.write([(b"a", b"2")], Head(2, 0, 4, {}))
    assert (await new.read())[b"a"] == b"2"
    await new.close()


def test_entries_spread_over_the_partitions() -> None:
    """The tests above would prove little if all keys fell on one partition."""
    keys: Sequence[bytes] = [f"institution:P{n}".encode() for n in range(100)]

    assert {partition_of(key, SIZES.internal) for key in keys} == set(range(SIZES.internal))
