"""I11: persons in need of assistance who are admitted again and again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rules.inpatient.i11_assisted_admitted_often import AssistedAdmittedOften
from rules.reference import Reference
from rules.testing import at
from rules.times import SECOND
from tests.oracle.wire import HOSPITAL, Body, admission, discharge, message
from tests.rules._messages import effects_of, standing_after

RULE = AssistedAdmittedOften()


def register(**row: str) -> Reference:
    """Person 1 is in the table, at the times that are given."""
    reference = Reference()
    reference.put("assisted", {"psn_no": "1", "assistance": "特困"} | row)
    return reference


def stays(days: Sequence[int], **fields: object) -> list[Body]:
    """Admissions so many days after 2026-03-05, by turns at two hospitals."""
    places = (HOSPITAL, "H34102100002")
    return [
        admission(f"V{day}", at("09:00", day=day), **{"fixmedins_code": places[n % 2]} | fields)
        for n, day in enumerate(days)
    ]


@pytest.mark.parametrize(
    ("days", "expected"),
    [((0, 90, 180, 270, 364), 1), ((0, 90, 180, 270, 365), 0), ((0, 30, 60, 90), 0), ((0, 10, 20, 30, 40, 50), 1)],
)
def test_five_times_within_a_year(days: Sequence[int], expected: int) -> None:
    """Exactly a year before is outside; a sixth time in the year is not told again."""
    assert expected == len(standing_after(RULE, stays(days), register()))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, 1),
        ({"psn_no": "2"}, 0),
        ({"valid_from": "2026-03-05"}, 1),
        ({"valid_from": "2026-03-06"}, 0),
        ({"valid_to": "2026-07-03"}, 1),
        ({"valid_to": "2026-07-02"}, 0),
    ],
)
def test_only_stays_while_the_person_is_in_the_table(row: dict[str, str], expected: int) -> None:
    """All five must begin while the row is valid; the last begins on 2026-07-03."""
    assert expected == len(standing_after(RULE, stays((0, 30, 60, 90, 120)), register(**row)))


@pytest.mark.parametrize("fields", [{"med_type": "52"}, {"dscg_maindiag_code": "Z51.1"}])
def test_stays_that_come_again_by_plan_do_not_count(fields: dict[str, object]) -> None:
    """As in I05."""
    assert [] == standing_after(RULE, stays((0, 30, 60, 90, 120), **fields), register())


def test_a_transfer_and_a_cancelled_admission_do_not_count() -> None:
    """Four are left."""
    bodies = stays((0, 30, 60, 90, 120))
    sent_on = discharge("V30", at("09:00", day=33), fixmedins_code="H34102100002", dscg_way="2")
    cancelled = message("2404", at("10:00", day=120), mdtrt_id="V120", fixmedins_code=HOSPITAL)

    assert [] == standing_after(RULE, [*bodies, sent_on], register())
    assert [] == standing_after(RULE, [*bodies, cancelled], register())


def test_without_the_table_it_is_off() -> None:
    """And an alert says so."""
    assert [] == effects_of(RULE, stays((0, 30, 60, 90, 120)), Reference()).alerts


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_new_year_within_a_week_is_told_with_the_old_one(late: int, expected: int) -> None:
    """Reached on 26 December, and again on 2 January; a second later it is another alert."""
    again = admission("W", at("09:00", day=303) + late, fixmedins_code=HOSPITAL)

    assert expected == len(standing_after(RULE, [*stays((250, 260, 270, 280, 296)), again], register()))


def test_the_sentence_says_who_and_how_often() -> None:
    """The kind of assistance stands in the evidence alone."""
    [alert] = standing_after(RULE, stays((0, 30, 60, 90, 120)), register())

    assert "1名参保人365天内住院5次（提示阈值：5次及以上），系登记的困难群体，住院机构：" in alert.text.zh
    assert "a person was admitted 5 times in 365 d (threshold: 5 stays or more), who is registered" in alert.text.en
    assert {"特困"} == {one.decided["assistance"] for one in alert.evidence}
