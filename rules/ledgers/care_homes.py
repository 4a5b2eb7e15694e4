"""Admissions of one care home to one institution, by institution and care home."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from .admissions import Admitted
from .households import lives_in


def _key(entry: Admitted, reference: Reference) -> tuple[str, ...] | None:
    home = lives_in(entry, "care_home", reference)
    return (entry.institution, home) if home else None


CARE_HOMES = Ledger("care_homes", "institution", (Feed.of(Admitted, _key, reach=REACH_OF_STAYS, grace=SLOW),))
