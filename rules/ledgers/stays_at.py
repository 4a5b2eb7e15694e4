"""Pieces of inpatient stays, by person and institution."""

from __future__ import annotations

from ..engine.ledger import SLOW, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .stays import Stay


def _key(entry: Stay, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person, entry.institution)


STAYS_AT = Ledger("stays_at", "person", (Feed.of(Stay, _key, reach=63 * DAY, grace=SLOW),))
