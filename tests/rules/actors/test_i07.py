"""I07: persons who are brought into a hospital, and are not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules.actors.i07_fictitious_stays import ABSENT, BROUGHT, FictitiousStays
from rules.catalogue import catalogue
from rules.ledgers import Here
from rules.testing import HOSPITAL, at, here, judge
from rules.times import SECOND

RULE = FictitiousStays()
THREE = ("p1", "p2", "p3")


def lead(time: int, *persons: str, **more: Any) -> Here:  # noqa: ANN401 - fields of several types
    """A lead at a hospital."""
    return here(time, *persons, institution=HOSPITAL, **more)


def convoy(*persons: str, rule: str = "I06-VILLAGE", **more: Any) -> list[Here]:  # noqa: ANN401 - as above
    """They came together, and were elsewhere one after the other; more: of the last one."""
    absent = [lead(at("10:00", day=n), one, rule="I02") for n, one in enumerate(persons[:-1], 1)]
    last = lead(at("10:00", day=9), persons[-1], **({"rule": "I02"} | more))
    return [lead(at("10:00"), *persons, rule=rule), *absent, last]


def values(leads: list[Here], rule: FictitiousStays = RULE) -> list[float]:
    """What the findings count."""
    return [one.value for one in judge(rule, leads)]


def test_the_rules_are_in_the_catalogue() -> None:
    """No id was mistyped."""
    assert set(catalogue()) >= BROUGHT | ABSENT
    assert not BROUGHT & ABSENT


def test_as_many_persons_as_the_limit() -> None:
    """One or two may be relatives with the card."""
    assert [] == values(convoy("p1", "p2"))
    assert [3] == values(convoy(*THREE))
    assert [3, 4] == values(convoy(*THREE, "p4"))
    assert [2] == values(convoy("p1", "p2"), replace(RULE, limit=2))


def test_persons_of_one_side_alone_do_not_count() -> None:
    """Neither a village that falls ill, nor patients who are sent elsewhere."""
    village = lead(at("10:00"), *THREE, rule="I06-VILLAGE")
    again = [lead(at("10:00", day=n), one, rule="I05") for n, one in enumerate(THREE)]
    absent = [lead(at("10:00", day=n), one, rule=rule) for n, one in enumerate(THREE) for rule in ABSENT]

    assert [] == values([village, *again])
    assert [] == values(absent)
    assert [] == values([village, *(lead(at("10:00", day=n), f"q{n}", rule="I02") for n in range(4))])


@pytest.mark.parametrize("rule", sorted(BROUGHT))
def test_each_rule_on_being_brought_in_counts(rule: str) -> None:
    """Beside empty beds."""
    assert [3] == values(convoy(*THREE, rule=rule))


@pytest.mark.parametrize("rule", sorted(ABSENT))
def test_each_rule_on_absence_counts(rule: str) -> None:
    """Beside a convoy."""
    assert [3] == values([*convoy(*THREE, rule="I09")[:3], lead(at("10:00", day=9), "p3", rule=rule)])


@pytest.mark.parametrize("rule", ["I04", "B08", "S06", "D01"])
def test_what_is_on_neither_side(rule: str) -> None:
    """Long stays, days with too many hours, and all else."""
    assert [] == values(convoy(*THREE, rule=rule))
    assert [] == values([*convoy(*THREE)[:3], lead(at("10:00", day=9), "p3", rule=rule)])


def test_the_lead_that_is_judged_names_one_of_them() -> None:
    """One about somebody else does not set it off again."""
    assert [3] == values([*convoy(*THREE), lead(at("10:00", day=10), "q1", rule="I02")])
    assert [3, 3] == values([*convoy(*THREE), lead(at("10:00", day=10), "p1", rule="S07")])


def test_the_window_is_half_open() -> None:
    """90 days before the last lead are over."""
    first = convoy(*THREE)[:3]
    last = at("10:00", day=90)

    assert [] == values([*first, lead(last, "p3", rule="I02")])
    assert [3] == values([*first, lead(last - SECOND, "p3", rule="I02")])


@pytest.mark.parametrize(
    "left_out",
    [{"stands": False}, {"severity": 0}, *({"said": one} for one in ("false_positive", "data_error", "explained"))],
)
def test_what_does_not_count(left_out: dict[str, Any]) -> None:
    """As the lead that is judged, or before."""
    village = lead(at("09:00"), *THREE, rule="I09", **left_out)

    assert [] == values(convoy(*THREE, **left_out))
    assert [] == values([village, *convoy(*THREE)[1:]])
    assert [3] == values(convoy(*THREE, severity=1))


@pytest.mark.parametrize(("said", "severity"), [("confirmed", "critical"), ("referred", "critical"), ("", "high")])
def test_what_was_found_true_makes_it_critical(said: str, severity: str) -> None:
    """One of them is enough."""
    assert [severity] == [one.severity for one in judge(RULE, convoy(*THREE, said=said))]


def test_the_finding_says_what_to_count() -> None:
    """The rules of either side with their leads; those about other persons are left out."""
    [found] = judge(RULE, [lead(at("09:00"), "q1", rule="I05"), *convoy(*THREE, rule="I06-TEL")])

    assert {"one": "I06-TEL×1", "other": "I02×3"} == found.details
    assert 4 == len(found.evidence)
