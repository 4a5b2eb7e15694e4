"""When people come: the hours of the day and the days of the week, and how often something rare happens."""

from __future__ import annotations

from math import exp, sqrt
from random import Random

from rules.times import DAY, HOUR, SECOND

PHARMACY_WEEK = (1.05, 1.0, 1.0, 1.0, 1.02, 1.0, 0.93)
HOSPITAL_WEEK = (1.25, 1.15, 1.1, 1.1, 1.1, 0.7, 0.6)
"""Traffic of Monday to Sunday against the mean day."""


class Day:
    """The hours of an average day; draws the moment of a visit in it."""

    __slots__ = ("_hours",)

    def __init__(self, weights: dict[int, int]) -> None:
        """weights: hour -> share of the day; they need not add up to anything."""
        self._hours = [hour for hour, weight in weights.items() for _ in range(weight)]

    def moment(self, rng: Random) -> int:
        """Milliseconds since midnight, a whole second."""
        hour = self._hours[int(rng.random() * len(self._hours))]
        return hour * HOUR + int(rng.random() * 3_600) * SECOND


_SHOP = {8: 6, 9: 16, 10: 11, 11: 8, 12: 4, 13: 4, 14: 6, 15: 8, 16: 9, 17: 9, 18: 8, 19: 7, 20: 4}
SHOP = Day(_SHOP)
"""A pharmacy: open 13 h, 16 % of its day in the rush hour of the morning, quiet at lunch (defaults.md)."""
NIGHT_SHOP = Day({**_SHOP, 6: 1, 21: 2, 22: 1, 23: 1})
CLINIC = Day({8: 20, 9: 21, 10: 16, 11: 8, 12: 2, 13: 4, 14: 11, 15: 9, 16: 6, 17: 3})
EMERGENCY = Day({2: 1, 3: 1, 4: 1, 6: 2, 7: 3, 10: 4, 12: 5, 15: 4, 18: 7, 19: 8, 20: 8, 21: 6, 22: 4})
ADMISSION = Day({8: 3, 9: 6, 10: 6, 11: 3, 14: 4, 15: 4, 16: 2, 19: 1})


def drawn_count(rng: Random, mean: float) -> int:
    """How often something of this mean happens, independently each time (Poisson)."""
    if mean > 40:  # the bell curve is as good here, and needs one draw
        return max(0, round(rng.gauss(mean, sqrt(mean))))
    limit, product, count = exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


class Spacing:
    """Keeps honest visits of one counter apart: at most `most` in any `window`, none in the blocked times.

    Visits must come in order of time. A blocked time belongs to a scenario.
    """

    __slots__ = ("_blocked", "_last", "_most", "_window")

    def __init__(self, most: int, window: int, blocked: dict[str, list[tuple[int, int]]]) -> None:
        self._most = most
        self._window = window
        self._blocked = {counter: sorted(times) for counter, times in blocked.items()}
        self._last: dict[str, list[int]] = {}

    def place(self, counter: str, at: int) -> int:
        """The first moment from `at` on that is free at this counter."""
        last = self._last.setdefault(counter, [])
        if last:
            at = max(at, last[-1])
        if len(last) >= self._most:
            at = max(at, last[-self._most] + self._window + SECOND)
        for start, end in self._blocked.get(counter, ()):
            if start <= at <= end:
                at = end + SECOND
        last.append(at)
        del last[: -self._most]
        return at


def weekday(day_ms: int) -> int:
    """0 = Monday; of a Beijing midnight (ms UTC)."""
    return ((day_ms + 8 * HOUR) // DAY + 3) % 7
