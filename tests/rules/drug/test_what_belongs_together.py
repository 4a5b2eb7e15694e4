"""The rules over supply, each asked the same: what belongs to an earlier dispensing, what an unknown line hides."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from rules.drug.d01_early_refill import EarlyRefill
from rules.drug.d02_over_quantity import OverQuantity
from rules.drug.d03_split_prescription import SplitPrescription
from rules.engine.finding import Undecidable
from rules.engine.rule import Rule
from rules.engine.window import Window
from rules.ledgers import Fill
from rules.reference import Reference
from rules.testing import HOSPITAL, at, fill, judge

MANY = 10_000_000
"""A quantity of so many packs that one of them lasts no time at all."""
EARLY, LATE, AFTERWARDS = at("09:00"), at("15:00"), at("16:00")

Case = tuple[Rule, Fill, Fill]


def written(number: int, time: int, days: float, kind: str = "11", **other: object) -> Fill:
    """A line of the prescription and visit of this number."""
    fields: dict[str, object] = {
        "institution": HOSPITAL, "visit_type": kind, "visit": f"v{number}", "prescription": f"r{number}",
        "quantity": MANY, "line": f"{number} {time} {days}",
    }  # fmt: skip
    return fill(time, days, **(fields | other))  # type: ignore[arg-type]


def of_second(rule: Rule, first: Fill, second: Fill, *others: Fill) -> bool:
    """Whether the second is a finding, among these."""
    order = sorted([first, second, *others], key=lambda one: (one.time, one.id))
    window = Window(order, rule.span)
    window.move_to(order.index(second))
    return rule.check(second, window, Reference()) is not None


CASES: list[Case] = [
    (EarlyRefill(), written(1, EARLY, 30), written(2, LATE, 30)),
    (EarlyRefill(), written(1, EARLY, 30), written(2, LATE, 30, institution="H2")),
    (OverQuantity(), written(1, EARLY, 60, "41", prescription=""), written(2, LATE, 60, "41", prescription="")),
    (SplitPrescription(), written(1, EARLY, 5), written(2, LATE, 5)),
]
NAMES = ["D01", "D01 elsewhere", "D02 in sum", "D03"]


@pytest.mark.parametrize(("rule", "first", "second"), CASES, ids=NAMES)
def test_what_is_given_back_later_on_the_same_day_was_not_dispensed(rule: Rule, first: Fill, second: Fill) -> None:
    """A prescription that is corrected: the wrong one is given back after the right one was written."""
    all_of_it = replace(first, time=AFTERWARDS, quantity=-MANY, line="back", identity=-1)

    assert not of_second(rule, first, second, all_of_it)
    assert of_second(rule, first, second)


def test_a_return_need_not_say_which_prescription_it_gives_back() -> None:
    """Its visit is enough; that of another visit is none of these."""
    first, second = written(1, EARLY, 5), written(2, LATE, 5)
    back = written(1, AFTERWARDS, 5, quantity=-MANY, prescription="")
    elsewhere = written(3, AFTERWARDS, 5, quantity=-MANY, prescription="")

    assert [] == judge(SplitPrescription(), [first, second, back])
    assert 1 == len(judge(SplitPrescription(), [first, second, elsewhere]))


@pytest.mark.parametrize(("rule", "first", "second"), CASES, ids=NAMES)
def test_a_line_of_unknown_supply_does_not_hide_what_is_known(rule: Rule, first: Fill, second: Fill) -> None:
    """It can only make it more, in whichever dispensing it stands."""
    for known in (first, second):
        unknown = replace(known, time=known.time + 1, days=0, line="unknown", identity=-1)
        assert of_second(rule, first, second, unknown)


def test_one_unknown_line_in_a_single_dispensing() -> None:
    """The known lines exceed what one dispensing may be."""
    assert 1 == len(judge(OverQuantity(), [written(1, EARLY, 90), written(1, EARLY, 0)]))


@pytest.mark.parametrize(("rule", "first", "second"), CASES, ids=NAMES)
def test_a_return_of_unknown_supply_may_have_been_all_of_it(rule: Rule, first: Fill, second: Fill) -> None:
    """Nobody is accused by what may have been given back; it is counted as not decidable."""
    back = replace(first, time=EARLY + 1, days=0, quantity=-1, line="back", identity=-1)
    with pytest.raises(Undecidable):
        of_second(rule, first, second, back)


def test_a_cnt_that_lasts_longer_than_the_field_holds_is_no_pack() -> None:
    """Else the grossest prd_days would excuse itself; ten packs of ten days are packs."""
    assert [7.0] == [one.limit for one in judge(OverQuantity(), [written(1, EARLY, 120, quantity=10_000)])]
    assert [17.0] == [one.limit for one in judge(OverQuantity(), [written(1, EARLY, 100, quantity=100_000)])]
