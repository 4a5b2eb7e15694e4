"""Messages that delete what was uploaded: fee lines, admissions, discharges, rows of stock; by institution."""

from __future__ import annotations

from ..engine.arrival import Arrival
from ..engine.ledger import Feed, Ledger
from ..reference import Reference

DELETING = frozenset({"2205", "2302", "2404", "2405", "3507"})
"""Transactions that delete records: not those that give money back, of which both rows stay."""
STOCK_DELETED = "3507"


def _key(entry: Arrival, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,) if entry.transaction in DELETING else None


DELETIONS = Ledger("deletions", "institution", (Feed.of(Arrival, _key),))
