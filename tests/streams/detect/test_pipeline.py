# ruff: noqa: D102 - the fakes have the methods of the producer and of Faust's events
"""The way of a batch through a worker, without Kafka."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from rules.engine.effects import Effects
from rules.engine.engine import Engine
from rules.engine.item import Turn
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS, Record
from rules.reference import Reference
from rules.testing import swipe
from streams.config import StreamConfig
from streams.detect import pipeline
from streams.detect.detector import process
from streams.detect.meter import Unmetered
from streams.detect.pipeline import Pipeline
from streams.detect.task import Task
from streams.kafka.ending import or_die
from streams.kafka.lost import LostOffsetsError
from streams.kafka.versions import InForce
from streams.route.router import Router, bundles, encode_tick, encode_turn
from tests.oracle import wire
from tests.oracle.sample_rules import BusyDay, ManySwipes
from tests.oracle.wire import HOUR, MONDAY
from tests.oracle.world import a_door


@dataclass
class Sent:
    """A producer that keeps what it is given, by topic."""

    records: dict[str, list[Any]] = field(default_factory=dict)

    async def partitions(self, topic: str) -> int:
        return 1

    async def publish(self, topic: str, partition: int, records: Iterable[Any]) -> None:
        self.records.setdefault(topic, []).extend(records)


class Event:
    """A batch of Faust."""

    def __init__(self, values: list[bytes]) -> None:
        self.acked = False
        self.value = [
            SimpleNamespace(
                topic="p.internal.entries", partition=0, offset=offset, key=None, value=value, timestamp=MONDAY
            )
            for offset, value in enumerate(values)
        ]

    def ack(self) -> None:
        self.acked = True


async def pipeline_with(engine: Any) -> tuple[Pipeline, Sent]:  # noqa: ANN401 - an engine or what stands for one
    """A pipeline with one task, in memory, and what it sends."""
    sent = Sent()
    config = StreamConfig("none", prefix="p", changelog=False)
    app = cast(Any, SimpleNamespace(producer=sent, consumer=None))
    built = Pipeline(app, config, lambda *_: engine, cast(Any, None), Unmetered(), dict)
    built._tasks[0] = Task(0, 1, engine, None)
    built._tasks[0].start_at(0)
    return built, sent


class Slow:
    """An engine that needs a moment for each record."""

    def __init__(self) -> None:
        self.effects = Effects()
        self.fed = 0

    def steps(self, item: object, appended: int) -> Iterator[None]:
        time.sleep(0.01)
        self.fed += 1
        yield


async def test_a_long_batch_lets_others_have_their_turn() -> None:
    """Judged in slices: the loop never stands still for as long as the whole batch takes."""
    engine = Slow()
    built, _ = await pipeline_with(engine)
    event = Event([encode_tick(HOUR)] * 30)
    judging = asyncio.create_task(built.detect(cast(Any, event)))
    seen = []
    while not judging.done():
        seen.append(engine.fed)
        await asyncio.sleep(0)

    assert event.acked
    assert engine.fed == 30
    assert len({fed for fed in seen if 0 < fed < 30}) >= 3


def entries() -> list[bytes]:
    """Entries of some settlements at one institution, and an hour in between."""
    swipes = [wire.settlement(MONDAY + n * 1000, psn_no=str(n)) for n in range(9)]
    routed = Router(a_door()).route([(wire.raw(swipe), MONDAY) for swipe in swipes])
    inside = [bundle for _, value in routed.entries for bundle in bundles([value])]
    return [*inside[:7], encode_tick(MONDAY), *inside[7:]]


@pytest.mark.parametrize("seconds", [0.0, 60.0])
async def test_where_slices_end_changes_nothing_of_what_is_sent(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Record by record or all at once: the same alerts, in the same order."""
    monkeypatch.setattr(pipeline, "SLICE_SECONDS", seconds)
    watches = [Watch(ManySwipes(limit=2))]
    built, sent = await pipeline_with(Engine(watches, Reference(), LEDGERS))
    inside = entries()
    await built.detect(cast(Any, Event(inside)))
    expected = process(Engine(watches, Reference(), LEDGERS), [(value, MONDAY) for value in inside]).alerts

    assert len(expected) > 1
    assert [(one.key, one.value, one.headers) for one in expected] == sent.records["p.alerts"]


def in_force(offset: int) -> InForce:
    """With each offset of the table one more settlement is too many."""
    return InForce({"t": offset}, f"m{offset}", Reference(f"m{offset}"), [Watch(ManySwipes(limit=1 + offset))], {})


async def test_the_first_versions_come_into_force_where_nothing_is_loaded() -> None:
    """Offsets of 0 are of an area without tables and definitions: its rules are those of the catalogue."""
    built, sent = await pipeline_with(Engine([], Reference(), LEDGERS))
    asked: list[dict[str, int]] = []

    async def read(offsets: Mapping[str, int], _: str) -> InForce:
        asked.append(dict(offsets))
        return in_force(offsets["t"])

    task = built._tasks[0] = Task(0, 1, Engine([], Reference(), LEDGERS), None, dict, read)
    task.start_at(0)
    said = [encode_turn(Turn({"t": 0}, "m0")), *entries(), encode_tick(MONDAY + HOUR, turn=Turn({"t": 0}, "m0"))]
    await built.detect(cast(Any, Event(said)))

    assert asked == [{"t": 0}]
    assert sent.records["p.alerts"]


