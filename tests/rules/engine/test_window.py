"""Every question about a window gets the answer that the slow twin finds by looking at the whole list."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine.entry import Entry
from rules.engine.window import FEW, Window
from rules.ledgers import Swipe
from rules.testing import at, swipe
from rules.times import DAY, HOUR, MINUTE, day_of
from tests.oracle.profile import examples
from tests.oracle.twin import ListWindow

LENGTH = 6 * HOUR
QUESTIONS: dict[str, Callable[[Window], object]] = {
    "count": lambda window: window.count,
    "entries": lambda window: list(window.entries),
    "distinct": lambda window: (window.distinct("person"), window.distinct("institution")),
    "sum": lambda window: window.sum("amount"),
    "since": lambda window: list(window.since(at("11:00"))),
    "last": lambda window: list(window.last(HOUR)),
    "run": lambda window: (list(window.run(7 * MINUTE)), len(window.run(20 * MINUTE))),
    "of_day": lambda window: [list(window.of_day(day_of(at("12:00", day=n)))) for n in (-1, 0, 1)],
    "after": lambda window: list(window.after(HOUR)),
    "cached": lambda window: window.cached("persons", lambda: 7),
}


class Step(NamedTuple):
    """An entry that comes, and the questions that are asked then."""

    minute: int
    person: int
    amount: int
    asked: frozenset[str]


STEPS = st.lists(
    st.builds(
        Step,
        minute=st.integers(0, 40 * 60) | st.integers(600, 700),
        person=st.integers(0, 5),
        amount=st.integers(-3, 3),
        asked=st.frozensets(st.sampled_from(sorted(QUESTIONS))),
    ),
    max_size=16 * FEW,
)


def made(step: Step) -> Swipe:
    """The entry of a step."""
    return swipe(at("08:00") + step.minute * MINUTE, f"p{step.person}", amount=step.amount)


@examples(150)
@given(STEPS, st.booleans())
def test_answers_are_those_of_the_twin(steps: list[Step], in_order: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    """In order of time, and where entries come late, with whichever questions asked before."""
    order: list[Entry] = []
    window = Window(order, LENGTH)
    for step in sorted(steps) if in_order else steps:
        entry = made(step)
        order.append(entry)
        if order != sorted(order, key=lambda one: (one.time, one.id)):
            order.sort(key=lambda one: (one.time, one.id))
            window.reset()
        window.move_to(order.index(entry))
        slow = cast("Window", ListWindow(order, LENGTH, {}, entry.time))

        for name in sorted(step.asked):
            assert QUESTIONS[name](slow) == QUESTIONS[name](window), name


def test_what_is_cached_is_made_once_until_the_window_is_reset() -> None:
    """A late entry resets it."""
    window = Window([swipe(at("10:00"))], LENGTH)
    window.move_to(0)
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [1, 1, 2] == [window.cached("a", make), window.cached("a", make), window.cached("b", make)]
    window.reset()
    assert 3 == window.cached("a", make)


def test_a_stretch_is_a_sequence() -> None:
    """It has a length, positions from both ends, and slices."""
    swipes = [swipe(at("10:00", seconds=n)) for n in range(5)]
    window = Window(swipes, 3_000)
    window.move_to(3)
    inside = window.entries

    assert (3, swipes[1], swipes[3]) == (len(inside), inside[0], inside[-1])
    assert (swipes[1:3], swipes[1:4], []) == (inside[:2], list(inside), inside[5:])
    assert [True, False] == [swipes[1] in inside, swipes[4] in inside]
    with pytest.raises(IndexError):
        _ = inside[3]


def test_another_length_shows_another_part_of_the_same_page() -> None:
    """An earlier version of a rule may look back less far."""
    swipes = [swipe(at("10:00", seconds=n)) for n in range(5)]
    window = Window(swipes, DAY, {0: [5, 0]}).of_length(2_000)
    window.move_to(4)

    assert (2, {0: [5, 0]}, swipes[4]) == (window.count, window.bins, window.at(4))
