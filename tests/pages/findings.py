"""A finding as the pages tell it, and the episodes that findings make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

SEVERITIES = ("info", "warning", "high", "critical")


class Found(NamedTuple):
    """One finding: when, how large, how severe."""

    rule: str
    scope: tuple[str, ...]
    time: int
    value: float
    severity: str


class Episode(NamedTuple):
    """Findings of one rule and scope, each at most its `quiet` after the one before."""

    rule: str
    scope: tuple[str, ...]
    first: int
    last: int
    triggers: int
    value: float
    severity: str


def episodes(found: Iterable[Found], quiet: dict[str, int]) -> list[Episode]:
    """All episodes, sorted. quiet: of each rule, seconds."""
    runs: list[list[Found]] = []
    for one in sorted(found):
        last = runs[-1][-1] if runs else None
        if last and (last.rule, last.scope) == (one.rule, one.scope) and one.time - last.time <= quiet[one.rule]:
            runs[-1].append(one)
        else:
            runs.append([one])
    return sorted(_episode(run) for run in runs)


def _episode(run: list[Found]) -> Episode:
    severity = max((one.severity for one in run), key=SEVERITIES.index)
    value = max(one.value for one in run)
    return Episode(run[0].rule, run[0].scope, run[0].time, run[-1].time, len(run), value, severity)
