"""What the rules on bursts of swipes share: when a burst is one, how severe it is, what its alert says is usual."""

from __future__ import annotations

from collections.abc import Sequence

from rules import MINUTE, Entry, Finding, Severity, Text, assumption, evidence

from ._habit import limit_over

OWN_BASELINE = assumption(
    "相互独立到店时人数近似泊松分布，取平时人数加五个标准差",
    "customers who come independently are nearly Poisson; five standard deviations above what is usual",
)
"""Origin of the limit by the own baseline."""
LATE_UPLOAD = 5 * MINUTE
"""An upload so long after its settlement may be one after an outage; our assumption."""


def burst(swipes: Sequence[Entry], persons: int, floor: int, usual: float | None, **details: str) -> Finding | None:
    """The finding that so many distinct persons made these swipes; None where that is explained.

    floor: the limit that is never gone below; usual: how many are usual here, None where nobody knows.
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
        evidence=evidence(swipes),
        details=details,
    )


def _severity_of(swipes: Sequence[Entry], persons: int, limit: float) -> Severity:
    """A backlog (at least half uploaded late) is for information only; twice the limit is high."""
    backlog = sum(one.uploaded - one.time > LATE_UPLOAD for one in swipes)
    if 2 * backlog >= len(swipes):
        return "info"
    return "warning" if persons < 2 * limit else "high"


def against(found: Finding) -> Text:
    """The limit and, where it is known, what is usual at this time of day."""
    usual_zh = "" if found.usual is None else f"，平时同时段约{found.usual:g}人"
    usual_en = "" if found.usual is None else f", usually about {found.usual:g}"
    return Text(f"上限{found.limit:g}人{usual_zh}", f"limit {found.limit:g}{usual_en}")
