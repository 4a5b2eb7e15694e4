"""Drugs of an outpatient, by person and substance."""

from __future__ import annotations

from typing import ClassVar, cast

from ..engine.entry import Entry, Role
from ..engine.ledger import GRACE, REACH, REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY, to_ms
from ..wire.checks import is_set
from ..wire.door import Event
from ..wire.fields import FeeLines, Line, PreSettlement, Settlement
from ._common import Shared, fen, through_fund

OF_STAYS = ("2301", "2303", "2304")
"""The transactions that carry the lines of a stay."""

MOST_DAYS = 9_999
"""More days of supply are read as so many: that is enough for every limit, and its milliseconds can be written."""


class Fill(Entry, frozen=True, tag="f"):
    """Of the person: one fee line.

    quantity: cnt, ten-thousandths; amount: the fund's share, before it is settled what is in scope; total: the whole.
    circulated: rx_circ_flag as 1 or 0, empty if not sent. list_type: drug, service or material if sent.
    paid: when the settlement was that carries the line, ms, 0 where none.
    days: prd_days in ms, 0 where not sent. More than the field (4,2) holds is read as sent, up to `MOST_DAYS`.
    """

    item: str
    quantity: int
    days: int
    visit_type: str
    prescription: str
    physician: str
    list_type: str = ""
    batch: str = ""
    total: int = 0
    paid: int = 0
    circulated: str = ""
    last_counts: ClassVar[bool] = True

    @property
    def role(self) -> Role:
        """A fee line."""
        return "fee_line"

    @property
    def billed(self) -> int:
        """The sum of the line."""
        return self.total

    @property
    def sold(self) -> tuple[str, int]:
        """The item and its quantity."""
        return (self.item, self.quantity)

    def stated(self, field: str) -> str:
        """Also the kind of visit, the prescription, who wrote it, and for how many days it is."""
        found = {
            "med_type": self.visit_type,
            "rxno": self.prescription,
            "rx_circ_flag": self.circulated,
            "bilg_dr_codg": self.physician,
            "prd_days": f"{self.days / DAY:g}" if self.days else "",
        }
        return found.get(field) or super().stated(field)

    @property
    def home(self) -> tuple[str, str]:
        """The person."""
        return ("person", self.person)

    @property
    def retraction_keys(self) -> list[str]:
        """Its message, settlement, line, batch and visit."""
        place, visit, keys = self.institution, self.visit, super().retraction_keys
        if not visit:
            return keys
        if self.batch:
            keys.append(f"b:{place}:{visit}:{self.batch}")
        return [*keys, f"l:{place}:{visit}:{self.line}", f"v:{place}:{visit}"]

    @property
    def longest_reach(self) -> int:
        """Of a stay as of the stay itself, else 72 h: after the line, or after the settlement that carries it, ms."""
        reach = REACH_OF_STAYS if self.transaction in OF_STAYS else REACH
        return reach + max(self.paid - self.time, 0)

    @property
    def slot(self) -> str:
        """The line of the visit."""
        return f"l:{self.institution}:{self.visit}:{self.line}" if self.visit else ""

    @property
    def paid_by(self) -> str:
        """The bills of its visit."""
        return f"p:{self.institution}:{self.visit}" if self.visit else ""

    @property
    def batch_of_lines(self) -> str:
        """The batch that it was sent in."""
        return self.batch


def fills_of(event: Event, shared: Shared) -> list[bytes]:
    """The fee lines."""
    body = cast("Settlement | PreSettlement | FeeLines", event.body)
    visit_type, batch = body.visit_type or "", getattr(body, "batch", None) or ""
    asked_at = event.at if isinstance(body, PreSettlement) else None
    paid = event.at if isinstance(body, Settlement) else 0
    written = []
    for line in body.lines:
        own = (
            line.item,
            round(line.count * 10_000),
            _days_of(line),
            visit_type,
            line.prescription or "",
            line.physician or "",
            line.list_type or "",
            batch,
            fen(line.amount),
            paid,
            str(int(is_set(line.circulated))) if line.circulated else "",
            to_ms(line.occurred) if asked_at is None else asked_at,
        )
        written.append(shared.write(Fill, own, line.line, through_fund(line, body)))
    return written


def _days_of(line: Line) -> int:
    """prd_days in ms."""
    return round(min(abs(line.days), MOST_DAYS) * DAY) if line.days else 0


def _key(entry: Fill, reference: Reference) -> tuple[str, ...] | None:
    if not is_outpatient_drug(entry, reference):
        return None
    substance = reference.substance(entry.item, entry.time)
    return (entry.person, substance) if substance else None


def is_outpatient_drug(fill: Fill, reference: Reference) -> bool:
    """Whether a line is of a drug, and not of a stay."""
    return fill.transaction not in OF_STAYS and not fill.visit_type.startswith("2") and _is_drug(fill, reference)


def _is_drug(fill: Fill, reference: Reference) -> bool:
    """By the line itself; where it has no list_type, also a service by its code that the table of drugs has."""
    is_listed = not fill.list_type and reference.row("drugs", fill.item, fill.time) is not None
    return reads_as_drug(fill.list_type, fill.item) or is_listed


def reads_as_drug(list_type: str, item: str) -> bool:
    """Not a service, a material or care: by list_type 1xx, else by the code (services: 15 digits from 00 on)."""
    if list_type:
        return list_type.startswith("1")
    return not (len(item) == 15 and item.startswith("00"))


BILLED_BY = ("visits", "stays")
"""The ledgers of bills: a cancel of the lines that no bill has settled asks for those of the visit."""

SUPPLY = Ledger("supply", "person", (Feed.of(Fill, _key, reach=GRACE + REACH),), needs=BILLED_BY)
