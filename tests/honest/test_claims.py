"""How often the rules on entitlements and claims alert in an honest county of 200,000: the figures in their pages.

Every rate below is our assumption.
"""

from __future__ import annotations

from math import ceil, comb, exp, factorial, log
from statistics import NormalDist

import pytest


def test_recognitions_that_come_late() -> None:
    """20,000 persons, of whose recognitions one in a thousand a month comes after the first settlement."""
    assert 20 == 20_000 / 1_000
    assert 0.67 == pytest.approx(20 / 30, abs=0.005)


def test_persons_who_hand_in_several_bills() -> None:
    """One in a hundred of 1,500 hands in three within a quarter."""
    assert 0.041 == pytest.approx(1_500 / 100 / 365, abs=0.0005)
    assert 1.2 == pytest.approx(1_500 / 100 / 12, abs=0.06)


def test_large_bills() -> None:
    """2,000 claims a year, half of them above 8,000 yuan, lognormal."""
    large = 2_000 * (1 - NormalDist(log(8_000), 0.9).cdf(log(50_000)))

    assert 40 == pytest.approx(large, abs=2.5)
    assert 0.11 == pytest.approx(large / 365, abs=0.005)
    assert 3.4 == pytest.approx(large / 12, abs=0.1)


def test_bills_of_one_hospital_by_one_of_four_clerks() -> None:
    """B23: of some 82 a month of either kind every tenth is of one hospital; once in two years a clerk has them all."""
    mean = 1_000 / 10 * 30 / 365
    by_chance = sum(
        exp(-mean) * mean**count / factorial(count) * 4 * _of_one_in_four(count, max(8, ceil(0.8 * count)))
        for count in range(8, 60)
    )

    assert by_chance < 0.0005
    assert 0.04 == pytest.approx(1 / 24 + 2 * by_chance, abs=0.005)
    assert 0.0014 == pytest.approx((1 / 24 + 2 * by_chance) / 30, abs=0.0001)


def _of_one_in_four(count: int, fewest: int) -> float:
    """How likely one clerk in four has so many of them at least."""
    return sum(comb(count, n) * 0.25**n * 0.75 ** (count - n) for n in range(fewest, count + 1))


def test_persons_who_are_newly_insured() -> None:
    """3,000 a year, with 0.18 stays a year, of which one in ten is dear."""
    dear = 3_000 * 0.18 * 30 / 365 / 10

    assert 0.012 == pytest.approx(dear / 365, abs=0.0005)
    assert 0.4 == pytest.approx(dear / 12, abs=0.05)


def test_treatments_in_a_large_city() -> None:
    """One in ten of 500 a year settles often and dear."""
    assert 0.14 == pytest.approx(500 / 10 / 365, abs=0.005)
    assert 4 == pytest.approx(500 / 10 / 12, abs=0.2)
