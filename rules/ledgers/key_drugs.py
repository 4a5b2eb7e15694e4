"""Lines of drugs under key monitoring, by institution and drug."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .listed import Listed


def _key(entry: Listed, reference: Reference) -> tuple[str, ...] | None:
    is_key = (reference.row("drugs", entry.item, entry.time) or {}).get("key") == "1"
    return (entry.institution, entry.item) if is_key else None


KEY_DRUGS = Ledger("key_drugs", "institution", (Feed.of(Listed, _key, reach=REACH_OF_STAYS, grace=60 * DAY),))
