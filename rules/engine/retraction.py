"""A retraction: that a message takes another back."""

from __future__ import annotations

import msgspec

from ..times import HOUR
from .entry import Entry

REACH_OF_MESSAGE_REVERSAL = 72 * HOUR
"""How long after a retraction a message reversal (2601) still takes that back, ms (contract, section 3)."""


class Retraction(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag="f", gc=False):
    """That something is taken back: keys of messages, settlements, lines, visits, stays or codes.

    person: only of this one, empty where it is not said. transaction: of its own message.
    earlier_only: acts on what messages of an earlier order said, and on nothing later.
    final: a message reversal (2601); no other retraction takes it back. of_transaction: it names only messages of that.
    unpaid_only: takes back the lines of a visit that no bill has settled by then. batch: only those of this batch.
    """

    retraction_keys: list[str]
    uploaded: int
    message: str
    institution: str
    identity: int
    earlier_only: bool = False
    final: bool = False
    person: str = ""
    transaction: str = ""
    of_transaction: str = ""
    unpaid_only: bool = False
    batch: str = ""
    answered: int = 0

    @property
    def own_key(self) -> str:
        """The key by which a message reversal names this retraction's message."""
        return f"m:{self.institution}:{self.message}"

    def acts_on(self, entry: Entry, reach: int) -> bool:
        """Whether the retraction may name this entry, is in time for it, and of the right order."""
        if self.uploaded > entry.time + reach or not self.may_name(entry):
            return False
        if self.batch and entry.batch_of_lines and self.batch != entry.batch_of_lines:
            return False
        return not self.earlier_only or comes_before(entry, self)

    def may_name(self, other: Entry | Retraction) -> bool:
        """Whether it may name a message: of its institution and person; if final, of its transaction, sent before."""
        if self.institution != other.institution or (self.person and other.person and self.person != other.person):
            return False
        return not self.final or (self.of_transaction == other.transaction and comes_before(other, self))


def comes_before(one: Entry | Retraction, other: Entry | Retraction) -> bool:
    """Whether one message was sent before another: by upload, then by the replies where both are known, then msgid."""
    if one.uploaded != other.uploaded:
        return one.uploaded < other.uploaded
    if one.answered and other.answered and one.answered != other.answered:
        return one.answered < other.answered
    return one.message < other.message
