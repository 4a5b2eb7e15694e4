"""Fee lines of items that may not be charged, or not to the fund, by institution and item."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .listed import Listed, is_flagged


def _key(entry: Listed, reference: Reference) -> tuple[str, ...] | None:
    row = reference.row("items", entry.item, entry.time)
    return (entry.institution, entry.item) if row is not None and is_flagged(row) else None


FLAGGED = Ledger("flagged", "institution", (Feed.of(Listed, _key, reach=REACH_OF_STAYS, grace=60 * DAY),))
