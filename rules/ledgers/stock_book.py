"""The book of a drug's stock at an institution: what was counted, what came in and went out, and what was settled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..engine.entry import Entry
from ..engine.ledger import GRACE, REACH, SLOW, Feed, Ledger
from ..reference import Reference
from ..wire.checks import is_set, stock_count
from ..wire.door import Event
from ..wire.fields import Stock
from ._common import STOCK_SORTS, Shared, uploading, uploads
from .listed import BOOK_OF, Listed
from .sales import Sold
from .supply import OF_STAYS

Sort = Literal["counted", "moved", "opened"]
UNIT = 10_000
"""A quantity of one."""
_COMES = frozenset({"101", "103", "106", "108", "110"})
_GOES = frozenset({"102", "105", "107", "109", "111"})
_FOUND_LESS = "104"
"""inv_chg_type of what comes in (from another place, more than in the book, else, at the start, as a gift) and of what
goes (to another place, destroyed, else, back to the seller, a gift taken back), and of what a count found to be less
than in the book, which that count says itself. The interface names none of them; so public programs have them."""


class Moved(Entry, frozen=True, tag="n"):
    """At the institution: one row of the stock of an item.

    sort: counted (3501), moved (3502 to 3504), or opened: that a pack was sold in parts. quantity: what lies there, or
    what is added to it, ten-thousandths; 0 of what was opened. number: fixmedins_bchno, by which the row is deleted.
    """

    item: str
    quantity: int
    sort: Sort
    number: str = ""

    @property
    def sold(self) -> tuple[str, int]:
        """The item and its quantity."""
        return (self.item, self.quantity)

    @property
    def counts(self) -> int:
        """How many rows of a count it is."""
        return int(self.sort == "counted")

    @property
    def retraction_keys(self) -> list[str]:
        """Its message, and its number. Not its settlement: a return is a row of its own."""
        sort = STOCK_SORTS.get(self.transaction)
        return [self.own_key, f"k:{self.institution}:{sort}:{self.number}"] if self.number and sort else [self.own_key]

    @property
    def slot(self) -> str:
        """It stands alone."""
        return ""


def moves_in(event: Event, sold: Sequence[Sold], shared: Shared) -> list[bytes]:
    """What an event says of the stock of its institution; of sales only that a pack was opened."""
    body = event.body
    if not isinstance(body, Stock):
        opened = dict.fromkeys(one.item for one in sold if one.item and is_set(one.code.split))
        # Told apart from the lines of the message, which are numbered too and stand in the same book.
        return [shared.write(Moved, (item, 0, "opened", "", event.at), f"opened {n}") for n, item in enumerate(opened)]
    found = _move_of(body)
    return [shared.write(Moved, (body.item, *found, body.number or "", event.at))] if found else []


def _move_of(body: Stock) -> tuple[int, Sort] | None:
    """Quantity and sort of a row; None where it says nothing that counts."""
    quantity = round((stock_count(body) or 0.0) * UNIT)
    if body.transaction in ("3505", "3506"):
        return (0, "opened") if is_set(body.split) or any(is_set(one.split) for one in body.trace_codes) else None
    if body.transaction == "3501":
        return quantity, "counted"
    return None if body.change == _FOUND_LESS else (_added(body, quantity), "moved")


def _added(body: Stock, quantity: int) -> int:
    """What a purchase, its return or a change adds; less than nothing where it goes."""
    if body.transaction == "3504" or body.change in _GOES:
        return -abs(quantity)
    return abs(quantity) if body.change in _COMES else max(quantity, 0)


def books_read(reference: Reference) -> frozenset[str]:
    """The institutions that a row says to upload their stock, whenever it is valid, as they stand among the kinds."""
    return frozenset(BOOK_OF + institution for institution in uploading("stock_uploaded", reference))


def _key_of_line(entry: Listed, reference: Reference) -> tuple[str, ...] | None:
    """Not of stays: what wards give out may be counted in other units."""
    return None if not entry.is_drug or entry.transaction in OF_STAYS else _key(entry, reference)


def _key(entry: Listed | Moved, reference: Reference) -> tuple[str, ...] | None:
    told = uploads("stock_uploaded", entry.institution, entry.time, reference)
    return (entry.institution, entry.item) if told else None


STOCK_BOOK = Ledger(
    "stock_book",
    "institution",
    (Feed.of(Moved, _key, grace=SLOW), Feed.of(Listed, _key_of_line, reach=GRACE + REACH)),
)
