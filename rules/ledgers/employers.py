"""Cards swiped at one pharmacy by people of one employer, by institution and employer."""

from __future__ import annotations

from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from .swipes import Swipe, is_at_pharmacy


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    """Kept where the table has an employer of the person at the settlement."""
    if not is_at_pharmacy(entry):
        return None
    row = reference.row("employers", entry.person, entry.time)
    return None if row is None else (entry.institution, row["employer"])


EMPLOYERS = Ledger("employers", "institution", (Feed.of(Swipe, _key),))
