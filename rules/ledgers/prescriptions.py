"""Sales of pharmacies on prescriptions, by the number of the prescription."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

from ..engine.entry import Entry, Role
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..wire.checks import is_set
from ..wire.door import Event
from ..wire.fields import Line, PreSettlement, Settlement
from ._common import Shared, fen, through_fund
from .swipes import PHARMACY

SHORTEST = 10
"""A number of fewer characters is a shop's own count, which begins again every day; our assumption."""


class Use(Entry, frozen=True, tag="x"):
    """Of the number of a prescription: one sale of a pharmacy on it.

    items: of its lines on this number that sell something. circulated: rx_circ_flag as 1 or 0, empty if not sent, 1
    where a line says 1. amount: the fund's share in these lines, total: their sum, fen.
    """

    number: str
    items: tuple[str, ...]
    circulated: str
    physician: str
    total: int

    @property
    def role(self) -> Role:
        """A settlement, or the question that asks for one."""
        return "pre_settlement" if self.pre else "settlement"

    @property
    def billed(self) -> int:
        """The sum of its lines on this number."""
        return self.total

    def stated(self, field: str) -> str:
        """Also the number, whether a hospital sent it, who wrote it, and for what."""
        found = {
            "rxno": self.number,
            "rx_circ_flag": self.circulated,
            "bilg_dr_codg": self.physician,
            "med_list_codg": " ".join(self.items),
        }
        return found.get(field) or super().stated(field)

    @property
    def home(self) -> tuple[str, str]:
        """The number."""
        return ("token", self.number)


class Prescription(NamedTuple):
    """The lines of a sale that name one prescription."""

    number: str
    lines: list[Line]


def prescriptions_in(event: Event) -> Iterator[Prescription]:
    """The prescriptions on which a pharmacy sells (2102, or med_type 41), each once; only numbers that are one."""
    body = cast("Settlement | PreSettlement", event.body)
    by_number: dict[str, list[Line]] = {}
    for line in body.lines if is_of_pharmacy(body) else ():
        if line.prescription and line.count > 0 and _is_number(line.prescription):
            by_number.setdefault(line.prescription, []).append(line)
    for number, lines in by_number.items():
        yield Prescription(number, lines)


def is_of_pharmacy(body: Settlement | PreSettlement) -> bool:
    """Whether a pharmacy sells, or asks before it does: by the transaction, or by med_type."""
    return body.transaction in ("2101", "2102") or (body.visit_type or "").startswith(PHARMACY)


def _is_number(text: str) -> bool:
    """Whether a number can be that of one prescription: long enough, and not one character again and again."""
    return len(text) >= SHORTEST and len(set(text)) > 1


def use_of(event: Event, one: Prescription, shared: Shared) -> bytes:
    """The sale on one prescription."""
    body, lines = cast("Settlement | PreSettlement", event.body), one.lines
    flags = {str(int(is_set(line.circulated))) for line in lines if line.circulated}
    own = (
        one.number,
        sorted({line.item for line in lines}),
        max(flags, default=""),
        next((line.physician for line in lines if line.physician), ""),
        sum(fen(line.amount) for line in lines),
        event.at,
    )
    return shared.write(Use, own, one.number, sum(through_fund(line, body) for line in lines))


def _key(entry: Use, reference: Reference) -> tuple[str, ...] | None:
    return (entry.number,)


PRESCRIPTIONS = Ledger("prescriptions", "token", (Feed.of(Use, _key),))
