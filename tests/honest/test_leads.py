"""How often the rules over leads alert in an honest county of 200,000: the figures in their pages.

Every rate below is our assumption: how many leads honest people set off is in the pages of the rules themselves.
"""

from __future__ import annotations

from math import exp

import pytest

from tests.honest.test_cards import of_some
from tests.honest.test_drugs import at_least

MONTHS = 6
"""In half a year, which is looked back on."""


def test_an_honest_subject_of_whom_a_lead_was_confirmed_by_mistake() -> None:
    """150 leads a month about 400 subjects, of each by four rules; two in a hundred are confirmed."""
    a_year = 150 * 12 / 400 / 4
    a_month = 150 * at_least(1, 0.02 * a_year)

    assert 3.3 == round(a_month, 1)
    assert 0.11 == round(a_month / 30, 2)


def test_many_rules_about_one_by_chance() -> None:
    """A lead is the finding where five of the other nineteen rules have one: of persons two of them."""
    of_rule = 1 - exp(-90 * MONTHS / 400 / 20)
    institutions = 90 * of_some(5, 19, of_rule)
    weights = 4_000 * 10 + 196_000
    often_ill = 1 - exp(-60 * 10 / weights * MONTHS / 20)
    persons = 60 * of_some(2, 19, often_ill)

    assert 0.6 == round(institutions + persons, 1)
    assert 0.02 == round((institutions + persons) / 30, 2)
    assert persons < 0.01 * institutions + 0.01


def test_a_household_that_is_seen_together_at_a_third_shop() -> None:
    """25 leads a month have a household in them; one of ten elsewhere than at its two shops."""
    a_month = 100 * 10 * 0.1 / 4 / 200
    usual, other = (1 - exp(-a_month * share * MONTHS) for share in (0.45, 0.1))
    found = 200 * a_month * (0.1 * usual**2 + 0.9 * usual * other)

    assert 0.7 == round(found, 1)
    assert 0.022 == round(found / 30, 3)


def test_leads_that_are_found_before_a_weekend() -> None:
    """From nine on Friday to nine on Sunday a lead waits a day or more for nine on Monday; none waits over three."""
    a_month = 150 / 3 * 2 / 7

    assert 14.3 == pytest.approx(a_month, abs=0.05)
    assert 0.48 == round(a_month / 30, 2)


def test_leads_that_need_more_time_than_there_is() -> None:
    """One in fifty."""
    assert 3 == 150 / 50


def test_customers_who_crowd_and_whose_drugs_do_not_add_up() -> None:
    """At one pharmacy of sixty an offer comes back every week for some time of a year: one lead, for it goes on.

    At a pharmacy of 150 settlements a day the rest is chance: ten persons in each lead of S01, and two in each of D04,
    D07, D09 and D12-RXNO.
    """
    settlements, customers = 150 * 30, 2_500
    crowding = 0.041 * 30 * 10
    buying = (6 + 3 + 3 + 10.5) * 2 * settlements / (5_000 * 30)
    by_chance = at_least(5, crowding * buying / customers)
    a_month = 1 / 12 + 60 * by_chance

    assert by_chance < 1e-6
    assert 0.1 == round(a_month, 1)
    assert 0.003 == round(a_month / 30, 3)


def test_patients_who_are_brought_in_and_elsewhere() -> None:
    """Each lead on absence is the finding where two of the quarter before name somebody who was brought in.

    The numbers are those of the pages, with the persons whom such a lead names: three of a household, six of a village,
    four of a care home, fifteen with a cold.
    """
    alone = 9 + 4 + 5 + 8 + 2.8
    together = 0.3 * 3 + 2.8 * 6 + 0.2 * 4 + 0.03 * 15
    absent, patients = 1.1 + 3 + 0.3, 36_000 / 12 / 6
    both = 5 * (alone + together) / 6 / patients
    a_month = 0.0
    for hospitals, share in ((1, 0.75), (5, 0.05)):
        there = absent * share * both
        a_month += hospitals * there * at_least(2, 3 * there)

    assert 0.05 == round(a_month, 2)
    assert 0.002 == round(a_month / 30, 3)


def test_a_whole_place_in_which_spending_grows() -> None:
    """By chance six of 25 never meet within a week, also at the rate of a lively clinic of the page of B15.

    Once in two years there is a reason that they share.
    """
    of_institution = 0.6 / 365
    in_a_week = 1 - exp(-7 * of_institution)
    by_chance = 25 * of_institution * 30 * of_some(5, 24, in_a_week)
    a_month = 1 / 24 + by_chance

    assert by_chance < 1e-4
    assert 0.04 == round(a_month, 2)
    assert 0.0014 == round(a_month / 30, 4)
