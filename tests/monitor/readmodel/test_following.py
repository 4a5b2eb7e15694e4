"""The process that keeps the read model follows the topics, whichever file counts, and does not wait for Redis."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

import orjson
import pytest
from confluent_kafka import Producer

from monitor.offline.embedded import EmbeddedBroker
from monitor.readmodel import process, projector
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.projector import Projector, topics_of
from monitor.readmodel.readmodel import ReadModel
from monitor.readmodel.store import Store
from monitor.settings import load_settings
from streams.kafka.reading import reader
from tests.monitor.readmodel.test_readmodel import alert


async def test_what_comes_is_written_also_into_a_file_that_is_built_meanwhile(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis is away all the time. A revision that came before, one between, and one after are there in the end."""
    # The embedded broker leaves the checksum of a transaction as it was before it gave its records their offsets.
    for module in (process, projector):
        monkeypatch.setattr(module, "reader", partial(reader, check_crcs=False))
    with EmbeddedBroker() as broker:
        producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        for topic in topics_of(prefix):
            producer.list_topics(topic, timeout=10)
        settings = load_settings(brokers=broker.bootstrap, prefix=prefix, redis="redis://127.0.0.1:1")
        store, metrics = Store(settings.readmodel_dir, prefix), ReadModelMetrics()

        def publish(name: str) -> None:
            producer.produce(f"{prefix}.alerts", orjson.dumps(alert(name)), name)
            assert producer.flush(10) == 0

        async def comes(name: str) -> None:
            while ReadModel(settings).one(name) is None:
                assert not running.done()
                await asyncio.sleep(0.02)

        first = store.begin()
        running = asyncio.create_task(Projector(settings, metrics).run())
        async with asyncio.timeout(60):
            publish("before")
            await comes("before")
            assert await process.rebuild(settings) == 1
            second = store.path()
            publish("after")
            await comes("after")
            assert ReadModel(settings).one("before") is not None
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    assert second not in (None, first)
    assert not first.exists()
    assert metrics.away_since is not None
