"""An entry: what is remembered of an event under one key."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import ClassVar, Literal

import msgspec
from typing_extensions import TypeVar

from ..times import DAY, iso
from .marks import marks_of

Id = tuple[int, str]
"""Of an entry within its ledger key: the identity of its message, and its line."""


Role = Literal[
    "settlement", "pre_settlement", "admission", "discharge", "bill", "fee_line", "sale", "stock_sale", "message",
    "lead",
]  # fmt: skip
"""What a row of evidence is. bill: the settlement of a stay; sale, stock_sale: of a trace code, settled or reported.
lead: another alert."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag="e", gc=False):
    """What is remembered of an event under one key.

    time: business time; uploaded: inf_time; both ms UTC. message: msgid. identity: of the event, with its body.
    line: tells the entries of one message apart. amount: fen that this entry put through the fund.
    pre: a question before money moves: judged once, remembered nowhere. name: of the institution, for sentences.
    insured_in, place: regions, for routing. transaction: of the message, without the A of its variant.
    answered: when the platform replied, ms UTC, 0 where not known: of messages of one second it tells the order.
    """

    time: int
    uploaded: int
    message: str
    institution: str
    identity: int
    line: str = ""
    person: str = ""
    settlement: str = ""
    visit: str = ""
    amount: int = 0
    pre: bool = False
    name: str = ""
    insured_in: str = ""
    place: str = ""
    transaction: str = ""
    answered: int = 0

    last_counts: ClassVar[bool] = False
    """Whether the latest statement about a slot counts (fee lines, admissions), not the first (settlements)."""
    is_asked_about: ClassVar[bool] = False
    """Whether a question before money moves is answered for this entry."""
    replaces: ClassVar[bool] = False
    """Whether it takes the place of an entry with the same id: a thing that changes, said again."""
    lasting: ClassVar[bool] = False
    """Whether no retraction takes it back: that a message came stays true."""

    @property
    def id(self) -> Id:
        """What makes the entry one of a kind within its ledger key."""
        return (self.identity, self.line)

    @property
    def role(self) -> Role:
        """What it is as evidence."""
        return "message"

    @property
    def billed(self) -> int:
        """The bill (of a fee line its sum), fen; 0 where it is none or is not kept."""
        return 0

    @property
    def sold(self) -> tuple[str, int]:
        """The item and how much of it, ten-thousandths; empty and 0 where it is no item."""
        return ("", 0)

    def stated(self, field: str) -> str:
        """What the message says in a field of the interface, as text; empty where this entry does not keep it."""
        if field == "inf_time":
            return iso(self.uploaded)
        return {"insuplc_admdvs": self.insured_in, "mdtrtarea_admvs": self.place}.get(field, "")

    @property
    def home(self) -> tuple[str, str]:
        """The key space and the key under which it travels; an empty key: nowhere."""
        return ("institution", self.institution)

    @property
    def own_key(self) -> str:
        """The key by which a message reversal names its message."""
        return f"m:{self.institution}:{self.message}"

    @property
    def retraction_keys(self) -> list[str]:
        """The keys by which a retraction finds this entry; each holds the institution, for ids repeat elsewhere."""
        return [self.own_key, f"s:{self.institution}:{self.settlement}"] if self.settlement else [self.own_key]

    @property
    def marks(self) -> set[int]:
        """The numbers by which retractions find it: those of its retraction keys."""
        return marks_of(self.retraction_keys)

    def is_named_by_one_of(self, keys: AbstractSet[str]) -> bool:
        """Whether one of these retraction keys is its own."""
        return not keys.isdisjoint(self.retraction_keys)

    @property
    def slot(self) -> str:
        """The thing that it speaks of; of several that stand for one slot, one counts. Empty: it stands alone."""
        return f"s:{self.institution}:{self.settlement}" if self.settlement else ""

    @property
    def longest_reach(self) -> int:
        """How long after it a retraction takes it back at most, whatever its ledger allows, ms."""
        return 366 * DAY

    @property
    def paid_by(self) -> str:
        """The key of the bill that settles it; of a bill its own. Empty for what no bill settles."""
        return ""

    @property
    def batch_of_lines(self) -> str:
        """The batch (chrg_bchno) that a line is in, or that a bill settles; empty where it is not said."""
        return ""


E_co = TypeVar("E_co", bound=Entry, default=Entry, covariant=True)
"""The kind of the entries that a window holds and a rule judges; those of the rule's ledger."""
