"""Pieces of inpatient stays, by person: admission, discharge, settlement."""

from __future__ import annotations

from typing import cast

from ..engine.entry import Entry, Role
from ..engine.ledger import GRACE, REACH_OF_STAYS, Feed, Ledger
from ..engine.retraction import REACH_OF_MESSAGE_REVERSAL
from ..reference import Reference
from ..times import iso
from ..wire.checks import is_set
from ..wire.door import Event
from ..wire.fields import Admission, Discharge, Settlement
from ._common import Shared, diagnosis_of, fen, stated


class Stay(Entry, frozen=True, tag="s"):
    """Of the person: one piece of a stay. piece: admission, discharge or settlement.

    diagnosis: main diagnosis (ICD-10) where the piece names one. way: of the discharge. interim: of the settlement.
    discharged: the discharge as the settlement states it (dscg_time), ms UTC, 0 where it does not. total: of the
    settlement, fen.
    """

    piece: str
    visit_type: str
    diagnosis: str
    way: str
    interim: bool
    discharged: int = 0
    batch: str = ""
    total: int = 0

    @property
    def role(self) -> Role:
        """An admission, a discharge or a bill."""
        if self.piece == "settlement":
            return "bill"
        return "admission" if self.piece == "admission" else "discharge"

    @property
    def billed(self) -> int:
        """The bill; 0 of an admission or a discharge."""
        return self.total

    def stated(self, field: str) -> str:
        """Also the kind of stay, its diagnosis and end, and whether the bill is an interim one."""
        found = {
            "med_type": self.visit_type,
            "dscg_maindiag_code": self.diagnosis,
            "dscg_way": self.way,
            "mid_setl_flag": "1" if self.interim else "",
            "dscg_time": iso(self.discharged) if self.discharged else "",
        }
        return found.get(field) or super().stated(field)

    @property
    def home(self) -> tuple[str, str]:
        """The person."""
        return ("person", self.person)

    @property
    def last_counts(self) -> bool:  # type: ignore[override]  # a bill is as it was first sent, the rest as it was last sent
        """Whether the latest statement counts."""
        return self.piece != "settlement"

    @property
    def retraction_keys(self) -> list[str]:
        """Its message; its settlement, or the admission or discharge of the visit."""
        if self.piece != "settlement":
            return [self.own_key, f"{self.piece[0]}:{self.institution}:{self.visit}"]
        return [self.own_key, f"s:{self.institution}:{self.settlement}", self.paid_by]

    @property
    def slot(self) -> str:
        """The piece of the visit; of a bill the settlement, as of every settlement."""
        return super().slot if self.piece == "settlement" else f"{self.piece}:{self.institution}:{self.visit}"

    @property
    def paid_by(self) -> str:
        """Of a bill: those of its visit."""
        return f"p:{self.institution}:{self.visit}" if self.piece == "settlement" else ""

    @property
    def batch_of_lines(self) -> str:
        """The batch that a bill settles."""
        return self.batch


def stays_of(event: Event, shared: Shared) -> list[bytes]:
    """The piece of a stay that an admission, a discharge or the settlement of a stay is."""
    body = event.body
    if isinstance(body, Settlement):
        return [_settled(event, shared, body)] if body.transaction == "2304" else []
    if isinstance(body, Admission):
        own = ("admission", body.visit_type, diagnosis_of(body), "", False, 0, "", 0, event.at)
        return [shared.write(Stay, own)]
    body = cast("Discharge", body)
    own = ("discharge", "", body.main_diagnosis or "", body.way or "", False, 0, "", 0, event.at)
    return [shared.write(Stay, own)]


def _settled(event: Event, shared: Shared, body: Settlement) -> bytes:
    interim, discharged = is_set(body.interim), stated(body.discharged)
    own = ("settlement", body.visit_type, "", "", interim, discharged, body.batch or "", fen(body.total), event.at)
    return shared.write(Stay, own, amount=fen(body.fund))


def _key(entry: Stay, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person,)


BILLS_OF_STAYS = REACH_OF_STAYS + GRACE + REACH_OF_MESSAGE_REVERSAL
"""The same for lines of stays."""

STAYS = Ledger("stays", "person", (Feed.of(Stay, _key, reach=REACH_OF_STAYS, grace=BILLS_OF_STAYS),))
