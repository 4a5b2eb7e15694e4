"""The window: the standing entries of one key in (t - length, t], and the questions that a rule asks about them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter
from typing import Generic, TypeVar, cast

from ..times import DAY
from .entry import E_co
from .stretch import Stretch
from .totals import Distinct, Sum, Total

FEW = 4
"""So few entries are counted anew at each question: there are very many small windows, and totals take memory."""

T = TypeVar("T")
_time = attrgetter("time")
_NO_TOTALS: Mapping[tuple[type, str], Total] = {}


class Window(Generic[E_co]):
    """Slides over the ordered entries of one page. The engine moves it from entry to entry; a rule asks its questions.

    length: ms. bins: sums per hour or day, where the ledger keeps them: {start: [entries, fen]}.
    """

    __slots__ = ("_cached", "_high", "_low", "_page", "_runs", "_totals", "bins", "length")

    def __init__(self, entries: list[E_co], length: int, bins: dict[int, list[int]] | None = None) -> None:
        self.length = length
        self.bins = bins if bins is not None else {}
        self._page = entries
        self._low = self._high = 0
        self._totals: Mapping[tuple[type, str], Total] = _NO_TOTALS
        self._runs: dict[int, tuple[int, int]] | None = None
        self._cached: dict[Hashable, object] | None = None

    # Questions of a rule

    @property
    def count(self) -> int:
        """How many entries are inside."""
        return self._high - self._low

    @property
    def entries(self) -> Stretch[E_co]:
        """The entries inside, in order."""
        return Stretch(self._page, self._low, self._high)

    def distinct(self, field: str) -> int:
        """How many distinct values this field of the entries inside has."""
        if self.count <= FEW:
            return len({getattr(entry, field) for entry in self.entries})
        return self._total(Distinct, field)

    def sum(self, field: str) -> int:
        """The sum of this integer field over the entries inside."""
        return self._total(Sum, field)

    def spans_less(self, number: int, length: int) -> bool:
        """Whether the last so many entries inside lie in (t - length, t], ms; the last one does in any case."""
        first = self._high - max(number, 1)
        return first >= self._low and self._page[first].time > self._end - length

    def since(self, time: int) -> Stretch[E_co]:
        """The entries inside at or after a time, ms UTC."""
        return Stretch(self._page, self._first_at(time), self._high)

    def last(self, length: int) -> Stretch[E_co]:
        """The entries inside (t - length, t], for a length shorter than that of the window, ms."""
        return self.since(self._end - length + 1)

    def run(self, gap: int) -> Stretch[E_co]:
        """The entries before the end that follow one another without a longer pause than this, ms."""
        start = self._start_of_run(gap)
        if self._runs is None:
            self._runs = {}
        self._runs[gap] = (start, self._high)
        return Stretch(self._page, max(start, self._low), self._high)

    def of_day(self, day: int) -> Stretch[E_co]:
        """The entries of a Beijing day (its first moment, ms UTC), inside or after the end of the window."""
        first = bisect_left(self._page, day, self._low, key=_time)
        return Stretch(self._page, first, bisect_left(self._page, day + DAY, first, key=_time))

    def after(self, ahead: int) -> Stretch[E_co]:
        """The standing entries later than the window's end, at most this far ahead (ms)."""
        until = bisect_right(self._page, self._end + ahead, self._high, key=_time)
        return Stretch(self._page, self._high, until)

    def cached(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once for a key, until an entry comes late, is taken back or is forgotten.

        It must stay the same for every later entry that asks with this key.
        """
        if self._cached is None:
            self._cached = {}
        if key not in self._cached:
            self._cached[key] = make()
        return cast("T", self._cached[key])

    # Moves of the engine

    def at(self, position: int) -> E_co:
        """The entry at a position of the page."""
        return self._page[position]

    def move_to(self, position: int) -> None:
        """Let the window end with the entries that share the time of the one at this position."""
        page = self._page
        time = page[position].time
        high = position + 1
        while high < len(page) and page[high].time == time:
            high += 1
        if high < self._high or self._low > position:
            self.reset()
        if self._high == 0:
            self._high = self._low = bisect_right(page, time - self.length, key=_time)
        self._advance(high, time - self.length)

    def of_length(self, length: int) -> Window[E_co]:
        """Another window over the same page."""
        return Window(self._page, length, self.bins)

    def lay_over(self, entries: list[E_co], bins: dict[int, list[int]]) -> None:
        """Leave its page for another one."""
        self._page = entries
        self.bins = bins
        self.reset()

    def reset(self) -> None:
        """Forget the totals: an entry came late, or was taken back or forgotten."""
        self._low = self._high = 0
        self._totals = _NO_TOTALS
        self._runs = None
        self._cached = None

    def _advance(self, high: int, after: int) -> None:
        page = self._page
        low = self._low
        while low < high and page[low].time <= after:
            low += 1
        for total in self._totals.values():
            total.move(page[self._high : high], page[self._low : low])
        self._low = low
        self._high = high

    def _total(self, kind: type[Distinct | Sum], field: str) -> int:
        total = self._totals.get((kind, field))
        if total is None:
            total = kind(field)
            total.move(self.entries, ())
            self._totals = {**self._totals, (kind, field): total}
        return total.value

    def _start_of_run(self, gap: int) -> int:
        """The position at which the last run begins; what was looked at before is not looked at again."""
        page = self._page
        if self._runs is not None and gap in self._runs:
            start, seen = self._runs[gap]
            breaks = (at for at in range(seen, self._high) if page[at].time - page[at - 1].time > gap)
            return max(breaks, default=start)
        start = self._high - 1
        while start > self._low and page[start].time - page[start - 1].time <= gap:
            start -= 1
        return start

    def _first_at(self, time: int) -> int:
        return bisect_left(self._page, time, self._low, self._high, key=_time)

    @property
    def _end(self) -> int:
        """The time of the last entry inside, ms UTC."""
        return self._page[self._high - 1].time
