"""A guard: the cheapest condition that every finding of a rule needs, as data."""

from __future__ import annotations

import msgspec

from .window import Window


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """The engine tests it before any code of the rule runs; where it fails, the entry has no finding.

    It must be necessary, and need not be sufficient: the check decides. The conditions are tested in this order.

    fewest: so many entries in the window (reached). A page with fewer entries is not looked at.
    within: the last `fewest` entries lie within so many ms; 0: anywhere in the window.
    distinct: a field of the entries, and how many distinct values it has at least (reached).
    sum_over: an integer field, and what its sum exceeds.
    """

    fewest: int = 1
    within: int = 0
    distinct: tuple[str, int] | None = None
    sum_over: tuple[str, int] | None = None

    def allows(self, window: Window) -> bool:
        """Whether the entry with which this window ends may have a finding.

        >>> Guard(fewest=2).allows(Window([], 600_000))
        False
        """
        if window.count < self.fewest:
            return False
        if self.within and not window.spans_less(self.fewest, self.within):
            return False
        if self.distinct is not None and window.distinct(self.distinct[0]) < self.distinct[1]:
            return False
        return self.sum_over is None or window.sum(self.sum_over[0]) > self.sum_over[1]
