"""I04: a stay that lasts too long."""

from __future__ import annotations

import pytest

from rules.engine.alert import Alert
from rules.inpatient.i04_over_long_stay import OverLongStay
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, SECOND, iso
from tests.oracle.wire import HOSPITAL, Body, admission, discharge, message, settlement
from tests.rules._messages import effects_of, standing_after

RULE = OverLongStay()


def came(code: str = "J18.9", **fields: object) -> Body:
    """The admission on 2026-03-05."""
    return admission("V1", at("09:00"), **{"fixmedins_code": HOSPITAL, "dscg_maindiag_code": code} | fields)


def left(days: float, code: str = "J18.9") -> Body:
    """The discharge so many days later."""
    moment = at("09:00") + round(days * DAY)
    return discharge("V1", moment, fixmedins_code=HOSPITAL, dscg_maindiag_code=code)


def billed(days: int, **fields: object) -> Body:
    """A settlement of the stay."""
    more: Body = {"mdtrt_id": "V1", "fixmedins_code": HOSPITAL, "med_type": "21"}
    return settlement(at("10:00", day=days), "2304", **more | fields)


def found(*bodies: Body, reference: Reference | None = None) -> list[Alert]:
    """What stands in the end."""
    return standing_after(RULE, bodies, reference or Reference())


@pytest.mark.parametrize(("days", "expected"), [(45, []), (45 + SECOND / DAY, [45.1]), (60.25, [60.3])])
def test_longer_than_forty_five_days(days: float, expected: list[float]) -> None:
    """To the second; the value is rounded up."""
    assert expected == [one.measure.value for one in found(came(), left(days))]


@pytest.mark.parametrize(("days", "expected"), [(90, []), (91, [91])])
@pytest.mark.parametrize(("first", "last"), [("F20.0", "F20.0"), ("F20.0", "J18.9"), ("J18.9", "Z50.9")])
def test_a_treatment_that_takes_months(first: str, last: str, days: int, expected: list[float]) -> None:
    """With an exempt diagnosis at admission or discharge the limit is 90 days."""
    assert expected == [one.measure.value for one in found(came(first), left(days, last))]


def test_the_table_says_which_diagnoses_are_exempt() -> None:
    """Where it is loaded the list of the rule counts no more."""
    reference = Reference()
    reference.put("diagnoses", {"code": "J18", "exempt": "1"})

    assert [] == found(came(), left(60), reference=reference)
    assert 1 == len(found(came("F20.0"), left(60, "F20.0"), reference=reference))


def test_nobody_has_left() -> None:
    """Nothing but the admission proves no length; a bill on account does, until an earlier discharge comes."""
    interim = billed(50, mid_setl_flag="1")
    [alert] = found(came(), interim)

    assert [] == found(came())
    assert [] == found(came(), billed(45, mid_setl_flag="1", setl_time="2026-04-19 09:00:00"))
    assert (50.1, "warning") == (alert.measure.value, alert.severity)
    assert "住院已达50.1天，尚未上报出院（提示阈值：超过45天）" in alert.text.zh
    assert "has been there for 50.1 d without a discharge so far (threshold: more than 45 d)" in alert.text.en
    assert [] == found(came(), interim, left(40))


def test_the_books_are_closed_but_the_patient_stays() -> None:
    """An interim settlement ends nothing; a final one that states no end leaves the rule undecided."""
    effects = effects_of(RULE, [came(), billed(50)], Reference())

    assert [60] == [one.measure.value for one in found(came(), billed(30, mid_setl_flag="1"), left(60))]
    assert ([], {("I04", "settled without an end"): 1}) == (effects.alerts, effects.counts.undecidable)
    assert [] == found(came(), billed(50, dscg_time="2026-04-10 09:00:00"))


@pytest.mark.parametrize(("days", "expected"), [(180, [180]), (180 + SECOND / DAY, [])])
def test_what_comes_half_a_year_after_the_admission_is_not_read(days: float, expected: list[float]) -> None:
    """A discharge counts to the second."""
    assert expected == [one.measure.value for one in found(came(), left(days))]


@pytest.mark.parametrize(("days", "expected"), [(180, 1), (180 - SECOND / DAY, 0)])
def test_what_stands_under_the_number_half_a_year_before_is_not_read(days: float, expected: int) -> None:
    """A discharge before the admission is one of the same stay, unless it is so old."""
    assert expected == len(found(left(-days), came(), left(60)))


def test_an_alert_begins_with_the_days_that_are_allowed() -> None:
    """Forty-five before the admission."""
    [alert] = found(came(), left(60))

    assert iso(at("09:00", day=-45)) == alert.window.start


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_week_without_such_a_stay_ends_the_alert(late: int, expected: int) -> None:
    """To the second, by the admissions."""
    second = admission("V2", at("09:00", day=7) + late, fixmedins_code=HOSPITAL, dscg_maindiag_code="J18.9")
    gone = discharge("V2", at("09:00", day=60), fixmedins_code=HOSPITAL, dscg_maindiag_code="J18.9")

    assert expected == len(found(came(), second, left(60), gone))


def test_a_cancelled_admission_is_none() -> None:
    """2404 takes it back."""
    cancel = message("2404", at("10:00", day=1), mdtrt_id="V1", fixmedins_code=HOSPITAL)

    assert [] == found(came(), cancel, left(60))


def test_the_sentence_says_how_long() -> None:
    """In both languages, from the admission on."""
    [alert] = found(came(), left(60))

    assert "2026-03-05 09:00，收治1名参保人入院，至出院共住院60天（提示阈值：超过45天）" in alert.text.zh
    assert "a person was admitted and discharged after 60 d (threshold: more than 45 d)" in alert.text.en
