"""What physicians order whom the register of physicians does not allow it, by physician and institution."""

from __future__ import annotations

from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from .orders import Ordered

INVALID = ("suspended", "revoked", "cancelled", "expired")
"""Status of a physician, in the register, with which nothing may be ordered."""


def against(entry: Ordered, reference: Reference) -> str:
    """What the register has against a line: the status, `department`, or `unknown`; empty where it has nothing.

    A row without departments, or a line without one, is not held against it.
    """
    row = reference.row("physicians", entry.physician, entry.time)
    if row is None:
        return "unknown"
    if row["status"] in INVALID:
        return row["status"]
    allowed = (row.get("departments") or "").split()
    return "department" if allowed and entry.department and entry.department not in allowed else ""


def _key(entry: Ordered, reference: Reference) -> tuple[str, ...] | None:
    if not reference.has("physicians") or not against(entry, reference):
        return None
    return (entry.physician, entry.institution)


UNREGISTERED = Ledger("unregistered", "physician", (Feed.of(Ordered, _key),))
