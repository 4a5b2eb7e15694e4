"""D07: one trace code under two drugs."""

from __future__ import annotations

import pytest

from rules.drug.d07_substituted_drug import SubstitutedDrug
from rules.engine.entry import Entry
from rules.reference import Reference
from rules.testing import at, judge, sale
from rules.times import DAY, SECOND
from tests.rules._log import END, standing, told

RULE = SubstitutedDrug()
SAME, OTHER, THIRD = "XC09AAA001A001010200002", "XA10BAE001A001010100001", "XC10AAA001A001010100001"


def found(*entries: Entry, rule: SubstitutedDrug = RULE, reference: Reference | None = None) -> list[tuple[float, str]]:
    """Value and severity of each finding."""
    return [(one.value, one.severity) for one in judge(rule, list(entries), reference)]


@pytest.mark.parametrize(("item", "expected"), [(OTHER, [(2, "high")]), (SAME, []), ("", [])])
def test_charged_as_one_drug_and_reported_as_another(item: str, expected: list[tuple[float, str]]) -> None:
    """Two makers of one substance are the same drug; what names no drug contradicts nothing."""
    assert expected == found(sale(at("10:00")), sale(at("10:01"), stock=True, item=item))


def test_the_later_of_the_two_is_judged() -> None:
    """Whichever of them comes first."""
    [finding] = judge(RULE, [sale(at("10:01")), sale(at("10:00"), stock=True, item=OTHER)])

    assert [OTHER, "XC09AAA001A001010100001"] == [row.item for row in finding.evidence]


def test_another_institution_may_have_misread() -> None:
    """Only what one institution says twice is `high`; so with codes of manufacturers' own."""
    own = "MAKER0000001"

    assert [(2, "warning")] == found(sale(at("10:00")), sale(at("10:00", day=9), institution="P2", item=OTHER))
    assert [(2, "warning")] == found(sale(at("10:00"), code=own), sale(at("10:01"), item=OTHER, code=own))


def test_three_drugs_are_an_error_of_the_data() -> None:
    """No pack is three products: from the third on nothing is told."""
    rows = [sale(at(f"1{hour}:00"), item=item) for hour, item in enumerate((SAME, OTHER, THIRD))]

    assert [(2, "high")] == found(*rows)
    assert [(2, "high"), (3, "high")] == found(*rows, rule=SubstitutedDrug(most=3))


@pytest.mark.parametrize(("late", "expected"), [(-SECOND, [(2, "high")]), (0, [])])
def test_sales_are_remembered_for_the_shelf_life(late: int, expected: list[tuple[float, str]]) -> None:
    """1,096 days, half open."""
    assert expected == found(sale(at("10:00")), sale(at("10:00", day=1096) + late, item=OTHER))


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_a_contradiction_end_the_alert(late: int, expected: int) -> None:
    """To the second."""
    others = [sale(at("10:00", day=1) + time, item=OTHER) for time in (0, 30 * DAY + late)]

    assert expected == len(standing(told(RULE, [sale(at("10:00")), *others, END])))


def test_solvents_are_left_out() -> None:
    """They have no substance."""
    assert [] == found(sale(at("10:00")), sale(at("10:01"), stock=True, item="XB05XAA001A001010100001"))


def test_the_table_says_what_is_the_same() -> None:
    """Two codes of one group are one drug."""
    table = Reference()
    for item in ("XC09AAA001A001010100001", OTHER):
        table.put("drugs", {"med_list_codg": item, "group": "G"})

    assert [] == found(sale(at("10:00")), sale(at("10:01"), stock=True, item=OTHER), reference=table)


def test_the_sentence_names_both_drugs() -> None:
    """And says which was charged and which left the stock."""
    [alert] = [
        one
        for one in told(RULE, [sale(at("10:00")), sale(at("10:01"), stock=True, item=OTHER), END])
        if one.status == "closed"
    ]

    assert "2026-03-05 10:00在P34102100029结算为药品XC09AAA001A001010100001" in alert.text.zh
    assert f"2026-03-05 10:01在P34102100029出库登记为药品{OTHER}" in alert.text.zh
    assert "charged as the drug XC09AAA001A001010100001 2026-03-05 10:00" in alert.text.en
