"""What was marked is found until it is old."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine import marked
from rules.engine.marked import Marked
from tests.oracle.profile import examples

TOP = (1 << 32) - 1
MARKS = st.integers(0, 5) | st.sampled_from([TOP, TOP - 1, 1 << 31])
NUMBERS = st.integers(0, 9) | st.just(TOP)
KEPT = 8
STEPS = st.lists(st.tuples(NUMBERS, st.lists(MARKS, max_size=6)) | st.integers(1, 5), max_size=60)
"""Either marks of a number, or so many ticks that pass."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a few pairs, so that they are merged, and not."""
    monkeypatch.setattr(marked, "LATELY", 3)
    monkeypatch.setattr(marked, "MOST", 20)


@examples(400)
@given(steps=STEPS)
def test_it_finds_what_was_put_and_nothing_that_never_was(steps: Sequence[tuple[int, list[int]] | int]) -> None:
    """All of `KEPT`, and what is a third older no more."""
    held, tick = Marked(), 0
    put: list[tuple[int, int, int]] = []
    for step in steps:
        if isinstance(step, int):
            first = not tick
            tick += step
            put = [(tick, number, mark) for _, number, mark in put] if first else put
            held.forget(tick, KEPT)
        else:
            number, marks = step
            held.put(number, marks)
            put += [(tick, number, mark) for mark in marks]

    for mark in {mark for _, _, mark in put} | {3}:
        lately = {number for at, number, of in put if of == mark and at >= tick - KEPT}
        ever = {number for _, number, of in put if of == mark}
        assert lately <= held.find(mark) <= ever


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

    assert len(held._runs) <= 2_000 // marked.MOST + 4
    assert all({number} == held.find(number) for number in range(2_000))
