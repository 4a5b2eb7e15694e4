"""A flat message in the interface's own notation, decoded at once: most are, and it takes a quarter of the time.

Whatever might mean something else than it says is left to `reading`; a test holds that both give the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Annotated, NamedTuple, cast

import msgspec
from msgspec import Meta, field

from .fields import (
    EVERYTHING,
    Diagnosed,
    FeeLines,
    FeeLinesCancel,
    Line,
    Message,
    PreSettlement,
    Reversal,
    Review,
    Settlement,
    Stock,
    TraceCode,
    item_type,
)
from .forms import LISTS, TRANSACTIONS, Node, Transaction
from .notation import Unfit, moment, number, reader_of

ENCODER = msgspec.json.Encoder()

_OTHER_FORM = (
    *("input", "output", "infcode", "retRslt", "drugdetail", "detlcutinfo", "result", "data", "patient_dtos"),
    *("drug_trac_info", "drugtracinfo", "mdtrtarea_admdvs", "psn_pay", "cash_payamt"),
)
"""Fields of a message that tell that it is not written in the interface's own flat notation."""
_OTHER_STOCK = (
    *("drug_trac_codg", "invinfo", "purcinfo", "selinfo"),
    *("invinfoDetail", "purcinfoDetail", "selinfoDetail", "goodDetail", "medins_id", "patn_id"),
)
"""The same, of stock. What other messages must have, they lack where it stands elsewhere or under another name."""
_OTHER_LINE = ("bilg_dr_code", "hilist_code", "psn_no", "patn_id", "mdtrt_id", "med_type", "chrg_bchno")
"""Fields of a fee line that tell the same: another spelling, or whose line it is."""
_MINUS = re.compile(rb'-(?<=[":]-)')  # at the beginning of a number or a text
_ASCII = bytes(range(127))
"""Without DEL, which is a control character and needs no escape in JSON."""

Held = tuple[str, object, object]


class _Quick(NamedTuple):
    """How a flat message of one transaction is decoded."""

    infno: str
    transaction: Transaction
    decoder: msgspec.json.Decoder[Message]


def _refusing(struct: type[msgspec.Struct], names: Iterable[str], *held: Held) -> type[msgspec.Struct]:
    """The struct, which refuses each of these fields that it does not read itself: they may say nothing but null."""
    own = {one.encode_name for one in msgspec.structs.fields(struct)}
    told = [(f"of_{name}", None, field(name=name, default=None)) for name in names if name not in own]
    return msgspec.defstruct(
        f"Flat{struct.__name__}", [*told, *held], bases=(struct,), kw_only=True, omit_defaults=True
    )


@cache
def _flat_line() -> type[msgspec.Struct]:
    return _refusing(Line, _OTHER_LINE)


def _quick(infno: bytes) -> _Quick | None:
    """How messages of a transaction are decoded, made at the first of them; None of a transaction that nobody reads."""
    if (found := _QUICK.get(infno)) is not None:
        return found
    name = infno.removesuffix(b"A").decode("ascii", "replace")
    if name not in TRANSACTIONS:
        return None
    made = _QUICK[infno] = _made(name, TRANSACTIONS[name])
    return made


def _made(infno: str, transaction: Transaction) -> _Quick:
    struct, line = transaction.struct, _flat_line()
    held: list[Held] = []
    if struct is FeeLines:
        held = [("lines", Annotated[list[line], Meta(min_length=1)], field(name="feedetail"))]  # type: ignore[valid-type]
    elif issubclass(struct, Settlement | PreSettlement):
        held = [("lines", list[line], field(name="feedetail", default_factory=list))]  # type: ignore[valid-type]
    flat = _refusing(struct, (*_OTHER_FORM, *(_OTHER_STOCK if struct is Stock else ())), *held)
    return _Quick(infno, transaction, msgspec.json.Decoder(cast("type[Message]", flat)))


def decode(raw: bytes) -> tuple[Transaction, Message, bytes] | None:
    """The message as it stands, and encoded; None where something in it must be read in another way."""
    found = _quick(_infno_in(raw))
    if found is None:
        return None
    try:
        body = found.decoder.decode(raw)
        # A field that nobody reads is not decoded, but UTF-8 is promised of the whole.
        if (b"\x7f" in raw or not raw.isascii()) and (raw.decode() and not _is_printable(raw)):
            return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if body.answered is not None or body.transaction.removesuffix("A") != found.infno:
        return None
    if not _is_canonical(found.transaction.struct, body):
        return None
    body.transaction = found.infno
    encoded = ENCODER.encode(body)
    return (found.transaction, body, encoded) if _is_plain(raw, encoded) else None


def assemble(struct: type[Message], said: Node, lines: Sequence[object] = ()) -> tuple[Message, bytes] | None:
    """The message whose fields were laid over one another, and encoded; None where one must be read in another way.

    Only numbers may be texts here, and fields may say nothing: that is what nearly all such messages are.

    Long because each check turns a message away from the short way.
    """
    try:
        picked = _pick(struct, said)
        for name, held in _lists_of(struct):
            items = lines if held is Line else next((said[one] for one in LISTS[name] if said.get(one)), ())
            if items:
                picked[name] = [_pick(held, cast("Node", item)) for item in cast("list[object]", items)]
        body = msgspec.convert(picked, struct)
        encoded = ENCODER.encode(body)
    except (Unfit, TypeError, AttributeError, UnicodeEncodeError, msgspec.ValidationError):
        return None  # for an item that is no object, half of a surrogate, and the like
    if not _is_canonical(struct, body):
        return None
    if b"\x7f" in encoded or not (encoded.isascii() or _is_printable(encoded)):
        return None
    return (body, encoded) if _is_plain(encoded, encoded) else None


