"""Trace codes that stand for no pack, by institution."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_CODES, SLOW, Feed, Ledger
from ..reference import Reference
from .sales import Sale


def _key(entry: Sale, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,) if entry.bad else None


BAD_CODES = Ledger("bad_codes", "institution", (Feed.of(Sale, _key, reach=REACH_OF_CODES, grace=SLOW),))
