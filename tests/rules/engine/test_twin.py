"""The engine against its twin: contract.md, section 4, E1 and E2, over random worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine import in_memory
from rules.engine.alert import Alert
from rules.engine.engine import Engine
from rules.engine.memory import ROOM
from rules.engine.rule import Rule
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.times import iso
from rules.wire.door import Opened
from streams.detect.detector import process
from tests.oracle.profile import examples
from tests.oracle.sample_rules import SAMPLES
from tests.oracle.twin import episodes
from tests.oracle.world import (
    DENSE,
    LONG,
    SHORT,
    STEADY,
    Draft,
    Scale,
    a_reference,
    accepted,
    body_of,
    drafts,
    from_sources,
    in_some_order,
    logs,
    run,
    standing_at_end,
    whole_catalogue,
    with_repeats,
)

SEEDS = st.integers(0, 1 << 32)
SWIPES = ("pharmacy",) * 6 + ("outpatient", "reversal", "reversal", "message_reversal")
BOOKS = ("inpatient",) * 5 + ("reversal",) * 3 + ("cancel_lines", "lines", "message_reversal")
World = tuple[Scale, list[Draft]]
WORLDS = st.one_of(
    st.sampled_from([SHORT, DENSE, LONG]).flatmap(lambda scale: st.tuples(st.just(scale), drafts(scale, largest=50))),
    st.tuples(st.just(STEADY), drafts(STEADY, largest=80, kinds=SWIPES, pool=1)),
    st.tuples(st.just(LONG), drafts(LONG, largest=80, kinds=BOOKS, pool=1, bills=8)),
)
"""Worlds of everything, of one busy shop, and of one stay whose bills are taken back and made again."""
RULES = pytest.mark.parametrize(
    ("rules", "reference"),
    [(SAMPLES, Reference()), (whole_catalogue(), a_reference())],
    ids=["samples", "catalogue"],
)


@pytest.fixture(scope="module", autouse=True)
def _pack_early() -> Iterator[None]:
    """Pages that rest lie in packs at once: worlds are small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_memory, "LATELY", 0)
        patch.setattr(in_memory, "PACKED", 4)
        patch.setattr(in_memory, "SPARSE", 1)
        patch.setattr(in_memory, "GATHERED", 2)
        yield


def events_of(world: World) -> list[tuple[Opened, bytes]]:
    """What the door lets in."""
    scale, made = world
    return accepted(body_of(draft, scale) for draft in made)


@RULES
@examples(40)
@given(world=WORLDS, seed=SEEDS)
def test_every_order_ends_with_the_episodes_of_the_twin(
    rules: Sequence[Rule], reference: Reference, world: World, seed: int
) -> None:
    """E2: whatever the order within the grace, the repeats, sources and partitions, the twin's episodes stand."""
    random, events = Random(seed), events_of(world)
    arrived = from_sources(in_some_order(with_repeats(events, random), random), random, sources=3)
    by_append_time = random.random() < 0.5
    expected = episodes([event for event, _ in events], rules, reference)

    inside = logs(arrived, random.choice((1, 3)), by_append_time=by_append_time)

    assert expected == standing_at_end([alert for log in inside for alert in run(log, rules, reference).alerts])


@examples(40)
@given(
    st.sampled_from((LONG, STEADY)).flatmap(lambda scale: st.tuples(st.just(scale), drafts(scale, largest=30))),
    drafts(STEADY, largest=60, kinds=SWIPES, pool=1, town=1),
    SEEDS,
)
def test_a_town_may_lag_behind_the_clock_of_another(here: World, there: list[Draft], seed: int) -> None:
    """E2 binds the order of each key only: the ticks of one source may be weeks ahead of the keys of another."""
    random, reference = Random(seed), Reference()
    first, second = events_of(here), events_of((STEADY, there))
    values = [(0, in_some_order(first, random)), (1, in_some_order(second, random))]
    arrived = [(source, value, 1 << 41) for source, town in values for value in town]
    begun = [(1, value, 1 << 41) for value in values[1][1][:5]]
    expected = episodes([event for event, _ in first + second], SAMPLES, reference)

    [log] = logs(begun + arrived)

    assert expected == standing_at_end(run(log, SAMPLES, reference).alerts)


