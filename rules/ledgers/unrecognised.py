"""What persons settle as outpatients with an entitlement that no register gives them, by person."""

from __future__ import annotations

from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from .away import is_away
from .visits import Visit

BY_ENTITLEMENT = ("14", "15")
"""med_type, by its first two digits: chronic and special illnesses of outpatients."""


def _key(entry: Visit, reference: Reference) -> tuple[str, ...] | None:
    """Not away from home: the register is that of the county."""
    if entry.visit_type[:2] not in BY_ENTITLEMENT or is_away(entry) or not reference.has("recognised"):
        return None
    return None if reference.row("recognised", entry.person, entry.time) else (entry.person,)


UNRECOGNISED = Ledger("unrecognised", "person", (Feed.of(Visit, _key),))
