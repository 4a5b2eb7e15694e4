"""What the read model watches on a real cluster: who was heard of, when tables were loaded."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import generate_latest
from redis.asyncio import Redis

from monitor.readmodel import watcher
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.watcher import Saved, Watcher
from streams.kafka.tables import publish_rows
from tests.e2e._area import until
from tests.kafka._area import Area, event

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]


@contextlib.asynccontextmanager
async def watching(area: Area, redis_url: str) -> AsyncIterator[ReadModelMetrics]:
    """A watcher for the length of the block."""
    metrics = ReadModelMetrics()
    running = asyncio.create_task(Watcher(area.client, area.prefix, redis_url, metrics).run())
    try:
        yield metrics
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def publish(area: Area, *values: bytes) -> None:
    """Publish messages."""
    async with AIOKafkaProducer(**area.client) as producer:
        for value in values:
            await producer.send_and_wait(area.names.events, value)


async def test_who_was_heard_of_is_saved(area: Area, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the offsets behind it: the next one goes on there, and hears nothing twice. Garbage names nobody."""
    monkeypatch.setattr(watcher, "SAVE_SECONDS", 0.1)
    redis = Redis.from_url(redis_url)

    async def heard() -> set[str]:
        value = await redis.get(f"{area.prefix}:heard")
        return set(msgspec.json.decode(value, type=Saved).heard) if value else set()

    async def is_heard(*names: str) -> bool:
        return await heard() == set(names)

    async with watching(area, redis_url):
        await publish(area, event(10, 0), b"{", b'{"fixmedins_code": "341021198001011234"}')
        await until(lambda: is_heard("P34102100000"), 60, "the first institution")
    async with watching(area, redis_url):
        await publish(area, event(5010, 0))
        await until(lambda: is_heard("P34102100000", "P34102100010"), 60, "both")
    await redis.delete(f"{area.prefix}:heard")
    async with watching(area, redis_url):
        await until(lambda: is_heard("P34102100000", "P34102100010"), 60, "both again, from the topic")
    await redis.aclose()


async def test_when_a_table_was_loaded_is_told(area: Area, redis_url: str) -> None:
    """By the broker's clock; 0 for a table that never was."""
    before = time.time()
    await publish_rows(
        area.client, area.prefix, "deaths", [{"psn_no": "1", "die_date": "2026-01-05", "valid_from": ""}]
    )
    async with watching(area, redis_url) as metrics:

        def told() -> dict[str, float]:
            lines = generate_latest(metrics.registry).decode().splitlines()
            name = 'settlement_monitor_readmodel_reference_timestamp_seconds{table="'
            pairs = [line.removeprefix(name).split('"} ') for line in lines if line.startswith(name)]
            return {table: float(value) for table, value in pairs}

        await until(lambda: told()["deaths"] > 0, 60, "the table")
        found = told()

    assert before - 5 < found.pop("deaths") < time.time() + 5
    assert {0.0} == set(found.values())
