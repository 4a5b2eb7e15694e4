"""What an honest county of 200,000 persons does to the rules on stays: the figures that their pages give."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache
from math import log
from random import Random
from statistics import NormalDist

import pytest

from rules.engine.entry import Entry
from rules.engine.rule import Rule
from rules.entitlement.e01_overlapping_stays import OverlappingStays
from rules.inpatient.i01_split_admission import SplitAdmission
from rules.inpatient.i02_empty_bed import EmptyBed
from rules.inpatient.i04_over_long_stay import OverLongStay
from rules.inpatient.i05_frequent_admission import FrequentAdmission
from rules.inpatient.i05_pair_frequent_at_institution import FrequentAtInstitution
from rules.inpatient.i10_own_staff_admitted import OwnStaffAdmitted
from rules.inpatient.i11_assisted_admitted_often import AssistedAdmittedOften
from rules.inpatient.s07_treated_elsewhere import TreatedElsewhere
from rules.reference import Reference
from rules.testing import HOSPITAL, at, judge, stay, visit
from rules.times import DAY

PERSONS = 200_000
STAYS_A_HEAD = 0.18
UNEQUAL = 0.4
"""Shape of the gamma distribution of illness: the smaller, the more stays fall on few."""
COUNTED = 0.8
AT_HOME = 0.8
"""Part of a person's stays that is at one and the same hospital."""
YEARS = 3
"""The last one is counted, so that whoever is always ill has been told before."""
START = at("00:00")
A_DAY = r": ([\d.]+) alerts a day"


def page(rule: type[Rule]) -> str:
    """The docstring of a rule, in one line."""
    return " ".join((inspect.getdoc(rule) or "").split())


def told(rule: type[Rule], figure: str) -> float:
    """A figure on the page of a rule; the pattern has one group."""
    found = re.search(figure, page(rule))
    assert found
    return float(found[1])


@cache
def patients() -> list[list[float]]:
    """The admissions, in days from the start, of everybody who has at least four that are not exempt."""
    random = Random(1)
    found = []
    for _ in range(PERSONS):
        ill = random.gammavariate(UNEQUAL, STAYS_A_HEAD / UNEQUAL) * COUNTED * YEARS
        count = _poisson(random, ill)
        if count >= 4:
            found.append(sorted(random.random() * YEARS * 365 for _ in range(count)))
    return found


def _poisson(random: Random, mean: float) -> int:
    count, spent = 0, random.expovariate(1)
    while spent < mean:
        count, spent = count + 1, spent + random.expovariate(1)
    return count


def admissions(days: list[float]) -> list[Entry]:
    """The entries of these admissions."""
    return [stay(START + int(day * DAY), "admission", f"v{number}") for number, day in enumerate(days)]


def last_year(rule: Rule, traffic: Iterator[list[float]]) -> float:
    """Alerts a day in the last year."""
    since = START + (YEARS - 1) * 365 * DAY
    found = [finding for days in traffic for finding in judge(rule, admissions(days))]
    return sum(max(one.time for one in finding.evidence) >= since for finding in found) / 365


def test_frequent_admission() -> None:
    """The figure on the page of I05."""
    a_day = last_year(FrequentAdmission(), iter(patients()))

    assert a_day == pytest.approx(told(FrequentAdmission, A_DAY), rel=0.1)


def test_frequent_at_institution() -> None:
    """The figure on the page of I05-PAIR."""
    random = Random(2)
    at_home = ([day for day in days if random.random() < AT_HOME] for days in patients())

    a_day = last_year(FrequentAtInstitution(), at_home)

    assert a_day == pytest.approx(told(FrequentAtInstitution, A_DAY), rel=0.1)


def test_own_staff_admitted() -> None:
    """The figure on the page of I10: ten times the staff of a county of 100,000, at their own hospital."""
    random, reference, staff = Random(4), Reference(), 8_000
    reference.put("staff", {"psn_no": "p1", "fixmedins_code": HOSPITAL})
    traffic = []
    for _ in range(staff):
        mean = random.gammavariate(UNEQUAL, STAYS_A_HEAD / UNEQUAL) * COUNTED * 0.7 * YEARS
        traffic.append(sorted(random.random() * YEARS * 365 for _ in range(_poisson(random, mean))))
    since = START + (YEARS - 1) * 365 * DAY
    found = [one for days in traffic if len(days) > 1 for one in judge(OwnStaffAdmitted(), admissions(days), reference)]
    a_month = sum(max(row.time for row in one.evidence) >= since for one in found) / 12 / (staff / 800)

    assert a_month == pytest.approx(told(OwnStaffAdmitted, r": ([\d.]+) alerts a month"), rel=0.1)


