"""What the rules on services that are charged too often share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from rules import Card, Fill, Finding, Reference, Text, evidence

ONE = 10_000
"""A quantity of one."""
TIMES = Text("次", "times")


def cap_of(entry: Fill, column: str, reference: Reference) -> float | None:
    """What the table of items says in a column of the item of a line that charges something; None where it is empty."""
    row = reference.row("items", entry.item, entry.time) if entry.quantity > 0 else None
    value = "" if row is None else row.get(column)
    return float(value) if value else None


def charged(
    card: Card, lines: Iterable[Fill], most: float, measure: Literal["charged_on_a_day", "charged_in_a_period"]
) -> Finding | None:
    """The finding that these lines charge more than the table allows; what was given back counts off."""
    these = list(lines)
    value = sum(one.quantity for one in these) / ONE
    if value <= most:
        return None
    return Finding(
        measure=measure,
        value=value,
        limit=most,
        unit="times",
        severity="warning",
        evidence=evidence(these, card),
    )
