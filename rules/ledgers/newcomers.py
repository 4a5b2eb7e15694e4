"""What persons settle within a quarter of a year after they were insured, by person."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY, parse
from .visits import Visit

NEW = 90 * DAY
"""So long after the first day of the insurance what is settled is kept, ms."""


def insured_since(entry: Visit, reference: Reference) -> int | None:
    """When the person was insured, by the register, ms UTC; None where it does not say, and of a newborn child."""
    row = reference.row("enrolled", entry.person, entry.time)
    return None if row is None or row.get("newborn") == "1" else parse(row["insured_from"])


def _key(entry: Visit, reference: Reference) -> tuple[str, ...] | None:
    since = insured_since(entry, reference)
    return (entry.person,) if since is not None and since <= entry.time < since + NEW else None


NEWCOMERS = Ledger("newcomers", "person", (Feed.of(Visit, _key, reach=REACH_OF_STAYS),))
