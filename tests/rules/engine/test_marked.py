"""What was marked is found until it is old."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine import marked
from rules.engine.marked import Marked
from tests.oracle.profile import examples


class Put(NamedTuple):
    """Marks of a number."""

    number: int
    marks: list[int]


class Pass(NamedTuple):
    """So many ticks pass; so long marks are kept now."""

    ticks: int
    kept: int


TOP = (1 << 32) - 1
MARKS = st.integers(0, 5) | st.sampled_from([TOP, TOP - 1, 1 << 31])
NUMBERS = st.integers(0, 9) | st.just(TOP)
KEPT = 8
TICKS = st.tuples(st.integers(1, 40), st.integers(1, 30))
STEPS = st.lists(st.tuples(NUMBERS, st.lists(MARKS, max_size=6)).map(Put._make) | TICKS.map(Pass._make), max_size=60)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a few pairs, so that they are merged, and not."""
    monkeypatch.setattr(marked, "LATELY", 3)
    monkeypatch.setattr(marked, "MOST", 20)


@examples(600)
@given(steps=STEPS)
def test_it_finds_what_was_put_and_nothing_that_never_was(steps: Sequence[Put | Pass]) -> None:
    """All that is not old, however far a tick jumps and whatever is kept; what came since a tick is as old as the next."""
    held, tick = Marked(), 0
    since: set[tuple[int, int]] = set()
    young: set[tuple[int, int, int]] = set()
    ever: set[tuple[int, int]] = set()
    for step in steps:
        if isinstance(step, Put):
            held.put(step.number, step.marks)
            since |= {(step.number, mark) for mark in step.marks}
        else:
            tick += step.ticks
            held.forget(tick, step.kept)
            young = {one for one in young if one[0] >= tick - step.kept} | {(tick, *one) for one in since}
            ever |= since
            since = set()
    ever |= since

    for mark in {mark for _, mark in ever} | {3}:
        lately = {number for _, number, of in young if of == mark} | {number for number, of in since if of == mark}
        assert lately <= held.find(mark) <= {number for number, of in ever if of == mark}


def test_what_is_old_is_forgotten() -> None:
    """However steadily more comes."""
    held, sizes = Marked(), []
    for tick in range(1, 1_000):
        held.forget(tick, KEPT)
        held.put(tick, [tick, tick + 1])
        sizes.append(len(held))

    assert max(sizes) <= 2 * (KEPT + KEPT // 3 + 2) + marked.LATELY
    assert set() == held.find(900)


def test_runs_are_few() -> None:
    """A search looks into each of them."""
    held = Marked()
    for number in range(2_000):
        held.put(number, [number])

    assert len(held._runs) <= 2 * 2_000 // marked.MOST
    assert all({number} == held.find(number) for number in range(2_000))


def test_what_is_put_again_is_held_once() -> None:
    """Each line of a message bears its marks."""
    held = Marked()
    for _ in range(2):
        for number in (1, 2, 3):
            held.put(number, [7])

    assert 3 == len(held)
