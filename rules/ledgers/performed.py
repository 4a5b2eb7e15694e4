"""Services that bind somebody for a known time, by institution and by who carries them out."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .listed import Listed
from .orders import is_of_a_person


def _key(entry: Listed, reference: Reference) -> tuple[str, ...] | None:
    row = reference.row("items", entry.item, entry.time)
    if row is None or not row.get("minutes") or not is_of_a_person(entry.performer):
        return None
    return (entry.institution, entry.performer)


PERFORMED = Ledger("performed", "institution", (Feed.of(Listed, _key, reach=REACH_OF_STAYS, grace=60 * DAY),))
