"""D18: more drugs on one prescription than the rules allow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.drug.d18_crowded_prescription import CrowdedPrescription
from rules.ledgers import Fill
from rules.reference import Reference
from rules.testing import HOSPITAL, at, fill, judge, visit
from rules.times import DAY, HOUR, SECOND
from tests.oracle import wire
from tests.oracle.world import logs, run
from tests.rules._log import END, standing, told

RULE = CrowdedPrescription()


def drug(number: int) -> str:
    """One of ten western drugs."""
    return f"XA0{number}AAA001A001100001010"


def line(number: int, time: int = at("10:00"), **more: object) -> Fill:
    """A line of one prescription."""
    form: dict[str, object] = {
        "institution": HOSPITAL, "transaction": "2204", "visit": "v", "prescription": "RX1", "visit_type": "11",
        "item": drug(number), "quantity": 10_000, "line": f"{number}",
    }  # fmt: skip
    return fill(time, **form | more)  # type: ignore[arg-type]


def values(lines: list[Fill], rule: CrowdedPrescription = RULE, reference: Reference | None = None) -> list[float]:
    """The values of the findings."""
    return [one.value for one in judge(rule, lines, reference)]


FIVE = [line(n, at("10:00", seconds=n)) for n in range(5)]
LATER = at("10:01")


def test_five_are_allowed() -> None:
    """A sixth is one too many."""
    assert [] == values(FIVE)
    assert [6] == values([*FIVE, line(5, LATER)])
    assert [5] == values(FIVE, replace(RULE, over=4))


def test_a_day_is_half_open() -> None:
    """The sixth drug a day after the first, or a second less."""
    assert [] == values([*FIVE, line(5, FIVE[0].time + DAY)])
    assert [6] == values([*FIVE, line(5, FIVE[0].time + DAY - SECOND)])


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_day_without_any_ends_the_alert(late: int, expected: int) -> None:
    """To the second."""
    lines = [line(n, time, visit=f"{time}") for time in (LATER, LATER + DAY + late) for n in range(6)]

    assert expected == len(standing(told(RULE, [*lines, END])))


def test_a_line_that_sells_nothing_is_not_judged() -> None:
    """Nor one that gives back, where the prescription has six drugs."""
    six = [*FIVE, line(5, LATER)]

    assert [6] == values([*six, line(6, at("10:02"), quantity=0), line(5, at("10:03"), quantity=-5_000)])


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({}, 1),
        ({"item": "ZA01AAA0001010100001"}, 1),
        ({"item": "T000000001"}, 0),
        ({"item": "001101000010000"}, 0),
        ({"item": "XB05AAA001A001100001010"}, 0),
        ({"item": "XA00AAA001A001100001099"}, 0),
        ({"prescription": "RX2"}, 0),
        ({"visit": "w"}, 0),
        ({"institution": "H34102100002"}, 0),
        ({"visit_type": "28"}, 0),
        ({"visit_type": "1401"}, 1),
        ({"quantity": 0}, 0),
        ({"quantity": -10_000}, 0),
    ],
)
def test_what_is_a_drug_of_the_prescription(more: dict[str, object], count: int) -> None:
    """Western drugs and Chinese patent medicines, by substance, of one visit and one number."""
    assert count == len(values([*FIVE, line(5, LATER, **more)]))


def test_what_was_given_back_before_does_not_count() -> None:
    """In part it still does; and a line of zero never did."""
    back = line(0, at("10:00", seconds=30), quantity=-10_000, line="b")

    assert [] == values([*FIVE, back, line(5, LATER)])
    assert [6] == values([*FIVE, line(0, LATER, line="a"), back, line(5, at("10:02"))])
    assert [] == values([*FIVE[:4], line(4, at("10:00", seconds=4), quantity=0), line(5, LATER)])


def test_a_settlement_is_no_line() -> None:
    """It lies in the same ledger."""
    settled = visit(LATER, institution=HOSPITAL, transaction="2207", visit="v")

    assert [] == judge(RULE, [*FIVE, settled])
    assert [6] == [one.value for one in judge(RULE, [*FIVE, settled, line(5, at("10:02"))])]


def test_one_group_of_the_table_is_one_drug() -> None:
    """As for every rule on drugs."""
    grouped = Reference()
    for number in (0, 5):
        grouped.put("drugs", {"med_list_codg": drug(number), "group": "g"})

    assert [] == values([*FIVE, line(5, LATER)], reference=grouped)


def test_the_sentence() -> None:
    """How many; a cancelled line takes the alert back."""
    lines = [wire.line(n, med_list_codg=drug(n), rxno="RX1") for n in range(6)]
    sent = wire.fee_lines("V", lines, med_type="11")
    cancel = wire.message("2205", wire.MONDAY + HOUR, mdtrt_id="V", feedetl_sn="3", msgid="C",
                          fixmedins_code=sent["fixmedins_code"])  # fmt: skip
    last = []
    for some in ([sent], [sent, cancel]):
        [log] = logs([(0, wire.raw(one), wire.MONDAY + 2 * DAY) for one in some])
        last.append(run(log, [RULE], Reference()).alerts[-1])

    assert "一张门诊处方开具6种药品（提示阈值：超过5种）" in last[0].text.zh
    assert "one prescription of an outpatient has 6 drugs (threshold: more than 5 drugs)" in last[0].text.en
    assert {"RX1"} == {one.decided["rxno"] for one in last[0].evidence}
    assert "withdrawn" == last[1].status
