"""Sales of pharmacies on prescriptions, by the physician who wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from ..engine.entry import Entry, Role
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..wire.door import Event
from ..wire.fields import Line, PreSettlement, Settlement
from ._common import Shared, fen, through_fund
from .prescriptions import is_of_pharmacy

SHORTEST_CODE = 10
"""A code of fewer characters is an institution's own, which others have too; our assumption. National ones have 13."""


class Written(Entry, frozen=True, tag="p"):
    """Of the physician: one sale of a pharmacy on what she prescribed.

    number: rxno of the first of its lines by this physician. items: of these lines, each once. amount: the fund's share
    in them, total: their sum, fen.
    """

    physician: str
    number: str
    total: int
    items: tuple[str, ...] = ()

    @property
    def role(self) -> Role:
        """A settlement, or the question that asks for one."""
        return "pre_settlement" if self.pre else "settlement"

    @property
    def billed(self) -> int:
        """The sum of her lines."""
        return self.total

    def stated(self, field: str) -> str:
        """Also the prescription, who wrote it, and for what."""
        found = {
            "rxno": self.number,
            "bilg_dr_codg": self.physician,
            "med_list_codg": " ".join(self.items),
        }
        return found.get(field) or super().stated(field)

    @property
    def home(self) -> tuple[str, str]:
        """The physician."""
        return ("physician", self.physician)


def written_in(event: Event, shared: Shared) -> Iterator[tuple[str, bytes]]:
    """The sale by each physician whose prescriptions are in it, with her code."""
    body = cast("Settlement | PreSettlement", event.body)
    by_physician: dict[str, list[Line]] = {}
    for line in body.lines if is_of_pharmacy(body) else ():
        if line.prescription and line.count > 0 and len(line.physician or "") >= SHORTEST_CODE:
            by_physician.setdefault(cast("str", line.physician), []).append(line)
    for physician, lines in by_physician.items():
        items = sorted({line.item for line in lines})
        own = (physician, lines[0].prescription, sum(fen(line.amount) for line in lines), items, event.at)
        yield physician, shared.write(Written, own, physician, sum(through_fund(line, body) for line in lines))


def _key(entry: Written, reference: Reference) -> tuple[str, ...] | None:
    return (entry.physician,)


PHYSICIANS = Ledger("physicians", "physician", (Feed.of(Written, _key),))
