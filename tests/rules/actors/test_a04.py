"""A04 and A04-DUE: nobody took a lead, and nobody judged it, in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.actors.a04_due_leads_unjudged import DueLeadsUnjudged
from rules.actors.a04_lead_left_lying import LeadLeftLying
from rules.testing import at, judge, waiting

LYING, DUE = LeadLeftLying(), DueLeadsUnjudged()
OVER = at("00:00", day=21)


@pytest.mark.parametrize(("severity", "hours"), [(1, 72), (2, 24), (3, 24)])
def test_so_long_a_lead_may_wait(severity: int, hours: int) -> None:
    """By its severity; of one that still waits the finding falls due then."""
    found = at("10:00")
    taken = found + hours * 3_600_000

    assert [] == judge(LYING, [waiting(found, severity=severity, taken_at=taken - 1)])
    assert [hours] == [one.value for one in judge(LYING, [waiting(found, severity=severity, taken_at=taken)])]
    assert [(hours, taken)] == [(one.value, one.due) for one in judge(LYING, [waiting(found, severity=severity)])]


def test_who_takes_it_late_took_it_late() -> None:
    """How late is said in whole hours."""
    assert [47] == [one.value for one in judge(LYING, [waiting(at("10:00"), taken_at=at("09:59", day=2))])]


def test_information_waits_for_nobody() -> None:
    """Neither to be taken nor to be judged."""
    assert [] == judge(LYING, [waiting(at("10:00"), severity=0)])
    assert [] == judge(DUE, [waiting(at("10:00"), severity=0, due=OVER)])
    assert 1 == len(judge(DUE, [waiting(at("10:00"), severity=1, due=OVER)]))


def test_a_critical_lead_that_lies_is_high() -> None:
    """Any other is a warning."""
    severities = {n: judge(LYING, [waiting(at("10:00"), severity=n)])[0].severity for n in (1, 2, 3)}

    assert {1: "warning", 2: "warning", 3: "high"} == severities


def test_it_is_over_due_from_the_day_after_on() -> None:
    """What was said in time is in time, though more was said later."""
    assert [] == judge(DUE, [waiting(at("10:00"), due=OVER, judged_at=OVER - 1)])
    assert [1] == [one.value for one in judge(DUE, [waiting(at("10:00"), due=OVER, judged_at=OVER)])]
    assert [2] == [one.value for one in judge(DUE, [waiting(at("10:00"), due=OVER, judged_at=OVER + 86_400_000)])]
    assert [OVER] == [one.due for one in judge(DUE, [waiting(at("10:00"), due=OVER, taken_at=at("11:00"))])]


def test_more_days_may_be_let_pass() -> None:
    """By the limit."""
    [found] = judge(replace(DUE, limit=3), [waiting(at("10:00"), due=OVER)])

    assert (3, OVER + 2 * 86_400_000) == (found.value, found.due)
    assert [] == judge(replace(DUE, limit=3), [waiting(at("10:00"), due=OVER, judged_at=OVER + 86_400_000)])
