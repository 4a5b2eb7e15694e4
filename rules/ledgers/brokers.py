"""Admissions anywhere that leave one telephone, by telephone."""

from __future__ import annotations

from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from ..wire.door import Event
from ._common import Shared
from .admissions import Admitted, own_of_admission


class Brought(Admitted, frozen=True, tag="g"):
    """At the telephone of the contact: a stay began, at whichever institution."""


def brought_of(event: Event, shared: Shared) -> bytes:
    """The stay that an admission begins."""
    return shared.write(Brought, own_of_admission(event))


def _key(entry: Brought, reference: Reference) -> tuple[str, ...] | None:
    return (entry.telephone,)


BROKERS = Ledger("brokers", "group", (Feed.of(Brought, _key, reach=REACH_OF_STAYS, grace=SLOW),))
