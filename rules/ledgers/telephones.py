"""Admissions to one institution that leave one telephone, by institution and telephone."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from .admissions import Admitted


def _key(entry: Admitted, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution, entry.telephone) if entry.telephone else None


TELEPHONES = Ledger("telephones", "institution", (Feed.of(Admitted, _key, reach=REACH_OF_STAYS, grace=SLOW),))
