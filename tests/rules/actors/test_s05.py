"""S05: cards that come together at a pharmacy, and drugs of the same persons that do not add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules.actors.s05_pharmacy_extracts_funds import CARDS, DRUGS, OF_DAYS, PharmacyExtractsFunds
from rules.catalogue import catalogue
from rules.ledgers import Here
from rules.testing import at, here, judge
from rules.times import SECOND

RULE = PharmacyExtractsFunds()
FIVE = ("p1", "p2", "p3", "p4", "p5")


def values(leads: list[Here], rule: PharmacyExtractsFunds = RULE) -> list[float]:
    """What the findings count."""
    return [one.value for one in judge(rule, leads)]


def on_three_days(*persons: str, **more: Any) -> list[Here]:  # noqa: ANN401 - fields of several types
    """A burst, boxes that were sold before, and cards together; more: of the last one."""
    return [
        here(at("10:00"), *persons, rule="S01"), here(at("11:00", day=4), *persons, rule="D04"),
        here(at("10:00", day=9), *persons, **({"rule": "S02"} | more)),
    ]  # fmt: skip


def test_the_rules_are_in_the_catalogue() -> None:
    """No id was mistyped; those of a day are the ones that name nobody."""
    assert set(catalogue()) >= CARDS | DRUGS | OF_DAYS
    assert not CARDS & (DRUGS | OF_DAYS)


def test_as_many_persons_as_the_limit() -> None:
    """Four may be a household."""
    assert [] == values(on_three_days(*FIVE[:4]))
    assert [5] == values(on_three_days(*FIVE))
    assert [4] == values(on_three_days(*FIVE[:4]), replace(RULE, limit=4))


def test_persons_of_one_side_alone_do_not_count() -> None:
    """Neither who crowds, nor who bought what had been sold before."""
    crowd = [here(at("10:00", day=n), *FIVE, rule=rule) for n, rule in ((0, "S01"), (1, "S02"), (2, "S03"))]
    boxes = [here(at("10:00", day=n), *FIVE, rule=rule) for n, rule in ((0, "D04"), (1, "D07"), (2, "D02"))]

    assert [] == values(crowd)
    assert [] == values(boxes)
    assert [] == values([*crowd, here(at("12:00", day=2), "q1", "q2", "q3", "q4", "q5", rule="D04")])


@pytest.mark.parametrize("rule", sorted(CARDS))
def test_each_rule_on_cards_counts(rule: str) -> None:
    """Beside drugs on other days."""
    drugs = [here(at("10:00", day=n), *FIVE, rule="D04") for n in (1, 2)]

    assert [5] == values([*drugs, here(at("10:00", day=3), *FIVE, rule=rule)])


@pytest.mark.parametrize("rule", sorted(DRUGS))
def test_each_rule_on_drugs_counts(rule: str) -> None:
    """Beside cards on other days."""
    cards = [here(at("10:00", day=n), *FIVE, rule="S01") for n in (1, 2)]

    assert [5] == values([*cards, here(at("10:00", day=3), *FIVE, rule=rule)])


@pytest.mark.parametrize("rule", ["S01-TILL", "D13", "D10-DEL", "B21"])
def test_what_is_on_neither_side(rule: str) -> None:
    """A till of a hospital, patients of one physician, stock, and all else."""
    assert [] == values(on_three_days(*FIVE, rule=rule))


def test_they_stand_on_as_many_days_as_the_limit() -> None:
    """Midnight in Beijing parts them; an offer or an outage is over by then."""
    burst, boxes, _ = on_three_days(*FIVE)
    late, after = at("23:59", day=4), at("00:00", day=5)

    assert [] == values([burst, boxes, here(late, *FIVE, rule="S02")])
    assert [5] == values([burst, boxes, here(after, *FIVE, rule="S02")])
    assert [5, 5] == values([burst, boxes, here(late, *FIVE, rule="S02")], replace(RULE, days_limit=2))


def test_days_of_others_do_not_count() -> None:
    """A burst of other people is no third day."""
    burst, boxes, _ = on_three_days(*FIVE)

    assert [] == values([burst, boxes, here(at("10:00", day=9), "q1", "q2", rule="S02")])


@pytest.mark.parametrize("rule", sorted(OF_DAYS))
def test_a_day_speaks_of_the_cards_of_that_day(rule: str) -> None:
    """It is judged at its end, and names nobody."""
    three = [here(at("10:00", day=n), *FIVE, rule="S01") for n in (0, 3, 6)]
    ends = [here(at("00:00", day=n + 1), rule=rule) for n in (0, 3, 6)]

    assert [5, 5] == values([*three, *ends])
    assert [] == values([*three[:2], *ends[:2]])
    assert [] == values([*three, *(here(at("00:00", day=n), rule=rule) for n in (0, 3, 6))])
    assert [] == values([*(here(at("10:00", day=n), *FIVE, rule="D02") for n in (0, 3, 6)), *ends])


def test_a_day_counts_on_the_day_that_it_judges() -> None:
    """A burst, and the end of its day, are one day."""
    rows = [here(at("10:00"), *FIVE, rule="S01"), here(at("00:00", day=1), rule="D08")]

    assert [] == values([*rows, here(at("10:00", day=1), *FIVE, rule="D04")])
    assert [5] == values(
        [*rows, here(at("10:00", day=1), *FIVE, rule="D04"), here(at("10:00", day=2), *FIVE, rule="S02")]
    )


def test_a_day_without_anybody_is_no_proof() -> None:
    """It is neither a trigger nor a day."""
    burst, boxes, cards = on_three_days(*FIVE)

    assert [] == values([burst, boxes, here(at("00:00", day=12), rule="D08")])
    assert [cards.time] == [
        one.evidence[-1].time for one in judge(RULE, [burst, boxes, cards, here(at("00:00", day=12), rule="D08")])
    ]


def test_the_lead_that_is_judged_speaks_of_them() -> None:
    """One about somebody else does not set it off again."""
    assert [5] == values([*on_three_days(*FIVE), here(at("10:00", day=10), "q1", rule="D04")])


def test_the_window_is_half_open() -> None:
    """30 days before the last lead are over."""
    boxes = here(at("10:00", day=20), *FIVE, rule="D04")
    first = here(at("10:00"), *FIVE, rule="S01")

    assert [] == values([first, boxes, here(at("10:00", day=30), *FIVE, rule="S02")])
    assert [5] == values([first, boxes, here(at("10:00", day=30) - SECOND, *FIVE, rule="S02")])


@pytest.mark.parametrize(
    "left_out",
    [{"stands": False}, {"severity": 0}, *({"said": one} for one in ("false_positive", "data_error", "explained"))],
)
def test_what_does_not_count(left_out: dict[str, Any]) -> None:
    """As the lead that is judged, or before."""
    assert [] == values(on_three_days(*FIVE, **left_out))
    assert [5] == values(on_three_days(*FIVE, severity=1))


@pytest.mark.parametrize(("said", "severity"), [("confirmed", "critical"), ("referred", "critical"), ("", "high")])
def test_what_was_found_true_makes_it_critical(said: str, severity: str) -> None:
    """One of them is enough."""
    assert [severity] == [one.severity for one in judge(RULE, on_three_days(*FIVE, said=said))]


def test_the_finding_says_what_to_count() -> None:
    """The rules of either side with their leads, and the days."""
    [found] = judge(RULE, on_three_days(*FIVE, rule="S01-GAP"))

    assert {"one": "S01×1 S01-GAP×1", "other": "D04×1", "days": "3"} == found.details
    assert 3 == len(found.evidence)
