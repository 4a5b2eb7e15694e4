"""Settlements that were uploaded more than a day late, by institution."""

from __future__ import annotations

from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .swipes import Swipe

LATE = DAY
"""What is uploaded later than this after its setl_time is late, ms."""


def is_late(entry: Swipe) -> bool:
    """Whether it was uploaded late."""
    return entry.uploaded - entry.time > LATE


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,) if is_late(entry) else None


LATE_UPLOADS = Ledger("late_uploads", "institution", (Feed.of(Swipe, _key),))
