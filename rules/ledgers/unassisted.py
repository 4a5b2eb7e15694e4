"""What medical assistance pays for persons who are not in its register, by person."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from .away import is_away
from .visits import Visit


def _key(entry: Visit, reference: Reference) -> tuple[str, ...] | None:
    """Not away from home: the register is that of the county."""
    if not entry.assisted or is_away(entry) or not reference.has("assisted"):
        return None
    return None if reference.row("assisted", entry.person, entry.time) else (entry.person,)


UNASSISTED = Ledger("unassisted", "person", (Feed.of(Visit, _key, reach=REACH_OF_STAYS),))
