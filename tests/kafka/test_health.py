"""The page of health over a real cluster: what waits, what is blocked, what was set aside, when tables were loaded."""

from __future__ import annotations

import asyncio
import time
from datetime import date

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from fastapi.testclient import TestClient

from monitor.area.backlog import Backlog, backlog_of
from monitor.area.deeds import record
from monitor.area.reconciled import reconciled
from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.settings import load_settings
from monitor.worker.worker import group_of
from streams.kafka import area as areas
from streams.kafka import topics
from streams.kafka.tables import publish_rows
from streams.kafka.topics import Names, Sizes
from streams.route.tallies import Tally
from tests.kafka._cluster import Kafka

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


async def test_what_waits_and_what_is_blocked(kafka: Kafka, prefix: str) -> None:
    """Records behind the group's offset wait; behind a publisher's open transaction they cannot be read."""
    client, names = {"bootstrap_servers": kafka.bootstrap}, Names(prefix)
    await topics.create(client, prefix, Sizes(inputs=2, internal=1))
    async with AIOKafkaProducer(**client) as producer:
        for _ in range(3):
            await producer.send_and_wait(names.events, b"{}", partition=0)
    async with AIOKafkaConsumer(group_id=f"{prefix}-monitor", enable_auto_commit=False, **client) as worker:
        worker.assign([TopicPartition(names.events, 0)])
        await worker.commit({TopicPartition(names.events, 0): 1})
    async with AIOKafkaProducer(transactional_id=prefix, **client) as publisher, publisher.transaction():
        await publisher.send_and_wait(names.events, b"{}", partition=1)
        found = await backlog_of(client, prefix, f"{prefix}-monitor")

    assert [
        Backlog(names.events, 0, 2, None), Backlog(names.events, 1, 1, "open_transaction"),
        Backlog(names.entries, 0, 0, None),
    ] == found  # fmt: skip


async def test_the_page_says_what_the_topics_say(kafka: Kafka, prefix: str, redis_url: str) -> None:
    """Every part is read; senders with their reasons, and when a table was loaded."""
    client, names = {"bootstrap_servers": kafka.bootstrap}, Names(prefix)
    settings = load_settings(brokers=kafka.bootstrap, prefix=prefix, redis=redis_url)
    await topics.create(client, prefix, Sizes(inputs=2, internal=1))
    await areas.write(client, prefix, areas.or_new)
    await publish_rows(client, prefix, "deaths", [{"psn_no": "1", "die_date": "2026-01-05", "valid_from": ""}])
    now = int(1000 * time.time())
    tally = Tally("refused", "no_result", "H34102100021", "2207", 12, since=now - 1000, until=now)
    async with AIOKafkaProducer(**client) as producer:
        await producer.send_and_wait(names.tallies, msgspec.json.encode(tally))
        await producer.send_and_wait(names.events, b"{}", partition=0)
    for day, differs in ((5, 0), (6, -3)):
        results = [("adds_up", 0), ("adds_up" if not differs else "differs", differs)]
        await record(client, prefix, [reconciled(date(2026, 3, day), results, "王五")])
    page = TestClient(app_of(settings, ConsoleMetrics()), base_url="http://localhost")

    found = (await asyncio.to_thread(page.get, "/api/health")).json()
    text = (await asyncio.to_thread(page.get, "/health")).text

    assert [
        {"what": "refused", "detail": "no_result", "institution": "H34102100021", "transaction": "2207", "number": 12}
    ] == found["set_aside"]
    assert ["deaths"] == [table for table, loaded_at in found["tables"].items() if loaded_at]
    assert 1 == sum(one["lag"] for one in found["backlog"])
    checks = {one["what"]: one for one in found["checks"]}
    assert {"workers", "rules", "reference tables", "notify", "reconciliation", "MONITOR_REDIS"} == checks.keys()
    told = "2026-03-06: 1 institutions add up, 1 do not; 0 settlements too many, 3 missing"
    assert (True, False) == (checks["reconciliation"]["detail"].startswith(told), checks["reconciliation"]["ok"])
    assert ("none runs", False) == (checks["workers"]["detail"], checks["workers"]["ok"])
    assert "monitor deadletter retry --code no_result" in text
    assert "H34102100021" in text
    assert "不到1天前" in text
    assert group_of(settings) == f"{prefix}-monitor"
