"""Clients of aiokafka from start to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any
from weakref import WeakSet

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.conn import AIOKafkaConnection
from faust.types import TP

from monitor.offline.embedded import EmbeddedBroker
from streams.kafka.clients import administer, let_go, started
from streams.kafka.ending import within
from streams.kafka.ends import Ends
from streams.kafka.reading import reader

MOMENTS = 16
"""At so many moments of a start a client is cancelled, from its first step to when it has begun."""


@asynccontextmanager
async def asker(client: Mapping[str, Any]) -> AsyncIterator[None]:
    """Who asks for the ends of partitions."""
    ends = Ends(client)
    try:
        await ends.ask([TP("t", 0)])
        yield
    finally:
        await ends.close()


KINDS: dict[str, Callable[[Mapping[str, Any]], AbstractAsyncContextManager[object]]] = {
    "reader": lambda client: started(reader(client)),
    "member of a group": lambda client: started(reader(client, group_id="g")),
    "producer": lambda client: started(AIOKafkaProducer(**client)),
    "producer of transactions": lambda client: started(AIOKafkaProducer(transactional_id="t", **client)),
    "administrator": administer,
    "asker for ends": asker,
}


@pytest.fixture(scope="module")
def client() -> Iterator[dict[str, Any]]:
    """How clients reach a broker."""
    with EmbeddedBroker() as broker:
        yield {"bootstrap_servers": broker.bootstrap}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> WeakSet[AIOKafkaConnection]:
    """Every connection from here on, for as long as anybody has it."""
    found, begin = WeakSet[AIOKafkaConnection](), AIOKafkaConnection.__init__

    def noted(self: AIOKafkaConnection, *args: object, **settings: object) -> None:
        begin(self, *args, **settings)
        found.add(self)

    monkeypatch.setattr(AIOKafkaConnection, "__init__", noted)
    return found


def connected(opened: WeakSet[AIOKafkaConnection]) -> list[AIOKafkaConnection]:
    """The connections that are open, also those that nobody knows any more and that are not collected yet."""
    return [one for one in opened if one.connected()]


@pytest.mark.parametrize("kind", KINDS)
async def test_who_is_cancelled_while_a_client_starts_leaves_no_connection(
    kind: str, client: dict[str, Any], opened: WeakSet[AIOKafkaConnection]
) -> None:
    """Aiokafka forgets the one on which it waits for its first answer."""

    async def use() -> None:
        async with KINDS[kind](client):
            await asyncio.sleep(3600)

    for moment in range(MOMENTS):
        task = asyncio.create_task(use())
        for _ in range(moment):
            await asyncio.sleep(0.0002)
        task.cancel()
        await asyncio.wait([task])

        assert (True, []) == (task.cancelled(), connected(opened))


@pytest.mark.parametrize("kind", KINDS)
async def test_who_is_cancelled_while_a_client_lets_go_ends(
    kind: str, client: dict[str, Any], opened: WeakSet[AIOKafkaConnection]
) -> None:
    """Aiokafka passes over it where it waits for what it cancelled itself; and no connection is left, when ever it is."""

    async def use() -> None:
        async with KINDS[kind](client):
            began.set()

    for moment in range(MOMENTS):
        began = asyncio.Event()
        task = asyncio.create_task(use())
        await began.wait()
        for _ in range(moment):
            await asyncio.sleep(0)
        late = task.done()
        task.cancel()
        await asyncio.wait([task])

        assert (True, []) == (late or task.cancelled(), connected(opened))


async def test_who_lets_go_too_slowly_is_told_so() -> None:
    """Also a time limit is a cancellation, and it may fall into the same moment."""
    passed_over = asyncio.create_task(asyncio.sleep(60))

    class Slow:
        async def stop(self) -> None:
            with suppress(asyncio.CancelledError):
                await passed_over

    with pytest.raises(TimeoutError, match=r"leaving t/0: expected an answer within 0\.01 s"):
        async with within(0.01, "leaving t/0"):
            await let_go(Slow())
