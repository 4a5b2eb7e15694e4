"""S10: two deliveries too close to each other."""

from __future__ import annotations

import pytest

from rules.entitlement.s10_second_delivery import SecondDelivery
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, Body, admission, discharge, message
from tests.rules._messages import standing_after

RULE = SecondDelivery()
OTHER = "H34102100002"


def born(after: float, code: str = "O80.9", **fields: object) -> Body:
    """An admission for a delivery, so many days after 2026-03-05."""
    moment = at("09:00") + round(after * DAY)
    return admission(
        f"V{after}", moment, **{"fixmedins_code": HOSPITAL, "dscg_maindiag_code": code, "med_type": "52"} | fields
    )


def found(*bodies: Body) -> list[float]:
    """The days of each alert."""
    return [one.measure.value for one in standing_after(RULE, bodies, Reference())]


@pytest.mark.parametrize(
    ("after", "expected"),
    [(15, [15]), (15 - SECOND / DAY, []), (180 - SECOND / DAY, [179]), (180, []), (3, []), (100, [100])],
)
def test_between_a_fortnight_and_half_a_year(after: float, expected: list[float]) -> None:
    """Closer ones are one birth, later ones may be two."""
    assert expected == found(born(0), born(after, fixmedins_code=OTHER))


@pytest.mark.parametrize(("code", "expected"), [("O82.0", 1), ("o84.9", 1), ("O85", 0), ("O47.1", 0), ("", 0)])
def test_only_deliveries_count(code: str, expected: int) -> None:
    """A fever afterwards and false contractions before are no delivery."""
    assert expected == len(found(born(0), born(30, code)))
    assert expected == len(found(born(0, code), born(30)))


def test_the_discharge_decides_what_it_was() -> None:
    """Admitted as a delivery, discharged as none; and the other way."""
    no_delivery = discharge("V30", at("09:00", day=33), fixmedins_code=HOSPITAL, dscg_maindiag_code="O86.4")
    delivery = discharge("V30", at("09:00", day=33), fixmedins_code=HOSPITAL, dscg_maindiag_code="O80.9")

    assert [] == found(born(0), born(30), no_delivery)
    assert [30] == found(born(0), born(30, "O47.1"), delivery)


@pytest.mark.parametrize(("late", "expected"), [(0, []), (SECOND / DAY, [30])])
def test_what_comes_sixty_days_after_the_admission_is_not_read(late: float, expected: list[float]) -> None:
    """A discharge that calls it no delivery counts to the second."""
    moment = at("09:00", day=90) + round(late * DAY)
    no_delivery = discharge("V30", moment, fixmedins_code=HOSPITAL, dscg_maindiag_code="O86.4")

    assert expected == found(born(0), born(30), no_delivery)


@pytest.mark.parametrize(("late", "expected"), [(0, [37]), (SECOND / DAY, [30, 37])])
def test_a_week_without_a_delivery_ends_the_alert(late: float, expected: list[float]) -> None:
    """To the second; two that are a week apart are held against the one before both."""
    assert expected == sorted(found(born(0), born(30), born(37 + late)))


def test_a_newborn_is_no_delivery() -> None:
    """It stands under the number of the mother (5212)."""
    assert [] == found(born(0), born(30, med_type="5212"))


def test_a_cancelled_admission_is_none() -> None:
    """2404 takes it back."""
    cancel = message("2404", at("10:00", day=31), mdtrt_id="V30", fixmedins_code=HOSPITAL)

    assert [] == found(born(0), born(30), cancel)


def test_the_latest_delivery_is_held_against_it() -> None:
    """Of two before, that which is nearer; each delivery but the first is told."""
    assert [40, 60] == sorted(found(born(0), born(60), born(100)))


def test_the_sentence_names_both() -> None:
    """When and where, in both languages."""
    [alert] = standing_after(RULE, [born(0), born(30, fixmedins_code=OTHER)], Reference())

    assert f"两次分娩入院相隔30天（提示阈值：不足180天）：2026-03-05在{HOSPITAL}、2026-04-04在{OTHER}" in alert.text.zh
    assert "two deliveries began 30 d apart (threshold: fewer than 180 d)" in alert.text.en
