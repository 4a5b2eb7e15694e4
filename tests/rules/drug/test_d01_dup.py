"""D01-DUP: two drugs that act alike on one day."""

from __future__ import annotations

import pytest

from rules.drug.d01_dup_same_action import SameAction
from rules.engine.entry import Entry
from rules.ledgers import Fill
from rules.reference import Reference
from rules.testing import HOSPITAL, PHARMACY, at, fill, judge
from rules.times import HOUR, SECOND
from tests.rules._log import END, standing, told

RULE = SameAction()
ENALAPRIL, OTHER_MAKER, RAMIPRIL = "XC09AAA001A001010100001", "XC09AAA001A001010200002", "XC09AAA002A001010100001"


def got(item: str, time: int = at("10:00"), institution: str = HOSPITAL, **more: object) -> Fill:
    """A line."""
    return fill(time, institution=institution, item=item, **more)  # type: ignore[arg-type]  # of the right types


def found(*entries: Entry, rule: SameAction = RULE, reference: Reference | None = None) -> list[tuple[float, str]]:
    """Value and severity of each finding."""
    return [(one.value, one.severity) for one in judge(rule, list(entries), reference)]


@pytest.mark.parametrize(
    ("second", "place", "expected"),
    [
        (RAMIPRIL, HOSPITAL, [(2, "info")]), (OTHER_MAKER, HOSPITAL, []), (ENALAPRIL, HOSPITAL, []),
        (RAMIPRIL, PHARMACY, [(2, "warning")]), (ENALAPRIL, PHARMACY, [(2, "warning")]),
    ],
)  # fmt: skip
def test_two_substances_or_two_institutions(second: str, place: str, expected: list[tuple[float, str]]) -> None:
    """Two products of one substance at one institution are one."""
    assert expected == found(got(ENALAPRIL), got(second, at("10:30"), place))


def test_the_day_is_that_of_beijing() -> None:
    """A second before midnight is another day."""
    midnight = at("00:00", day=1)

    assert [] == found(got(ENALAPRIL, midnight - SECOND), got(RAMIPRIL, midnight))
    assert [(2, "info")] == found(got(ENALAPRIL, midnight), got(RAMIPRIL, midnight + 24 * HOUR - SECOND))


def test_what_is_handed_back_on_the_day_does_not_count() -> None:
    """Also where the negative line comes after the judged one."""
    wrong = got(ENALAPRIL)
    back = got(ENALAPRIL, at("12:00"), quantity=-wrong.quantity)

    assert [] == found(wrong, back, got(RAMIPRIL, at("13:00")))
    assert [] == found(wrong, got(RAMIPRIL, at("11:00")), back)


def test_a_prescription_that_is_filled_elsewhere_is_one() -> None:
    """The line of the hospital and the sale of the pharmacy have one rxno."""
    written = got(ENALAPRIL, prescription="r1")

    assert [] == found(written, got(ENALAPRIL, at("11:00"), PHARMACY, prescription="r1"))
    assert [(2, "warning")] == found(written, got(ENALAPRIL, at("11:00"), PHARMACY, prescription="r2"))
    assert [(2, "info")] == found(written, got(RAMIPRIL, at("11:00"), prescription="r1"))


def test_what_is_combined_on_purpose_is_exempt() -> None:
    """By the beginning of the ATC code, that of the table before that of the code."""
    table = Reference()
    for item in (ENALAPRIL, RAMIPRIL):
        table.put("drugs", {"med_list_codg": item, "atc": "N03AX14"})
    pair = got(ENALAPRIL), got(RAMIPRIL)

    assert [] == found(*pair, reference=table)
    assert [] == found(*pair, rule=SameAction(exempt=("C09",)))
    assert [(2, "info")] == found(*pair, rule=SameAction(exempt=("C08",)))
    assert [(2, "info")] == found(*pair, rule=SameAction(exempt=()))


def test_the_action_of_an_item() -> None:
    """ATC level 4, of the table before the code; unknown is no action, and solvents have none."""
    table = Reference()
    table.put("drugs", {"med_list_codg": "Z1", "atc": "C09AA05"})
    table.put("drugs", {"med_list_codg": "Z2", "atc": "C09"})

    assert ["C09AA", "", "", "C09AA", ""] == [
        table.action(item, 0) for item in ("Z1", "Z2", "Z3", ENALAPRIL, "XB05XAA001A001010100001")
    ]


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_a_pair_end_the_alert(late: int, expected: int) -> None:
    """To the second."""
    pairs = [got(item, time) for time in (at("10:00"), at("10:00", day=30) + late) for item in (ENALAPRIL, RAMIPRIL)]

    assert expected == len(standing(told(RULE, [*pairs, END])))


def test_the_sentence_names_drugs_and_institutions() -> None:
    """All of them, against the limit."""
    [alert] = [
        one for one in told(RULE, [got(ENALAPRIL), got(RAMIPRIL, at("11:00"), PHARMACY), END]) if one.status == "closed"
    ]

    assert "1名参保人同日配作用相同或相近的药品2种（提示阈值：2种及以上，不同机构分别计）" in alert.text.zh
    assert f"药品{ENALAPRIL}、药品{RAMIPRIL}，配药机构：{HOSPITAL}、{PHARMACY}" in alert.text.zh
    assert "2 drugs of the same or a similar action on one day (threshold: 2 drugs or more" in alert.text.en
