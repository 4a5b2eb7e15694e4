"""What one run measured, and the table of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

HEAD = """
| contestant | CPU an event, µs: median | least | peak memory, MB | events/s | alerts |
| --- | ---: | ---: | ---: | ---: | --- |"""


@dataclass(frozen=True)
class Figures:
    """One run. cpu: of an event, µs; peak: MB; rate: events a second; alerts: how they compare, in words."""

    cpu: float
    peak: float
    rate: float
    alerts: str


def row(name: str, runs: Sequence[Figures]) -> str:
    """The line of a contestant: medians of its runs, and the least CPU.

    >>> row("ours", [Figures(100.0, 300.0, 9_000.0, "the same 7"), Figures(90.0, 302.0, 9_200.0, "the same 7")])
    '| ours | 95 | 90 | 301 | 9,100 | the same 7 |'
    """
    cpu, peak, rate = (median(getattr(one, name) for one in runs) for name in ("cpu", "peak", "rate"))
    least = min(one.cpu for one in runs)
    alerts = "; ".join(dict.fromkeys(one.alerts for one in runs))
    return f"| {name} | {cpu:.0f} | {least:.0f} | {peak:,.0f} | {rate:,.0f} | {alerts} |"
