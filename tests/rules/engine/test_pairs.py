"""Pairs of numbers: a set of pairs, in little memory."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from rules.engine.pairs import Pairs
from tests.oracle.profile import examples

MOST = (1 << 32) - 2
# Keys that meet in one part, and at one place of it; the least and the greatest.
KEYS = st.sampled_from([0, 1, 256, 512, 256 * 7, 256 * 8, 256 * 16, MOST, MOST - 256, *range(3, 256 * 40, 256)])
NUMBERS = st.integers(1, 12) | st.just(MOST)


@examples(300)
@given(
    steps=st.lists(st.tuples(st.booleans(), KEYS, NUMBERS), max_size=150),
    more=st.lists(st.tuples(KEYS, NUMBERS), max_size=60),
    at=st.integers(0, 150),
)
def test_they_are_a_set(steps: list[tuple[bool, int, int]], more: list[tuple[int, int]], at: int) -> None:
    """Whatever comes and goes, in whichever order, many of them at once."""
    pairs, expected = Pairs(), set[tuple[int, int]]()
    for moment, (is_put, key, number) in enumerate(steps):
        if moment == at:
            pairs.put_all([key << 32 | number for key, number in {*more} - expected])
            expected |= {*more}
        if is_put:
            pairs.put(key, number)
            expected.add((key, number))
        else:
            pairs.drop(key, number)
            expected.discard((key, number))

    assert len(expected) == len(pairs)
    for key in {key for _, key, _ in steps} | {key for key, _ in more}:
        found = pairs.find(key)
        assert sorted(number for of, number in expected if of == key) == sorted(found)


def test_what_goes_makes_room_again() -> None:
    """A million that come and go leave no more than a thousand at once."""
    pairs = Pairs()
    for number in range(1, 1_000_001):
        pairs.put(number * 2_654_435_761 % MOST, number)
        if number > 1_000:
            gone = number - 1_000
            pairs.drop(gone * 2_654_435_761 % MOST, gone)

    assert 1_000 == len(pairs)
    assert sum(map(sys.getsizeof, pairs._parts)) < 256 * (80 + 8 * 64)
