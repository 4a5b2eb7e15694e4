"""Services that one person may have only so often, by person and kind of service."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .supply import BILLED_BY, Fill

CAPS = ("most_per_day", "most_per_period")
"""Columns of the table of items that say how often."""


def _key(entry: Fill, reference: Reference) -> tuple[str, ...] | None:
    """Kept only of items for which the table says how often they may be."""
    row = reference.row("items", entry.item, entry.time)
    if row is None or not any(row.get(column) for column in CAPS):
        return None
    return (entry.person, row.get("group") or entry.item)


CAPPED = Ledger("capped", "person", (Feed.of(Fill, _key, reach=REACH_OF_STAYS, grace=60 * DAY),), needs=BILLED_BY)
