"""Trace codes that an institution took into its stock, and those that it sold, by institution and item."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.entry import Entry
from ..engine.ledger import REACH_OF_CODES, SLOW, Feed, Ledger
from ..engine.marks import number_of
from ..reference import Reference
from ..wire.door import Event
from ..wire.fields import Stock
from ._common import STOCK_SORTS, Shared, uploading, uploads
from .sales import Sale, Sold, sale_of

STOCK_OF = "stock:"
"""Stands before the code of an institution whose stock is read, among the kinds of entries that are sent."""
_TAKE_IN = frozenset({"3501", "3502", "3503"})
"""Transactions that say which boxes are there."""


class Dispensed(Sale, frozen=True, tag="y"):
    """At the institution: one sale of a trace code."""

    @property
    def code_number(self) -> int:
        """The number by which a `Received` has the code."""
        return number_of(self.code)

    @property
    def home(self) -> tuple[str, str]:
        """The institution."""
        return ("institution", self.institution)


class Received(Entry, frozen=True, tag="z"):
    """At the institution: the trace codes of one row of stock that was bought, counted or changed.

    codes: their numbers; sort: inv_data_type; number: fixmedins_bchno, by which the row is deleted.
    """

    item: str
    codes: tuple[int, ...]
    sort: str
    number: str = ""

    @property
    def retraction_keys(self) -> list[str]:
        """Its message, and its number."""
        return [self.own_key, f"k:{self.institution}:{self.sort}:{self.number}"] if self.number else [self.own_key]


def stock_in(event: Event, sold: Sequence[Sold], shared: Shared) -> list[bytes]:
    """The codes that an event takes into stock, or sells as a known item."""
    body = event.body
    if isinstance(body, Stock) and body.transaction in _TAKE_IN:
        codes = {one.code for one in body.trace_codes} - set(event.bad_codes)
        own = (body.item, sorted(map(number_of, codes)), STOCK_SORTS[body.transaction], body.number or "", event.at)
        return [shared.write(Received, own)] if codes else []
    return [sale_of(event, one, shared, Dispensed) for one in sold if one.item and not one.bad]


def stocks_read(reference: Reference) -> frozenset[str]:
    """The institutions that a row says to upload what they buy, whenever it is valid, as they stand among the kinds."""
    return frozenset(STOCK_OF + institution for institution in uploading("traced_purchases", reference))


def _key(entry: Dispensed | Received, reference: Reference) -> tuple[str, ...] | None:
    told = uploads("traced_purchases", entry.institution, entry.time, reference)
    return (entry.institution, entry.item) if told else None


RECEIVED = Ledger(
    "received",
    "institution",
    (
        Feed.of(Dispensed, _key, reach=REACH_OF_CODES, grace=SLOW),
        Feed.of(Received, _key, grace=SLOW),
    ),
)
