"""Fee lines of items that stand for cosmetic surgery in the department that orders them, by institution and item."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .listed import Listed


def _key(entry: Listed, reference: Reference) -> tuple[str, ...] | None:
    row = reference.row("items", entry.item, entry.time) or {}
    departments = (row.get("cosmetic_in") or "").split()
    return (entry.institution, entry.item) if entry.department in departments else None


COSMETIC = Ledger("cosmetic", "institution", (Feed.of(Listed, _key, reach=REACH_OF_STAYS, grace=60 * DAY),))
