"""Admissions of one village to one institution, by institution and village."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .admissions import Admitted
from .households import lives_in


def _key(entry: Admitted, reference: Reference) -> tuple[str, ...] | None:
    village = lives_in(entry, "village", reference)
    return (entry.institution, village) if village else None


VILLAGES = Ledger("villages", "institution", (Feed.of(Admitted, _key, reach=REACH_OF_STAYS, grace=SLOW),), bin=DAY)
