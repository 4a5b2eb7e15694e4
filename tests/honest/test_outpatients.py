"""How often the rules about visits alert in an honest county of 200,000: the figures in their pages.

Every rate below is our assumption unless it names its source.
"""

from __future__ import annotations

import pytest

from tests.honest.test_drugs import at_least

CHANGES_A_DAY = 20 / 7
"""20 physicians change once a week between institutions that have no group in common."""


def test_physicians_who_change_between_institutions() -> None:
    """Once in 50 times a line is entered after they have left, once in 100 so late that they seem to fly."""
    assert 0.057 == pytest.approx(CHANGES_A_DAY / 50, abs=0.0005)
    assert 0.029 == pytest.approx(CHANGES_A_DAY / 100, abs=0.0005)
    assert [1.7, 0.9] == [round(30 * CHANGES_A_DAY / many, 1) for many in (50, 100)]


def test_persons_who_see_doctors_again_and_again() -> None:
    """60 courses of ten treatments a month, one in twelve followed by a second one; and 2,000 persons who often go."""
    courses, often = 60 / 12, 2_000 * at_least(15, 4)

    assert 0.04 == pytest.approx(often, abs=0.005)
    assert 0.17 == pytest.approx((courses + often) / 30, abs=0.005)


def test_patients_who_see_several_departments() -> None:
    """2,500 persons a day, of whom one in ten goes on after each visit: five times for six visits."""
    assert 0.025 == pytest.approx(2_500 * 0.1**5)


def test_physicians_whose_new_row_comes_late() -> None:
    """30 are registered anew in a year, and of one in ten the row comes a week late: each is told once."""
    assert 0.0082 == pytest.approx(30 * 0.1 / 365, abs=0.00005)
    assert 0.25 == pytest.approx(30 * 0.0082, abs=0.005)


def test_physicians_who_stand_in() -> None:
    """On 20 days a year in each of six hospitals; half of them order enough."""
    assert 0.16 == pytest.approx(6 * 20 / 2 / 365, abs=0.005)
    assert 4.9 == pytest.approx(30 * 6 * 20 / 2 / 365, abs=0.05)
