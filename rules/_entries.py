"""What a message leaves: entries by key space and key, and the retractions that it states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypedDict, cast

import msgspec

from .engine.retraction import Retraction
from .ledgers import Admitted, AnyEntry, Arrival, Fill, Record, Sale, Stay, Swipe, Visit
from .times import DAY, to_ms
from .wire.checks import codes_beside, is_set, stock_count
from .wire.door import Event, Opened
from .wire.fields import (
    EVERYTHING,
    Admission,
    Discharge,
    FeeLines,
    FeeLinesCancel,
    Line,
    Message,
    MessageReversal,
    PersonMessage,
    PreSettlement,
    Registration,
    Reversal,
    Settlement,
    Stock,
    StockDeletion,
    TraceCode,
    VisitCancel,
)
from .wire.forms import plain
from .wire.notation import is_bad_code

_STOCK_SORTS = {"3501": "1", "3502": "2", "3503": "3", "3505": "4"}
"""Transaction -> inv_data_type, by which 3507 names what it deletes."""


def fen(yuan: float | None) -> int:
    """Yuan to integer fen.

    >>> fen(19.99)
    1999
    """
    return round((yuan or 0.0) * 100)


class Left(msgspec.Struct):
    """What one event leaves, by key space.

    refunds_without_original: rows that give money back and name no settlement.
    """

    at_institution: list[AnyEntry] = msgspec.field(default_factory=list)
    of_person: list[AnyEntry] = msgspec.field(default_factory=list)
    of_tokens: list[Sale] = msgspec.field(default_factory=list)
    retractions: list[Retraction] = msgspec.field(default_factory=list)
    refunds_without_original: int = 0


class Remembered(msgspec.Struct):
    """What a message leaves: records, one for each key that it touches, and the retractions that it states.

    refunds_without_original: rows that give money back and name no settlement.
    """

    records: list[Record]
    retractions: list[Retraction]
    refunds_without_original: int = 0


def entries_of(opened: Opened, appended: int = 0) -> Remembered:
    """What a message leaves. appended: when the broker took it, ms."""
    parts = [left_by(event) for event in opened.events]
    retractions = [one for left in parts for one in left.retractions]
    records: list[Record] = []
    for number, (event, left) in enumerate(zip(opened.events, parts, strict=True)):
        if number == 0:
            left.at_institution.insert(0, _arrival(opened, parts))
        records += _records(event, left, appended)
    return Remembered(records, retractions, sum(left.refunds_without_original for left in parts))


def left_by(event: Event) -> Left:
    """What one event leaves."""
    body, left = event.body, Left()
    if isinstance(body, Settlement):
        if is_set(body.refund) or min(body.total, body.fund) < 0:
            _leave_refund(event, body, left)
        else:
            left.at_institution.append(_swipe(event, body))
            left.of_person += [_visit(event, body), *_fills(event, body, body.lines), *_settled_stay(event, body)]
            left.of_tokens = _sales(event, body, body.trace_codes, body.lines)
    elif isinstance(body, PreSettlement):
        left.of_person = [_visit(event, body), *_fills(event, body, body.lines)]
        left.at_institution.append(_swipe(event, body))
        left.of_tokens = _sales(event, body, body.trace_codes, body.lines)
    elif isinstance(body, FeeLines):
        left.of_person += _fills(event, body, body.lines)
    elif isinstance(body, Admission | Discharge):
        left.of_person.append(_stay(event, body))
        if isinstance(body, Admission):
            left.at_institution.append(Admitted(**_common(event), time=event.at))
    elif isinstance(body, Stock):
        if body.transaction == "3505":
            left.of_tokens = _sales(event, body, body.trace_codes, [])
        left.retractions = _stock_return(event, body)
    else:
        left.retractions = _retractions(event)
    return left


def _arrival(opened: Opened, parts: Sequence[Left]) -> Arrival:
    """That the message came: what of it can be taken back, and what it takes back."""
    event = opened.events[0]
    persons = {one.body.person for one in opened.events if isinstance(one.body, PersonMessage)}
    pairs = list(zip(opened.events, parts, strict=True))
    takes = dict.fromkeys(key for one, left in pairs for key in _takes(one, left))
    targets = dict.fromkeys(key for one, left in pairs for key in _targets(one, left))
    return Arrival(
        time=event.uploaded,
        uploaded=event.uploaded,
        message=event.body.message,
        institution=event.body.institution,
        identity=opened.identity,
        person=persons.pop() if len(persons) == 1 else "",
        transaction=event.body.transaction,
        answered=event.answered,
        targets=tuple(targets),
        takes=() if isinstance(event.body, Settlement) and not event.body.original else tuple(takes),
        of_transaction=next((one.of_transaction for left in parts for one in left.retractions), ""),
    )


def _targets(event: Event, left: Left) -> Iterator[str]:
    """The keys by which an event can be taken back; lines by their visit, for there may be thousands."""
    body = event.body
    entries: list[AnyEntry] = [*left.at_institution, *left.of_person, *left.of_tokens]
    for entry in entries:
        yield from (key for key in entry.retraction_keys if key[0] not in "mlp" and not entry.pre)
    if isinstance(body, Registration):
        yield f"r:{body.institution}:{body.visit}"
    elif isinstance(body, Settlement):
        yield f"s:{body.institution}:{body.settlement}"
    elif isinstance(body, Stock) and body.number and body.transaction in _STOCK_SORTS:
        yield f"k:{body.institution}:{_STOCK_SORTS[body.transaction]}:{body.number}"


def _takes(event: Event, left: Left) -> Iterator[str]:
    """The keys of what an event takes back, as `_targets` has them."""
    body = event.body
    for key in (key for one in left.retractions for key in one.retraction_keys):
        is_line = isinstance(body, FeeLinesCancel) and key.startswith("l:")
        yield f"v:{body.institution}:{cast('FeeLinesCancel', body).visit}" if is_line else key


def _records(event: Event, left: Left, appended: int) -> Iterator[Record]:
    bad = [sale for sale in left.of_tokens if sale.bad]
    if at_institution := [*left.at_institution, *bad]:
        yield Record("institution", event.body.institution, at_institution, appended)
    person = getattr(event.body, "person", None)
    if person and left.of_person:
        yield Record("person", person, left.of_person, appended)
    for code in sorted({sale.code for sale in left.of_tokens if not sale.bad}):
        yield Record("token", code, [sale for sale in left.of_tokens if sale.code == code], appended)


class _Common(TypedDict):
    uploaded: int
    message: str
    institution: str
    identity: int
    person: str
    settlement: str
    visit: str
    pre: bool
    name: str
    insured_in: str
    place: str
    transaction: str
    answered: int


def _common(event: Event) -> _Common:
    """What every entry of an event shares."""
    body = event.body
    return {
        "uploaded": event.uploaded,
        "message": body.message,
        "institution": body.institution,
        "identity": event.identity,
        "person": getattr(body, "person", None) or "",
        "settlement": getattr(body, "settlement", None) or "",
        "visit": getattr(body, "visit", None) or "",
        "pre": isinstance(body, PreSettlement),
        "name": body.institution_name or "",
        "insured_in": body.insured_in or "",
        "place": body.place or "",
        "transaction": body.transaction,
        "answered": event.answered,
    }


def _swipe(event: Event, body: Settlement | PreSettlement) -> Swipe:
    """A card that was swiped, or may be: of a question the fund and the balance are not known."""
    fund, balance = (body.fund, body.balance) if isinstance(body, Settlement) else (0.0, None)
    pre = isinstance(body, PreSettlement)
    return Swipe(
        **_common(event),
        time=event.at,
        amount=fen(fund),
        total=fen(body.total),
        visit_type=body.visit_type,
        elsewhere=bool(body.insured_in and body.place and body.insured_in != body.place),
        credential=body.credential or "",
        balance=-1 if balance is None else fen(balance),
        operator=body.operator or "",
        operator_type=str(body.operator_type or ""),
        began=event.at if pre else min((to_ms(line.occurred) for line in body.lines), default=event.at),
    )


def _through_fund(line: Line, body: Message) -> int:
    """What a line put through the fund, fen: of a settlement its share, else what is in scope of it, at most.

    A fund that pays more than the total has paid the whole line, not more.
    """
    if isinstance(body, Settlement):
        return fen(line.amount * min(max(body.fund, 0.0), body.total) / body.total) if body.total > 0 else 0
    return fen(line.amount if line.in_scope is None else line.in_scope)


def _visit(event: Event, body: Settlement | PreSettlement) -> Visit:
    fund, from_family = (body.fund, body.from_family) if isinstance(body, Settlement) else (0.0, None)
    pre = isinstance(body, PreSettlement)
    return Visit(
        **_common(event),
        time=event.at,
        amount=fen(fund),
        visit_type=body.visit_type,
        county=body.place or "",
        credential=body.credential or "",
        operator_type=str(body.operator_type or ""),
        circulated=any(is_set(line.circulated) for line in body.lines),
        prescriptions=tuple(sorted({line.prescription for line in body.lines if line.prescription})),
        served=event.at if pre else max((to_ms(line.occurred) for line in body.lines), default=event.at),
        shared=pre or (from_family or 0.0) > 0,
        batch=getattr(body, "batch", None) or "",
    )


def _fills(event: Event, body: PersonMessage, lines: list[Line]) -> Iterator[Fill]:
    common, visit_type = _common(event), getattr(body, "visit_type", None) or ""
    for line in lines:
        time = event.at if isinstance(body, PreSettlement) else to_ms(line.occurred)
        yield Fill(
            **common,
            time=time,
            amount=_through_fund(line, body),
            line=line.line,
            item=line.item,
            quantity=round(line.count * 10_000),
            days=round(abs(line.days) * DAY) if line.days and abs(line.days) < 100 else 0,
            visit_type=visit_type,
            prescription=line.prescription or "",
            physician=line.physician or "",
            list_type=line.list_type or "",
            batch=getattr(body, "batch", None) or "",
        )


def _settled_stay(event: Event, body: Settlement) -> Iterator[Stay]:
    if body.transaction == "2304":
        yield Stay(
            **_common(event),
            time=event.at,
            amount=fen(body.fund),
            piece="settlement",
            visit_type=body.visit_type,
            diagnosis="",
            way="",
            interim=is_set(body.interim),
            discharged=_stated(body.discharged),
            batch=body.batch or "",
        )


def _stated(time: datetime | None) -> int:
    """A time that accompanies a message, ms UTC; 0 where it is not given."""
    return 0 if time is None else to_ms(time)


def _stay(event: Event, body: Admission | Discharge) -> Stay:
    admitted = isinstance(body, Admission)
    main = body.main_diagnosis or ""
    if not main and isinstance(body, Admission):
        # Not dise_codg: that is a code of the list of covered diseases, and no ICD-10.
        main = next((d.code for d in body.diagnoses if d.code), None) or ""
    return Stay(
        **_common(event),
        time=event.at,
        piece="admission" if admitted else "discharge",
        visit_type=getattr(body, "visit_type", None) or "",
        diagnosis=main,
        way=getattr(body, "way", None) or "",
        interim=False,
    )


def _sales(
    event: Event, body: Settlement | PreSettlement | Stock, codes: list[TraceCode], lines: list[Line]
) -> list[Sale]:
    """One sale for each code. The codes of one line (of one stock message) share its quantity and its amount."""
    if not codes:
        return []
    common = _common(event)
    by_line = {line.line: line for line in lines}
    line_of = {traced.code: traced.line or "" for traced in codes}
    shared = Counter(line_of.values())
    beside = dict(codes_beside(body))
    sales = {}
    for traced in codes:
        line, stock = by_line.get(line_of[traced.code]), isinstance(body, Stock)
        count = stock_count(body) if isinstance(body, Stock) else line.count if line else None
        amount = 0 if line is None else _through_fund(line, body)
        parts = len(line_of) if stock else shared[line_of[traced.code]]
        sales[traced.code] = Sale(
            **common,
            time=event.at,
            amount=round(amount / parts),
            line=traced.code,
            code=traced.code,
            split=is_set(traced.split),
            item=body.item if isinstance(body, Stock) else line.item if line else "",
            quantity=round((count or 0.0) / parts * 10_000),
            stock=stock,
            number=(body.number or "") if isinstance(body, Stock) else "",
            bad=is_bad_code(traced.code, *beside[traced.code]),
        )
    return list(sales.values())


def _leave_refund(event: Event, body: Settlement, left: Left) -> None:
    """A row of a settlement that does not stand.

    With positive amounts it is the settlement itself, said to be taken back; with negative ones it takes back the one
    that it names. Neither counts in any sum.
    """
    keys = [f"s:{body.institution}:{body.original}"] if body.original else []
    if min(body.total, body.fund) >= 0:
        keys.append(f"s:{body.institution}:{body.settlement}")
    if keys:
        left.retractions.append(_retraction(event, keys))
    else:
        left.refunds_without_original = 1


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
        sorts = [body.sort] if body.sort else sorted(_STOCK_SORTS.values())
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

    A purchase return (3504) takes back a purchase, of which no ledger keeps anything. What names neither codes nor a
    settlement takes nothing back: a lot is many packs.
    """
    if body.transaction != "3506":
        return []
    place = body.institution
    keys = [f"c:{place}:{traced.code}" for traced in body.trace_codes]
    if body.settlement and not keys:
        # Which item a code was of is not always known: a settlement need not carry its lines.
        keys = [f"i:{place}:{body.settlement}:{item}" for item in (body.item, "")]
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