@pytest.mark.parametrize("seconds", [0.0, 60.0])
async def test_a_batch_halts_where_other_versions_come_into_force(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands before the item is judged by those before it, what follows by those that it names.

    Wherever slices end; the offsets in force are the greatest of each topic, and the head says which.
    """
    monkeypatch.setattr(pipeline, "SLICE_SECONDS", seconds)
    built, sent = await pipeline_with(Engine([], Reference(), LEDGERS))
    asked: list[tuple[dict[str, int], str]] = []

    async def read(offsets: Mapping[str, int], mark: str) -> InForce:
        asked.append((dict(offsets), mark))
        return in_force(offsets["t"])

    task = built._tasks[0] = Task(0, 1, Engine([], Reference(), LEDGERS), None, dict, read)
    task.start_at(0)
    inside = entries()
    said = [encode_turn(Turn({"t": 1}, "m1")), encode_tick(MONDAY + HOUR, turn=Turn({"t": 3}, "m3")),
            encode_turn(Turn({"t": 2}, "m2"))]  # fmt: skip
    await built.detect(cast(Any, Event([said[0], *inside[:12], said[1], said[2], *inside[12:]])))

    expected = Engine([], Reference(), LEDGERS)
    expected.turn(in_force(1).watches, in_force(1).reference)
    first = process(expected, [(value, MONDAY) for value in inside[:12]]).alerts
    expected.turn(in_force(3).watches, in_force(3).reference)
    later = process(expected, [(value, MONDAY) for value in (said[1], *inside[12:])]).alerts
    assert [({"t": 1}, "m1"), ({"t": 3}, "m3")] == asked
    assert task.offsets == {"t": 3}
    assert len(first) > 0
    assert [one.value for one in first + later] == [value for _, value, _ in sent.records["p.alerts"]]


async def test_a_tick_over_very_many_pages_lets_others_have_their_turn() -> None:
    """The closing tick judges the day of 8,000 clinics, and says what it says in one go; nothing is saved in between."""
    visits = [
        swipe(MONDAY, institution=f"H{number}", visit_type="11", amount=500 if number % 100 else 5_000)
        for number in range(8_000)
    ]
    opening = [msgspec.msgpack.encode([Record("institution", one.institution, [one]) for one in visits])]
    closing, watches = [encode_tick(0, final=True)], [Watch(BusyDay(limit=10))]
    at_once, engine = Engine(watches, Reference(), LEDGERS), Engine(watches, Reference(), LEDGERS)
    process(at_once, [(opening[0], MONDAY)])
    expected = process(at_once, [(closing[0], MONDAY)]).alerts
    built, sent = await pipeline_with(engine)
    await built.detect(cast(Any, Event(opening)))
    built._tasks[0].start_at(0)
    judging, turns = asyncio.create_task(built.detect(cast(Any, Event(closing)))), 0
    await asyncio.sleep(0)
    while not judging.done():
        assert built._tasks[0]._judging.locked()
        turns += 1
        await asyncio.sleep(0)

    assert 2 * 80 == len(expected)
    assert [one.value for one in expected] == [value for _, value, _ in sent.records["p.alerts"]]
    assert at_once.drain_changes() == engine.drain_changes()
    assert turns > 5


@pytest.mark.parametrize("seconds", [0.0, 60.0])
async def test_what_could_not_be_read_is_kept_as_received(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """With where it stands, whichever slice it was in."""
    monkeypatch.setattr(pipeline, "SLICE_SECONDS", seconds)
    built, sent = await pipeline_with(Engine([], Reference(), LEDGERS))
    await built.detect(cast(Any, Event([encode_tick(HOUR), b"?", encode_tick(HOUR), b"!"])))

    places = [("source", f"p.internal.entries/0/{offset}".encode()) for offset in (1, 3)]
    assert [
        (None, value, [("error", b"undecodable"), place]) for value, place in zip((b"?", b"!"), places, strict=True)
    ] == sent.records["p.internal.rule-errors"]


async def test_what_is_taken_over_is_waited_for_no_longer_than_a_rebalance_lasts() -> None:
    """A take-over that does not end when it is asked to must not hold the group up for ever."""
    built, _ = await pipeline_with(Slow())
    built._config = replace(built._config, rebalance_seconds=0.1)

    async def stubborn() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    built._taking = asyncio.create_task(stubborn())
    await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await built.finish()


@pytest.mark.parametrize(("error", "code"), [(LostOffsetsError("lost: t/0"), 3), (RuntimeError("broken"), 1)])
async def test_what_is_lost_ends_with_a_code_of_its_own(error: Exception, code: int) -> None:
    """A restart helps against everything else."""

    async def work() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        await or_die(work(), "working")
    assert ended.value.code == code
