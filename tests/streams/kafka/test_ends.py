"""Where partitions end, by what their leaders answer."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from time import monotonic

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    TopicAuthorizationFailedError,
)
from confluent_kafka import Producer
from faust.types import TP

from monitor.offline.embedded import EmbeddedBroker, Feeder
from streams.kafka import ends as ends_of
from streams.kafka.ends import End, Ends, until_answered


async def test_the_ends_of_all_partitions_are_asked() -> None:
    """Of every topic at once, also of a topic that was not asked for before; of what nobody leads nothing is known."""
    with EmbeddedBroker() as broker:
        feeder = Feeder(broker.bootstrap, "s", "g")
        feeder.send(("k", b"1") for _ in range(3))
        ends = Ends({"bootstrap_servers": broker.bootstrap})
        first = await ends.ask([TP("s.events", 0), TP("s.events", 1)])
        second = await ends.ask([TP("s.events", 0), TP("s.late", 2), TP("s.late", 99)])
        await ends.close()
        feeder.close()

    assert first == {TP("s.events", 0): End(3, 3), TP("s.events", 1): End(0, 0)}
    assert second == {TP("s.events", 0): End(3, 3), TP("s.late", 2): End(0, 0)}


async def test_a_broker_that_is_away_is_said_at_once_and_found_again() -> None:
    """The addresses that were set are asked anew each time: the brokers that were known may be gone for good."""
    with EmbeddedBroker() as broker:
        ends = Ends({"bootstrap_servers": f"127.0.0.1:1,{broker.bootstrap}"})
        assert await ends.ask([]) == {}
    started = monotonic()
    with pytest.raises(KafkaConnectionError, match="no broker answers at 127"):
        await ends.ask([TP("s.events", 0)])
    assert monotonic() - started < 10

    with EmbeddedBroker() as broker:
        Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0}).list_topics("s.events", timeout=10)
        ends._settings = {"bootstrap_servers": broker.bootstrap}
        while TP("s.events", 0) not in (found := await ends.ask([TP("s.events", 0)])):
            assert monotonic() - started < 60
        await ends.close()

    assert found == {TP("s.events", 0): End(0, 0)}


async def test_who_leads_is_asked_only_where_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of new partitions, and where who led does not answer: a leader that has moved is found at once."""
    asked = 0
    update = AIOKafkaClient._metadata_update

    async def count(self: AIOKafkaClient, *args: object) -> object:
        nonlocal asked
        asked += 1
        return await update(self, *args)

    monkeypatch.setattr(AIOKafkaClient, "_metadata_update", count)
    monkeypatch.setattr(ends_of, "LEADER_SECONDS", 600.0)
    first, second = TP("s.events", 0), TP("s.events", 1)
    with EmbeddedBroker() as broker:
        Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0}).list_topics("s.events", timeout=10)
        ends = Ends({"bootstrap_servers": broker.bootstrap})
        while len(await ends.ask([first, second])) < 2:  # noqa: ASYNC110 - the broker makes the topic now
            await asyncio.sleep(0.05)
        before = asked
        for _ in range(10):
            assert {first: End(0, 0), second: End(0, 0)} == await ends.ask([first, second])
        assert asked == before
        assert ends._client is not None
        partitions = ends._client.cluster._partitions[first.topic]
        partitions[0] = partitions[0]._replace(leader=99)
        assert {first: End(0, 0), second: End(0, 0)} == await ends.ask([first, second])
        assert asked > before
        await ends.close()


async def test_an_address_that_answers_nothing_is_given_up() -> None:
    """A connection that is taken and never answered must not hold up whoever asks."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ends = Ends({"bootstrap_servers": f"127.0.0.1:{silent.getsockname()[1]}"})
        started = monotonic()
        with pytest.raises(KafkaConnectionError):
            await ends.ask([])

    assert monotonic() - started < 10


async def test_what_a_cluster_cannot_answer_yet_is_asked_again() -> None:
    """While a leader is elected, and while no broker answers; what will never be answered is raised at once."""
    answers = [LeaderNotAvailableError("of 4"), KafkaConnectionError("no broker"), KafkaTimeoutError("first"), {0: 7}]
    refused = [LeaderNotAvailableError("of 4 partitions"), TopicAuthorizationFailedError("s.entries"), {0: 7}]

    async def next_of(left: list[Exception | dict[int, int]]) -> dict[int, int]:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert await until_answered(partial(next_of, answers)) == {0: 7}
    with pytest.raises(TopicAuthorizationFailedError):
        await until_answered(partial(next_of, refused))
