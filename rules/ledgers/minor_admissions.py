"""Admissions for illnesses that are as a rule treated without a bed, by institution."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from .admissions import Admitted


def is_minor(entry: Admitted, reference: Reference) -> bool:
    """Whether the table marks the diagnosis as minor: by the longest code with which it begins."""
    diagnosis = entry.diagnosis.upper()
    codes = (diagnosis[:length] for length in range(len(diagnosis), 2, -1))
    rows = (reference.row("diagnoses", code, entry.time) for code in codes)
    return next((row.get("minor") == "1" for row in rows if row is not None), False)


def _key(entry: Admitted, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,) if is_minor(entry, reference) else None


MINOR_ADMISSIONS = Ledger(
    "minor_admissions", "institution", (Feed.of(Admitted, _key, reach=REACH_OF_STAYS, grace=SLOW),)
)
