"""What an event leaves: its entries, by key space and key, and the retractions that it states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypedDict

import msgspec

from ._ledger import Retraction
from .ledgers import Admitted, AnyEntry, Arrival, Fill, Record, Sale, Stay, Swipe, Visit, good_code
from .times import DAY, parse, to_ms
from .wire.door import is_set, stock_count
from .wire.fields import (
    Admission,
    Discharge,
    Event,
    FeeLines,
    FeeLinesCancel,
    Line,
    Message,
    MessageReversal,
    PersonMessage,
    PreSettlement,
    Reversal,
    Settlement,
    Stock,
    TraceCode,
    VisitCancel,
)


def fen(yuan: float | None) -> int:
    """Yuan to integer fen.

    >>> fen(19.99)
    1999
    """
    return round((yuan or 0.0) * 100)


def entries_of(event: Event, appended: int = 0) -> tuple[list[Record], list[Retraction]]:
    """The records that an event leaves, one for each key that it touches, and the retractions that it states.

    appended: when the broker took the event, ms.
    """
    body = event.body
    arrival = Arrival(
        time=event.uploaded,
        uploaded=event.uploaded,
        message=body.message,
        institution=body.institution,
        identity=event.identity,
    )
    at_institution: list[AnyEntry] = [arrival]
    of_person: list[AnyEntry] = []
    of_tokens: list[Sale] = []
    retractions: list[Retraction] = []
    if isinstance(body, Settlement):
        if is_set(body.refund) or min(body.total, body.fund) < 0:
            retractions, more = _refund(event, body)
            at_institution += more
        else:
            swipe = _swipe(event, body)
            at_institution.append(swipe)
            of_person += [_visit(event, body), *_fills(event, body, body.lines), *_settled_stay(event, body)]
            of_tokens = _sales(event, body, body.trace_codes, body.lines)
    elif isinstance(body, PreSettlement):
        of_person = [_visit(event, body), *_fills(event, body, body.lines)]
        at_institution.append(_question_swipe(event, body))
        of_tokens = _sales(event, body, body.trace_codes, body.lines)
    elif isinstance(body, FeeLines):
        of_person += _fills(event, body, body.lines)
    elif isinstance(body, Admission | Discharge):
        of_person.append(_stay(event, body))
        if isinstance(body, Admission):
            at_institution.append(Admitted(**_common(event), time=event.at))
    elif isinstance(body, Stock):
        if body.transaction in ("3505", "3505A"):
            of_tokens = _sales(event, body, body.trace_codes, [])
        retractions = _stock_retractions(event, body)
    else:
        retractions = _retractions(event)
    return list(_records(event, at_institution, of_person, of_tokens, appended)), retractions


def _records(
    event: Event, at_institution: list[AnyEntry], of_person: list[AnyEntry], sales: list[Sale], appended: int
) -> Iterator[Record]:
    bad = [sale for sale in sales if not good_code(sale.code)]
    yield Record("institution", event.body.institution, [*at_institution, *bad], appended)
    person = getattr(event.body, "person", None)
    if person and of_person:
        yield Record("person", person, of_person, appended)
    for code in sorted({sale.code for sale in sales if good_code(sale.code)}):
        yield Record("token", code, [sale for sale in sales if sale.code == code], appended)


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
    }


def _swipe(event: Event, body: Settlement) -> Swipe:
    return Swipe(
        **_common(event),
        time=event.at,
        amount=fen(body.fund),
        total=fen(body.total),
        transaction=body.transaction,
        visit_type=body.visit_type,
        elsewhere=bool(body.insured_in and body.place and body.insured_in != body.place),
        credential=body.credential or "",
        balance=-1 if body.balance is None else fen(body.balance),
        operator=body.operator or "",
        operator_type=str(body.operator_type or ""),
        began=min((to_ms(line.occurred) for line in body.lines), default=event.at),
    )


def _question_swipe(event: Event, body: PreSettlement) -> Swipe:
    return Swipe(
        **_common(event),
        time=event.at,
        total=fen(body.total),
        transaction=body.transaction,
        visit_type=body.visit_type,
        elsewhere=bool(body.insured_in and body.place and body.insured_in != body.place),
        credential=body.credential or "",
        balance=-1,
        operator=body.operator or "",
        operator_type=str(body.operator_type or ""),
        began=event.at,
    )


def _through_fund(line: Line, body: Message) -> int:
    """What a line put through the fund, fen: of a settlement its share, else what is in scope of it, at most."""
    if isinstance(body, Settlement):
        return fen(line.amount * max(body.fund, 0.0) / body.total) if body.total > 0 else 0
    return fen(line.amount if line.in_scope is None else line.in_scope)


def _visit(event: Event, body: Settlement | PreSettlement) -> Visit:
    fund, from_family = (body.fund, body.from_family) if isinstance(body, Settlement) else (0.0, None)
    pre = isinstance(body, PreSettlement)
    return Visit(
        **_common(event),
        time=event.at,
        amount=fen(fund),
        transaction=body.transaction,
        visit_type=body.visit_type,
        county=body.place or "",
        credential=body.credential or "",
        operator_type=str(body.operator_type or ""),
        circulated=any(is_set(line.circulated) for line in body.lines),
        prescriptions=tuple(sorted({line.prescription for line in body.lines if line.prescription})),
        served=event.at if pre else max((to_ms(line.occurred) for line in body.lines), default=event.at),
        shared=pre or (from_family or 0.0) > 0,
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
            transaction=body.transaction,
            item=line.item,
            quantity=round(line.count * 10_000),
            days=round(abs(line.days) * DAY) if line.days and abs(line.days) < 100 else 0,
            visit_type=visit_type,
            prescription=line.prescription or "",
            physician=line.physician or "",
            list_type=line.list_type or "",
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
            transaction=body.transaction,
            discharged=_stated(body.discharged),
        )


def _stated(time: str | None) -> int:
    """A time that accompanies a message, ms UTC; 0 where it is not given, or not to be read."""
    try:
        return parse(time) if time else 0
    except ValueError:
        return 0


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
        transaction=body.transaction,
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
    sales = {}
    for traced in codes:
        line, stock = by_line.get(line_of[traced.code]), isinstance(body, Stock)
        count = stock_count(body) if isinstance(body, Stock) else line.count if line else None
        amount = 0 if line is None else _through_fund(line, body)
        parts = len(line_of) if stock else shared[line_of[traced.code]]
        split = body.split if isinstance(body, Stock) and traced.split is None else traced.split
        sales[traced.code] = Sale(
            **common,
            time=event.at,
            amount=round(amount / parts),
            line=traced.code,
            code=traced.code,
            split=is_set(split),
            item=body.item if isinstance(body, Stock) else line.item if line else "",
            quantity=round((count or 0.0) / parts * 10_000),
            stock=stock,
        )
    return list(sales.values())


def _refund(event: Event, body: Settlement) -> tuple[list[Retraction], list[AnyEntry]]:
    """A row that gives money back: it takes its original back, or, where it names none, counts as money that came back.

    Some systems send its amounts with their sign, some without: the flag says which way the money went.
    """
    if body.original:
        return [_retraction(event, [f"s:{body.original}"])], []
    swipe = _swipe(event, body)
    return [], [msgspec.structs.replace(swipe, amount=-abs(swipe.amount), total=-abs(swipe.total), refund=True)]


def _retractions(event: Event) -> list[Retraction]:
    body = event.body
    if isinstance(body, Reversal):
        return [_retraction(event, [f"s:{body.settlement}"])]
    if isinstance(body, MessageReversal) and body.reversed_transaction != "2601":
        return [_retraction(event, [f"m:{body.institution}:{body.reversed_message}"])]
    if isinstance(body, FeeLinesCancel):
        lines = [body.taken_back] if isinstance(body.taken_back, str) else body.taken_back
        everything = "0000" in lines
        names = [f"v:{body.visit}"] if everything else [f"l:{body.visit}:{line}" for line in lines]
        return [_retraction(event, names, earlier_only=True)]
    if isinstance(body, VisitCancel):
        name = {"2202": "r", "2404": "a", "2405": "d"}[body.transaction]
        return [_retraction(event, [f"{name}:{body.visit}"], earlier_only=True)]
    return []


def _stock_retractions(event: Event, body: Stock) -> list[Retraction]:
    """A sale return (3506) takes back the sale; a deletion (3507) what stock reported of it, and no more.

    A purchase return (3504) takes back a purchase (3503), of which no ledger keeps anything. What names neither codes
    nor a settlement takes nothing back: a lot is many packs.
    """
    if body.transaction not in ("3506", "3507"):
        return []
    of_code, of_settlement = "cb" if body.transaction == "3506" else "ko"
    names = [f"{of_code}:{body.institution}:{traced.code}" for traced in body.trace_codes]
    if body.settlement and not names:
        names = [f"{of_settlement}:{body.institution}:{body.settlement}"]
    return [_retraction(event, names, earlier_only=True)] if names else []


def _retraction(event: Event, names: list[str], *, earlier_only: bool = False) -> Retraction:
    return Retraction(
        final=event.kind == "message_reversal",
        retraction_keys=names,
        uploaded=event.uploaded,
        message=event.body.message,
        institution=event.body.institution,
        identity=event.identity,
        earlier_only=earlier_only,
    )
