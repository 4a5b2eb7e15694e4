"""Messages that may be taken back weeks later, by institution and msgid: of stays, and with trace codes."""

from __future__ import annotations

from ..engine.arrival import Arrival
from ..engine.ledger import REACH_OF_CODES, Feed, Ledger
from ..reference import Reference


def is_taken_back_late(entry: Arrival) -> bool:
    """Whether a message may be taken back weeks later; the others are forgotten earlier (`messages`)."""
    return entry.coded or entry.transaction in ("2301", "2304", "2401", "2402", "3505")


def _key(entry: Arrival, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution, entry.message) if is_taken_back_late(entry) else None


TARGETS = Ledger("targets", "institution", (Feed.of(Arrival, _key, reach=REACH_OF_CODES),), keeps_arrivals=True)
