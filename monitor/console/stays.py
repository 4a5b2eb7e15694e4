"""The stays of a lead as bars, one row a stay: what overlaps is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rules.times import clock, parse

Row = Mapping[str, Any]
WIDTH = 1000
"""Units of the whole picture, from the first admission to when this revision was made."""
NARROWEST = 6
"""A stay of a moment is still seen."""
FEWEST = 2
"""One bar shows nothing."""


class Stay(NamedTuple):
    """A stay. begun, ended: as people write them; ended is empty where no discharge is known.

    x, width: of its bar; until: the end of the picture, as people write it.
    """

    institution: str
    name: str
    begun: str
    ended: str
    x: int
    width: int
    until: str


def stays_of(alert: Mapping[str, Any]) -> list[Stay]:
    """The stays whose admissions are in the evidence, in order of time; none where they are fewer than two.

    A stay without a discharge reaches to the end of the picture: when this revision was made.
    """
    begun = _first_of(alert, "admission")
    ended = _first_of(alert, "discharge")
    if len(begun) < FEWEST:
        return []
    last = max(parse(row["event_time"]) for row in alert["evidence"])
    if found := alert.get("detected_at"):
        last = max(last, parse(found))
    first = min(parse(row["event_time"]) for row in begun.values())
    unit = max(1, last - first) / WIDTH
    ordered = sorted(begun.items(), key=lambda one: (one[1]["event_time"], one[0]))
    return [_stay(row, ended.get(name), first, last, unit) for name, row in ordered]


def _first_of(alert: Mapping[str, Any], role: str) -> dict[tuple[str, str], Row]:
    """The first row of this role of each stay that has a name, by institution and visit."""
    rows = [row for row in alert["evidence"] if row.get("role") == role and row.get("mdtrt_id")]
    rows.sort(key=lambda row: str(row["event_time"]), reverse=True)
    return {(row["fixmedins_code"], row["mdtrt_id"]): row for row in rows}


def _stay(begun: Row, ended: Row | None, first: int, last: int, unit: float) -> Stay:
    start = parse(begun["event_time"])
    end = last if ended is None else max(start, parse(ended["event_time"]))
    x = min(round((start - first) / unit), WIDTH - NARROWEST)
    width = max(NARROWEST, round((end - start) / unit))
    told = "" if ended is None else clock(end)
    return Stay(
        begun["fixmedins_code"], begun.get("fixmedins_name") or "", clock(start), told, x, min(width, WIDTH - x),
        clock(last),
    )  # fmt: skip
