"""Fee lines that need licensed equipment of which their institution has none, by institution and kind of equipment."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from .listed import Listed
from .whole_stays import related


def needed_equipment(entry: Listed, reference: Reference) -> str:
    """The kind of licensed equipment that the item of a line needs; empty where it needs none."""
    return (reference.row("items", entry.item, entry.time) or {}).get("equipment") or ""


def is_licensed(entry: Listed, kind: str, at: int, reference: Reference) -> bool:
    """Whether a licence for this kind was valid at a time (ms UTC): of the institution of a line, or of its group.

    Also where the table has no row of this kind: then nobody is known to need one.
    """
    if reference.row("equipment", f"{entry.institution}:{kind}", at) is not None:
        return True
    units = [unit for unit in reference.keys("equipment") if unit.partition(":")[2] == kind]
    return not units or any(
        reference.row("equipment", unit, at) is not None
        and related(unit.partition(":")[0], entry.institution, reference, entry.time)
        for unit in units
    )


def _key(entry: Listed, reference: Reference) -> tuple[str, ...] | None:
    kind = needed_equipment(entry, reference)
    if not kind or entry.sent_out or entry.quantity <= 0 or is_licensed(entry, kind, entry.time, reference):
        return None
    return (entry.institution, kind)


UNLICENSED = Ledger("unlicensed", "institution", (Feed.of(Listed, _key, reach=REACH_OF_STAYS, grace=60 * DAY),))
