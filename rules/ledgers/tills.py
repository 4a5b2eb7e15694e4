"""Cards swiped at one till of a pharmacy, by institution and operator."""

from __future__ import annotations

from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import HOUR
from .swipes import Swipe


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    counts = entry.transaction == "2207" and entry.operator_type == "1" and bool(entry.operator)
    return (entry.institution, entry.operator) if counts else None


TILLS = Ledger("tills", "institution", (Feed.of(Swipe, _key),), bin=HOUR)