@RULES
@examples(20)
@given(world=WORLDS, seed=SEEDS, room=st.sampled_from((2, ROOM)))
def test_batches_checkpoints_and_take_overs_change_nothing(
    rules: Sequence[Rule], reference: Reference, world: World, seed: int, room: int
) -> None:
    """E1: one log gives the same bytes and the same state, however it is cut and wherever it is taken over."""
    random, events = Random(seed), events_of(world)
    arrived = from_sources(in_some_order(with_repeats(events, random), random), random, sources=2)
    [log] = logs(arrived, final=random.random() < 0.5, by_append_time=random.random() < 0.5)
    undisturbed = run(log, rules, reference, room=room)

    disturbed = run(log, rules, reference, random, room=room)

    assert undisturbed.values == disturbed.values
    assert undisturbed.reminders == disturbed.reminders
    assert undisturbed.state == disturbed.state


@examples(40)
@given(WORLDS, SEEDS)
def test_the_revisions_of_an_alert_follow_one_another(world: World, seed: int) -> None:
    """Numbered without gaps from 1; opened first and after a withdrawal only; merged into one that stands."""
    random, events = Random(seed), events_of(world)
    arrived = from_sources(in_some_order(events, random), random, sources=2)
    [log] = logs(arrived, by_append_time=random.random() < 0.5)
    last: dict[str, Alert] = {}

    for alert in run(log, SAMPLES, Reference()).alerts:
        before = last.get(alert.alert_id)
        assert alert.revision == (before.revision + 1 if before else 1)
        assert (alert.status == "opened") == (before is None or before.status == "withdrawn")
        assert before is None or before.revision == 1 or before != alert
        if alert.merged_into is not None:
            assert alert.status == "withdrawn"
            assert last[alert.merged_into].status != "withdrawn"
        last[alert.alert_id] = alert

    assert {"closed", "withdrawn"} >= {alert.status for alert in last.values()}


@examples(15)
@given(WORLDS, SEEDS)
def test_after_a_tick_every_open_alert_has_said_all_that_it_holds(world: World, seed: int) -> None:
    """Counted anew from its triggers: what operations reads is never more than an hour of the log old."""
    random, events = Random(seed), events_of(world)
    arrived = from_sources(in_some_order(with_repeats(events, random), random), random, sources=2)
    [log] = logs(arrived, final=False, by_append_time=True)
    engine = Engine([Watch(rule) for rule in SAMPLES], Reference(), LEDGERS)
    last: dict[str, Alert] = {}

    for value, moment in log:
        before = engine.tick
        last |= {alert.alert_id: alert for alert in process(engine, [(value, moment)]).revisions}
        if engine.tick == before:
            continue
        tracks = [track for page in engine.memory.all_pages().values() for track in page.tracks]
        for track, state in [(one, state) for one in tracks for state in one.alerts if state.is_open]:
            said, holds = last[state.id], track.episode(state, engine.tick)
            assert (holds.count, holds.peak.value) == (said.triggers, said.measure.value)
            assert (iso(holds.first.time), iso(holds.last_time)) == (said.first_time, said.last_time)
            assert (holds.amount / 100, holds.evidence_count) == (said.vola_amt, said.evidence_count)
            assert [one.message for one in holds.evidence] == [one.msgid for one in said.evidence]
            assert holds.severity + 1 == said.sev_deg


@examples(30)
@given(WORLDS, st.lists(st.integers(0, 200), min_size=1, max_size=12), SEEDS)
def test_a_question_changes_no_other_alert(world: World, places: list[int], seed: int) -> None:
    """Pre-settlements put anywhere into the log leave all else as it is, byte for byte."""
    scale, made = world
    asked = [replace(draft, kind="question") for draft in made[::3]]
    told = [draft for draft in made if draft.kind != "question"]
    random = Random(seed)
    [log] = logs(from_sources(in_some_order(events_of((scale, told)), random), random, sources=2))
    [questions] = logs([(1, value, 1 << 41) for _, value in events_of((scale, asked))], final=False)
    without = run(log, SAMPLES, Reference()).alerts

    for place in places:
        log.insert(place % len(log), random.choice(questions))

    assert without == [alert for alert in run(log, SAMPLES, Reference()).alerts if alert.stage != "pre"]
