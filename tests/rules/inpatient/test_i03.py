"""I03: many admissions for a minor illness."""

from __future__ import annotations

import pytest

from rules.inpatient.i03_minor_illness_admitted import MinorIllnessAdmitted
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, HOUR, SECOND
from tests.oracle.wire import HOSPITAL, Body, admission, message
from tests.rules._messages import effects_of, standing_after

RULE = MinorIllnessAdmitted()


def table(*rows: dict[str, str]) -> Reference:
    """A cold is minor; what it is with a complication is not."""
    reference = Reference()
    for row in rows or ({"code": "J06", "minor": "1"}, {"code": "J06.8", "minor": "0"}):
        reference.put("diagnoses", {"exempt": "0"} | row)
    return reference


def came(after: float, code: str = "J06.9", **fields: object) -> Body:
    """An admission so many days after 2026-03-05."""
    moment = at("09:00") + round(after * DAY)
    named: Body = {"psn_no": f"{after}", "fixmedins_code": HOSPITAL, "dscg_maindiag_code": code}
    return admission(f"V{after}", moment, **named | fields)


def values(*bodies: Body, reference: Reference | None = None) -> list[tuple[float, float]]:
    """Value and limit of what stands."""
    alerts = standing_after(RULE, bodies, reference or table())
    return [(one.measure.value, one.measure.limit) for one in alerts]


def week(count: int, start: float = 0) -> list[Body]:
    """So many admissions, the first at the start, the others hour by hour six days later."""
    return [came(start), *(came(start + 6 + n * HOUR / DAY) for n in range(count - 1))]


@pytest.mark.parametrize(("count", "expected"), [(14, []), (15, [(15, 15)])])
def test_fifteen_within_a_week(count: int, expected: list[tuple[float, float]]) -> None:
    """Fewer are no finding."""
    assert expected == values(*week(count))


@pytest.mark.parametrize(("last", "expected"), [(7, 0), (7 - SECOND / DAY, 1)])
def test_the_week_is_half_open(last: float, expected: int) -> None:
    """The first lies exactly seven days before the last, or a second less."""
    assert expected == len(values(*week(14), came(last)))


@pytest.mark.parametrize(
    ("code", "expected"), [("J06.9", 1), ("j06.9", 1), ("J06", 1), ("J06.8", 0), ("J18.9", 0), ("", 0)]
)
def test_the_longest_code_of_the_table_decides(code: str, expected: int) -> None:
    """Of the diagnosis at admission, in capitals or not."""
    assert expected == len(values(*week(14), came(6.9, code)))


def test_another_hospital_counts_by_itself() -> None:
    """Fourteen here and one there."""
    assert [] == values(*week(14), came(6.9, fixmedins_code="H34102100002"))


@pytest.mark.parametrize(("now", "expected"), [(35, []), (36, [(36, 36)])])
def test_what_is_usual_there(now: int, expected: list[tuple[float, float]]) -> None:
    """Sixteen a week, all of them in the first of eight: m + 5 times the root of m is 36; they alert by `limit`."""
    past = [came(k * 0.04) for k in range(128)]
    burst = [came(56 + 5 + k * 0.03) for k in range(now)]

    assert expected == [one for one in values(*past, *burst) if one[1] == 36]


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_week_without_so_many_ends_the_alert(late: int, expected: int) -> None:
    """To the second: fifteen at once, and fifteen others later."""
    bodies = [came(after, mdtrt_id=f"{after}-{n}", psn_no=f"{n}") for after in (0, 7 + late / DAY) for n in range(15)]

    assert expected == len(values(*bodies))


def test_an_admission_that_is_cancelled_does_not_count() -> None:
    """2404, also weeks later."""
    cancel = message("2404", at("09:00", day=40), mdtrt_id="V0", fixmedins_code=HOSPITAL, psn_no="0")

    assert [] == values(*week(15), cancel)


def test_without_a_mark_nothing_is_kept() -> None:
    """A table without the column marks nothing as minor; without a table the rule is off."""
    effects = effects_of(RULE, week(20), table({"code": "J06"}))

    assert ([], 0) == (effects.alerts, effects.counts.entries["minor_admissions"])
    assert [] == effects_of(RULE, week(20), Reference()).alerts


def test_the_sentence_says_how_many_and_for_what() -> None:
    """Against the limit and the usual number."""
    [alert] = standing_after(RULE, week(16), table())

    assert "7天内收治小病入院16人次（提示阈值：15人次及以上；该机构平日约0人次），主诊断类目：J06" in alert.text.zh
    assert "16 patients were admitted for a minor illness within 7 d (threshold: 15 admissions or more" in alert.text.en
