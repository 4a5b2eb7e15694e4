"""What persons settle away from the county in which they are insured, by person."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from .visits import Visit


def is_away(entry: Visit) -> bool:
    """Whether the place of care lies in another county than the insurance; where either is not stated it does not."""
    return bool(entry.insured_in and entry.county and entry.insured_in != entry.county)


def _key(entry: Visit, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person,) if is_away(entry) else None


AWAY = Ledger("away", "person", (Feed.of(Visit, _key, reach=REACH_OF_STAYS),))
