"""How the leads of an institution grow, week by week, beside institutions of its class and region."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

from rules.times import DAY, clock, day_of

WEEKS = 12
"""So many are shown: as long as the read model keeps leads by default (MONITOR_ALERTS_DAYS, 90)."""
MOST_PEERS = 300
"""With so many at most it is compared, the first by their codes: each costs a question a week. Our assumption."""
FEWEST_PEERS = 3
"""The median of fewer would tell of one of them. Our assumption."""
WEEK = 7 * DAY
_CODE = re.compile(r"([A-Z]\d{6})\d{5}")
"""Code of an institution: a letter, its class; six digits, its region; five of its own."""
HEIGHT, STEP, BAR, FOOT = 120, 44, 18, 20
"""Of the picture: the tallest bar, from week to week, the width of a bar, the room for the words below."""


class Week(NamedTuple):
    """A week: its first day, ms UTC, leads of the institution, and the median of its peers; None with too few."""

    start: int
    own: int
    peers: float | None


class Bar(NamedTuple):
    """One bar of the picture."""

    kind: str
    x: int
    y: float
    height: float
    value: float


class Picture(NamedTuple):
    """Bars, and the words below every second week with their places."""

    width: int
    height: int
    bars: list[Bar]
    words: list[tuple[int, str]]


def peers_of(code: str, institutions: Iterable[str]) -> list[str]:
    """Other institutions of the same class and region; none where the code does not say them.

    >>> peers_of("P34102100001", ["P34102100002", "H34102100001", "P34102200001", "P34102100001"])
    ['P34102100002']
    """
    own = _CODE.fullmatch(code)
    if own is None:
        return []
    alike = (other for other in institutions if (found := _CODE.fullmatch(other)) and found[1] == own[1])
    return sorted(other for other in alike if other != code)[:MOST_PEERS]


def spans_of(newest: int) -> list[tuple[int, int]]:
    """The weeks up to the day of the newest lead, from and before; ms UTC."""
    end = day_of(newest) + DAY
    return [(end - number * WEEK, end - (number - 1) * WEEK) for number in range(WEEKS, 0, -1)]


def growth_of(spans: Sequence[tuple[int, int]], own: Sequence[int], of_peers: Sequence[Sequence[int]]) -> list[Week]:
    """Weeks with their numbers. of_peers: for each peer the leads of each week."""
    return [
        Week(start, number, median(counts[at] for counts in of_peers) if len(of_peers) >= FEWEST_PEERS else None)
        for at, ((start, _), number) in enumerate(zip(spans, own, strict=True))
    ]


def picture_of(weeks: Sequence[Week]) -> Picture | None:
    """Two bars a week, own and peers; None where there is nothing to see."""
    top = max((max(one.own, one.peers or 0) for one in weeks), default=0)
    if not top:
        return None
    bars: list[Bar] = []
    words: list[tuple[int, str]] = []
    for at, one in enumerate(weeks):
        x = at * STEP
        if at % 2 == 0:
            words.append((x + BAR, clock(one.start, "%m-%d")))
        for kind, left, value in (("own", x, float(one.own)), ("peers", x + BAR, one.peers)):
            if value is not None:
                height = HEIGHT * value / top
                bars.append(Bar(kind, left, FOOT + HEIGHT - height, height, value))
    return Picture(len(weeks) * STEP, 2 * FOOT + HEIGHT, bars, words)
