"""Drugs settled at pharmacies: how many settlements a day, and how many of them name no trace code."""

from __future__ import annotations

from typing import cast

from ..engine.entry import Entry
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .swipes import Swipe, is_at_pharmacy


def _without(entry: Entry) -> int:
    return int(cast("Swipe", entry).traced is False)


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    """Only where drugs are sold."""
    return (entry.institution,) if entry.traced is not None and is_at_pharmacy(entry) else None


TRACED = Ledger("traced", "institution", (Feed.of(Swipe, _key),), bin=DAY, summed=_without)
