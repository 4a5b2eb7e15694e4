"""Parts of a service that may be charged as a whole, by person and whole."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .supply import BILLED_BY, Fill


def _key(entry: Fill, reference: Reference) -> tuple[str, ...] | None:
    whole = (reference.row("items", entry.item, entry.time) or {}).get("part_of")
    return (entry.person, whole) if whole else None


BUNDLES = Ledger("bundles", "person", (Feed.of(Fill, _key, reach=REACH_OF_STAYS, grace=60 * DAY),), needs=BILLED_BY)
