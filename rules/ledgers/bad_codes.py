"""Trace codes that stand for no pack, by institution."""

from __future__ import annotations

from ..engine.ledger import SLOW, Feed, Ledger
from ..reference import Reference
from .sales import Sale


def _key(entry: Sale, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,) if entry.bad else None


BAD_CODES = Ledger("bad_codes", "institution", (Feed.of(Sale, _key, grace=SLOW),))
