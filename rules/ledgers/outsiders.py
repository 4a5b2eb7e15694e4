"""Admissions of which it is known where the person is insured, by institution."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from .admissions import Admitted


def is_outsider(entry: Admitted) -> bool:
    """Whether the person is insured in another region than that of the place of care."""
    return entry.insured_in != entry.place


def _key(entry: Admitted, reference: Reference) -> tuple[str, ...] | None:
    """Also the admissions of those insured here: the share of the others is what counts."""
    return (entry.institution,) if entry.insured_in and entry.place else None


OUTSIDERS = Ledger("outsiders", "institution", (Feed.of(Admitted, _key, reach=REACH_OF_STAYS, grace=SLOW),))
