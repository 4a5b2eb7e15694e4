"""S08: on one day far more people than usual settle by identity number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.credential.s08_identity_numbers import IdentityNumbers
from rules.ledgers.credentials import CREDENTIALS
from rules.reference import Reference
from rules.testing import HOSPITAL, at, judge_days, swipe
from rules.times import clock
from tests.rules._log import END, standing, told

RULE = IdentityNumbers()


def days(settled: int, numbers: int, count: int = 28) -> dict[int, list[int]]:
    """So many days alike, up to the day before the judged one."""
    return {at("00:00", day=-1 - day): [settled, numbers] for day in range(count)}


def found(before: dict[int, list[int]], settled: int, numbers: int, rule: IdentityNumbers = RULE) -> list[float]:
    """The values of the findings on this day, the one after the others."""
    judged = judge_days(rule, before | {at("00:00"): [settled, numbers]})
    return [one.value for one in judged if one.details["day"] == clock(at("00:00"), "%Y-%m-%d")]


def test_twenty_at_the_least() -> None:
    """However large their part of the day is."""
    assert [] == found(days(100, 0), 19, 19)
    assert [100.0] == found(days(100, 0), 20, 20)
    assert [100.0] == found(days(100, 0), 19, 19, replace(RULE, fewest=19))


def test_more_than_five_standard_deviations() -> None:
    """Of a fair share of one in five over 400 settlements: 80 are usual, and 8 the deviation; half of 100: 50 and 5."""
    assert [] == found(days(100, 50), 100, 75)
    assert [76.0] == found(days(100, 50), 100, 76)
    assert [] == found(days(400, 80), 400, 120)
    assert [30.2] == found(days(400, 80), 400, 121)
    assert [26.2] == found(days(400, 80), 400, 105, replace(RULE, over_deviations=3))


def test_an_institution_that_wanders_may_wander_on() -> None:
    """Days of 10 and of 30 in a hundred: their own deviation counts where it is larger than chance."""
    restless = {at("00:00", day=-1 - day): [400, 40 if day % 2 else 120] for day in range(28)}

    assert [] == found(restless, 400, 260)
    assert [71.0] == found(restless, 400, 284)


def test_what_was_never_seen_is_not_impossible() -> None:
    """No number in 200 settlements leaves a share of 1 in 202, so that one finding needs more than one settlement."""
    assert [] == found(days(10, 0, 20), 100, 3, replace(RULE, fewest=1))
    assert [10.0] == found(days(10, 0, 20), 100, 10, replace(RULE, fewest=1))


def test_the_day_with_the_largest_share_is_not_usual() -> None:
    """At a pharmacy of few customers, where one such day is a good part of four weeks; two are usual there."""
    busy = {at("00:00", day=-12): [35, 25]}

    assert [71.4] == found(days(10, 0) | busy, 35, 25)
    assert [] == found(days(10, 0) | busy | {at("00:00", day=-5): [35, 25]}, 35, 25)
    assert [] == found(days(10, 0) | busy, 35, 25, replace(RULE, left_out=0))
    assert [71.4] == found(days(10, 0) | busy | {at("00:00", day=-5): [35, 25]}, 35, 25, replace(RULE, left_out=2))


def test_the_share_counts_and_not_the_number() -> None:
    """Nine of ten on a small day are left out, not ninety of four hundred."""
    before = days(100, 5) | {at("00:00", day=-12): [400, 90], at("00:00", day=-5): [10, 9]}

    assert [] == found(before, 100, 35)
    assert [38.0] == found(before, 100, 38)


@pytest.mark.parametrize(("first", "second", "value"), [([200, 100], [10, 5], [20.0]), ([10, 5], [200, 100], [])])
def test_of_days_alike_the_earlier_is_left_out(first: list[int], second: list[int], value: list[float]) -> None:
    """Half of each is by number: a large day that is kept makes more usual than a small one."""
    before = days(100, 5) | {at("00:00", day=-20): first, at("00:00", day=-3): second}

    assert value == found(before, 100, 20)


def test_two_weeks_must_be_known() -> None:
    """Within the four weeks; days without a settlement are none."""
    assert [] == found(days(50, 1, 13), 50, 40)
    assert [] == found(days(50, 1, 13) | {at("00:00", day=-20): [0, 0], at("00:00", day=-29): [50, 1]}, 50, 40)
    assert [80.0] == found(days(50, 1, 13) | {at("00:00", day=-28): [50, 1]}, 50, 40)
    assert [80.0] == found(days(50, 1, 13), 50, 40, replace(RULE, enough=13))


def test_nothing_is_compared_where_all_days_are_left_out() -> None:
    """One known day is one too few, although one is enough; a number below zero leaves none out."""
    assert [] == found(days(50, 1, 1), 50, 40, replace(RULE, enough=1))
    assert [80.0] == found(days(50, 1, 2), 50, 40, replace(RULE, enough=1))
    assert [80.0] == found(days(50, 1, 1), 50, 40, replace(RULE, enough=1, left_out=0))
    assert found(days(400, 80) | {at("00:00", day=-9): [400, 0]}, 400, 90, replace(RULE, left_out=-1)) == []


def test_nothing_is_compared_with_no_days() -> None:
    """A parameter of zero finds nothing, and does not break."""
    assert [] == found(days(50, 1), 50, 40, replace(RULE, days=0, enough=0))


@pytest.mark.parametrize(
    ("infno", "credential", "kept"),
    [("2102", "02", True), ("2207", "03", True), ("2304", "02", False), ("2102", "", False)],
)
def test_what_is_counted(infno: str, credential: str, kept: bool) -> None:  # noqa: FBT001 - a column
    """Pharmacies and outpatients that state a credential."""
    [feed] = CREDENTIALS.feeds
    entry = swipe(at("10:00"), transaction=infno, credential=credential)

    assert kept == (feed.key(entry, Reference()) is not None)
    assert CREDENTIALS.summed(entry) == int(credential == "02")


@pytest.mark.parametrize(("after", "alerts"), [(2, 1), (3, 2)])
def test_days_at_most_two_apart_are_one_alert(after: int, alerts: int) -> None:
    """Forty a day, then 20 more of this kind on one day, and 90 on another."""
    log = [swipe(at("10:00", day=day, seconds=n), f"p{n}") for day in range(32) for n in range(40)]
    for day, count in ((28, 20), (28 + after, 90)):
        log += [swipe(at("15:00", day=day, seconds=n), f"q{n}", credential="02") for n in range(count)]

    assert alerts == len(standing(told(RULE, [*sorted(log, key=lambda one: one.time), END])))


def test_from_settlements_to_the_alert() -> None:
    """Four weeks of ten a day with cards, then 25 by number; another institution goes on as usual."""
    log = [
        swipe(at("10:00", day=day, seconds=n), f"p{n}", place)
        for day in range(29)
        for n in range(10)
        for place in ("P1", HOSPITAL)
    ]
    log += [swipe(at("15:00", day=28, seconds=n), f"q{n}", HOSPITAL, credential="02") for n in range(25)]
    alerts = told(RULE, [*sorted(log, key=lambda one: one.time), END])

    assert [(HOSPITAL, "closed")] == [(one.scope[0], one.status) for one in alerts if one.status == "closed"]
    assert (
        f"{HOSPITAL} 2026-04-02，有25人次只凭身份证号结算，占当日35人次的71.4%（提示阈值：超过5.5%；该机构平日0.4%）"
    ) in alerts[-1].text.zh
    assert "25 of 35 settlements were by identity number, 71.4 %" in alerts[-1].text.en


def test_a_third_such_day_is_held_against_the_second() -> None:
    """It must be larger; all are one alert, whose sentence names the largest day."""
    log = [swipe(at("10:00", day=day, seconds=n), f"p{n}") for day in range(33) for n in range(40)]
    log += [
        swipe(at("15:00", day=day, seconds=n), f"q{n}", credential="02")
        for day, count in ((28, 20), (29, 20), (30, 20), (31, 90))
        for n in range(count)
    ]
    alerts = told(RULE, [*sorted(log, key=lambda one: one.time), END])
    [closed] = [one for one in alerts if one.status == "closed"]

    assert 3 == closed.triggers
    assert "2026-04-02至2026-04-05，2026-04-05有90人次只凭身份证号结算" in closed.text.zh
    assert "90 of 130 settlements on 2026-04-05 were by identity number" in closed.text.en