def test_long_stays() -> None:
    """The figure on the page of I04, and what a limit of 30 days would bring."""
    acute, long = STAYS_A_HEAD * PERSONS * COUNTED, 300 * 0.1

    def a_day(limit: int) -> float:
        return (acute * (1 - NormalDist(log(7), 0.6).cdf(log(limit))) + long) / 365

    assert f"{STAYS_A_HEAD * PERSONS:,.0f} stays a year {acute:,.0f} are" in page(OverLongStay)
    assert a_day(OverLongStay().over_days) == pytest.approx(told(OverLongStay, A_DAY), abs=0.005)
    assert a_day(30) == pytest.approx(told(OverLongStay, r"limit of 30 days there are ([\d.]*\d)"), abs=0.005)


@pytest.mark.long
def test_assisted_persons_admitted_often() -> None:
    """The figure on the page of I11, and what a limit of four would bring; ten times the persons."""
    random, reference, persons = Random(5), Reference(), 100_000
    reference.put("assisted", {"psn_no": "p1"})
    traffic = []
    for _ in range(persons):
        count = _poisson(random, random.gammavariate(UNEQUAL, 0.4 / UNEQUAL) * COUNTED * YEARS)
        if count >= 4:
            traffic.append(sorted(random.random() * YEARS * 365 for _ in range(count)))
    since = START + (YEARS - 1) * 365 * DAY

    def a_day(rule: Rule) -> float:
        found = [one for days in traffic for one in judge(rule, admissions(days), reference)]
        return sum(max(row.time for row in one.evidence) >= since for one in found) / 365 / (persons / 10_000)

    assert a_day(AssistedAdmittedOften()) == pytest.approx(told(AssistedAdmittedOften, A_DAY), rel=0.1)
    assert 30 * a_day(AssistedAdmittedOften(limit=4)) == pytest.approx(18, rel=0.1)


def test_who_comes_again() -> None:
    """The inequality of illness is what the page of I05 says: so many of those admitted in a year come again in it."""
    random = Random(3)
    counts = [_poisson(random, random.gammavariate(UNEQUAL, STAYS_A_HEAD / UNEQUAL)) for _ in range(PERSONS)]
    again = sum(count > 1 for count in counts) / sum(count > 0 for count in counts)

    assert 100 * again == pytest.approx(told(FrequentAdmission, r"unequal that (\d+) %"), rel=0.05)


def test_empty_bed() -> None:
    """The figure on the page of I02; ten years of stays."""
    random, rule, years, found = Random(6), EmptyBed(), 10, 0
    for _ in range(int(PERSONS * STAYS_A_HEAD) * years):
        length, chance = 20 if random.random() < 0.1 else 8, 0.032 if random.random() < 0.1 else 0.008
        days = [day for day in range(1, length) if random.random() < chance]
        if len(days) >= 3:
            whole = [stay(START, "admission", "v"), stay(START + length * DAY, "discharge", "v")]
            found += bool(judge(rule, [*whole, *(visit(START + day * DAY) for day in days)]))

    assert found / 365 / years == pytest.approx(told(EmptyBed, A_DAY), rel=0.15)


def test_treated_elsewhere() -> None:
    """The figure on the page of S07: of the stays one in a hundred has a test elsewhere, and a tenth of these two."""
    assert f"{PERSONS * STAYS_A_HEAD:,.0f} stays a year" in page(TreatedElsewhere)
    assert PERSONS * STAYS_A_HEAD / 365 * 0.01 * 0.1 == pytest.approx(told(TreatedElsewhere, A_DAY), abs=0.005)


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        (SplitAdmission, {"1.5 %": 0.015, "70 %": 0.7, "30 %": 0.3}),
        (OverlappingStays, {"1.5 %": 0.015, "30 %": 0.3, "3 %": 0.03}),
    ],
)
def test_arithmetic_on_the_page(rule: type[Rule], parts: dict[str, float]) -> None:
    """I01 and E01: the stays of a year, times the parts that the page names, are the alerts that it names."""
    a_day = PERSONS * STAYS_A_HEAD / 365
    for text, part in parts.items():
        assert text in page(rule)
        a_day *= part

    assert f"{PERSONS * STAYS_A_HEAD:,.0f} stays a year" in page(rule)
    assert a_day == pytest.approx(told(rule, A_DAY), abs=0.005)
