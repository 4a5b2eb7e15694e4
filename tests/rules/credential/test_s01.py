"""S01: many cards at one pharmacy within minutes."""

from __future__ import annotations

import pytest

from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.engine.finding import Finding
from rules.engine.window import Window
from rules.ledgers import Swipe
from rules.reference import Reference
from rules.testing import PHARMACY, at, judge, swipe
from rules.times import DAY, MINUTE, SECOND
from tests.rules._log import END, standing, told

RULE, PLAIN = ConcentratedSwiping(), ConcentratedSwiping(limit=6, baseline=False)


def burst(number: int, gap: int = 60) -> list[Swipe]:
    """Swipes of as many persons, `gap` seconds apart."""
    return [swipe(at("10:00", seconds=gap * n), person=f"p{n}") for n in range(number)]


def judged_with(bins: dict[int, list[int]], swipes: list[Swipe], reference: Reference | None = None) -> Finding | None:
    """What S01 finds at the last swipe, given what was usual."""
    rule = ConcentratedSwiping()
    window = Window(list(swipes), rule.span, bins)
    window.move_to(len(swipes) - 1)
    return rule.check(swipes[-1], window, reference or Reference())


@pytest.mark.parametrize(("persons", "last", "found"), [(7, 599, []), (8, 599, [8]), (8, 600, [])])
def test_eight_persons_in_ten_minutes(persons: int, last: int, found: list[float]) -> None:
    """The window is half open: a swipe 600 s back is outside."""
    swipes = [*burst(persons - 1), swipe(at("10:00", seconds=last), person="last")]

    assert found == [one.value for one in judge(RULE, list(swipes))]


@pytest.mark.parametrize(("after", "alerts"), [(600, 1), (601, 2)])
def test_an_alert_ends_after_ten_minutes(after: int, alerts: int) -> None:
    """Each time eight cards in one moment."""
    again = [swipe(at("10:00", seconds=after), person=one.person) for one in burst(8, 0)]

    assert alerts == len(standing(told(RULE, [*burst(8, 0), *again, END])))


def test_persons_count_once() -> None:
    """One person who swipes six times is one person."""
    swipes = [swipe(at("10:00", seconds=n), person="p1") for n in range(6)]

    assert [] == judge(PLAIN, list(swipes))


def test_swipes_of_one_moment_see_each_other() -> None:
    """Equal times are in each other's windows."""
    assert 6 == len(judge(PLAIN, list(burst(6, 0))))


@pytest.mark.parametrize(("after", "severity"), [(5 * MINUTE, "warning"), (5 * MINUTE + SECOND, "info")])
def test_a_backlog_is_only_information(after: int, severity: str) -> None:
    """Where half of the evidence was uploaded more than five minutes later, an outage explains it."""
    late = [
        swipe(one.time, person=one.person, uploaded=one.time + after * (n % 2)) for n, one in enumerate(burst(8, 10))
    ]

    assert [severity] == [one.severity for one in judge(RULE, list(late))]


@pytest.mark.parametrize(("away", "severity"), [(3, "warning"), (4, "high"), (8, "high")])
def test_half_of_them_from_elsewhere_is_high(away: int, severity: str) -> None:
    """Eight persons, some of them insured in another county."""
    swipes = [swipe(one.time, person=one.person, elsewhere=n < away) for n, one in enumerate(burst(8, 10))]

    assert [severity] == [one.severity for one in judge(ConcentratedSwiping(), list(swipes))]


@pytest.mark.parametrize(("days", "found"), [(14, False), (13, True)])
def test_a_busy_shop_has_its_own_limit(days: int, found: bool) -> None:  # noqa: FBT001 - a column of the table
    """Sixty an hour are ten in ten minutes: nine persons are nothing. Too few days with traffic: the floor."""
    start = at("10:00") - 14 * DAY
    bins = {start - n * DAY: [60 * 28 // days, 0] for n in range(days)}

    assert found == (judged_with(bins, burst(9, 30)) is not None)


def test_days_of_the_last_fortnight_say_nothing() -> None:
    """Only days that ended thirteen days before are frozen."""
    bins = {at("10:00") - n * DAY: [600, 0] for n in range(1, 14)} | {
        at("10:00") - n * DAY: [1, 0] for n in range(14, 42)
    }

    assert judged_with(bins, burst(8, 30)) is not None


def test_the_register_speaks_for_a_new_shop() -> None:
    """Until the shop has a past, its row in the register says what is usual; a past of none at this hour is one."""
    reference = Reference()
    reference.put("institutions", {
        "fixmedins_code": PHARMACY, "kind": "pharmacy", "status": "active", "usual_per_10min": "10",
    })  # fmt: skip

    assert judged_with({}, burst(12, 30), reference) is None
    assert judged_with({}, burst(12, 30)) is not None
    evenings = {at("20:00") - n * DAY: [60, 0] for n in range(14, 42)}
    assert judged_with(evenings, burst(12, 30), reference) is not None


def test_neighbouring_hours_count_for_the_habit() -> None:
    """The morning rush may begin an hour earlier: the busiest of three hours is what is usual."""
    rush = at("11:00") - 14 * DAY
    bins = {rush - n * DAY: [60, 0] for n in range(28)}

    found = judged_with(bins, burst(9, 30))

    assert found is None