def _pick(struct: type[msgspec.Struct], node: Node) -> Node:
    """The fields of a struct that say something, numbers as numbers."""
    names, numbers = _plain_of(struct)
    picked = {name: value for name, value in node.items() if (value or value == 0) and name in names}
    for name in numbers & picked.keys():
        if type(picked[name]) is str:
            value = number(picked[name])
            if value is None:
                del picked[name]
            else:
                picked[name] = value
    if "refmsg_time" in picked:
        picked["refmsg_time"] = moment(picked["refmsg_time"])
    return picked


def _is_printable(text: bytes) -> bool:
    """Whether all of a text in UTF-8 that is not ASCII can be printed: nearly all of it is ASCII."""
    return text.translate(None, _ASCII).decode().isprintable()


def _infno_in(raw: bytes) -> bytes:
    """What stands for infno, by its place among the bytes; what is decoded must say the same."""
    begin = raw.find(b'"', raw.find(b'"infno"') + 7) + 1
    return raw[begin : begin + 5].rstrip(b'",')


def _is_plain(raw: bytes, encoded: bytes) -> bool:
    """Whether no text has blanks at an end, control characters, or nothing to say.

    The encoder writes no blank and no backslash of its own; of empty texts the types see to it.
    """
    if b" " in encoded and (b' "' in encoded or b'" ' in encoded or b"  " in encoded):
        return False
    if _MINUS.search(encoded) and (b'"-"' in encoded or b":-0.0" in encoded):
        return False
    # What is written as an escape stood there as ASCII.
    return b"\\" not in raw or (b"\\" not in encoded and _is_printable(encoded))


# Whether times and folded codes stand as `reading` would write them, and no line tells of another form.


def _is_canonical(struct: type[Message], body: Message) -> bool:
    if body.uploaded.tzinfo is not None or body.institution != body.institution.upper():
        return False
    return _CANONICAL.get(struct, _has_plain_moments)(body)


def _has_plain_moments(body: Message) -> bool:
    """Whether the times of a visit, and of its diagnoses, are those of Beijing."""
    for name in ("settled", "began", "ended"):
        time = getattr(body, name, None)
        if time is not None and time.tzinfo is not None:
            return False
    return not any(one.time is not None and one.time.tzinfo is not None for one in getattr(body, "diagnoses", ()))


def _is_canonical_settlement(body: Message) -> bool:
    bill = cast("Settlement", body)
    if bill.settled.tzinfo is not None or (bill.discharged is not None and bill.discharged.tzinfo is not None):
        return False
    return _is_canonical_question(body)


def _is_canonical_question(body: Message) -> bool:
    for one in cast("Settlement", body).trace_codes:
        if not _is_national(one.code):
            return False
    return _has_canonical_lines(body)


def _has_canonical_lines(body: Message) -> bool:
    for line in cast("FeeLines", body).lines:
        if line.occurred.tzinfo is not None or line.item != line.item.upper():
            return False
    return True


def _is_canonical_cancel(body: Message) -> bool:
    """By one batch; lines may stand twice, and everything may be said in two ways."""
    cancel = cast("FeeLinesCancel", body)
    return not cancel.lines and cancel.batch not in (None, EVERYTHING)


def _is_canonical_reversal(body: Message) -> bool:
    """By its own number: one that names the original besides takes that back."""
    return cast("Reversal", body).original is None and _has_plain_moments(body)


def _is_canonical_stock(body: Message) -> bool:
    stock = cast("Stock", body)
    times = (stock.time, stock.sold_time, stock.bought_time, stock.changed_time, stock.counted_time)
    if stock.item != stock.item.upper() or any(time is not None and time.tzinfo is not None for time in times):
        return False
    if not stock.trace_codes and body.transaction[:4] == "3505":
        return False  # a sale without a code is counted
    if stock.split is not None and any(one.split is None for one in stock.trace_codes):
        return False  # what is not said of a code is said of its row
    return all(_is_national(one.code) for one in stock.trace_codes)


def _is_national(code: str) -> bool:
    return len(code) == 20 and code.isascii() and code.isdigit()


_CANONICAL: dict[type[Message], Callable[[Message], bool]] = {
    Settlement: _is_canonical_settlement,
    PreSettlement: _is_canonical_question,
    Review: _is_canonical_question,
    FeeLines: _has_canonical_lines,
    FeeLinesCancel: _is_canonical_cancel,
    Reversal: _is_canonical_reversal,
    Stock: _is_canonical_stock,
}
_QUICK: dict[bytes, _Quick] = {}
"""infno -> how such messages are decoded. Making them takes a third of a second, and few commands read messages."""


@cache
def _plain_of(struct: type[msgspec.Struct]) -> tuple[frozenset[str], frozenset[str]]:
    """The fields of a struct that are no lists, and those of them that are numbers."""
    fields = msgspec.structs.fields(struct)
    plain = frozenset(one.encode_name for one in fields if item_type(one.type) is None)
    return plain, frozenset(one.encode_name for one in fields if reader_of(one.type) is number)


@cache
def _lists_of(struct: type[Message]) -> list[tuple[str, type[msgspec.Struct]]]:
    """The lists of a struct, and what they hold."""
    return [
        (held.encode_name, cast("type[msgspec.Struct]", item_type(held.type)))
        for held in msgspec.structs.fields(struct)
        if item_type(held.type) in (Line, TraceCode, Diagnosed)
    ]
