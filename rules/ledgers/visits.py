"""Settlements of a person, where and how, and the lines that a hospital prescribed."""

from __future__ import annotations

from typing import ClassVar, cast

from ..engine.entry import Entry, Role
from ..engine.ledger import GRACE, REACH, REACH_OF_STAYS, Feed, Ledger
from ..engine.retraction import REACH_OF_MESSAGE_REVERSAL
from ..reference import Reference
from ..times import iso, to_ms
from ..wire.checks import is_set
from ..wire.door import Event
from ..wire.fields import PreSettlement, Settlement
from ._common import Shared, fen
from .supply import Fill

BY_HAND = "1"
"""setl_type: at the counter of the bureau, not through the network."""


class Visit(Entry, frozen=True, tag="v"):
    """Of the person: a settlement, where and how.

    total: medfee_sumamt, fen. circulated, prescriptions: of its own lines. served: time of the last of them, else its
    own time, ms UTC.
    shared: paid from the account of the family; of a question this is not known. assisted: medical assistance paid a
    part (maf_pay). claimed: the bureau pays on a bill that was handed in (setl_type 1), not through the network.
    """

    visit_type: str
    county: str
    credential: str
    operator_type: str
    circulated: bool
    prescriptions: tuple[str, ...]
    served: int = 0
    shared: bool = False
    batch: str = ""
    total: int = 0
    assisted: bool = False
    claimed: bool = False
    is_asked_about: ClassVar[bool] = True

    @property
    def role(self) -> Role:
        """A settlement, or the question that asks for one; of a stay it is the bill."""
        if self.pre:
            return "pre_settlement"
        return "bill" if self.transaction == "2304" else "settlement"

    @property
    def billed(self) -> int:
        """The bill."""
        return self.total

    def stated(self, field: str) -> str:
        """Also the kind of visit, the credential, who settled it, its prescriptions, and when its last line was."""
        found = {
            "mdtrtarea_admvs": self.county,
            "med_type": self.visit_type,
            "mdtrt_cert_type": self.credential,
            "opter_type": self.operator_type,
            "rxno": " ".join(self.prescriptions),
            "fee_ocur_time": iso(self.served) if self.served != self.time else "",
            "setl_type": BY_HAND if self.claimed else "",
        }
        return found.get(field) or super().stated(field)

    @property
    def home(self) -> tuple[str, str]:
        """The person."""
        return ("person", self.person)

    @property
    def retraction_keys(self) -> list[str]:
        """Its message and settlement; by the visit those find it that take back what no bill has settled."""
        keys = super().retraction_keys
        return [*keys, self.paid_by] if self.paid_by else keys

    @property
    def longest_reach(self) -> int:
        """Of the bill of a stay as of the stay itself, ms."""
        return REACH_OF_STAYS if self.transaction == "2304" else REACH

    @property
    def paid_by(self) -> str:
        """The bills of its visit; of a stay the settled piece of the stay is the bill."""
        return f"p:{self.institution}:{self.visit}" if self.visit and self.transaction != "2304" else ""

    @property
    def batch_of_lines(self) -> str:
        """The batch that it settles."""
        return self.batch


def visits_of(event: Event, shared: Shared) -> list[bytes]:
    """The settlement, or the question that asks for one.

    Long because it is one field after the other.
    """
    body = cast("Settlement | PreSettlement", event.body)
    fund, from_the_family, batch, served = 0, True, "", event.at
    assisted = claimed = False
    if isinstance(body, Settlement):
        fund, batch = fen(body.fund), body.batch or ""
        from_the_family = (body.from_family or 0.0) > 0
        assisted, claimed = (body.assistance or 0.0) > 0, body.way == BY_HAND
        if body.lines:
            served = max([to_ms(line.occurred) for line in body.lines])
    own = (
        body.visit_type,
        body.place or "",
        body.credential or "",
        body.operator_type or "",
        any(is_set(line.circulated) for line in body.lines),
        sorted({line.prescription for line in body.lines if line.prescription}),
        served,
        from_the_family,
        batch,
        fen(body.total),
        assisted,
        claimed,
        event.at,
    )
    return [shared.write(Visit, own, amount=fund)]


def _key(entry: Visit, reference: Reference) -> tuple[str, ...] | None:
    """Not the bill of a stay: it does not say where the person was, and `stays` keeps it."""
    return (entry.person,) if entry.transaction != "2304" else None


def _key_of_line(entry: Fill, reference: Reference) -> tuple[str, ...] | None:
    """Of what a hospital prescribes to an outpatient: the lines that name their prescription."""
    return (entry.person,) if entry.transaction == "2204" and entry.prescription else None


BILLS = 2 * GRACE + REACH_OF_MESSAGE_REVERSAL
"""How long before a retraction a bill may lie on which it depends what that takes back, ms: a line is cancelled within
72 h, and its cancel taken back within 72 h; the bill came after the line, at most the grace after its own time."""

VISITS = Ledger(
    "visits",
    "person",
    # Longer than its rules need: a cancel of what was not settled asks for the bills of its visit.
    (Feed.of(Visit, _key, grace=BILLS), Feed.of(Fill, _key_of_line)),
    needs=("stays",),
)
