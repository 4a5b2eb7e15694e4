"""Pieces of inpatient stays, by person: admission, discharge, settlement."""

from __future__ import annotations

from collections.abc import Iterator

from ..engine.entry import Entry
from ..engine.ledger import GRACE, REACH_OF_STAYS, Feed, Ledger
from ..engine.retraction import REACH_OF_MESSAGE_REVERSAL
from ..reference import Reference
from ..wire.checks import is_set
from ..wire.door import Event
from ..wire.fields import Admission, Discharge, Settlement
from ._common import Common, fen, stated


class Stay(Entry, frozen=True, tag="s"):
    """Of the person: one piece of a stay. piece: admission, discharge or settlement.

    diagnosis: main diagnosis (ICD-10) where the piece names one. way: of the discharge. interim: of the settlement.
    discharged: the discharge as the settlement states it (dscg_time), ms UTC, 0 where it does not.
    """

    piece: str
    visit_type: str
    diagnosis: str
    way: str
    interim: bool
    discharged: int = 0
    batch: str = ""

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
        """The piece of the visit; of a bill the settlement."""
        named = self.settlement if self.piece == "settlement" else self.visit
        return f"{self.piece}:{self.institution}:{named}"

    @property
    def paid_by(self) -> str:
        """Of a bill: those of its visit."""
        return f"p:{self.institution}:{self.visit}" if self.piece == "settlement" else ""

    @property
    def batch_of_lines(self) -> str:
        """The batch that a bill settles."""
        return self.batch


def stays_of(event: Event, shared: Common) -> Iterator[Stay]:
    """The piece of a stay that an admission, a discharge or the settlement of a stay is."""
    body = event.body
    if isinstance(body, Settlement):
        yield from _settled(event, shared, body)
    elif isinstance(body, Admission | Discharge):
        yield _piece(event, shared, body)


def _settled(event: Event, shared: Common, body: Settlement) -> Iterator[Stay]:
    if body.transaction == "2304":
        yield Stay(
            **shared,
            time=event.at,
            amount=fen(body.fund),
            piece="settlement",
            visit_type=body.visit_type,
            diagnosis="",
            way="",
            interim=is_set(body.interim),
            discharged=stated(body.discharged),
            batch=body.batch or "",
        )


def _piece(event: Event, shared: Common, body: Admission | Discharge) -> Stay:
    admitted = isinstance(body, Admission)
    main = body.main_diagnosis or ""
    if not main and isinstance(body, Admission):
        # Not dise_codg: that is a code of the list of covered diseases, and no ICD-10.
        main = next((d.code for d in body.diagnoses if d.code), None) or ""
    return Stay(
        **shared,
        time=event.at,
        piece="admission" if admitted else "discharge",
        visit_type=getattr(body, "visit_type", None) or "",
        diagnosis=main,
        way=getattr(body, "way", None) or "",
        interim=False,
    )


def _key(entry: Stay, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person,)


BILLS_OF_STAYS = REACH_OF_STAYS + GRACE + REACH_OF_MESSAGE_REVERSAL
"""The same for lines of stays."""

STAYS = Ledger("stays", "person", (Feed.of(Stay, _key, reach=REACH_OF_STAYS, grace=BILLS_OF_STAYS),))
