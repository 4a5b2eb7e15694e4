"""Fee lines of the items that the tables point out, of tests that are sent out, and of drugs whose stock is kept.

Other lines are not sent to their institution inside.
"""

from __future__ import annotations

from collections.abc import Container
from typing import ClassVar, cast

from ..reference import Reference, Row
from ..times import to_ms
from ..wire.checks import is_set
from ..wire.door import Event
from ..wire.fields import FeeLines, Settlement
from ._common import Shared, fen, through_fund, yuan
from .orders import charged
from .overpriced import Priced, prices
from .supply import reads_as_drug

ITEM = "item:"
"""Stands before the code of an item whose lines are sent, among the kinds of entries that are."""
BOOK_OF = "book:"
"""Stands before the code of an institution whose whole stock is read, among the kinds of entries that are sent."""
FLAGS = ("registered", "separate", "covered")
"""Columns of the table of items that say with 0 that it may not be charged, or not to the fund."""

POINTED = ("minutes", "procured", "cosmetic_in", "equipment")
"""Columns of which any value points an item out."""


class Listed(Priced, frozen=True, tag="k"):
    """At the institution: one fee line of an item that is pointed out, or of a drug whose stock is read.

    Pointed out by a table, or as a test that is sent out.
    in_scope: inscp_scp_amt, fen, 0 where it is not stated. performer: who carries out the order. sent_out:
    etip_flag.
    """

    in_scope: int = 0
    performer: str = ""
    sent_out: bool = False
    counts: ClassVar[int] = 0
    """Of rows of a count it is none: in the book of a stock."""

    def stated(self, field: str) -> str:
        """Also what is in scope of the fund, and who carries it out."""
        if field == "inscp_scp_amt":
            return yuan(self.in_scope) if self.in_scope else ""
        return self.performer if field == "orders_dr_code" else super().stated(field)


def listed_in(event: Event, shared: Shared, kinds: Container[str]) -> list[bytes]:
    """The lines of the items that are among the kinds, of tests that are sent out, of drugs of institutions there."""
    body = cast("Settlement | FeeLines", event.body)
    is_booked = BOOK_OF + body.institution in kinds
    paid, batch = event.at if isinstance(body, Settlement) else 0, body.batch or ""
    written = []
    for line in body.lines:
        sent_out = is_set(line.sent_out)
        drug = is_booked and reads_as_drug(line.list_type or "", line.item)
        if sent_out or drug or ITEM + line.item in kinds:
            of_listed = (paid, fen(line.in_scope), line.performer or "", sent_out, to_ms(line.occurred))
            own = (*charged(line, batch), *prices(line), *of_listed)
            written.append(shared.write(Listed, own, line.line, through_fund(line, body)))
    return written


def listed_items(reference: Reference) -> frozenset[str]:
    """The items that a row points out, whenever it is valid, as they stand among the kinds."""
    return frozenset(
        ITEM + key
        for table in ("items", "drugs")
        for key in reference.keys(table)
        if any(map(_points_out, reference.rows(table, key)))
    )


def _points_out(row: Row) -> bool:
    return is_flagged(row) or row.get("key") == "1" or any(row.get(column) for column in POINTED)


def is_flagged(row: Row) -> bool:
    """Whether a row of the table of items says that it may not be charged, or not to the fund."""
    return any(row.get(flag) == "0" for flag in FLAGS)
