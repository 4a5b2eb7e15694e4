"""What is usual at an institution or a till: S01, S01-GAP and S01-TILL raise their limits by it.

The usual number m for a length of time L at a moment t is read from 28 whole days of Beijing: those that ended at least
13 days before t (before inf_time where that is earlier), for until then what is late or taken back may still change
them. For the hour of day of t and its two neighbours (23 and 0 are neighbours) the standing settlements of that hour
are added up over the 28 days and divided by 28, also where some of the days have no traffic. The largest of the three
numbers is m for an hour; m for L is that times L / 1 hour. Settlements are counted here, not persons.

Where fewer than 14 of the 28 days have a settlement, this is not known. Then m is usual_per_10min of the institution
in the table `institutions`, else that of its class (the row `class:` and the class), times L / 10 min; S01-TILL
leaves this out. Where neither row has a number above 0, m is not known.

On a day of kind `pension` or `campaign` in the calendar m counts twice.

The limit for a count is the larger of `limit` and m + 5 * sqrt(m); `limit` where m is not known, or `baseline` is off.
"""

from __future__ import annotations

from math import sqrt

from rules import DAY, HOUR, Entry, Reference, Window, day_of, frozen_after, hour_of_day

DAYS = 28
ENOUGH = 14
"""So many of the days must have traffic before the habit is read from them."""
CROWDED = ("pension", "campaign")
"""Kinds of days in the calendar on which more people come than usual."""
CROWD = 2.0
"""How many times as many come on such a day; our assumption."""


def looks_back(ledger: str) -> int:
    """How far before an entry the days reach from which its habit is read, ms."""
    return frozen_after(ledger) + (DAYS + 1) * DAY


def usual_in(entry: Entry, window: Window, reference: Reference, length: int, ledger: str) -> float | None:
    """How many settlements are usual in a stretch of `length` ms around this time of day; None where nobody knows.

    From the own past in this ledger; until that is long enough the register's own figure, else that of its class.
    """
    own = own_usual_in(entry, window, reference, length, ledger)
    if own is not None:
        return own
    row = reference.row("institutions", entry.institution, entry.time) or {}
    of_class = reference.row("institutions", f"class:{row.get('class')}", entry.time) or {}
    usual = row.get("usual_per_10min") or of_class.get("usual_per_10min")
    return float(usual) * length / (HOUR / 6) * crowd(entry, reference) if usual else None


def own_usual_in(entry: Entry, window: Window, reference: Reference, length: int, ledger: str) -> float | None:
    """The same from the past of this ledger key alone; None until 14 of the 28 days have traffic.

    The largest over the hour of the entry and its two neighbours of the mean of 28 whole days that ended so long before
    that nothing can change them any more (13 days); twice as much where the calendar has a day of many customers.
    """
    hour = hour_of_day(entry.time)
    # A business time may be some minutes ahead of its inf_time, by which days are frozen.
    last = day_of(min(entry.time, entry.uploaded) - frozen_after(ledger))
    mean = window.cached((last, hour), lambda: _mean_of_busiest(window.bins, last, hour))
    return mean * length / HOUR * crowd(entry, reference) if mean >= 0 else None


def limit_over(usual: float | None, floor: float) -> float:
    """The limit for a count that is usually `usual`: five standard deviations (Poisson) more, at least the floor.

    >>> limit_over(4.0, 8), limit_over(0.25, 8), limit_over(None, 8)
    (14.0, 8, 8)
    """
    return floor if usual is None else max(floor, usual + 5 * sqrt(usual))


def crowd(entry: Entry, reference: Reference) -> float:
    """How many times as many as usual come on the entry's day, by the calendar."""
    return CROWD if reference.is_day(day_of(entry.time), *CROWDED) else 1.0


def _mean_of_busiest(bins: dict[int, list[int]], end: int, hour: int) -> float:
    """Settlements an hour in the busiest of three neighbouring hours; -1 where too few days have traffic."""
    days = [end - n * DAY for n in range(1, DAYS + 1)]
    sums = dict.fromkeys((hour - 1, hour, hour + 1), 0)
    with_traffic = 0
    for day in days:
        counted = [bins.get(day + h * HOUR, (0,))[0] for h in range(24)]
        with_traffic += any(counted)
        for h in sums:
            sums[h] += counted[h % 24]
    return max(sums.values()) / DAYS if with_traffic >= ENOUGH else -1
