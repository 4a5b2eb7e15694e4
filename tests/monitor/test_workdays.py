"""Working days, and what is due when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from monitor.workdays import DUE_DAYS, WorkingDays
from rules.reference import Reference
from rules.times import DAY, HOUR, first_moment, parse


def days(**kinds: list[str]) -> WorkingDays:
    """Working days by a calendar that has these days of each kind."""
    reference = Reference()
    for kind, some in kinds.items():
        for day in some:
            reference.put("calendar", {"date": day, "kind": kind})
    return WorkingDays(reference)


NATIONAL = [f"2026-10-{day:02}" for day in range(1, 9)]
"""A week of holidays, and two weekend days on which people work for it."""
OF_2026 = days(holiday=NATIONAL, workday=["2026-09-27", "2026-10-10"], pension=["2026-09-15"])


@pytest.mark.parametrize(
    ("calendar", "opened", "due", "is_known"),
    [
        (days(), "2026-03-02 23:59:59", "2026-03-23", False),  # a Monday, three weeks
        (days(), "2026-03-06", "2026-03-27", False),
        (days(), "2026-03-07", "2026-03-27", False),  # a Saturday: the first day is Monday
        (OF_2026, "2026-09-23", "2026-10-20", True),  # six weekdays are holidays, two weekend days are none
        (OF_2026, "2026-09-01", "2026-09-22", True),  # people work on the day on which pensions are paid
        (OF_2026, "2026-12-28", "2027-01-18", False),  # nothing is known of the year after
    ],
)  # fmt: skip
def test_a_lead_is_due_fifteen_working_days_later(
    calendar: WorkingDays, opened: str, due: str, is_known: bool,  # noqa: FBT001 - a column of the table
) -> None:  # fmt: skip
    """By the calendar; without it Monday to Friday, which is said."""
    moment = parse(opened)

    assert (due, is_known) == (str(calendar.due(moment)), calendar.is_known(moment))


@pytest.mark.parametrize("calendar", [days(), OF_2026])
def test_what_is_overdue_opened_before_one_moment(calendar: WorkingDays) -> None:
    """Each day of a year: exactly what is due on an earlier day."""
    for number in range(366):
        today = date(2026, 1, 1) + timedelta(number)
        now = first_moment(today) + 9 * HOUR
        before = calendar.overdue_before(now)
        around = [now - ago * DAY // 2 for ago in range(4 * DUE_DAYS)]

        assert [calendar.due(one) < today for one in around] == [one < before for one in around]
