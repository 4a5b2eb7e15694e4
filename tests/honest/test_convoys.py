"""What honest families, villages and care homes do to the rules on convoys: the figures that their pages give."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from random import Random

import pytest

from rules.engine.rule import Rule
from rules.engine.window import Window
from rules.inpatient._convoy import Convoy
from rules.inpatient.i06_home_household_together import HouseholdTogether
from rules.inpatient.i06_tel_shared_telephone import SharedTelephone
from rules.inpatient.i06_village_village_together import VillageTogether
from rules.inpatient.i09_care_home_together import CareHomeTogether
from rules.inpatient.i13_tel_broker_telephone import BrokerTelephone
from rules.ledgers import Brought
from rules.reference import Reference
from rules.testing import at, brought
from rules.times import DAY, day_of

PERSONS = 100_000
YEARS = 6
STAYS_A_HEAD = 0.18
UNEQUAL = 0.4
"""As for the other rules on stays: shape of the gamma distribution of illness."""
HOUSEHOLDS = (1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6)
CAUGHT = 0.02
"""Part of the admissions that bring another of the family within two days."""
ELSEWHERE = 0.3
VILLAGE, TO_ONE_HOSPITAL = 1_500, 0.5
CARE_HOMES, OF_A_HOME, STAYS_IN_A_HOME, OF_HOMES_TO_ONE = 5, 100, 0.5, 2 / 3
START = at("00:00")
MONTHS = 12 * YEARS

Stay = tuple[float, str, str]
"""Day, person, institution."""


def page(rule: type[Rule]) -> str:
    """The docstring of a rule, in one line."""
    return " ".join((inspect.getdoc(rule) or "").split())


def told(rule: type[Rule], figure: str) -> float:
    """A figure on the page of a rule; the pattern has one group."""
    found = re.search(figure, page(rule))
    assert found, page(rule)
    return float(found[1])


def rate(random: Random) -> float:
    """Stays a year of one person."""
    return random.gammavariate(UNEQUAL, STAYS_A_HEAD / UNEQUAL)


def moments(random: Random, a_year: float) -> list[float]:
    """The days of independent admissions that come so often, in order."""
    found, day = [], random.expovariate(a_year / 365) if a_year > 1e-9 else 1e9
    while day < YEARS * 365:
        found.append(day)
        day += random.expovariate(a_year / 365)
    return found


@cache
def families() -> list[list[Stay]]:
    """The admissions of each family that has two or more; most of them to its usual hospital."""
    random, found, persons = Random(1), [], 0
    while persons < PERSONS:
        size = random.choice(HOUSEHOLDS)
        names = [f"p{persons + member}" for member in range(size)]
        persons += size
        stays = [
            (day, name, "H2" if random.random() < ELSEWHERE else "H1")
            for name in names
            for day in moments(random, rate(random))
        ]
        caught = [
            (day + 2 * random.random(), random.choice([one for one in names if one != name]), where)
            for day, name, where in stays
            if size > 1 and random.random() < CAUGHT
        ]
        if len(stays) + len(caught) > 1:
            found.append(sorted(stays + caught))
    return found


def circles(count: int, persons: int, mean: float | None, to_one: float) -> list[list[Stay]]:
    """The admissions of each village or care home to its hospital. mean: stays a year of each, None: unequal."""
    random = Random(2)
    return [
        sorted(
            (day, f"p{person}", "H1")
            for person in range(persons)
            for day in moments(random, (rate(random) if mean is None else mean) * to_one)
        )
        for _ in range(count)
    ]


def entries(stays: Iterable[Stay]) -> list[Brought]:
    """The admissions as a ledger keeps them."""
    return [
        brought(START + int(day * DAY), person, where, diagnosis="", identity=number)
        for number, (day, person, where) in enumerate(stays)
    ]


def a_month(rule: Convoy, groups: Iterable[list[Brought]]) -> float:
    """Alerts a month: findings more than `quiet` after the one before."""
    count = 0
    for order in groups:
        bins: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for one in order:
            bins[day_of(one.time)][0] += 1
        window, last = Window(order, rule.span, dict(bins)), 0
        for position, entry in enumerate(order):
            window.move_to(position)
            if rule.guard.allows(window) and rule.check(entry, window, Reference()) is not None:
                count += entry.time - last > rule.quiet_ms
                last = entry.time
    return count / MONTHS


def at_one(place: str) -> Callable[[], list[list[Brought]]]:
    """The admissions of each family to one institution."""
    return lambda: [entries([one for one in stays if one[2] == place]) for stays in families()]


def at_each_place() -> list[list[Brought]]:
    """By family and institution."""
    return [*at_one("H1")(), *at_one("H2")()]


def anywhere() -> list[list[Brought]]:
    """By family."""
    return [entries(stays) for stays in families()]


def villages() -> list[list[Brought]]:
    """By village."""
    return [entries(stays) for stays in circles(PERSONS // VILLAGE, VILLAGE, None, TO_ONE_HOSPITAL)]


def homes() -> list[list[Brought]]:
    """By care home."""
    return [entries(stays) for stays in circles(CARE_HOMES, OF_A_HOME, STAYS_IN_A_HOME, OF_HOMES_TO_ONE)]


@pytest.mark.parametrize(
    ("rule", "traffic", "figure"),
    [
        (SharedTelephone(), at_each_place, r": ([\d.]*\d) alerts a month; with"),
        (SharedTelephone(limit=3), at_each_place, r"of 3 it would be ([\d.]*\d)"),
        (HouseholdTogether(), at_each_place, r": ([\d.]*\d) alerts a month"),
        (HouseholdTogether(limit=2), at_each_place, r"Two of a household would open ([\d.]*\d)"),
        (VillageTogether(), villages, r": ([\d.]*\d) alerts a month"),
        (VillageTogether(baseline=False), villages, r"without what is usual it would be ([\d.]*\d)"),
        (CareHomeTogether(), homes, r": ([\d.]*\d) alerts a month"),
        (BrokerTelephone(), anywhere, r": ([\d.]*\d) alerts a month"),
    ],
)
def test_the_figure_on_the_page(rule: Convoy, traffic: Callable[[], list[list[Brought]]], figure: str) -> None:
    """Six years of an honest county of 100,000 persons, families as they live together."""
    assert a_month(rule, traffic()) == pytest.approx(told(type(rule), figure), rel=0.1, abs=0.02)
