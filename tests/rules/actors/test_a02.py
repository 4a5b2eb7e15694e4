"""A02: one actor is in leads of several rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules.actors.a02_several_rules import SeveralRules
from rules.ledgers import Lead
from rules.testing import at, judge, lead
from rules.times import SECOND

RULE = SeveralRules()
RULES = ("D01", "S06", "E01", "D05", "I05", "B07")


def leads(count: int, kind: str = "person") -> list[Lead]:
    """Leads of so many rules, one a day."""
    return [lead(at("10:00", day=day), rule=rule, kind=kind) for day, rule in enumerate(RULES[:count])]


@pytest.mark.parametrize(("kind", "limit"), [("person", 3), ("physician", 3), ("institution", 6)])
def test_each_kind_has_a_limit_of_its_own(kind: str, limit: int) -> None:
    """An institution does more, and meets more."""
    assert [] == judge(RULE, leads(limit - 1, kind=kind))
    assert [(limit, "high")] == [(one.value, one.severity) for one in judge(RULE, leads(limit, kind=kind))]


def test_a_warning_counts() -> None:
    """It is the least that does."""
    assert [3] == [one.value for one in judge(RULE, [*leads(2), lead(at("10:00", day=2), rule="E01", severity=1)])]


def test_variants_of_a_rule_are_one() -> None:
    """They find the same thing."""
    assert [] == judge(RULE, [*leads(2), lead(at("10:00", day=2), rule="D01-DUP")])


def test_the_window_is_half_open() -> None:
    """180 days before the last lead are over."""
    third = lead(at("10:00", day=180), rule="E01")

    assert [] == judge(RULE, [*leads(2), third])
    assert [3] == [one.value for one in judge(RULE, [*leads(2), replace_time(third, third.time - SECOND)])]


def replace_time(one: Lead, time: int) -> Lead:
    """The same lead at another time."""
    return lead(time, rule=one.rule)


@pytest.mark.parametrize(
    "left_out",
    [{"stands": False}, {"severity": 0}, *({"said": one} for one in ("false_positive", "data_error", "explained"))],
)
def test_what_does_not_count(left_out: dict[str, Any]) -> None:
    """Neither beside others nor as the lead that is judged."""
    assert [] == judge(RULE, [*leads(2), lead(at("10:00", day=2), rule="E01", **left_out)])
    assert [] == judge(RULE, [lead(at("09:00"), rule="E01", **left_out), *leads(2)])


@pytest.mark.parametrize(("said", "severity"), [("confirmed", "critical"), ("referred", "critical"), ("", "high")])
def test_what_was_found_true_makes_it_critical(said: str, severity: str) -> None:
    """One of them is enough."""
    rows = [lead(at("09:00"), rule="E01", said=said), *leads(2)]

    assert [severity] == [one.severity for one in judge(RULE, rows)]
    assert [] == judge(replace(RULE, limit=4), rows)
