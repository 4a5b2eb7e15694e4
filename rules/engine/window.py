"""The window: the standing entries of one key in (t - length, t], with running totals while it moves forward."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from .entry import Entry


class Window:
    """Slides over the ordered entries of one page; it is moved from entry to entry and recounts what it must.

    length: ms; None for all that is kept. count: entries inside. people: distinct persons inside.
    bins: sums per hour or day: {start: [entries, fen]}.
    """

    __slots__ = ("_people", "bins", "entries_of_page", "high", "length", "low", "memo")

    def __init__(self, entries: list[Entry], length: int, bins: dict[int, list[int]] | None = None) -> None:
        self.entries_of_page = entries
        self.length = length
        self.low = self.high = 0
        self.bins = bins if bins is not None else {}
        self.memo: dict[object, float] = {}
        self._people: dict[str, int] | None = None

    def move_to(self, position: int) -> None:
        """Let the window end with the entries that share the time of the one at this position."""
        entries = self.entries_of_page
        time = entries[position].time
        high = position + 1
        while high < len(entries) and entries[high].time == time:
            high += 1
        if high < self.high or self.low > position:
            self.reset()
        if self.high == 0:
            self.high = self.low = bisect_right(entries, time - self.length, key=lambda entry: entry.time)
        self._advance(high, time - self.length)

    def _advance(self, high: int, after: int) -> None:
        entries, people = self.entries_of_page, self._people
        if people is not None:
            for entry in entries[self.high : high]:
                people[entry.person] = people.get(entry.person, 0) + 1
        self.high = high
        low = self.low
        while low < high and entries[low].time <= after:
            if people is not None:
                person = entries[low].person
                people[person] -= 1
                if not people[person]:
                    del people[person]
            low += 1
        self.low = low

    def lay_over(self, entries: list[Entry], bins: dict[int, list[int]]) -> None:
        """Leave its page for another one."""
        self.entries_of_page, self.bins = entries, bins
        self.reset()

    def reset(self) -> None:
        """Forget the totals: an entry came late, or was taken back or forgotten."""
        self.low = self.high = 0
        self._people = None
        self.memo.clear()

    @property
    def count(self) -> int:
        """How many entries are inside."""
        return self.high - self.low

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries inside, in order."""
        return self.entries_of_page[self.low : self.high]

    @property
    def people(self) -> int:
        """How many distinct persons are inside."""
        if self._people is None:
            self._people = {}
            for entry in self.entries:
                self._people[entry.person] = self._people.get(entry.person, 0) + 1
        return len(self._people)

    def after(self, ahead: int) -> Sequence[Entry]:
        """The standing entries later than the window's end, at most this far ahead (ms)."""
        if not self.high:
            return []
        end = self.entries_of_page[self.high - 1].time + ahead
        return self.entries_of_page[self.high : bisect_right(self.entries_of_page, end, key=lambda entry: entry.time)]
