"""A01: a lead of the same rule was confirmed before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules.actors.a01_repeat_offence import RepeatOffence
from rules.testing import at, judge, lead
from rules.times import SECOND

RULE = RepeatOffence()
CONFIRMED: dict[str, Any] = {"said": "confirmed", "said_at": at("12:00")}
AGAIN = lead(at("12:00", day=1))


@pytest.mark.parametrize("said", ["", "false_positive", "data_error", "explained", "referred"])
def test_only_a_confirmed_lead_is_an_earlier_offence(said: str) -> None:
    """A lead that was handed on is not found to be true yet."""
    assert [] == judge(RULE, [lead(at("10:00"), said=said, said_at=at("12:00")), AGAIN])
    assert [1] == [one.value for one in judge(RULE, [lead(at("10:00"), **CONFIRMED), AGAIN])]


def test_a_withdrawn_lead_is_none() -> None:
    """Neither before nor now."""
    assert [] == judge(RULE, [lead(at("10:00"), stands=False, **CONFIRMED), AGAIN])
    assert [] == judge(RULE, [lead(at("10:00"), **CONFIRMED), lead(at("12:00", day=1), stands=False)])


def test_what_was_found_wrong_is_no_repetition() -> None:
    """What was handed on may be one."""
    for said, count in (("false_positive", 0), ("data_error", 0), ("explained", 0), ("referred", 1), ("confirmed", 1)):
        now = lead(at("12:00", day=1), said=said, said_at=at("12:00", day=2))
        assert count == len(judge(RULE, [lead(at("10:00"), **CONFIRMED), now]))


def test_who_was_not_told_yet_repeats_nothing() -> None:
    """The disposition must stand when the lead begins."""
    first = lead(at("10:00"), **CONFIRMED)

    assert [] == judge(RULE, [first, lead(at("11:59"))])
    assert [1] == [one.value for one in judge(RULE, [first, lead(at("12:00"))])]


@pytest.mark.parametrize(("late", "expected"), [(0, []), (-SECOND, [("high", 1)])])
def test_the_year_is_half_open(late: int, expected: list[tuple[str, float]]) -> None:
    """A lead of 365 days before is over."""
    again = lead(at("10:00", day=365) + late)

    assert expected == [(one.severity, one.value) for one in judge(RULE, [lead(at("10:00"), **CONFIRMED), again])]


def test_twice_before_is_critical() -> None:
    """Three times with this one."""
    rows = [lead(at("10:00"), **CONFIRMED), lead(at("11:00"), **CONFIRMED), AGAIN]

    assert [("critical", 2)] == [(one.severity, one.value) for one in judge(RULE, rows)]
    assert ["high"] == [one.severity for one in judge(replace(RULE, limit_of_critical=3), rows)]
    assert [] == judge(replace(RULE, limit=3), rows)


def test_it_proves_itself_by_all_these_leads() -> None:
    """Each with its rule and what was said of it."""
    [found] = judge(RULE, [lead(at("10:00"), **CONFIRMED), AGAIN])

    assert ["confirmed", None] == [one.decided.get("disposition") for one in found.evidence]
    assert {"S01"} == {one.decided["rule_id"] for one in found.evidence}
