"""How often the rules on charges alert in an honest county of 200,000: the figures in their pages.

Every rate below is our assumption.
"""

from __future__ import annotations

import pytest

from tests.honest.test_drugs import at_least


def test_lines_too_many() -> None:
    """One in 2,000 of 36,000 stays a year."""
    assert 0.049 == pytest.approx(36_000 / 2_000 / 365, abs=0.0005)
    assert 1.5 == 36_000 / 2_000 / 12


def test_prices_and_lists_that_are_not_changed_in_time() -> None:
    """B03 to B06: at one in ten of 70 institutions, twice a year; D19: four times a year."""
    for times, day, month in ((2, 0.038, 1.2), (4, 0.077, 2.3)):
        assert day == pytest.approx(70 / 10 * times / 365, abs=0.0005)
        assert month == pytest.approx(70 / 10 * times / 12, abs=0.05)


def test_licences_that_are_entered_late() -> None:
    """B13: of 20 once in five years, of one in five of these more than a month late."""
    assert 0.0022 == pytest.approx(20 / 5 / 5 / 365, abs=0.00005)
    assert 0.067 == pytest.approx(20 / 5 / 5 / 12, abs=0.0005)


def test_groups_that_are_ordered_in_parts() -> None:
    """One in 2,000 of 60,000 a year."""
    assert 0.08 == pytest.approx(60_000 / 2_000 / 365, abs=0.005)
    assert 2.5 == 60_000 / 2_000 / 12


def test_days_of_more_than_twelve_hours() -> None:
    """Of 150 people once in three years."""
    assert 0.14 == pytest.approx(150 / 3 / 365, abs=0.005)
    assert 4.2 == pytest.approx(150 / 3 / 12, abs=0.05)


def test_winners_out_of_stock() -> None:
    """One in 100 of 1,400 substances at institutions, once a year."""
    assert 0.038 == pytest.approx(1_400 / 100 / 365, abs=0.0005)
    assert 1.2 == pytest.approx(1_400 / 100 / 12, abs=0.05)


def test_what_new_departments_and_tests_make() -> None:
    """D17: one in 20 of 400 drugs at hospitals a year; B14: one in three of 30 institutions."""
    for times, day, month in ((400 / 20, 0.055, 1.7), (30 / 3, 0.027, 0.83)):
        assert day == pytest.approx(times / 365, abs=0.0005)
        assert month == pytest.approx(times / 12, abs=0.05)


def test_a_third_scan_that_is_needed() -> None:
    """One in 500 of 30,000 a year."""
    assert 0.16 == pytest.approx(30_000 / 500 / 365, abs=0.005)
    assert 5 == 30_000 / 500 / 12


def test_customers_of_cosmetology_who_are_ill() -> None:
    """At ten departments, three a month each: one is the finding where nine came in the month before."""
    a_month = 10 * 3 * at_least(9, 3)

    assert 0.1 == round(a_month, 1)
    assert 0.004 == pytest.approx(a_month / 30, abs=0.0005)
