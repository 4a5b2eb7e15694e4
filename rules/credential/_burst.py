"""What the rules on bursts of swipes share: when a burst is one, how severe it is, what its alert says is usual."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from rules import MINUTE, Card, Entry, Finding, Severity, Text, assumption, evidence, reached

from ._habit import limit_over

OWN_BASELINE = assumption(
    "相互独立到店时人数近似泊松分布，取平时人数加五个标准差",
    "customers who come independently are nearly Poisson; five standard deviations above what is usual",
)
"""Origin of the limit by the own baseline."""
HERE = Text("该机构平日同时段", "here")
"""Of whom the usual number is told: the institution at this time of day."""
LATE_UPLOAD = 5 * MINUTE
"""An upload so long after its settlement may be one after an outage; our assumption."""


def burst(
    card: Card, swipes: Sequence[Entry], persons: int, floor: int, usual: float | None, **details: str
) -> Finding | None:
    """The finding that so many distinct persons made these swipes; None where that is explained.

    card: of the rule. floor: the limit that is never gone below; usual: how many are usual here, None where nobody
    knows.
    """
    limit = limit_over(usual, floor)
    if persons < limit:
        return None
    return Finding(
        measure="distinct_persons",
        value=persons,
        limit=round(limit, 1),
        usual=None if usual is None else round(usual, 1),
        unit="persons",
        severity=_severity_of(swipes, persons, limit),
        evidence=evidence(swipes, card),
        details=details | {"least": str(ceil(limit))},
    )


def _severity_of(swipes: Sequence[Entry], persons: int, limit: float) -> Severity:
    """A backlog (at least half uploaded late) is for information only; twice the limit is high."""
    backlog = sum(one.uploaded - one.time > LATE_UPLOAD for one in swipes)
    if 2 * backlog >= len(swipes):
        return "info"
    return "warning" if persons < 2 * limit else "high"


def against(found: Finding, here: Text) -> Text:
    """The limit and, where it is known, what is usual at this time of day. here: of whom that is told."""
    least = reached(float(found.details["least"]), Text("人", "persons"))
    if found.usual is None:
        return least
    some = Text(f"约{found.usual:g}人", f"about {found.usual:g}") if found.usual else Text("几乎没有", "next to none")
    return Text(f"{least.zh}；{here.zh}{some.zh}", f"{least.en}; usually {some.en} {here.en} at this time of day")
