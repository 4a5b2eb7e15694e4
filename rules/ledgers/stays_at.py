"""Pieces of inpatient stays, by person and institution."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from .stays import Stay


def _key(entry: Stay, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person, entry.institution)


STAYS_AT = Ledger("stays_at", "person", (Feed.of(Stay, _key, reach=REACH_OF_STAYS, grace=SLOW),))
