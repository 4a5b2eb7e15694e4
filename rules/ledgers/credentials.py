"""With which credential people settle, by institution: how many settlements a day, and how many by identity number."""

from __future__ import annotations

from typing import cast

from ..engine.entry import Entry
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .swipes import Swipe

IDENTITY_NUMBER = "02"
"""mdtrt_cert_type: the number of the identity card, read or typed in."""


def _by_number(entry: Entry) -> int:
    return int(cast("Swipe", entry).credential == IDENTITY_NUMBER)


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    """Not the bill of a stay: the person was received days before."""
    counts = entry.credential and entry.transaction != "2304"
    return (entry.institution,) if counts else None


CREDENTIALS = Ledger("credentials", "institution", (Feed.of(Swipe, _key),), bin=DAY, summed=_by_number)
