"""Stays of a person, and the settlements as an outpatient that say where the person was, by person."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from .places import is_in_person
from .stays import Stay
from .unrecognised import BY_ENTITLEMENT
from .visits import Visit


def _key(entry: Stay, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person,)


def _key_of_visit(entry: Visit, reference: Reference) -> tuple[str, ...] | None:
    """Not what a relative may settle: on the account alone, for a chronic illness, on a prescription that was sent."""
    if entry.amount <= 0 or entry.circulated or entry.visit_type[:2] in BY_ENTITLEMENT:
        return None
    return (entry.person,) if is_in_person(entry, reference) else None


WHEREABOUTS = Ledger(
    "whereabouts",
    "person",
    (Feed.of(Stay, _key, reach=REACH_OF_STAYS, grace=SLOW), Feed.of(Visit, _key_of_visit)),
)
