"""Working days in Beijing, by the table `calendar`; and until when a lead is to be judged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

import orjson

from rules.reference import Reference
from rules.times import BEIJING, first_moment, from_ms

DUE_DAYS = 15
"""Working days in which a lead is to be judged, the day on which it opened not counted.

Our assumption: the notices set terms of this order for the first verification, and none for every lead."""
_ONE = timedelta(days=1)


class WorkingDays:
    """Monday to Friday without the days of kind `holiday`; and a weekend's days of kind `workday`."""

    @classmethod
    def of_rows(cls, rows: Iterable[bytes]) -> WorkingDays:
        """By rows of the table, as its topic carries them. Raises ValueError where one is none."""
        reference = Reference()
        for row in rows:
            reference.put("calendar", orjson.loads(row))
        return cls(reference)

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._years = {
            int(day[:4])
            for day in reference.keys("calendar")
            if any(row.get("kind") == "holiday" for row in reference.rows("calendar", day))
        }

    def is_working(self, day: date) -> bool:
        """Whether people work on a day."""
        if day.weekday() < 5:
            return not self._reference.is_day(first_moment(day), "holiday")
        return self._reference.is_day(first_moment(day), "workday")

    def due(self, opened: int) -> date:
        """The last day on which a lead is not overdue. opened: ms UTC."""
        day, left = from_ms(opened).date(), DUE_DAYS
        while left:
            day += _ONE
            left -= self.is_working(day)
        return day

    def over_at(self, opened: int) -> int:
        """The first moment at which a lead is overdue; both ms UTC."""
        return first_moment(self.due(opened) + _ONE)

    def is_known(self, opened: int) -> bool:
        """Whether the table has holidays of every year until a lead is due; else Monday to Friday are counted."""
        return {from_ms(opened).year, self.due(opened).year} <= self._years

    def overdue_before(self, now: int) -> int:
        """What opened before this moment is overdue now; both ms UTC."""
        today = from_ms(now).date()
        day = today
        while self.due(first_moment(day - _ONE)) >= today:
            day -= _ONE
        return first_moment(day)


class Due(NamedTuple):
    """Until when a lead is to be judged. is_over: that day has passed. is_known: by the table, see `is_known`."""

    day: date
    is_over: bool
    is_known: bool

    @classmethod
    def of(cls, days: WorkingDays, opened: int) -> Due:
        """As of now. opened: ms UTC."""
        day = days.due(opened)
        return cls(day, day < datetime.now(BEIJING).date(), days.is_known(opened))
