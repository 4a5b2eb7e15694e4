"""Messages at an institution: that a message came is never taken back; what came twice is found here."""

from __future__ import annotations

from ..engine.arrival import Arrival
from ..engine.ledger import Feed, Ledger
from ..reference import Reference


def _key(entry: Arrival, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,)


MESSAGES = Ledger("messages", "institution", (Feed.of(Arrival, _key),), keeps_arrivals=True)
