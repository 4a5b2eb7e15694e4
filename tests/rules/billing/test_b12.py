"""B12 and B12-SCOPE: physicians whom their register does not allow to order."""

from __future__ import annotations

import pytest

from rules.billing.b12_invalid_registration import InvalidRegistration
from rules.billing.b12_scope_outside_departments import OutsideDepartments
from rules.engine.rule import Rule
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, Body, fee_lines, line, message
from tests.rules._messages import effects_of, standing_after

INVALID, SCOPE = InvalidRegistration(), OutsideDepartments()
CODE = "D341021000017"


def register(**columns: str) -> Reference:
    """One row of the register."""
    reference = Reference()
    reference.put("physicians", {"bilg_dr_codg": CODE, "status": "valid"} | columns)
    return reference


def ordered(after: float, number: int = 1, /, infno: str = "2204", **fields: object) -> Body:
    """A line of an outpatient, so many days after 2026-03-05 00:00."""
    moment = at("00:00") + round(after * DAY)
    of_line = {name: fields.pop(name) for name in ("bilg_dr_codg", "bilg_dept_codg", "cnt") if name in fields}
    own = line(number, moment, **{"bilg_dr_codg": CODE, "bilg_dept_codg": "A03"} | of_line)
    return fee_lines("V1", [own], moment, infno, **{"fixmedins_code": HOSPITAL} | fields)


def values(rule: Rule, reference: Reference, *bodies: Body) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(rule, bodies, reference)]


@pytest.mark.parametrize("status", ["suspended", "revoked", "cancelled", "expired"])
@pytest.mark.parametrize(("count", "expected"), [(2, []), (3, [3]), (5, [5])])
def test_three_lines_without_a_valid_registration(status: str, count: int, expected: list[float]) -> None:
    """Fewer are no finding, more are one alert."""
    assert expected == values(INVALID, register(status=status), *(ordered(n, n) for n in range(count)))


@pytest.mark.parametrize(("last", "expected"), [(7, []), (7 - SECOND / DAY, [3])])
def test_the_week_is_half_open(last: float, expected: list[float]) -> None:
    """By fee_ocur_time."""
    assert expected == values(INVALID, register(status="revoked"), ordered(0, 1), ordered(1, 2), ordered(last, 3))


@pytest.mark.parametrize(("after", "alerts"), [(7, 1), (7 + SECOND / DAY, 2)])
def test_an_alert_ends_after_a_week(after: float, alerts: int) -> None:
    """Each time three lines in one moment."""
    lines = [ordered(start, 3 * place + n) for place, start in enumerate((0, after)) for n in range(3)]

    assert alerts == len(values(INVALID, register(status="revoked"), *lines))


@pytest.mark.parametrize(("count", "expected"), [(29, []), (30, [30])])
def test_thirty_lines_outside_the_scope(count: int, expected: list[float]) -> None:
    """Of a department that the row does not name; a whole code, not its beginning."""
    reference = register(departments="A04 A031")

    assert expected == values(SCOPE, reference, *(ordered(n / 100, n) for n in range(count)))


def test_what_the_register_allows() -> None:
    """A department that it names, any where it names none, and a line without one."""
    within, without = ([ordered(n / 100, n, **more) for n in range(31)] for more in ({}, {"bilg_dept_codg": ""}))

    assert [] == values(SCOPE, register(departments="A01 A03"), *within)
    assert [] == values(SCOPE, register(), *within)
    assert [] == values(SCOPE, register(departments="A04"), *without)
    assert [] == values(INVALID, register(departments="A04"), *within)
    assert [] == values(SCOPE, register(departments="A04", status="revoked"), *within)


def test_the_row_of_the_day_counts() -> None:
    """A registration that ends, and one that begins anew."""
    reference = register(valid_to="2026-03-06")
    reference.put("physicians", {"bilg_dr_codg": CODE, "status": "expired", "valid_from": "2026-03-07"})

    assert [] == values(INVALID, reference, *(ordered(n, n) for n in (0, 1, 2, 3)))
    assert [3] == values(INVALID, reference, *(ordered(n, n) for n in (0, 1, 2, 3, 4)))


def test_a_code_that_the_register_does_not_have_is_not_decided() -> None:
    """It is counted; without any row nothing is kept."""
    bodies = [ordered(n, n, bilg_dr_codg="D341021000099") for n in range(3)]
    told = effects_of(INVALID, bodies, register(status="revoked"))

    assert ([], {("B12", "a physician who is not in the register"): 1}) == (told.alerts, told.counts.undecidable)
    assert 0 == effects_of(INVALID, bodies, Reference()).counts.entries["unregistered"]
    assert 0 == effects_of(INVALID, [ordered(0)], register()).counts.entries["unregistered"]


def test_each_institution_by_itself_and_no_line_of_a_stay() -> None:
    """Two here and one there are no three."""
    revoked = register(status="revoked")
    of_stay = [ordered(n, n, infno="2301", med_type="21") for n in range(3)]

    assert [] == values(INVALID, revoked, ordered(0, 1), ordered(1, 2), ordered(2, 3, fixmedins_code="H34102100002"))
    assert [] == values(INVALID, revoked, *of_stay)
    assert [] == values(INVALID, revoked, ordered(0, 1), ordered(1, 2), ordered(2, 3, cnt=0))


def test_a_cancelled_line_does_not_count() -> None:
    """2205 takes it back."""
    gone = message("2205", at("01:00", day=2), mdtrt_id="V1", feedetl_sn="3", fixmedins_code=HOSPITAL)

    assert [] == values(INVALID, register(status="revoked"), ordered(0, 1), ordered(1, 2), ordered(2, 3), gone)


def test_the_sentences_and_the_rows() -> None:
    """How many lines, what the register says, and the columns beside each row."""
    [invalid] = standing_after(INVALID, [ordered(n, n) for n in range(3)], register(status="expired"))
    [scope] = standing_after(SCOPE, [ordered(n / 100, n) for n in range(30)], register(departments="A04"))

    assert "同一医师编码的执业注册已过期，7天内仍开单3条明细（提示阈值：3条明细及以上）" in invalid.text.zh
    assert "a physician's registration is expired, and the code ordered 3 lines within 7 d" in invalid.text.en
    assert "7天内在执业范围以外的科室开单30条明细，末条的科室为A03（提示阈值：30条明细及以上）" in scope.text.zh
    assert [{"bilg_dr_codg": CODE, "status": "expired"}] * 3 == [row.decided for row in invalid.evidence]
    assert {"bilg_dr_codg": CODE, "bilg_dept_codg": "A03", "departments": "A04"} == scope.evidence[0].decided
