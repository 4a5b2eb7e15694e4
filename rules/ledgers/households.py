"""Admissions of one household to one institution, by institution and household."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from .admissions import Admitted


def lives_in(entry: Admitted, column: str, reference: Reference) -> str:
    """The household, village or care home of the person, by the register at the admission; empty where it has none."""
    row = reference.row("households", entry.person, entry.time)
    return "" if row is None else row.get(column) or ""


def _key(entry: Admitted, reference: Reference) -> tuple[str, ...] | None:
    household = lives_in(entry, "household", reference)
    return (entry.institution, household) if household else None


HOUSEHOLDS = Ledger("households", "institution", (Feed.of(Admitted, _key, reach=REACH_OF_STAYS, grace=SLOW),))
