# ruff: noqa: D102 - the fakes have the methods and arguments of aiokafka
"""What is in force with any offsets: the same rows and rules for everybody, however much was loaded since."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.inforce.rulebook import all_rules, definition
from monitor.inforce.versions import defined
from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.engine.item import Turn
from rules.engine.watch import Watch
from rules.entitlement.e01_overlapping_stays import OverlappingStays
from streams.kafka import reading, versions
from streams.kafka.topics import Names
from streams.kafka.versions import InForce, Versions, greatest, is_ahead
from streams.route import turns
from streams.route.kinds import Kinds
from streams.route.turns import Turns

DAYS = "reference.calendar"


@dataclass(frozen=True)
class Record:
    """A record of Kafka."""

    topic: str
    offset: int
    key: bytes | None
    value: bytes | None


class Cluster:
    """Topics of one partition; every second offset is that of a marker, which nobody is given."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Record]] = {f"p.{DAYS}": [], "p.rules": []}
        self.reads = 0

    def put(self, name: str, key: str, value: object) -> None:
        topic = self.topics[f"p.{name}"]
        text = None if value is None else orjson.dumps(value)
        topic.append(Record(f"p.{name}", 2 * len(topic), key.encode(), text))

    def end(self, topic: str) -> int:
        return 2 * len(self.topics[topic])


class Consumer:
    """aiokafka's consumer over a Cluster, two records a fetch."""

    def __init__(self, cluster: Cluster, **_: object) -> None:
        self._cluster = cluster
        self._at: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def stop(self) -> None:
        await asyncio.sleep(0)

    async def topics(self) -> set[str]:
        return set(self._cluster.topics)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {tp: self._cluster.end(tp.topic) for tp in partitions}

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    def pause(self, *partitions: TopicPartition) -> None:
        """What is paused is not asked for."""

    def assign(self, partitions: list[TopicPartition]) -> None:
        self._cluster.reads += 1

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self._at[tp] = offset

    async def position(self, tp: TopicPartition) -> int:
        return self._at[tp]

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        found = {}
        for tp in partitions:
            there = [one for one in self._cluster.topics[tp.topic] if one.offset >= self._at[tp]][:2]
            if there:
                found[tp] = there
            self._at[tp] = there[-1].offset + 2 if there else self._cluster.end(tp.topic)
        return found


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """What aiokafka's consumers read from."""
    made = Cluster()
    monkeypatch.setattr(reading, "AIOKafkaConsumer", lambda **more: Consumer(made, **more))
    return made


def a_reader() -> Versions:
    """What a worker reads tables and rules with."""
    return Versions({}, "p", all_rules(), defined)


def days(found: InForce) -> dict[str, str]:
    """The calendar that is in force: day and kind."""
    return {key: row["kind"] for key in sorted(found.reference.keys("calendar"))
            for _, _, row in found.parts[DAYS].content.table.of(key)}  # type: ignore[union-attr]  # it is a table  # fmt: skip


def day(number: int, kind: str) -> tuple[str, dict[str, str]]:
    """A row of the calendar, and its record key."""
    return f"2026-03-0{number}/", {"date": f"2026-03-0{number}", "kind": kind}


LOADS = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["workday", "holiday", None])), max_size=12)


