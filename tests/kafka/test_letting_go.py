"""What a producer leaves behind that a later one has fenced off."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import InvalidProducerEpoch, ProducerFenced

from streams.kafka.clients import started
from tests.kafka._area import Area

pytestmark = pytest.mark.kafka

STEPS: dict[str, Callable[[AIOKafkaProducer, TopicPartition], Awaitable[object]]] = {
    "commits": lambda one, _: one.commit_transaction(),
    "takes back": lambda one, _: one.abort_transaction(),
    "writes where it wrote": lambda one, at: one.send_and_wait(at.topic, b"{}", partition=at.partition),
    "writes elsewhere": lambda one, at: one.send_and_wait(at.topic, b"{}", partition=at.partition + 1),
    "sends offsets": lambda one, at: one.send_offsets_to_transaction({at: 1}, "g"),
}
"""What it does when it hears of it."""


@pytest.mark.parametrize("step", STEPS)
async def test_nobody_complains_of_who_was_fenced_off(area: Area, step: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it does when it hears of it: no connection is left open, and no error where nobody has asked for it."""
    settings = {"transactional_id": f"{area.prefix}-fenced", **area.client}
    at = TopicPartition(area.names.events, 0)

    async def be_fenced_off(first: AIOKafkaProducer) -> None:
        async with started(first):
            await first.begin_transaction()
            await first.send_and_wait(at.topic, b"{}", partition=at.partition)
            async with started(AIOKafkaProducer(**settings)):
                await STEPS[step](first, at)

    async def look_after_one() -> None:
        first = AIOKafkaProducer(**settings)
        with pytest.raises((ProducerFenced, InvalidProducerEpoch)):
            await be_fenced_off(first)
        assert [one for one in first.client._conns.values() if one.connected()] == []

    for _ in range(3):
        await look_after_one()
    gc.collect()
    assert [one.getMessage() for one in caplog.records if one.name == "asyncio"] == []
