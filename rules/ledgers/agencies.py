"""Bills that were handed in, by the county whose agency pays them."""

from __future__ import annotations

from typing import cast

from ..engine.entry import Entry, Role
from ..engine.ledger import REACH, REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..wire.door import Event
from ..wire.fields import Settlement
from ._common import Shared, fen
from .visits import BY_HAND


class Claimed(Entry, frozen=True, tag="c"):
    """At the agency: it paid a bill that a person handed in.

    operator: who entered it. total: the bill, fen. of_stay: whether it is that of a stay.
    """

    operator: str
    total: int
    of_stay: bool

    @property
    def role(self) -> Role:
        """A settlement, or the bill of a stay."""
        return "bill" if self.of_stay else "settlement"

    @property
    def billed(self) -> int:
        """The bill."""
        return self.total

    def stated(self, field: str) -> str:
        """Also who entered it, and that it was handed in."""
        found = {"opter": self.operator, "setl_type": BY_HAND}
        return found.get(field) or super().stated(field)

    @property
    def home(self) -> tuple[str, str]:
        """The county whose agency pays."""
        return ("group", self.insured_in)

    @property
    def longest_reach(self) -> int:
        """Of the bill of a stay as of the stay itself, ms."""
        return REACH_OF_STAYS if self.of_stay else REACH


def claimed_of(event: Event, shared: Shared) -> list[tuple[str, bytes]]:
    """The bill that was handed in, by county; nothing where the county or who entered it is not stated."""
    body = cast("Settlement", event.body)
    if body.way != BY_HAND or not body.insured_in or not body.operator:
        return []
    own = (body.operator, fen(body.total), body.transaction == "2304", event.at)
    return [(body.insured_in, shared.write(Claimed, own, amount=fen(body.fund)))]


def _key(entry: Claimed, reference: Reference) -> tuple[str, ...] | None:
    return (entry.insured_in, "stay" if entry.of_stay else "visit")


AGENCIES = Ledger("agencies", "group", (Feed.of(Claimed, _key, reach=REACH_OF_STAYS),))
