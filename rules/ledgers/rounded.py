"""Settlements at pharmacies: how many a day, and how many of them are of a round sum."""

from __future__ import annotations

from typing import cast

from ..engine.entry import Entry
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .swipes import Swipe, is_at_pharmacy

ROUND = 1_000
"""A sum is round if it is a multiple of ten yuan, fen; our assumption."""


def _is_round(entry: Entry) -> int:
    return int(cast("Swipe", entry).total % ROUND == 0)


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    """Not where nothing was to be paid."""
    return (entry.institution,) if entry.total > 0 and is_at_pharmacy(entry) else None


ROUNDED = Ledger("rounded", "institution", (Feed.of(Swipe, _key),), bin=DAY, summed=_is_round)
