# ruff: noqa: D102 - the fakes have the methods of the consumer and the producer
"""Hours that pass while nothing comes, and the end of a log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import msgspec
from aiokafka.errors import KafkaTimeoutError

from rules.engine.item import Tick
from rules.ledgers import Inside
from streams.kafka.topics import Names
from streams.route.ticks import Ends, Ticks

HOUR = 3_600_000
NOW = 500_000 * HOUR + 1


@dataclass
class Broker:
    """What consumer and producer know of the topics: ends of the input, and what was sent to two partitions."""

    known: Ends = field(default_factory=lambda: {0: (0, 3, 3)})
    sent: list[tuple[int, Tick]] = field(default_factory=list)
    asked: int = 0
    away: int = 0
    """So many questions are not answered."""

    async def ends(self, topic: str) -> Ends:
        assert topic == "p.events"
        self.asked += 1
        if self.asked <= self.away:
            raise KafkaTimeoutError
        return self.known

    async def partitions(self, topic: str) -> int:
        return 2

    async def publish(self, topic: str, partition: int, records: Iterable[tuple[None, bytes, object]]) -> list[Any]:
        for _, value, _ in records:
            [tick] = msgspec.msgpack.decode(value, type=list[Inside])
            assert isinstance(tick, Tick)
            self.sent.append((partition, tick))
        return [SimpleNamespace(timestamp=NOW)]


def ticks_of(broker: Broker, idle_seconds: float = 0.01, *, live: bool = True) -> Ticks:
    """Ticks over a broker."""
    give = cast(Any, lambda: broker)
    return Ticks(Names("p"), idle_seconds, give, give, lambda: live)


async def until(holds: Any) -> None:  # noqa: ANN401 - any condition
    """Wait until something holds."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - the fakes have no event for it
            await asyncio.sleep(0.005)


def hours(broker: Broker) -> list[tuple[int, Tick]]:
    """The ticks that mean something, with their partitions."""
    return [one for one in broker.sent if one[1].hour]


async def test_a_resting_input_lets_the_hours_pass() -> None:
    """Every partition is told the broker's hour, once."""
    broker = Broker()
    ticks = ticks_of(broker)
    ticks.watch(owner=True)
    await until(lambda: hours(broker) and broker.asked > 10)
    ticks.watch(owner=False)

    hour = NOW // HOUR * HOUR
    assert [(0, Tick(hour)), (1, Tick(hour))] == hours(broker)


async def test_a_history_that_was_loaded_does_not_jump_to_today() -> None:
    """Where what was read last is not of its own day, the broker's hour says nothing."""
    broker = Broker()
    ticks = ticks_of(broker, live=False)
    ticks.watch(owner=True)
    await until(lambda: broker.asked > 10)
    ticks.watch(owner=False)

    assert [] == broker.sent


async def test_hours_pass_once_and_only_forward_and_only_with_their_owner() -> None:
    """Who does not own input partition 0 tells none."""
    broker = Broker()
    ticks = ticks_of(broker, 600)
    await ticks.passed(HOUR)
    ticks.watch(owner=True)
    for hour in (2, 2, 1, 0, 5):
        await ticks.passed(hour * HOUR)
    ticks.watch(owner=False)
    await ticks.passed(9 * HOUR)

    assert [2, 2, 5, 5] == [tick.hour // HOUR for _, tick in broker.sent]


async def test_an_input_that_is_not_read_does_not_rest() -> None:
    """As long as the group has not read what there is, no hour passes."""
    broker = Broker({0: (0, 3, 2)})
    ticks = ticks_of(broker)
    ticks.watch(owner=True)
    await until(lambda: broker.asked > 10)
    ticks.watch(owner=False)

    assert [] == broker.sent


async def test_a_broker_that_is_away_for_a_while_is_asked_again() -> None:
    """The worker does not end for it, and the hours pass afterwards."""
    broker = Broker(away=5)
    ticks = ticks_of(broker)
    ticks.watch(owner=True)
    await until(lambda: hours(broker))
    ticks.watch(owner=False)

    assert broker.asked > 5


async def test_the_closing_tick_waits_for_the_other_partitions() -> None:
    """It is sent when the group has read them to the end that they had; not before."""
    broker = Broker({0: (0, 9, 1), 1: (0, 3, 2)})
    closing = asyncio.create_task(ticks_of(broker).close(NOW))
    await until(lambda: broker.asked > 1)
    assert broker.sent == []
    broker.known = {0: (0, 9, 1), 1: (0, 4, 3)}
    await closing

    assert [(0, Tick(NOW // HOUR * HOUR, final=True)), (1, Tick(NOW // HOUR * HOUR, final=True))] == broker.sent


async def test_the_closing_tick_waits_for_a_broker_that_does_not_answer() -> None:
    """Right after the topics are made it may tell of no leader: that is no reason to end the worker."""
    broker = Broker(away=2)
    await ticks_of(broker).close(NOW)

    assert broker.asked > broker.away
    assert [tick.final for _, tick in broker.sent] == [True, True]
