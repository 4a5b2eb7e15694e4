"""What the door answers: a message that was understood, or one of four ways in which it was not."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..times import DAY, HOUR, MINUTE
from .fields import Message
from .reasons import MOST_TEXT, Reason, limited


class Limits(msgspec.Struct, frozen=True):
    """What the door lets in; each figure is our assumption unless it names its source.

    grace: how much later than its business time a message may be uploaded, ms. grace_inpatient_lines: the same for
    lines of 2301, which hospitals upload at discharge. grace_slow: for 2401, 2402 and stock, which come from batches.
    ahead: how far a business time may lie behind its own upload, and an upload behind the broker's append time, ms.
    max_bytes, max_items, max_depth: of one message. max_age: years.
    """

    grace: int = 72 * HOUR
    grace_inpatient_lines: int = 60 * DAY
    grace_slow: int = 15 * DAY
    ahead: int = 10 * MINUTE
    max_bytes: int = 512 * 1024
    max_items: int = 2_000
    max_depth: int = 16
    max_age: int = 150

    def grace_of(self, transaction: str) -> int:
        """The grace of this transaction, ms."""
        if transaction == "2301":
            return self.grace_inpatient_lines
        if transaction in ("2401", "2402") or transaction.startswith("35"):
            return self.grace_slow
        return self.grace


OTHER = "other"
"""In place of a transaction that is not told: what stands in infno may be anything, also what names a person."""


class Sender(msgspec.Struct, frozen=True):
    """Who sent a message, as far as it says: institution, transaction, msgid; never a person."""

    institution: str = ""
    transaction: str = ""
    message: str = ""


class Refused(Exception):  # noqa: N818 - it is an answer of the door, not an error of the program
    """A message that is set aside, with every reason that was found, up to a limit."""

    def __init__(self, found: Iterable[Reason], sender: Sender | None = None) -> None:
        self.reasons = limited(found)
        self.sender = sender or Sender()
        super().__init__("; ".join(reason.text for reason in self.reasons)[:MOST_TEXT])


class Skipped(Exception):  # noqa: N818 - likewise
    """A message of a transaction that nothing here uses; the argument is the transaction."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        super().__init__(sender.transaction)


class Failed(Exception):  # noqa: N818 - likewise
    """A message whose reply says that the transaction failed; the argument is the transaction."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        super().__init__(sender.transaction)


class Late(Exception):  # noqa: N818 - likewise
    """A good message that came later than the grace; the argument is its kind."""

    def __init__(self, kind: str, sender: Sender) -> None:
        self.sender = sender
        super().__init__(kind)


class Event(msgspec.Struct):
    """What is understood of a message about one person and visit, or one row of stock.

    at: business time, uploaded: inf_time, answered: when the platform replied, 0 where that is not known; ms UTC.
    identity: 64-bit hash of the normalised body, with institution and msgid; two arrivals of one message share it.
    bad_codes: its trace codes that stand for no pack.
    """

    kind: str
    body: Message
    at: int
    uploaded: int
    identity: int
    answered: int = 0
    bad_codes: tuple[str, ...] = ()


class Opened(msgspec.Struct):
    """A message that was understood: its events, in its order, and what is counted of it.

    identity: of the whole message. late_lines: lines and rows that were left out, for they came later than the grace
    or lie in the future. bad_codes, missing_codes: trace codes that are none, or are not there. cut: fields left out
    or shortened, by name.
    """

    events: list[Event]
    identity: int = 0
    late_lines: int = 0
    bad_codes: int = 0
    missing_codes: int = 0
    cut: dict[str, int] = msgspec.field(default_factory=dict)

    def note_cut(self, name: str) -> None:
        """Count a field that was left out."""
        self.cut[name] = self.cut.get(name, 0) + 1
