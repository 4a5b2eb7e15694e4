"""Outpatient lines of drugs of volume-based procurement, by institution and substance."""

from __future__ import annotations

from ..engine.ledger import GRACE, REACH, Feed, Ledger
from ..reference import Reference
from .listed import Listed
from .supply import OF_STAYS


def _key(entry: Listed, reference: Reference) -> tuple[str, ...] | None:
    """Not of stays: their lines may come and be taken back for two months, and would all be kept."""
    row = reference.row("drugs", entry.item, entry.time)
    if row is None or not row.get("procured") or entry.transaction in OF_STAYS or entry.quantity <= 0:
        return None
    substance = reference.substance(entry.item, entry.time)
    return (entry.institution, substance) if substance else None


PROCURED = Ledger("procured", "institution", (Feed.of(Listed, _key, reach=GRACE + REACH),))
