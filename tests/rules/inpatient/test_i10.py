"""I10: staff who are patients of their own hospital."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rules.inpatient.i10_own_staff_admitted import OwnStaffAdmitted
from rules.reference import Reference
from rules.testing import at
from rules.times import SECOND
from tests.oracle.wire import HOSPITAL, Body, admission, discharge, message
from tests.rules._messages import effects_of, standing_after

RULE = OwnStaffAdmitted()


def roster(*rows: dict[str, str]) -> Reference:
    """Person 1 works at the hospital, at the times that are given."""
    reference = Reference()
    for row in rows or ({},):
        reference.put("staff", {"psn_no": "1", "fixmedins_code": HOSPITAL} | row)
    return reference


def stays(days: Sequence[int], **fields: object) -> list[Body]:
    """Admissions so many days after 2026-03-05."""
    return [admission(f"V{day}", at("09:00", day=day), fixmedins_code=HOSPITAL, **fields) for day in days]


@pytest.mark.parametrize(("days", "expected"), [((0, 364), 1), ((0, 365), 0), ((0,), 0), ((0, 40, 80), 1)])
def test_twice_within_a_year(days: Sequence[int], expected: int) -> None:
    """Exactly a year before is outside; a third time in the year is not told again."""
    assert expected == len(standing_after(RULE, stays(days), roster()))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, 1),
        ({"fixmedins_code": HOSPITAL.lower()}, 1),
        ({"fixmedins_code": "H34102100002"}, 0),
        ({"valid_to": "2026-03-10"}, 0),
        ({"valid_from": "2026-03-06"}, 0),
        ({"valid_from": "2026-03-05", "valid_to": "2026-04-04"}, 1),
    ],
)
def test_only_the_own_hospital_while_one_works_there(row: dict[str, str], expected: int) -> None:
    """Both stays must begin while the row is valid."""
    assert expected == len(standing_after(RULE, stays((0, 30)), roster(row)))


def test_stays_before_the_work_silence_nothing() -> None:
    """Admitted twice before, in the same year: what counts begins with the work."""
    bodies = stays((0, 30, 60, 90))

    [alert] = standing_after(RULE, bodies, roster({"valid_from": "2026-05-01"}))

    assert alert.first_time.startswith("2026-06-03")


def test_another_hospital_does_not_count() -> None:
    """Once at home, once elsewhere."""
    bodies = stays((0, 30))
    bodies[0]["fixmedins_code"] = "H34102100002"

    assert [] == standing_after(RULE, bodies, roster())


@pytest.mark.parametrize("fields", [{"med_type": "52"}, {"med_type": "28"}, {"dscg_maindiag_code": "Z51.1"}])
def test_what_is_exempt_does_not_count(fields: Body) -> None:
    """Maternity, day surgery, treatment by plan."""
    bodies = stays((0, 30))

    assert [] == standing_after(RULE, [bodies[0] | fields, bodies[1]], roster())
    assert [] == standing_after(RULE, [bodies[0], bodies[1] | fields], roster())


def test_a_transfer_and_a_cancelled_admission_do_not_count() -> None:
    """dscg_way 2; 2404."""
    transfer = discharge("V0", at("10:00", day=3), fixmedins_code=HOSPITAL, dscg_way="2")
    cancel = message("2404", at("10:00", day=31), mdtrt_id="V30", fixmedins_code=HOSPITAL)

    assert [] == standing_after(RULE, [*stays((0, 30)), transfer], roster())
    assert [] == standing_after(RULE, [*stays((0, 30)), cancel], roster())


def test_without_the_roster_the_rule_is_off() -> None:
    """It says nothing."""
    assert [] == effects_of(RULE, stays((0, 30)), Reference()).alerts


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_new_year_within_a_week_is_told_with_the_old_one(late: int, expected: int) -> None:
    """Reached on 26 December, and again on 2 January; a second later it is another alert."""
    again = admission("W", at("09:00", day=303) + late, fixmedins_code=HOSPITAL)

    assert expected == len(standing_after(RULE, [*stays((260, 296)), again], roster()))


def test_the_sentence_says_whose_staff() -> None:
    """Not who."""
    [alert] = standing_after(RULE, stays((0, 30)), roster())

    assert "1名参保人365天内住院2次（提示阈值：2次及以上），系该机构职工" in alert.text.zh
    assert "a person was admitted 2 times in 365 d (threshold: 2 stays or more)" in alert.text.en
