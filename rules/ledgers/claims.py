"""What the bureau pays to persons on bills that they hand in, by person."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from .visits import Visit


def _key(entry: Visit, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person,) if entry.claimed else None


CLAIMS = Ledger("claims", "person", (Feed.of(Visit, _key, reach=REACH_OF_STAYS),))
