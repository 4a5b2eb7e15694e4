"""The bills of stays, what takes them back, and what deletes lines of a stay, by institution."""

from __future__ import annotations

from ..engine.entry import Entry, Role
from ..engine.ledger import REACH, REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..wire.door import Event
from ..wire.fields import FeeLines, Settlement
from ._common import Shared, fen

BILL, REVERSAL, DELETION = "bill", "reversal", "deletion"
_PIECES = {"2304": BILL, "2305": REVERSAL, "2302": DELETION, "2301": DELETION}
"""Transaction -> what it leaves. Of 2301 only what gives lines back."""


class Billed(Entry, frozen=True, tag="b"):
    """At the institution: a stay was settled, that was taken back, or lines of it were deleted or given back.

    piece: bill, reversal or deletion. settlement: of a reversal the one that it takes back. total: of a bill, fen.
    Its time is inf_time: a deletion has no other, and it tells the order.
    A bill that was taken back was still made: only a reversal of its message (2601) takes the entry back.
    """

    piece: str
    total: int = 0

    @property
    def role(self) -> Role:
        """A bill; the others are messages."""
        return "bill" if self.piece == BILL else "message"

    @property
    def billed(self) -> int:
        """The bill."""
        return self.total

    @property
    def retraction_keys(self) -> list[str]:
        """Its message. Not its settlement: that a bill was made stays true."""
        return [self.own_key]

    @property
    def slot(self) -> str:
        """Of a bill the settlement."""
        return super().slot if self.piece == BILL else ""

    @property
    def longest_reach(self) -> int:
        """Of what takes back 72 h, ms."""
        return REACH if self.transaction in ("2302", "2305") else REACH_OF_STAYS


def billed_of(event: Event, shared: Shared) -> list[bytes]:
    """The bill of a stay, what takes it back, or that lines of a stay were deleted or given back."""
    body = event.body
    piece = _PIECES.get(body.transaction)
    if piece is None:
        return []
    if isinstance(body, Settlement):
        return [shared.write(Billed, (piece, fen(body.total), event.uploaded), amount=fen(body.fund))]
    if isinstance(body, FeeLines) and all(line.count >= 0 for line in body.lines):
        return []
    return [shared.write(Billed, (piece, 0, event.uploaded))]


def _key(entry: Billed, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,) if entry.visit else None


STAY_BILLS = Ledger("stay_bills", "institution", (Feed.of(Billed, _key, reach=REACH_OF_STAYS),))
