"""D09: a dual-channel drug without a prescription that a hospital sent."""

from __future__ import annotations

import pytest

from rules.drug.d09_without_circulated_prescription import WithoutCirculatedPrescription
from rules.engine.entry import Entry
from rules.engine.finding import Undecidable
from rules.reference import Reference
from rules.testing import at, fill, judge
from rules.times import HOUR, SECOND
from tests.rules._log import END, standing, told

RULE = WithoutCirculatedPrescription()
LISTED = "XC09AAA001A001010100001"


def table(**columns: str) -> Reference:
    """The list with this drug."""
    made = Reference()
    made.put("drugs", {"med_list_codg": LISTED, "dual_channel": "1"} | columns)
    return made


def found(*entries: Entry, reference: Reference | None = None) -> list[tuple[float, str]]:
    """Value and severity of each finding."""
    return [(one.value, one.severity) for one in judge(RULE, list(entries), reference or table())]


@pytest.mark.parametrize(
    ("rxno", "flag", "expected"),
    [("", "", [(1, "high")]), ("", "1", [(1, "high")]), ("r1", "0", [(1, "warning")]), ("r1", "1", [])],
)
def test_a_number_and_the_flag_are_needed(rxno: str, flag: str, expected: list[tuple[float, str]]) -> None:
    """A flag without a number proves nothing; a number that was not sent is the weaker sign."""
    assert expected == found(fill(at("10:00"), prescription=rxno, circulated=flag))


def test_a_flag_that_is_not_sent_is_not_known() -> None:
    """Unless another line of the sale shows what is missing."""
    unknown = fill(at("10:00"), prescription="r1", visit="v")

    with pytest.raises(Undecidable):
        found(unknown)
    assert [(1, "high")] == found(unknown, fill(at("10:00"), visit="v"))


def test_only_what_the_list_has_at_the_time() -> None:
    """A row that ended, a drug that is off the list, and one without a row are none."""
    sold = fill(at("10:00"))

    assert [(1, "high")] == found(sold, reference=table(valid_to="2026-03-05"))
    assert [] == found(sold, reference=table(valid_to="2026-03-04"))
    assert [] == found(sold, reference=table(dual_channel="0"))
    assert [] == found(fill(at("10:00"), item="XA10BAE001A001010100001"))


def test_a_hospital_hands_it_out_itself() -> None:
    """Only sales of pharmacies need the flag."""
    assert [] == found(fill(at("10:00"), visit_type="11", transaction="2204"))


def test_what_is_given_back_on_the_day_was_not_sold() -> None:
    """Also where the negative line comes later."""
    sold = fill(at("10:00"))

    assert [] == found(sold, fill(at("10:00") + HOUR, visit=sold.visit, quantity=-sold.quantity))


def test_a_line_of_zero_was_not_sold() -> None:
    """Beside one that was, on a prescription that a hospital sent."""
    sold = fill(at("10:00"), prescription="r1", circulated="1")

    assert [] == found(sold, fill(at("10:00"), visit=sold.visit, quantity=0))


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_such_a_sale_end_the_alert(late: int, expected: int) -> None:
    """To the second."""
    sold = [fill(at("10:00")), fill(at("10:00", day=30) + late)]

    assert expected == len(standing(told(RULE, [*sold, END], table())))


def test_the_sentence_says_what_is_missing() -> None:
    """The number, or the way that the prescription took."""
    sold = [fill(at("10:00")), fill(at("10:00"), prescription="r1", circulated="0")]
    alerts = [told(RULE, [one, END], table()) for one in sold]
    texts = [next(one.text for one in some if one.status == "closed") for some in alerts]

    assert f"1名参保人在药店购“双通道”药品，1条明细未填处方号（提示阈值：1条及以上）：药品{LISTED}" in texts[0].zh
    assert f"1条明细处方未经流转（提示阈值：1条及以上）：药品{LISTED}" in texts[1].zh
    assert "without the number of a prescription" in texts[0].en
