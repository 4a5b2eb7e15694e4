"""What outpatients cost the fund, by institution."""

from __future__ import annotations

from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .swipes import Swipe

OUTPATIENT = frozenset({"11", "12", "13", "14", "15", "16", "18", "19", "51", "53"})


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    # 140101 and the like are kinds of their first two digits.
    return (entry.institution,) if entry.visit_type[:2] in OUTPATIENT else None


SPENDING = Ledger("spending", "institution", (Feed.of(Swipe, _key),), bin=DAY)