@given(LOADS, st.lists(st.integers(0, 24), min_size=1, max_size=8))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_offsets_give_what_stood_before_them(
    cluster: Cluster, loads: list[tuple[int, str | None]], asked: list[int]
) -> None:
    """In whichever order they are asked for, and whatever is held at the same time."""
    cluster.topics[f"p.{DAYS}"] = []
    for number, kind in loads:
        key, row = day(number, kind or "")
        cluster.put(DAYS, key, row if kind else None)
    reader, held = a_reader(), []
    for offset in (min(one, cluster.end(f"p.{DAYS}")) for one in asked):
        found = asyncio.run(reader.at({DAYS: offset}))
        expected: dict[str, str] = {}
        for number, kind in loads[: (offset + 1) // 2]:
            expected.pop(f"2026-03-0{number}", None)
            expected |= {f"2026-03-0{number}": kind} if kind else {}
        held.append((found, expected))
    marks = {(found.mark, str(sorted(expected.items()))) for found, expected in held}

    assert [expected for _, expected in held] == [days(found) for found, _ in held]
    assert len(marks) == len({mark for mark, _ in marks}) == len({rows for _, rows in marks})


async def test_what_is_held_is_read_once(cluster: Cluster) -> None:
    """Another partition that comes to the same place is given the same; what nobody holds is forgotten."""
    cluster.put(DAYS, *day(1, "workday"))
    reader = a_reader()
    old = await reader.at({DAYS: 2})
    cluster.put(DAYS, *day(1, "holiday"))
    new = await reader.at({DAYS: 4})
    again = [await reader.at({DAYS: 2}), await reader.at({DAYS: 4})]

    assert again == [old, new]
    assert (days(old), days(new)) == ({"2026-03-01": "workday"}, {"2026-03-01": "holiday"})
    assert cluster.reads == 2
    del old, again
    gc.collect()
    assert [2 in reader._parts[DAYS], 4 in reader._parts[DAYS]] == [False, True]


async def test_rules_are_what_was_put_last(cluster: Cluster) -> None:
    """Of each rule; a wrong definition is set aside and the last good one stays; without one it has its defaults."""
    tight, off = ConcentratedSwiping(limit=3), ConcentratedSwiping()
    for rule, said in ((tight, {"valid_from": "2026-03-01"}), (off, {"enabled": False})):
        key, value = definition(Watch(rule), said)
        cluster.put("rules", key.decode(), orjson.loads(value))
    cluster.put("rules", "S01/9", {"rule_id": "S01", "parameters": {"limit": "many"}})
    cluster.put("rules", "S99/1", {"rule_id": "S99"})
    cluster.put("rules", f"S01/{off.full_version}", None)
    reader = a_reader()
    found = [await reader.at({"rules": end}) for end in (0, 2, 4, 6, 8, 10)]
    of_s01 = [next(watch for watch in one.watches if watch.rule.id == "S01") for one in found]

    assert [8, 3, 8, 8, 8, 8] == [cast(ConcentratedSwiping, one.rule).limit for one in of_s01]
    assert [True, True, False, False, False, True] == [one.enabled for one in of_s01]
    assert len({one.since for one in of_s01}) == 2
    assert found[2].mark == found[3].mark == found[4].mark
    assert len({one.mark for one in found[:3]}) == 3


async def test_a_definition_under_an_earlier_name_stays_in_force(cluster: Cluster) -> None:
    """It was put by an earlier build, and an upgrade does not change what a county has set."""
    cluster.put("rules", "E01/1", {"rule_id": "E01", "parameters": {"overlap_hours": 48}})
    found = await a_reader().at({"rules": 2})
    [rule] = [one.rule for one in found.watches if one.rule.id == "E01"]

    assert 48 == cast(OverlappingStays, rule).over_hours


@pytest.mark.parametrize("offsets", [{DAYS: 2}, {DAYS: 40}], ids=["compacted away", "a topic made anew"])
async def test_what_is_gone_gives_the_newest_and_says_so(
    cluster: Cluster, offsets: dict[str, int], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another hash than the log names, or offsets that no longer are."""
    monkeypatch.setattr(versions, "GONE_SECONDS", 0.3)
    cluster.put(DAYS, *day(1, "workday"))
    cluster.put(DAYS, *day(2, "holiday"))
    found = await a_reader().at(offsets, "0123456789abcdef")

    assert days(found) == {"2026-03-01": "workday", "2026-03-02": "holiday"}
    assert ["versions are gone from their topics, the newest are taken"] == caplog.messages


async def test_a_new_leader_that_tells_of_less_for_a_moment_is_waited_for(cluster: Cluster) -> None:
    """Its end is behind until it has heard how far the others are; nothing is gone."""
    cluster.put(DAYS, *day(1, "workday"))
    reading = asyncio.create_task(a_reader().at({DAYS: 4}))
    for _ in range(50):
        await asyncio.sleep(0)
    cluster.put(DAYS, *day(2, "holiday"))

    assert days(await reading) == {"2026-03-01": "workday", "2026-03-02": "holiday"}


def test_the_greatest_of_each_topic_counts() -> None:
    """Whichever came first; a topic that one does not name stands at its beginning."""
    assert {"a": 2, "b": 5, "c": 1} == greatest({"a": 2, "b": 3}, {"b": 5, "c": 1})
    assert [True, False, False] == [
        is_ahead(one, {"a": 2, "b": 3}) for one in ({"a": 1, "b": 4}, {"a": 2, "b": 3}, {"a": 0})
    ]


class Log:
    """The producer and the consumer of the topic inside, with two partitions."""

    def __init__(self) -> None:
        self.records: dict[int, list[bytes]] = {0: [], 1: []}

    async def partitions(self, topic: str) -> int:
        return len(self.records)

    async def publish(self, topic: str, partition: int, records: list[tuple[None, bytes, object]]) -> None:
        self.records[partition] += [value for _, value, _ in records]

    async def ends(self, topic: str) -> Mapping[int, tuple[int, int, None]]:
        return {number: (0, len(records), None) for number, records in self.records.items()}


async def told(log: Log, number: int) -> list[Turn]:
    """What is told to partition 1, as soon as it is so much."""
    for _ in range(100_000):
        if len(log.records[1]) >= number:
            break
        await asyncio.sleep(0)
    return [msgspec.msgpack.decode(value, type=list[Turn])[0] for value in log.records[1]]


async def silent(_: Mapping[bytes, bytes]) -> None:
    """Nobody else is there to hear it."""


async def test_the_owner_of_partition_0_tells_what_is_in_force(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is routed, and whenever something was loaded; every tick may say it again."""
    monkeypatch.setattr(turns, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.0)
    log = Log()
    owner, other = (
        Turns(Names("p"), a_reader(), lambda: cast(Any, log), lambda: cast(Any, log), Kinds("a", 60, silent))
        for _ in range(2)
    )
    other.watch(owner=False)
    waiting = asyncio.create_task(other.wait())
    for _ in range(20):
        await asyncio.sleep(0)
    nobody_told = waiting.done()
    owner.watch(owner=True)
    await owner.wait()
    await waiting
    first = await told(log, 1)
    cluster.put(DAYS, *day(1, "workday"))
    second = await told(log, 2)
    owner.watch(owner=False)

    assert not nobody_told
    assert [0, 2] == [turn.offsets[DAYS] for turn in second]
    assert first[0].mark != second[1].mark
    assert log.records[0] == log.records[1]
    assert owner.latest == second[1]


@pytest.mark.usefixtures("cluster")
async def test_a_turn_that_nobody_acknowledges_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The producer has counted it: the next one would leave a gap, and be refused for ever."""
    ends: list[str] = []
    monkeypatch.setattr(turns, "die", ends.append)
    log = Log()

    async def refused(*_: object) -> None:
        raise KafkaTimeoutError

    monkeypatch.setattr(log, "publish", refused)
    owner = Turns(Names("p"), a_reader(), lambda: cast(Any, log), lambda: cast(Any, log), Kinds("a", 60, silent))
    owner.watch(owner=True)
    async with asyncio.timeout(30):
        while not ends:  # noqa: ASYNC110 - the last thing that it does
            await asyncio.sleep(0)

    assert len(ends) == 1
    assert ends[0].startswith("telling which versions are in force: KafkaTimeoutError")
