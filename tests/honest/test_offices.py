"""How often what offices do late alerts in an honest county of 200,000: B17, B18, B21, E05 and D10-DEL.

Every rate below is our assumption.
"""

from __future__ import annotations

from math import exp, factorial

import pytest


def test_institutions_that_are_cut_off() -> None:
    """B21: each of 70 once in two years."""
    assert 0.096 == pytest.approx(70 / 2 / 365, abs=0.0005)
    assert 2.9 == pytest.approx(70 / 2 / 12, abs=0.05)


def test_what_is_deleted_at_one_go() -> None:
    """B18: by each of 70 once in two years; of five in the busiest hour thirty never come by chance."""
    assert 0.096 == pytest.approx(70 / 2 / 365, abs=0.0005)
    assert 2.9 == pytest.approx(70 / 2 / 12, abs=0.05)
    assert _at_least(30, 5) < 1e-12


def test_paid_stays_that_are_opened_again() -> None:
    """B17: one in a thousand of 15,000 a year never adds up to 2 %; ten hospitals correct a ward once in ten years."""
    usual = 15_000 * 90 / 365

    assert _at_least(10, usual / 1_000) < 0.005
    assert _at_least(int(0.02 * usual) + 1, usual / 1_000) < 1e-12
    assert 0.003 == pytest.approx(10 / 10 / 365, abs=0.0005)
    assert 0.1 == pytest.approx(10 / 10 / 12, abs=0.02)


def test_rows_of_stock_that_are_corrected() -> None:
    """D10-DEL: at five pharmacies one in fifty of 400 sales a day, and at one of all a whole delivery note a month."""
    by_chance = 5 * 30 * _at_least(20, 400 / 50)

    assert 0.04 == pytest.approx(by_chance, abs=0.005)
    assert 1.0 == pytest.approx(1 + by_chance, abs=0.05)
    assert 0.035 == pytest.approx((1 + by_chance) / 30, abs=0.0005)


def _at_least(count: int, mean: float) -> float:
    """How likely so many come of independent ones (Poisson)."""
    return 1 - sum(exp(-mean) * mean**n / factorial(n) for n in range(count))


def test_recognitions_that_are_registered_late() -> None:
    """E05: one in a thousand of 20,000 a month."""
    assert 20 == 20_000 / 1_000
    assert 0.67 == pytest.approx(20 / 30, abs=0.005)
