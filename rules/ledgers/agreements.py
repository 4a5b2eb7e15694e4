"""What an institution settles without an agreement in force, by institution and day."""

from __future__ import annotations

from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import day_of
from .swipes import Swipe

WITHOUT_AGREEMENT = ("suspended", "terminated")
"""Status of an institution, in the register, of which nothing may be settled."""


def agreement_at(institution: str, served: int, reference: Reference) -> str:
    """The status of an agreement at a time of service, ms UTC; empty where the register does not know it then."""
    row = reference.row("institutions", institution, served)
    return "" if row is None else row["status"]


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    """Kept where the register has no agreement in force at the time of service, or does not know the code.

    Not the bill of a stay: those who were admitted before may be treated to the end.
    """
    if entry.transaction == "2304" or not reference.has("institutions"):
        return None
    status = agreement_at(entry.institution, entry.began, reference)
    if status and status not in WITHOUT_AGREEMENT:
        return None
    return (entry.institution, str(day_of(entry.began)))


AGREEMENTS = Ledger("agreements", "institution", (Feed.of(Swipe, _key),))
