"""What persons settle at a time at which the register withholds network settlement, or the fund, from them."""

from __future__ import annotations

from ..engine.entry import Entry
from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from .visits import Visit


def withheld(entry: Entry, reference: Reference) -> str:
    """What the register withholds from the person at the entry's time: `suspended`, `waiting`; empty: nothing."""
    row = reference.row("insured", entry.person, entry.time) if entry.person else None
    return "" if row is None else row["state"]


def withheld_between(entry: Entry, reference: Reference) -> tuple[str, str]:
    """The first and the last day of that, as the register has them; empty where it has none."""
    row = reference.row("insured", entry.person, entry.time) or {}
    return row.get("valid_from") or "", row.get("valid_to") or ""


def _key(entry: Visit, reference: Reference) -> tuple[str, ...] | None:
    """Kept only where something is withheld from the person."""
    return (entry.person,) if withheld(entry, reference) else None


INSURED = Ledger("insured", "person", (Feed.of(Visit, _key, reach=REACH_OF_STAYS),))
