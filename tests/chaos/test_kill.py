"""A worker killed with -9 again and again in a backlog, against one that was left in peace.

MONITOR_CHAOS_KILLS: how often, 2 by default (for more there is `make chaos ARGS=kill`); MONITOR_CHAOS_SEED: of the
moments, else a random one, printed.
"""

import asyncio
import os
import random
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.inforce.versions import versions_of
from rules.engine.engine import Engine
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.times import FAR
from streams.detect.detector import process
from streams.kafka.changelog import HEAD, Head
from tests.e2e._area import PARTITIONS, Area, Event, until
from tests.e2e._traffic import Traffic, traffic
from tests.e2e.checker import differences, faults, standing
from tests.kafka._cluster import Kafka
from tests.oracle.world import apart

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

KILLS = int(os.environ.get("MONITOR_CHAOS_KILLS", "2"))
SEED = int(os.environ.get("MONITOR_CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)

PORTIONS = 10

State = dict[tuple[str, ...], Any]


@pytest.fixture
def areas(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[tuple[Area, Area]]:
    """One for the worker in peace, one for those that are killed; nobody is left behind."""
    both = tuple(Area(kafka, f"{prefix}-{name}", tmp_path / name) for name in ("peace", "chaos"))
    for area in both:
        area.folder.mkdir()
    yield both[0], both[1]
    for area in both:
        area.end()


async def in_peace(area: Area, played: Traffic) -> None:
    """One worker from the beginning to the end."""
    await area.send(played.encoded())
    worker = area.worker()
    await area.judged()
    area.run("topics", "close")
    await area.judged()
    assert worker.end(signal.SIGTERM) == 0


async def in_chaos(area: Area, played: Traffic) -> int:
    """Workers that are killed, one after the other, while the rest comes in; gives how many died with work to do."""
    rng, events, at_work = random.Random(SEED), played.encoded(), 0
    sent = len(events) // 2
    await area.send(events[:sent])
    for life in range(KILLS):
        worker = area.worker()
        await until(worker.ready, what="a worker")
        upto = len(events) // 2 * (KILLS + life + 1) // KILLS
        await trickle(area, events[sent:upto], rng.uniform(0.2, 3))
        sent = upto
        await asyncio.sleep(rng.uniform(0, 0.3))
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL, worker.said()[-4000:]
        at_work += await left_of(area, "events") + await left_of(area, "internal.entries") > 0
    await area.send(events[sent:])
    await in_peace(area, Traffic([], played.tables))
    return at_work


async def trickle(area: Area, events: Sequence[Event], seconds: float) -> None:
    """Publish events in small portions over a time, so that a worker is at work however fast it is."""
    size = max(1, len(events) // PORTIONS)
    for first in range(0, len(events), size):
        await asyncio.sleep(seconds / PORTIONS)
        await area.send(events[first : first + size])


async def left_of(area: Area, topic: str) -> int:
    """How many records the worker that died has left."""
    answers: list[int | None] = []

    def asked() -> bool:
        answers.append(area.behind(topic))
        return answers[-1] is not None

    await until(asked, what="somebody who knows")
    return answers[-1] or 0


async def saved(area: Area) -> dict[int, dict[bytes, bytes]]:
    """The last value of each key of the changelog, by partition; every head stands behind the closing tick."""
    state: dict[int, dict[bytes, bytes]] = {number: {} for number in range(PARTITIONS)}
    for record in await area.read("internal.changelog"):
        assert record.key is not None
        if record.value is None:
            state[record.partition].pop(record.key, None)
        else:
            state[record.partition][record.key] = record.value
    heads = [msgspec.msgpack.decode(of.pop(HEAD), type=Head) for of in state.values()]
    assert [head.tick for head in heads] == [FAR] * PARTITIONS
    return {number: apart(of) for number, of in state.items()}


async def replayed(area: Area) -> tuple[dict[int, dict[bytes, bytes]], set[bytes]]:
    """State and revisions of engines that read the area's own internal log, one record after the other."""
    in_force = await versions_of({"bootstrap_servers": area.kafka.bootstrap}, area.prefix).newest()
    engines = {number: Engine([], Reference(), LEDGERS) for number in range(PARTITIONS)}
    for engine in engines.values():  # nothing was loaded meanwhile
        engine.turn(in_force.watches, in_force.reference)
    alerts: set[bytes] = set()
    for record in await area.read("internal.entries"):
        outcome = process(engines[record.partition], [(record.value or b"", record.timestamp)])
        alerts |= {one.value for one in outcome.alerts}
    return {number: apart(dict(engine.drain_changes())) for number, engine in engines.items()}, alerts


def meaning(state: dict[int, dict[bytes, bytes]]) -> State:
    """The state without what depends on when a record came, and not on what was said.

    Left out: of a page and of a retraction the tick at their arrival; sums of nothing, which stay where something was
    taken back that never counted where the reversal came first. Of an alert what contract.md E2 leaves open, because
    it tells the order of arrival: its id and opener, the number of its revision and the most that was ever written,
    its incident, its moment of detection; and alerts that were withdrawn. What stands at the end (status, mark of the
    whole content, members) is compared, and all entries, sums, retractions and triggers as they are.
    """
    found: State = {}
    for partition, records in state.items():
        for name, value in records.items():
            kind, ledger, key, part = msgspec.msgpack.decode(name)
            content = _settled(kind, msgspec.msgpack.decode(value))
            if content:
                found[str(partition), kind, ledger, *key, part] = content
    return found


def _settled(kind: str, content: Any) -> Any:  # noqa: ANN401 - any value of msgpack
    if kind == "retraction":
        return content[0]
    if kind == "entries":
        _touched, *entries = content
        return entries
    if kind == "bins":
        return {start: sums for start, sums in content.items() if any(sums)}
    if kind != "track":
        return content
    alerts, days = content
    lives = sorted(
        [str(status), written, sorted(members), folded, sorted(after)]
        for *_, status, _revision, _severity, _measure, written, members, folded, after, _unsaid in alerts
        if status != "withdrawn"
    )
    return [lives, days] if lives or days else None


@pytest.mark.long
async def test_a_worker_killed_in_a_backlog_loses_nothing_and_says_nothing_else(areas: tuple[Area, Area]) -> None:
    """Nothing missing; no revision with two contents; the state at the end that of a worker in peace."""
    print(f"MONITOR_CHAOS_SEED={SEED}")  # noqa: T201 - to run it again
    peace, chaos = areas
    played = traffic(peace.folder / "tables", 4, persons=2000, days=2, settlements_per_year=200)
    for area in areas:
        area.run("topics", "create")
        area.run("reference", "load", str(played.tables))
    await in_peace(peace, played)
    died_at_work = await in_chaos(chaos, played)

    quiet, killed = await peace.alerts(), await chaos.alerts()
    assert len(standing(quiet)) >= 5
    assert (faults(quiet), faults(killed)) == ([], [])
    assert differences(quiet, killed) == []
    # Its own log, judged by engines that nobody killed: the same bytes (contract.md E1).
    exact, alerts = await replayed(chaos)
    state = await saved(chaos)
    assert alerts == set(killed)
    assert exact == state
    # Another log of the same events: the same meaning.
    here, there = meaning(state), meaning(await saved(peace))
    assert {name: (here.get(name), there.get(name)) for name in here | there if here.get(name) != there.get(name)} == {}
    assert died_at_work >= KILLS // 2
    entries = [len(await area.read("internal.entries")) for area in areas]
    print(  # noqa: T201 - how hard it was
        f"{len(played.events)} events, {KILLS} kills, {died_at_work} of them at work; {len(set(killed))} revisions, "
        f"{len(killed) - len(set(killed))} sent twice; {entries[0]} records inside in peace, {entries[1]} in chaos"
    )
