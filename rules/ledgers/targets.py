"""Messages that may be taken back weeks later, at their institution: stays, inpatient lines, trace codes."""

from __future__ import annotations

from ..engine.arrival import Arrival
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import DAY


def _key(entry: Arrival, reference: Reference) -> tuple[str, ...] | None:
    """What may be taken back weeks later: stays, inpatient lines, and what names trace codes."""
    is_long = entry.transaction in ("2301", "2401", "2402", "3505")
    return (entry.institution,) if is_long or any(key.startswith("c:") for key in entry.targets) else None


TARGETS = Ledger("targets", "institution", (Feed.of(Arrival, _key, reach=90 * DAY),))
