"""Lines of tests that are sent to another institution, by institution."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .listed import Listed


def _key(entry: Listed, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,) if entry.sent_out else None


SENT_OUT = Ledger("sent_out", "institution", (Feed.of(Listed, _key, reach=REACH_OF_STAYS, grace=60 * DAY),))
