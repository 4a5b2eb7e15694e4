"""How often the rules on the cards of groups alert in an honest county of 200,000: the figures in their pages.

Every rate below is our assumption unless it names its source.
"""

from __future__ import annotations

from math import comb

import pytest

from tests.honest.test_drugs import at_least

SHOPS, STAFF = 60, 6
"""Pharmacies, and employees of each."""


def of_some(limit: int, count: int, chance: float) -> float:
    """How likely at least `limit` of `count` are, where each is with this chance."""
    return sum(comb(count, n) * chance**n * (1 - chance) ** (count - n) for n in range(limit, count + 1))


def test_employees_who_buy_after_their_shift() -> None:
    """Each once a month, at their own pharmacy, in the same hour of the day."""
    a_day = SHOPS * of_some(3, STAFF, 1 / 30)

    assert 0.041 == pytest.approx(a_day, abs=0.0005)
    assert 1.2 == round(30 * a_day, 1)


def test_employees_who_buy_again_and_again() -> None:
    """One in ten 1.5 times a month, the others every other month."""
    a_month = SHOPS * STAFF * (0.1 * at_least(5, 1.5) + 0.9 * at_least(5, 0.5))

    assert 0.7 == round(a_month, 1)
    assert 0.024 == pytest.approx(a_month / 30, abs=0.0005)


def test_people_of_a_firm_next_door() -> None:
    """40 employers, one day a year each, on one in five of which most are new."""
    a_month = 40 / 12 / 5

    assert 0.7 == round(a_month, 1)
    assert 0.022 == pytest.approx(a_month / 30, abs=0.0005)


def test_neighbours_who_go_together() -> None:
    """20 groups, once a month each: two more times in the fourteen days before."""
    a_month = 20 * at_least(2, 14 / 30)

    assert 1.6 == round(a_month, 1)
    assert 0.053 == pytest.approx(a_month / 30, abs=0.0006)
