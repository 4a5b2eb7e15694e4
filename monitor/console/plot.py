"""What is drawn for a lead: its evidence over time, counted up to the measure where the rows add up to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from monitor.contract.text import Said
from rules.times import DAY, HOUR, clock, parse

Row = Mapping[str, Any]
FEWEST = 3
"""Fewer marks are no plot: the table says it all."""
_CLOCKS = ((HOUR, "%H:%M:%S"), (DAY, "%H:%M"), (3 * DAY, "%m-%d %H:%M"))
"""How times are written, by how far the last lies behind the first; where that is more, as days."""


class Plot(NamedTuple):
    """Marks over time, with lines. times: ms UTC. clocks: what stands below each. limit, usual: None: not drawn."""

    title: Said
    times: list[int]
    clocks: list[str]
    values: list[float]
    limit: float | None
    usual: float | None


def _so_many_rows(rows: Sequence[Row]) -> list[float]:
    return [float(number) for number in range(1, len(rows) + 1)]


def _distinct(field: str) -> Callable[[Sequence[Row]], list[float]]:
    def counted(rows: Sequence[Row]) -> list[float]:
        return [float(len({row.get(field) for row in rows[: at + 1]})) for at in range(len(rows))]

    return counted


def _sum(field: str) -> Callable[[Sequence[Row]], list[float]]:
    return lambda rows: [*accumulate(float(row.get(field) or 0) for row in rows)]


def _admissions(rows: Sequence[Row]) -> list[float]:
    return [*accumulate(float(row["role"] == "admission") for row in rows)]


_ROWS = Said("累计笔数", "rows so far"), _so_many_rows
_STAYS = Said("累计住院次数", "stays so far"), _admissions
_COUNTED: dict[str, tuple[Said, Callable[[Sequence[Row]], list[float]]]] = {
    "persons": (Said("累计人数", "persons so far"), _distinct("person")),
    "institutions": (Said("累计机构数", "institutions so far"), _distinct("fixmedins_code")),
    **dict.fromkeys(("settlements", "sales", "lines", "prescriptions", "visits"), _ROWS),
    **dict.fromkeys(("stays", "admissions"), _STAYS),
    "yuan": (Said("累计基金支付（元）", "fund so far, yuan"), _sum("amount")),
}
"""Unit of a measure -> how the rows may add up to it."""
_AMOUNTS = Said("每笔基金支付（元）", "fund of each row, yuan")


def plot_of(alert: Mapping[str, Any]) -> Plot | None:
    """The plot of an alert, None where there is nothing to see in it.

    Only where all rows are there, and add up to what was measured, threshold and usual value stand beside them: they
    are of that measure, and of nothing else. Else the amounts stand, where each row was settled and paid something.

    Long because it asks first what the rows can show, and falls back to their amounts.
    """
    rows = sorted(alert["evidence"], key=lambda row: str(row["event_time"]))
    times = [parse(row["event_time"]) for row in rows]
    if len(rows) < FEWEST or times[0] == times[-1]:
        return None
    pattern = next((pattern for most, pattern in _CLOCKS if times[-1] - times[0] <= most), "%m-%d")
    clocks = [clock(one, pattern) for one in times]
    measure = alert["measure"]
    if len(rows) == alert["evidence_count"] and measure["unit"] in _COUNTED:
        title, counted = _COUNTED[measure["unit"]]
        values = counted(rows)
        if abs(values[-1] - measure["value"]) < 0.005:
            return Plot(title, times, clocks, values, measure["limit"] or None, measure.get("usual"))
    amounts = [float(row["amount"]) for row in rows]
    paid = all(row["setl_id"] and row["amount"] for row in rows)
    return Plot(_AMOUNTS, times, clocks, amounts, None, None) if paid else None
