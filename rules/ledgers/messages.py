"""Messages, by institution and msgid: that a message came is never taken back; what came twice is found here."""

from __future__ import annotations

from ..engine.arrival import Arrival
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from .targets import is_taken_back_late


def _key(entry: Arrival, reference: Reference) -> tuple[str, ...] | None:
    return None if is_taken_back_late(entry) else (entry.institution, entry.message)


MESSAGES = Ledger("messages", "institution", (Feed.of(Arrival, _key),), keeps_arrivals=True)
