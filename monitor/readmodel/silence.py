"""Institutions that normally send and have fallen silent. Pure: what is heard and what time it is are handed in."""

from __future__ import annotations

import re

import msgspec

from rules.times import DAY, HOUR, day_of

WATCHED = 14
"""Days that are looked at. Our assumption: two weeks hold every weekday twice."""
USUAL = 10
"""Who sent on so many of the watched days normally sends. Our assumption: closed on one weekday, and two days more."""
SILENT = 48 * HOUR
"""After so long without a message it is silent. Our assumption: a closed Sunday is none."""
MOST = 100_000
"""So many institutions are watched: anything may stand where a message says who sent it. Our assumption."""
_MASK = (1 << WATCHED) - 1
_CODE = re.compile(r"(?!\d{15}$|\d{17}[\dX]$)[0-9A-Z]{6,20}")


def may_be_institution(code: str) -> bool:
    """Whether a text may be the code of an institution, and is no person's number."""
    return _CODE.fullmatch(code) is not None


class Heard(msgspec.Struct, array_like=True):
    """What was heard of an institution. last: append time of its last message, ms UTC.

    days: a bit for each of the watched days with a message, the lowest one for the day of the last message.
    """

    last: int
    days: int = 1


class Silence:
    """What was heard of every institution. clock: the greatest append time, ms UTC; where nobody sends it stands."""

    def __init__(self, heard: dict[str, Heard] | None = None) -> None:
        self.heard = heard or {}
        self.clock = max((one.last for one in self.heard.values()), default=0)

    def hear(self, institution: str, appended: int) -> None:
        """Note a message of an institution."""
        self.clock = max(self.clock, appended)
        known = self.heard.get(institution)
        if known is None:
            if len(self.heard) >= MOST or not may_be_institution(institution):
                return
            self.heard[institution] = Heard(appended)
            return
        later = (day_of(appended) - day_of(known.last)) // DAY
        if later >= 0:
            known.days = (known.days << min(later, WATCHED) | 1) & _MASK
        elif later > -WATCHED:
            known.days |= 1 << -later
        known.last = max(known.last, appended)

    def silent(self) -> dict[str, float]:
        """Institution -> seconds, of those that normally send and fell silent within the watched days; newest first."""
        found = {
            name: one.last
            for name, one in self.heard.items()
            if SILENT < self.clock - one.last < WATCHED * DAY and one.days.bit_count() >= USUAL
        }
        newest_first = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
        return {name: (self.clock - last) / 1000 for name, last in newest_first}

    def forget(self) -> None:
        """Forget who has not been heard of within the watched days."""
        self.heard = {name: one for name, one in self.heard.items() if self.clock - one.last < WATCHED * DAY}
