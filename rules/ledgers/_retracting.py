"""What a message takes back, and by which keys it can be taken back itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import msgspec

from ..engine.marks import NARROWED_BY
from ..engine.retraction import Retraction
from ..wire.checks import is_set
from ..wire.door import Event
from ..wire.fields import (
    EVERYTHING,
    FeeLines,
    FeeLinesCancel,
    MessageReversal,
    Registration,
    Reversal,
    Settlement,
    Stock,
    StockDeletion,
    VisitCancel,
)
from ..wire.forms import plain
from ._common import STOCK_SORTS
from .sales import Sold


def refund_in(event: Event) -> Settlement | None:
    """The settlement of an event if it is a row that does not stand: marked as a refund, or with a negative amount."""
    body = event.body
    if isinstance(body, Settlement) and (is_set(body.refund) or body.total < 0 or body.fund < 0):
        return body
    return None


def taken_by_refund(event: Event, body: Settlement) -> list[Retraction]:
    """What a row of a settlement takes back that does not stand; nothing where it names no settlement.

    With positive amounts it is the settlement itself, said to be taken back; with negative ones it takes back the one
    that it names. Neither counts in any sum.
    """
    keys = [f"s:{body.institution}:{body.original}"] if body.original else []
    if min(body.total, body.fund) >= 0:
        keys.append(f"s:{body.institution}:{body.settlement}")
    return [_retraction(event, keys)] if keys else []


def retractions_of(event: Event) -> list[Retraction]:
    """What an event takes back that is no refund."""
    if isinstance(event.body, Stock):
        return _stock_return(event, event.body)
    return _retractions(event)


def _retractions(event: Event) -> list[Retraction]:
    body = event.body
    place = body.institution
    if isinstance(body, Reversal):
        return [_retraction(event, [f"s:{place}:{body.settlement}"])]
    if isinstance(body, MessageReversal) and plain(body.reversed_transaction.upper()) != "2601":
        of_transaction = plain(body.reversed_transaction.upper())
        return [_retraction(event, [f"m:{place}:{body.reversed_message}"], of_transaction=of_transaction)]
    if isinstance(body, FeeLinesCancel):
        return [_lines_cancel(event, body)]
    if isinstance(body, VisitCancel):
        name = {"2202": "r", "2404": "a", "2405": "d"}[body.transaction]
        return [_retraction(event, [f"{name}:{place}:{body.visit}"], earlier_only=True)]
    if isinstance(body, StockDeletion):
        sorts = [body.sort] if body.sort else sorted(STOCK_SORTS.values())
        return [_retraction(event, [f"k:{place}:{sort}:{body.number}" for sort in sorts], earlier_only=True)]
    return []


def _lines_cancel(event: Event, body: FeeLinesCancel) -> Retraction:
    """By line, by batch, or all that no bill has settled."""
    visit = f"{body.institution}:{body.visit}"
    if body.lines == [EVERYTHING]:
        retraction = _retraction(event, [f"v:{visit}"], earlier_only=True)
        return msgspec.structs.replace(retraction, unpaid_only=True, batch=body.batch or "")
    keys = [f"l:{visit}:{line}" for line in body.lines] or [f"b:{visit}:{body.batch}"]
    return _retraction(event, keys, earlier_only=True)


def _stock_return(event: Event, body: Stock) -> list[Retraction]:
    """A sale return (3506) takes back the sale of its trace codes, else what was sold of its item by its settlement.

    A purchase return (3504) takes nothing back: that its boxes came in stays true. What names neither codes nor a
    settlement takes nothing back: a lot is many packs.
    """
    if body.transaction != "3506":
        return []
    place = body.institution
    keys = [f"c:{place}:{traced.code}" for traced in body.trace_codes]
    if body.settlement and not keys:
        # Which item a code was of is not always known: a settlement need not carry its lines.
        keys = [f"s:{place}:{body.settlement}{NARROWED_BY}{item}" for item in (body.item, "")]
    return [_retraction(event, keys, earlier_only=True)] if keys else []


def _retraction(event: Event, keys: list[str], *, earlier_only: bool = False, of_transaction: str = "") -> Retraction:
    body = event.body
    return Retraction(
        final=event.kind == "message_reversal",
        retraction_keys=keys,
        uploaded=event.uploaded,
        message=body.message,
        institution=body.institution,
        identity=event.identity,
        earlier_only=earlier_only,
        person=getattr(body, "person", None) or "",
        transaction=body.transaction,
        of_transaction=of_transaction,
        answered=event.answered,
    )


_TARGETS = {"registration": "r", "admission": "a", "discharge": "d"}
"""Kind of event -> what its visit is called by in the key of what takes it back."""


def targets_of(event: Event, sold: Sequence[Sold], *, stands: bool) -> list[str]:
    """The keys by which an event can be taken back, beside its msgid: those of its entries, some of them twice.

    Lines are named by their visit, for there may be thousands. sold: its trace codes. stands: whether it has entries.

    Long because each kind of event is named in its own way.
    """
    body = event.body
    place = body.institution
    if isinstance(body, Settlement):
        settlement = f"s:{place}:{body.settlement}"
        if not stands:
            return [settlement]
        lines = _targets_of_lines(body) if body.lines else ()
        return [settlement, *lines, *_targets_of_codes(place, settlement, sold)]
    if isinstance(body, FeeLines):
        return _targets_of_lines(body)
    if isinstance(body, Stock):
        settlement = f"s:{place}:{body.settlement}" if sold and body.settlement else ""
        codes = _targets_of_codes(place, settlement, sold)
        if settlement:
            codes.append(settlement)
        if body.number and body.transaction in STOCK_SORTS:
            codes.append(f"k:{place}:{STOCK_SORTS[body.transaction]}:{body.number}")
        return codes
    letter = _TARGETS.get(event.kind)
    return [f"{letter}:{place}:{cast('Registration', body).visit}"] if letter else []


def _targets_of_lines(body: Settlement | FeeLines) -> list[str]:
    """Their batch and their visit."""
    visit = f"{body.institution}:{body.visit}"
    return [f"b:{visit}:{body.batch}", f"v:{visit}"] if body.batch else [f"v:{visit}"]


def _targets_of_codes(place: str, settlement: str, sold: Iterable[Sold]) -> list[str]:
    """Each code, and its item in the settlement, where that is known: a return names one or the other."""
    keys = []
    for one in sold:
        keys.append(f"c:{place}:{one.code.code}")
        if settlement:
            keys.append(f"{settlement}{NARROWED_BY}{one.item}")
    return keys


def taken_by(event: Event, retractions: Iterable[Retraction]) -> Iterator[str]:
    """The keys of what an event takes back, as `targets_of` has them."""
    body = event.body
    for key in (key for one in retractions for key in one.retraction_keys):
        is_line = isinstance(body, FeeLinesCancel) and key.startswith("l:")
        yield f"v:{body.institution}:{cast('FeeLinesCancel', body).visit}" if is_line else key
