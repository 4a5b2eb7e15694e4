"""What honest clinics do to the rule on growth: the figures that its page gives."""

from __future__ import annotations

import inspect
import re
from math import cos, exp, pi, sqrt
from random import Random

import pytest

from rules.billing.b15_outpatient_growth import OutpatientGrowth
from rules.credential._share import ShareOfDay
from rules.credential.d06_sold_without_codes import SoldWithoutCodes
from rules.credential.s08_identity_numbers import IdentityNumbers
from rules.engine.episode import Trigger, runs
from rules.engine.finding import Undecidable
from rules.reference import Reference
from rules.testing import HOSPITAL, at
from rules.times import DAY

WEEK = (1.25, 1.15, 1.1, 1.1, 1.1, 0.7, 0.6)
"""Traffic of Monday to Sunday against the mean day."""
YEARS = 10
REMEMBERS = 0.9
"""How much of yesterday's deviation is there today."""


def clinic(visits: int, wanders: float) -> dict[int, list[int]]:
    """The settlements and fen of an honest clinic, day by day."""
    random = Random(1)
    level, bins = 0.0, {}
    for day in range(YEARS * 365):
        level = REMEMBERS * level + random.gauss(0, wanders * sqrt(1 - REMEMBERS**2))
        mean = visits * WEEK[day % 7] * exp(level) * (1 + 0.2 * cos(2 * pi * day / 365))
        count = max(1, round(random.gauss(mean, sqrt(mean))))
        bins[at("00:00", day=day)] = [count, round(count * 6_000 * max(0.3, random.gauss(1, 1.2 / sqrt(count))))]
    return bins


def alerts_a_year(bins: dict[int, list[int]]) -> float:
    """Episodes a year, each day judged by the sums that it looks back on."""
    rule, found = OutpatientGrowth(), []
    for day in bins:
        kept = {one: bins[one] for one in range(day - rule.span, day + DAY, DAY) if one in bins}
        try:
            finding = rule.check_day(day, kept, Reference(), HOSPITAL)
        except Undecidable:
            continue
        if finding is not None:
            found.append(Trigger(day + DAY, 0, str(day), "", HOSPITAL, "", "", "", finding))
    return len(list(runs(found, rule.quiet_ms))) / YEARS


def test_growth_of_honest_clinics() -> None:
    """The figures on the page of B15."""
    quiet, lively = alerts_a_year(clinic(600, 0.10)), alerts_a_year(clinic(600, 0.15))

    page = " ".join((inspect.getdoc(OutpatientGrowth) or "").split())
    told = re.search(r": ([\d.]+) / ([\d.]+) alerts a year", page)
    assert told
    assert (quiet, lively) == pytest.approx((float(told[1]), float(told[2])), abs=0.05)


def test_small_clinics_are_left_alone() -> None:
    """Thirty visits a day do not grow by 20,000 yuan in a week."""
    assert alerts_a_year(clinic(30, 0.15)) == pytest.approx(0)


def by_number(rule: ShareOfDay, settlements: int, years: int) -> float:
    """Alerts a year at an honest institution with one settlement in twenty of the kind, a fifth more or less a day."""
    random, bins, found = Random(settlements), dict[int, list[int]](), []
    for number in range(years * 365):
        day = at("00:00", day=number)
        count = max(1, round(random.gauss(settlements * WEEK[number % 7], sqrt(settlements))))
        share = 0.05 * exp(random.gauss(0, 0.2))
        bins[day] = [count, sum(random.random() < share for _ in range(count))]
        try:
            finding = rule.check_day(day, bins, Reference(), HOSPITAL)
        except Undecidable:
            continue
        if finding is not None:
            found.append(Trigger(day + DAY, 0, str(day), "", HOSPITAL, "", "", "", finding))
    return len(list(runs(found, rule.quiet_ms))) / years


def test_identity_numbers_at_honest_institutions() -> None:
    """The figures on the page of S08: 60 pharmacies and 6 hospitals, by the default, and by other parameters."""
    sizes = [*(50 + 350 * shop // 59 for shop in range(60)), *range(600, 606)]
    rules = (IdentityNumbers(), IdentityNumbers(left_out=0), IdentityNumbers(left_out=2))
    few, none_out, two_out = (sum(by_number(rule, size, 2) for size in sizes) for rule in rules)
    many = sum(by_number(IdentityNumbers(over_deviations=3), size, 2) for size in sizes)

    page = " ".join((inspect.getdoc(IdentityNumbers) or "").split())
    told = re.search(r"on average, (\d+) a year; with 3 standard deviations (\d+)", page)
    assert told
    assert float(told[1]) == pytest.approx(few, abs=1)
    assert float(told[2]) == pytest.approx(many, abs=5)
    other = re.search(r"With no day left out they are (\d+) a year, with two (\d+)\.", page)
    assert other
    assert (float(other[1]), float(other[2])) == pytest.approx((none_out, two_out), abs=1)


def test_boxes_that_nobody_scans_at_honest_pharmacies() -> None:
    """The figures on the page of D06: of the 60 pharmacies each scanner fails for a day once in four years."""
    sizes = [50 + 350 * shop // 59 for shop in range(60)]
    none_out, by_chance, two_out = (
        sum(by_number(SoldWithoutCodes(left_out=days), size, 2) for size in sizes) for days in (0, 1, 2)
    )

    page = " ".join((inspect.getdoc(SoldWithoutCodes) or "").split())
    told = re.search(r"(\d+) alerts a year; .* chance brings (\d+) a year, with two ([\d.]+)\.", page)
    assert told
    assert (by_chance, none_out, two_out) == pytest.approx([float(one) for one in told.groups()], abs=0.6)
    month = re.search(r"That is ([\d.]+) alerts a month", page)
    assert month
    assert round((by_chance + 60 / 4) / 12, 1) == float(month[1])
