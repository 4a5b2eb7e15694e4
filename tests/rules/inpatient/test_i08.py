"""I08: many first-time patients from elsewhere."""

from __future__ import annotations

import pytest

from rules.inpatient.i08_first_time_from_elsewhere import FirstTimeFromElsewhere
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, HOUR, SECOND
from tests.oracle.wire import HOSPITAL, Body, admission, message
from tests.rules._messages import effects_of, standing_after

RULE = FirstTimeFromElsewhere()
HERE, AWAY = "341021", "341004"
WEEK = 7 * DAY
NOW = at("09:00", day=70)
"""When the last of a burst comes."""


def came(moment: int, person: object, region: str = AWAY, **fields: object) -> Body:
    """An admission of somebody who is insured in a region."""
    named: Body = {"psn_no": f"{person}", "fixmedins_code": HOSPITAL, "dscg_maindiag_code": "J18.9"}
    return admission(f"V{person}-{moment}", moment, **named | {"insuplc_admdvs": region} | fields)


def past(weeks: int = 8, here: int = 1, away: int = 0, *, first: int = 1) -> list[Body]:
    """So many admissions in each of the weeks before, an hour apart."""
    ends = [NOW - n * WEEK for n in range(first, first + weeks)]
    regions = [HERE] * here + [AWAY] * away
    return [came(end - n * HOUR, f"{end}-{n}", region) for end in ends for n, region in enumerate(regions)]


def burst(count: int, region: str = AWAY, **fields: object) -> list[Body]:
    """So many admissions an hour apart, the last of them now."""
    return [came(NOW - n * HOUR, f"{region}-{n}", region, **fields) for n in range(count)]


def values(*bodies: Body, rule: FirstTimeFromElsewhere = RULE) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(rule, bodies, Reference())]


@pytest.mark.parametrize(("count", "expected"), [(9, []), (10, [10])])
def test_ten_from_elsewhere(count: int, expected: list[float]) -> None:
    """Where nearly all are from elsewhere, and none usually is."""
    assert expected == values(*past(), *burst(count))


@pytest.mark.parametrize(("here", "expected"), [(30, [20]), (31, [])])
def test_two_in_five_of_all(here: int, expected: list[float]) -> None:
    """Twenty of fifty, or of fifty-one."""
    others = [came(NOW - 3 * DAY + n, f"here-{n}", HERE) for n in range(here)]

    assert expected == values(*past(), *others, *burst(20))


@pytest.mark.parametrize(("first", "expected"), [(WEEK, []), (WEEK - SECOND, [10])])
def test_the_week_is_half_open(first: int, expected: list[float]) -> None:
    """The first one lies exactly seven days before the last, or a second less."""
    assert expected == values(*past(), *burst(9), came(NOW - first, "first"))


@pytest.mark.parametrize(
    ("before", "expected"), [(WEEK, []), (9 * WEEK - SECOND, []), (9 * WEEK, [10]), (WEEK - SECOND, [10])]
)
def test_who_was_there_before_is_no_newcomer(before: int, expected: list[float]) -> None:
    """Within the eight weeks before the week, to the second; twice in this week is once."""
    assert expected == values(*past(), *burst(10), came(NOW - before, f"{AWAY}-3"))


def test_one_who_was_there_before_sets_nothing_off_for_herself() -> None:
    """The tenth newcomer does, also when one who is none comes after."""
    again = came(NOW + HOUR, "again")
    [alert] = standing_after(RULE, [*past(), came(NOW - 2 * WEEK, "again"), *burst(10), again], Reference())

    assert (1, 10) == (alert.triggers, alert.measure.value)


@pytest.mark.parametrize(("weeks", "expected"), [(3, []), (4, [10])])
def test_with_fewer_than_four_weeks_nothing_is_judged(weeks: int, expected: list[float]) -> None:
    """In which anybody was admitted: a new institution has no usual share."""
    assert expected == values(*past(weeks), *burst(10))


@pytest.mark.parametrize(("first", "expected"), [(5, [10]), (6, [])])
def test_only_the_eight_weeks_count(first: int, expected: list[float]) -> None:
    """Four weeks from the fifth or from the sixth one back: the last of these is the ninth."""
    assert expected == values(*past(4, first=first), *burst(10))


@pytest.mark.parametrize(("count", "expected"), [(11, []), (12, [12])])
def test_what_is_usual_there(count: int, expected: list[float]) -> None:
    """A quarter, and all who come now are from elsewhere: m + 5 times the root of m is 11.04, then 11.7."""
    alerts = standing_after(RULE, [*past(here=3, away=1), *burst(count)], Reference())

    assert expected == [one.measure.value for one in alerts if one.measure.value == count]


def test_the_usual_share_is_the_median() -> None:
    """Three weeks of eight in which all were from elsewhere do not make it usual; five do."""
    few, many = (
        [*past(weeks, here=0, away=2), *past(8 - weeks, here=2, first=1 + weeks)] for weeks in (3, 5)
    )  # fmt: skip

    assert [10] == values(*few, *burst(10))
    assert [] == values(*many, *burst(10))


@pytest.mark.parametrize(
    "fields",
    [
        *({"med_type": kind} for kind in ("23", "28", "52", "5212")),
        *({"dscg_maindiag_code": code} for code in ("S72.0", "T14", "t14")),
        {"insuplc_admdvs": ""},
        {"mdtrtarea_admvs": ""},
        {"insuplc_admdvs": HERE},
        {"fixmedins_code": "H34102100002"},
    ],
)
def test_what_does_not_count(fields: Body) -> None:
    """Transfers, day surgery, births, newborns, injuries; what states no region; those from here; another hospital."""
    last = came(NOW, "last")

    assert [10] == values(*past(), *burst(9), last)
    assert [] == values(*past(), *burst(9), last | fields)


def test_an_admission_that_is_cancelled_does_not_count() -> None:
    """2404, also weeks later."""
    gone = came(NOW, "gone")
    cancel = message("2404", NOW + 40 * DAY, mdtrt_id=gone["mdtrt_id"], fixmedins_code=HOSPITAL, psn_no="gone")

    assert [] == values(*past(), *burst(9), gone, cancel)


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_week_without_so_many_ends_the_alert(late: int, expected: int) -> None:
    """To the second: ten at once, and ten others later."""
    at_once = [came(NOW, f"now-{n}") for n in range(10)]
    later = [came(NOW + WEEK + late, f"later-{n}") for n in range(10)]

    assert expected == len(values(*past(), *at_once, *later))


def test_what_states_no_region_is_not_kept() -> None:
    """Neither where the person is insured, nor where the institution is."""
    effects = effects_of(RULE, [*burst(10, insuplc_admdvs=""), *burst(10, mdtrtarea_admvs="")], Reference())

    assert 0 == effects.counts.entries["outsiders"]


def test_the_sentence_says_how_many_of_how_many() -> None:
    """Against the limit and the usual number, and from how many regions; the rows are the newcomers."""
    others = [came(NOW - 3 * DAY, "here", HERE), came(NOW - 3 * DAY, "far", "330100")]
    [alert] = standing_after(RULE, [*past(), *others, *burst(11)], Reference())

    assert (
        "7天内入院13人，其中12人参保地在外地、此前8周未在该机构住院（提示阈值：10人及以上；按平日占比外地约0人），来自2个参保地"
        in alert.text.zh
    )
    assert "of 13 persons admitted within 7 d 12 are insured elsewhere" in alert.text.en
    assert 12 == alert.evidence_count
    assert {"341004", "330100"} == {one.decided["insuplc_admdvs"] for one in alert.evidence}
