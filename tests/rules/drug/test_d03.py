"""D03: one prescription made into several on one day."""

from __future__ import annotations

import pytest

from rules.drug.d03_split_prescription import SplitPrescription
from rules.engine.entry import Entry
from rules.engine.finding import Undecidable
from rules.ledgers import Fill
from rules.reference import Reference
from rules.testing import HOSPITAL, at, fill, judge
from rules.times import DAY, HOUR, SECOND
from tests.rules._log import END, standing, told

RULE = SplitPrescription()
MORNING = at("09:00")


def written(days: float, number: int = 1, time: int = MORNING, **other: str | int) -> Fill:
    """A prescription of an ordinary visit, in packs so small that they do not matter."""
    fields: dict[str, object] = {
        "institution": HOSPITAL, "visit_type": "11", "prescription": f"r{number}", "quantity": 10_000_000,
    }  # fmt: skip
    return fill(time + number * SECOND, days, "p1", **(fields | other))  # type: ignore[arg-type]  # of the right types


def alerts(*entries: Entry, rule: SplitPrescription = RULE, reference: Reference | None = None) -> int:
    """How many findings."""
    return len(judge(rule, list(entries), reference))


@pytest.mark.parametrize(("second", "expected"), [(3, 0), (3.01, 1)])
def test_together_they_may_be_what_one_may_be(second: float, expected: int) -> None:
    """Four days and three are a week."""
    assert expected == alerts(written(4, 1), written(second, 2, quantity=1_000_000_000))


def test_one_pack_is_on_top() -> None:
    """Packs are not broken: by the drug table, else what one cnt of a line lasts."""
    table = Reference()
    table.put("drugs", {"med_list_codg": "XC09AAA001A001010100001", "pack_units": "14", "daily_units": "2"})

    assert 0 == alerts(written(7, 1), written(7, 2), reference=table)
    assert 1 == alerts(written(7, 1), written(7.1, 2), reference=table)
    assert 0 == alerts(written(7, 1, quantity=10_000), written(7, 2))


def test_two_prescriptions_are_told_apart_by_number_or_by_visit() -> None:
    """One number on several lines is one prescription; without numbers, one visit is one."""
    assert 0 == alerts(written(5, 1), written(5, 2, prescription="r1"))
    assert 0 == alerts(written(5, 1, prescription="", visit="v"), written(5, 2, prescription="", visit="v"))
    assert 1 == alerts(written(5, 1, prescription="", visit="v"), written(5, 2, prescription="", visit="w"))


def test_the_day_is_that_of_beijing() -> None:
    """A minute before midnight and a minute after are two days; a whole day is one."""
    midnight = at("00:00", day=1)

    assert 0 == alerts(written(5, 1, midnight - HOUR), written(5, 2, midnight + HOUR))
    assert 1 == alerts(written(5, 1, midnight), written(5, 2, midnight + DAY - HOUR))


def test_other_institutions_write_their_own() -> None:
    """Who goes from one to the next is not written two prescriptions by one."""
    assert 0 == alerts(written(5, 1), written(5, 2, institution="H2"))


@pytest.mark.parametrize(
    ("first", "second", "expected"), [("14", "14", 0), ("11", "14", 0), ("13", "13", 1), ("41", "41", 0)]
)
def test_the_widest_limit_counts(first: str, second: str, expected: int) -> None:
    """Two of forty days are within twelve weeks; three days in an emergency are not two times two."""
    days = 2 if first == "13" else 40

    assert expected == alerts(written(days, 1, visit_type=first), written(days, 2, visit_type=second))


def test_a_pharmacy_without_prescriptions_splits_none() -> None:
    """What was sold over the counter, alone or beside a prescription, is not counted."""
    bare = [written(80, number, visit_type="41", prescription="") for number in (1, 2)]

    assert 0 == alerts(*bare)
    assert 0 == alerts(bare[0], written(80, 3, visit_type="41"))
    assert 0 == alerts(written(80, 1, visit_type="41"), bare[1])
    assert 1 == alerts(written(80, 1, visit_type="41"), written(80, 2, visit_type="41"))


def test_a_third_prescription_is_a_second_trigger_of_the_same_alert() -> None:
    """The measure is what all of them hold, the evidence all their lines."""
    entries = [written(5, 1), written(5, 2), written(5, 3), written(2, 4, prescription="r3")]
    [alert] = [one for one in told(RULE, [*entries, END]) if one.status == "closed"]

    assert (2, 17.0, 7.0, 4) == (alert.triggers, alert.measure.value, round(alert.measure.limit), alert.evidence_count)
    assert (
        "同一机构同日为1名参保人开具3张处方，药品XC09AAA001A001010100001共17天用量"
        "（提示阈值：超过单张处方可开的7天加1盒；医疗类别：普通门诊（11）），同类情形2026-03-05 09:00共2次，"
    ) in alert.text.zh
    assert (
        "3 prescriptions on one day, 17 days' supply of the drug XC09AAA001A001010100001 (threshold:" in alert.text.en
    )


def test_several_physicians_are_two_departments() -> None:
    """Who did not know of the other wrote his own; one who signs both, or nobody named, is the stronger sign."""
    named = [
        judge(RULE, [written(5, 1, physician=first), written(5, 2, physician=second)])[0].severity
        for first, second in (("D1", "D2"), ("D1", "D1"), ("D1", ""), ("", ""))
    ]

    assert ["info", "warning", "warning", "warning"] == named


def test_a_prescription_taken_back_on_the_same_day_does_not_count() -> None:
    """It was written anew."""
    wrong = written(5, 1)
    back = written(5, 1, MORNING + HOUR, quantity=-10_000_000, visit=wrong.visit)

    assert 0 == alerts(wrong, back, written(5, 2, MORNING + 2 * HOUR))
    assert 0 == alerts(written(5, 0), wrong, back)


def test_a_line_of_zero_gives_nothing_back() -> None:
    """It names no prescription and is of the visit of one, but only a negative line takes off."""
    bare = written(3, 2, prescription="", visit="v", quantity=0)

    assert 0 == alerts(written(3, 1, visit="v"), bare)
    assert 1 == alerts(written(5, 1, visit="v"), bare)


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_day_without_any_ends_the_alert(late: int, expected: int) -> None:
    """To the second."""
    pairs = [written(5, number, time) for time in (MORNING, MORNING + DAY + late) for number in (1, 2)]

    assert expected == len(standing(told(RULE, [*pairs, END])))


def test_unknown_supply_is_not_decidable() -> None:
    """Unless what is known is too much already."""
    with pytest.raises(Undecidable):
        alerts(written(5, 1), written(0, 2))

    assert 1 == alerts(written(8, 1), written(0, 2))
