"""Input partitions that wait for one another, on a real Kafka."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from streams import topics
from streams.topics import Names
from tests.kafka._cluster import Kafka
from tests.kafka.test_worker import SIZES, Area, Worker, event, pieces

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

DAY = 86_400
LIMITS: dict[str, Any] = {"hold_seconds": 600.0, "session_seconds": 3.0, "rebalance_seconds": 15.0}


@pytest.fixture
async def area(kafka: Kafka, prefix: str) -> AsyncIterator[Area]:
    """Topics of their own, and no worker left behind."""
    area = Area(kafka, prefix, Names(prefix))
    await topics.create(area.client, prefix, SIZES)
    yield area
    for worker in area.workers:
        await worker.end(signal.SIGKILL)


async def publish(area: Area, partition: int, days: int, count: int = 150) -> None:
    """Publish events of one day to one input partition."""
    async with AIOKafkaProducer(**area.client, linger_ms=5) as producer:
        waiting = []
        for each in range(count):
            value = event(area.sent + each, area.base + (days - 10) * DAY)
            waiting.append(await producer.send(area.names.events, value, b"k", partition=partition))
        await asyncio.gather(*waiting)
    area.sent += count


async def is_routed(area: Area) -> bool:
    """Whether the entries of all events are inside."""
    _, expected = await area.expected_entries()
    return expected <= {
        value for log in (await area.logs()).values() for record in log for value in pieces(record.value)
    }


def has_left_out(worker: Worker, partition: int) -> bool:
    """Whether a worker told that nobody waits for a partition any more."""
    return any(line.startswith("aligned") and line.endswith(f"[{partition}]") for line in worker.lines)


@pytest.mark.parametrize("silent", [0, 3])
async def test_a_partition_without_an_event_holds_nobody(area: Area, silent: int) -> None:
    """It is read to its end, and that is told: others pass long before the hold limit."""
    worker = await area.worker(**LIMITS)
    for partition in {0, 1, 2, 3} - {silent}:
        await publish(area, partition, partition)
    await area.until(lambda: is_routed(area))

    assert not has_left_out(worker, silent)
    await area.stop(worker)
