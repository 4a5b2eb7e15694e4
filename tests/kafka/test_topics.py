"""The topics on a real broker: producers with wrong clocks, and settings that differ."""

import asyncio
import time
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidTimestampError

from streams.kafka import topics
from streams.kafka.topics import DAY, Found, Names, Sizes
from tests.e2e._area import until
from tests.kafka._cluster import Kafka

pytestmark = pytest.mark.kafka

SIZES = Sizes(inputs=1, internal=1, outputs=1)
HOUR = DAY // 24
PATIENCE = 400.0
"""A broker with Kafka's own settings looks every five minutes at what it may delete."""


def client(kafka: Kafka) -> dict[str, Any]:
    """How to reach the cluster."""
    return {"bootstrap_servers": kafka.bootstrap}


async def settings_of(kafka: Kafka, topic: str) -> dict[str, str]:
    """Every setting of a topic."""
    async with kafka.admin() as admin:
        [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    [(*_, entries)] = answer.resources
    return {name: value for name, value, *_ in entries}


async def send(kafka: Kafka, names: list[str], timestamp: int) -> None:
    """Write one record to each topic, stamped by the producer."""
    async with AIOKafkaProducer(**client(kafka)) as producer:
        for name in names:
            await producer.send_and_wait(name, b"{}", key=b"k", partition=0, timestamp_ms=timestamp)


async def first_offsets(kafka: Kafka, names: list[str]) -> dict[str, int]:
    """The first offset of each topic."""
    async with AIOKafkaConsumer(**client(kafka)) as consumer:
        found = await consumer.beginning_offsets([TopicPartition(name, 0) for name in names])
    return {tp.topic: offset for tp, offset in found.items()}


async def retention_has_looked(kafka: Kafka, name: str) -> None:
    """Wait until the broker has deleted what is old on a topic that has its producers' clocks."""
    old = int(time.time() * 1000) - 100 * DAY
    await send(kafka, [name], old)
    async with AIOKafkaConsumer(**client(kafka)) as consumer:
        tp = TopicPartition(name, 0)
        end = (await consumer.end_offsets([tp]))[tp]
        until = time.monotonic() + PATIENCE
        while (await consumer.beginning_offsets([tp]))[tp] < end:
            assert time.monotonic() < until, f"waited {PATIENCE:.0f} s for retention on {name}"
            await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_a_clock_of_the_past_deletes_nothing(kafka: Kafka, prefix: str) -> None:
    """Alerts of a worker whose clock is 100 days behind stay as long as those of any other."""
    await topics.create(client(kafka), prefix, SIZES)
    kept = [topic.name for topic in topics.table(prefix, SIZES) if "retention.ms" in topic.config]
    control = f"{prefix}.control"
    await kafka.create(control, retention_ms=str(90 * DAY))
    await send(kafka, kept, int(time.time() * 1000) - 100 * DAY)
    for _ in range(2):  # in one round the broker may look at this topic first
        await retention_has_looked(kafka, control)

    assert await first_offsets(kafka, kept) == dict.fromkeys(kept, 0)


async def test_a_clock_of_the_future_is_refused_nowhere(kafka: Kafka, prefix: str) -> None:
    """A worker whose clock is two hours ahead writes to every topic, also its state."""
    await topics.create(client(kafka), prefix, SIZES)
    control, ahead = f"{prefix}.control", int(time.time() * 1000) + 2 * HOUR
    await kafka.create(control)
    with pytest.raises(InvalidTimestampError):
        await send(kafka, [control], ahead)
    every = [topic.name for topic in topics.table(prefix, SIZES)]
    await send(kafka, every, ahead)
    [alert] = await kafka.read(Names(prefix).alerts)

    assert alert.timestamp < ahead - HOUR


async def test_settings_that_differ_are_mended(kafka: Kafka, prefix: str) -> None:
    """What was given to a topic besides stays, and partitions are never changed."""
    names = Names(prefix)
    await kafka.create(names.alerts, 1, cleanup_policy="delete", retention_ms=str(DAY), segment_ms=str(DAY))
    await kafka.create(names.events, 2, retention_ms=str(30 * DAY))
    before = await settings_of(kafka, names.alerts)
    differs = {one.name: one for one in await topics.create(client(kafka), prefix, SIZES) if one.state == "differs"}
    assert differs.keys() == {names.alerts, names.events}
    assert before == await settings_of(kafka, names.alerts)
    mended = {one.name: one for one in await topics.create(client(kafka), prefix, SIZES, mend=True)}

    stamp = "message.timestamp.type: now LogAppendTime, was CreateTime"
    retention = f"retention.ms: now {90 * DAY}, was {DAY}"
    assert mended[names.alerts] == Found(names.alerts, "mended", f"{retention}; {stamp}")
    assert mended[names.events] == Found(names.events, "differs", f"partitions: expected 1, was 2; {stamp}")

    async def known() -> bool:
        """The broker that is asked hears of it a moment later."""
        found = {one.name: one.state for one in await topics.create(client(kafka), prefix, SIZES)}
        return found[names.alerts] == "exists" and found[names.events] == "differs"

    await until(known, 60)
    after = await settings_of(kafka, names.alerts)
    assert {name: after[name] for name in before if before[name] != after[name]} == {
        "retention.ms": str(90 * DAY), "message.timestamp.type": "LogAppendTime",
    }  # fmt: skip


async def test_publishers_clocks_on_the_events_are_named(kafka: Kafka, prefix: str) -> None:
    """In one line, with what to do; nothing is said of a topic that is missing or well."""
    names = Names(prefix)
    assert await topics.stamped_by_publishers(client(kafka), prefix) is None
    await kafka.create(names.events)
    said = await topics.stamped_by_publishers(client(kafka), prefix)
    assert said is not None
    assert said.startswith(f"{names.events}: message.timestamp.type: expected LogAppendTime, was CreateTime")
    await topics.create(client(kafka), prefix, SIZES, mend=True)

    async def well() -> bool:
        return await topics.stamped_by_publishers(client(kafka), prefix) is None

    await until(well, 60)
