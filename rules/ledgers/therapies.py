"""Drugs of an outpatient, by person and by how they act (ATC level 4)."""

from __future__ import annotations

from ..engine.ledger import GRACE, REACH, Feed, Ledger
from ..reference import Reference
from .supply import BILLED_BY, Fill, is_outpatient_drug


def _key(entry: Fill, reference: Reference) -> tuple[str, ...] | None:
    if not is_outpatient_drug(entry, reference):
        return None
    action = reference.action(entry.item, entry.time)
    return (entry.person, action) if action else None


THERAPIES = Ledger("therapies", "person", (Feed.of(Fill, _key, reach=GRACE + REACH),), needs=BILLED_BY)
