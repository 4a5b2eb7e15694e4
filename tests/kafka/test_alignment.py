"""Input partitions that wait for one another, on a real Kafka."""

import asyncio
import contextlib
import json
import signal
import time
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from rules.ledgers import Record
from tests.kafka._area import Area, Log, Worker, event, pieces

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

DAY = 86_400
LIMITS: dict[str, Any] = {"hold_seconds": 600.0, "session_seconds": 3.0, "rebalance_seconds": 15.0}


async def publish(area: Area, partition: int, days: int, count: int = 150, harm: bytes = b"") -> None:
    """Publish events of one day to one input partition; harm: what the sixth of them bears."""
    async with AIOKafkaProducer(**area.client, linger_ms=5) as producer:
        waiting = []
        for each in range(count):
            value = event(area.sent + each, area.base + (days - 10) * DAY)
            if harm and each == 5:
                value = value.replace(b'"psn_no": "', b'"psn_no": "' + harm)
            waiting.append(await producer.send(area.names.events, value, b"k", partition=partition))
        await asyncio.gather(*waiting)
    area.sent += count


async def is_routed(area: Area) -> bool:
    """Whether the entries of all events are inside."""
    _, expected = await area.expected_entries()
    return expected <= {
        value for log in (await area.logs()).values() for record in log for value in pieces(record.value)
    }


def told(worker: Worker) -> list[tuple[list[int], list[int], list[int]]]:
    """What it said again and again while anything was held: its partitions held, those waited for, those left out."""
    lines = [line.removeprefix("aligned ") for line in worker.lines if line.startswith("aligned ")]
    return [tuple(json.loads(f"[{line.replace('] [', '], [')}]")) for line in lines]


def waits_for(worker: Worker, partition: int) -> bool:
    """Whether it told that partitions of its own wait for this one."""
    return any(held and partition in for_what for held, for_what, _ in told(worker))


def has_left_out(worker: Worker, partition: int) -> bool:
    """Whether it told that nobody waits for a partition any more."""
    return any(partition in left_out for _, _, left_out in told(worker))


def has_routed(worker: Worker) -> bool:
    """Whether a worker has put anything inside."""
    return any(line.startswith("routed ") and line != "routed 0" for line in worker.lines)


@pytest.mark.parametrize("silent", [0, 3])
async def test_a_partition_without_an_event_holds_nobody(area: Area, silent: int) -> None:
    """It is read to its end, and that is told: others pass long before the hold limit."""
    worker = await area.worker(**LIMITS)
    for partition in {0, 1, 2, 3} - {silent}:
        await publish(area, partition, partition)
    await area.until(lambda: is_routed(area))

    assert not has_left_out(worker, silent)
    await area.stop(worker)


@pytest.mark.long
async def test_a_record_that_ends_every_owner_holds_the_others_no_longer_than_the_limit(area: Area) -> None:
    """No owner of it lives for the hold limit: each goes on counting where the one before it stopped."""
    limits = LIMITS | {"hold_seconds": 10.0}
    await publish(area, 1, 0, harm=b"poison")
    for partition in (0, 2, 3):
        await publish(area, partition, 8)
    started, lives = time.monotonic(), 1
    worker = await area.worker(**limits, fault="poison")
    while not has_left_out(worker, 1):
        assert time.monotonic() - started < 600, (lives, worker.complaints)
        await asyncio.sleep(0.1)
        if worker.process.returncode is not None:
            worker.may_end = True
            lives, worker = lives + 1, await area.worker(**limits, fault="poison")

    assert lives > 2
    assert time.monotonic() - started > limits["hold_seconds"]
    worker.may_end = True


async def test_an_owner_that_hangs_holds_the_others_no_longer_than_the_limit(area: Area) -> None:
    """It sends heartbeats and does nothing else: the others are held, say for what, and go on after the limit."""
    limits = LIMITS | {"hold_seconds": 10.0}
    workers = [await area.worker(**limits, fault="sticks") for _ in range(2)]
    await area.until(lambda: all(any(line.startswith("assigned 2 ") for line in one.lines) for one in workers))
    await publish(area, 1, 0, harm=b"tar pit")
    await area.until(lambda: any(worker.has_said("stuck") for worker in workers))
    other = next(worker for worker in workers if not worker.has_said("stuck"))
    for partition in (0, 2, 3):
        await publish(area, partition, 8)
    await area.until(lambda: waits_for(other, 1))
    assert not has_routed(other)
    assert not has_left_out(other, 1)
    await area.until(lambda: has_left_out(other, 1))
    await area.until(lambda: has_routed(other))
    assert all(worker.process.returncode is None for worker in workers)


@pytest.mark.long
async def test_a_whole_area_that_starts_on_a_backlog_keeps_its_partitions_together(area: Area) -> None:
    """Days of each partition were published one partition after the other, while no worker was there."""
    area.base -= 10 * DAY
    first = [await area.worker(**LIMITS) for _ in range(2)]
    await area.publish(200)
    await area.until(area.settled)
    for worker in first:
        await worker.end(signal.SIGKILL)
    for partition in (3, 1, 0, 2):
        for day in range(1, 9):
            await publish(area, partition, 10 + day, 40)
    again = [await area.worker(**LIMITS) for _ in range(2)]
    await area.until(lambda: is_routed(area))

    assert max(ahead(log) for log in (await area.logs()).values()) <= 2 * DAY * 1000
    assert not any(has_left_out(worker, partition) for worker in again for partition in range(4))
    await area.stop(*again)


def ahead(log: Log) -> int:
    """How far an entry was put inside ahead of one that came after it, by inf_time, ms at most."""
    latest = most = 0
    for record in log:
        for piece in pieces(record.value):
            with contextlib.suppress(msgspec.ValidationError):
                for entry in msgspec.msgpack.decode(piece, type=Record).entries:
                    latest = max(latest, entry.uploaded)
                    most = max(most, latest - entry.uploaded)
    return most


async def test_a_worker_whose_partitions_are_all_held_stays_in_its_group(area: Area) -> None:
    """Also past the time in which a consumer has to ask for more, and through a rebalance.

    What was read is read again, and passes once the earliest partition moves.
    """
    limits = LIMITS | {"most_poll_seconds": 4.0}
    first = await area.worker(**limits)
    await area.until(lambda: first.has_said("assigned"))
    for partition in (1, 2, 3):
        await publish(area, partition, 8)
    async with AIOKafkaProducer(transactional_id=area.prefix, **area.client) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(area.names.events, event(0, area.base - 10 * DAY), partition=0)
        await area.until(lambda: ([1, 2, 3], [0], []) in told(first))
        await asyncio.sleep(3 * limits["most_poll_seconds"])
        assert first.said("assigned") == 1  # it was not put out of its group
        second = await area.worker(**limits)
        await area.until(lambda: second.has_said("assigned"))
        assert not await is_routed(area)
        await producer.abort_transaction()
    await area.until(lambda: is_routed(area))

    assert not any(has_left_out(worker, 0) for worker in area.workers)
    await area.stop(first, second)
