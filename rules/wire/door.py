"""The door: bytes become events, or are refused with every reason; persons become pseudonyms here.

What decides stands in the message and in its append time alone, so every process decides alike.
A reason names the field, what was expected, and the type and length of what came; never a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import cast

import msgspec

from ..times import LATEST, MINUTE, from_ms, parse, to_ms
from .answers import OTHER, Event, Failed, Late, Limits, Opened, Refused, Sender, Skipped
from .checks import bad_codes_of, content_reasons, leave_out_age, place
from .fields import Admission, FeeLines, Message, PersonMessage, Settlement, Stock
from .forms import TRANSACTIONS, Node, Transaction, is_absent, node, plain
from .notation import Reader, Unfit, moment, telephone, text_reader
from .pseudonyms import Pseudonyms
from .reading import Reading, reason_without_transaction
from .reasons import Reason, describe
from .shortcut import ENCODER, decode

EARLIEST = parse("2000-01-01")
"""No settlement system uploaded before. What is written about a time near the year 1 would leave the calendar, ms."""

_BOM = b"\xef\xbb\xbf"
_HEADER = 800
"""Within so many bytes a request begins, in nearly all messages: what begins later is found out when it is decoded."""
_SUCCESS = ("0", "00", "0000")
_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")
MOST_CODE = 64
_code, _text = text_reader(0, MOST_CODE, folded=True), text_reader(0, MOST_CODE)


class Door:
    """Opens messages one by one; holds the limits and the key of the pseudonyms, no state of the traffic."""

    def __init__(self, pseudonyms: Pseudonyms, limits: Limits | None = None, *, shortcut: bool = True) -> None:
        """Take shortcut=False to read every message field by field: slower, and the same."""
        self.pseudonyms = pseudonyms
        self.limits = limits or Limits()
        self._shortcut = shortcut
        self._keyed = blake2b(digest_size=8, key=pseudonyms.key)

    def open(self, raw: bytes, appended: int) -> Opened:
        """The events in these bytes, appended to the log at this moment (ms UTC).

        Raises Refused, Skipped, Failed or Late.
        """
        brackets = self._check_size(raw)
        # Fewer brackets than items are allowed: no list is too long.
        may_be_flat = self._shortcut and brackets <= self.limits.max_items and raw.find(b'"input"', 0, _HEADER) < 0
        if may_be_flat and (found := decode(raw)) is not None:
            transaction, body, encoded = found
            return self._judge(None, transaction, [body], [encoded], Opened([]), appended)
        return self._read(raw, appended)

    def _check_size(self, raw: bytes) -> int:
        """Refuse what is too large or nested too deep; gives how many brackets are opened."""
        if len(raw) > self.limits.max_bytes:
            large = Reason("too_large", f"message: expected at most {self.limits.max_bytes} bytes, was {len(raw)}")
            raise Refused([large])
        # What has no more brackets than that cannot be nested deeper; an ordinary message has about as many.
        brackets = raw.count(b"{") + raw.count(b"[")
        if brackets > self.limits.max_depth and _is_deeper(raw, self.limits.max_depth):
            deep = Reason("too_deep", f"message: expected at most {self.limits.max_depth} levels, nested deeper")
            raise Refused([deep])
        return brackets

    def _read(self, raw: bytes, appended: int) -> Opened:
        """A message in any form and notation."""
        message = _object(raw.removeprefix(_BOM))
        sender = sender_of(message)
        infno = plain(sender.transaction)
        if not infno:
            raise Refused([reason_without_transaction(message)], sender)
        transaction = TRANSACTIONS.get(infno)
        if transaction is None:
            raise Skipped(sender)
        sender = Sender(sender.institution, infno, sender.message)
        request, reply = node(message, "input"), node(message, "output")
        if _has_failed(message, infno, reply):
            raise Failed(sender)
        if transaction.needs_reply and request and not reply and is_absent(message.get("infcode")):
            expected = f"output beside input: {sender.transaction} is done only where the reply says so"
            raise Refused([Reason("no_result", f"output: expected {expected}, was missing")], sender)
        reading = Reading(self.limits.max_items, from_ms(min(appended, LATEST)), request, reply)
        bodies = reading.bodies(message, infno, transaction)
        encoded = [reading.written.get(id(body)) or ENCODER.encode(body) for body in bodies]
        opened = Opened([], missing_codes=reading.missing_codes, cut=dict(reading.cut))
        return self._judge(sender, transaction, bodies, encoded, opened, appended, reading.reasons)

    def _judge(
        self,
        sender: Sender | None,
        transaction: Transaction,
        bodies: list[Message],
        encoded: list[bytes],
        opened: Opened,
        appended: int,
        wrong: Sequence[Reason] = (),
    ) -> Opened:
        """What was understood is in time, or late, or refused for what it says.

        Long because each reason to refuse stands by itself.
        """
        first = bodies[0]
        uploaded = to_ms(first.uploaded)
        bounds = uploaded - self.limits.grace_of(first.transaction), uploaded + self.limits.ahead
        found = list(wrong)
        if uploaded < EARLIEST or uploaded > appended + self.limits.ahead:
            found += self._upload_reasons(uploaded, appended)
        ahead = 0
        for body, written in zip(bodies, encoded, strict=True):
            found += content_reasons(body, written)
            ahead += self._admit(transaction.kind, body, written, uploaded, bounds, opened)
        # Lines of several persons: those of one may lie in the future, as a single line may.
        if ahead == len(bodies) or (ahead and not isinstance(first, FeeLines)):
            expected = f"at most {self.limits.ahead // MINUTE} min after inf_time"
            found.append(Reason("business_time_ahead", f"business time: expected {expected}, was later"))
        if found or not opened.events:
            sender = sender or Sender(first.institution, first.transaction, first.message)
            raise Refused(found, sender) if found else Late(transaction.kind, sender)
        if len(opened.events) == 1:
            opened.identity = opened.events[0].identity
        else:
            opened.identity = self._identity(ENCODER.encode([event.identity for event in opened.events]))
        return opened

    def _admit(
        self,
        kind: str,
        body: Message,
        written: bytes,
        uploaded: int,
        bounds: tuple[int, int],
        opened: Opened,
    ) -> bool:
        """Take one event in, or count what is left out of it. Returns True where it lies in the future.

        Long because each kind of message has its own field to leave out or to make a pseudonym of.
        """
        answered = 0
        if body.answered is not None:
            answered, body.answered = to_ms(body.answered), None
            written = ENCODER.encode(body)
        if isinstance(body, FeeLines):
            written = _said_by_request(body)
        at, when = place(body, *bounds, opened)
        if when == "in_time":
            if isinstance(body, Settlement) and (body.age is not None or body.born is not None):
                leave_out_age(body, at, self.limits.max_age, opened)
            bad_codes = bad_codes_of(body)
            opened.bad_codes += len(bad_codes)
            if isinstance(body, PersonMessage) or (isinstance(body, Stock) and body.person):
                body.person = self.pseudonyms.person(cast("str", body.person))
            if isinstance(body, Admission) and body.telephone is not None:
                number = telephone(body.telephone)
                body.telephone = None if number is None else self.pseudonyms.telephone(number)
            opened.events.append(Event(kind, body, at, uploaded, self._identity(written), answered, tuple(bad_codes)))
        else:
            opened.late_lines += len(body.lines) if isinstance(body, FeeLines) else 1
        return when == "ahead"

    def _upload_reasons(self, uploaded: int, appended: int) -> list[Reason]:
        """An upload in the future, or before every system."""
        found = []
        if uploaded < EARLIEST:
            found.append(Reason("upload_ancient", "inf_time: expected 2000 or later, was earlier"))
        if uploaded > appended + self.limits.ahead:
            expected = f"at most {self.limits.ahead // MINUTE} min after the broker's append time"
            found.append(Reason("upload_ahead", f"inf_time: expected {expected}, was later"))
        return found

    def _identity(self, written: bytes) -> int:
        """Keyed, for what is written names a person."""
        hashed = self._keyed.copy()
        hashed.update(written)
        return int.from_bytes(hashed.digest())


_TRANSACTION = re.compile(r"\d{4}[A-Z]?", re.ASCII)


def sender_of(message: Node) -> Sender:
    """Who sent a message, as far as it can be read; OTHER where infno is no number of a transaction."""
    institution = _said_code(message, "fixmedins_code") or _said_code(message, "medins_id")
    infno = _said_code(message, "infno")
    transaction = infno if not infno or _TRANSACTION.fullmatch(infno) else OTHER
    return Sender(institution, transaction, _said_code(message, "msgid", _text))


class _Stamp(msgspec.Struct):
    """What decides about the place of a message among others, as it came."""

    uploaded: object = msgspec.field(name="inf_time", default=None)
    message: object = msgspec.field(name="msgid", default=None)


_STAMP = msgspec.json.Decoder(_Stamp)


def stamp_of(raw: bytes) -> tuple[int, str] | None:
    """inf_time (ms UTC) and msgid of a message, as the door reads them; None where it states no inf_time.

    Whether it would be let in is not asked. Both stand in the header, whatever the form.

    >>> stamp_of(b'{"msgid": "m1", "inf_time": "2026-03-05 10:00:00", "input": {}}')
    (1772676000000, 'm1')
    >>> stamp_of(b'{"msgid": "m1"') is None
    True
    """
    try:
        came = _STAMP.decode(raw.removeprefix(_BOM))
        said: Node = {"inf_time": came.uploaded, "msgid": came.message}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            said = _object(raw.removeprefix(_BOM))
        except Refused:
            return None
    try:
        uploaded = moment(said.get("inf_time"))
    except Unfit:
        return None
    return None if uploaded is None else (to_ms(uploaded), _said_code(said, "msgid", _text))


def _said_code(message: Node, name: str, read: Reader = _code) -> str:
    came = message.get(name)
    if type(came) is str and came.isalnum() and came.isascii() and len(came) <= MOST_CODE:
        return came.upper() if read is _code else came
    try:
        return "" if is_absent(came) else str(read(came) or "")
    except Unfit:
        return ""


def _object(raw: bytes) -> Node:
    came: object
    try:
        came = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        came = _leniently(raw)
    if not isinstance(came, dict):
        raise Refused([Reason("not_object", f"message: expected an object, was {describe(came)}")])
    return came


def _leniently(raw: bytes) -> object:
    """The value in bytes of which a field that nobody reads may hold what is not text: half a surrogate, 1e400."""
    try:
        return json.loads(raw.decode(), parse_constant=_no_constant, parse_int=_integer)
    except (ValueError, RecursionError):  # JSONDecodeError and UnicodeDecodeError are among them
        not_json = Reason("not_json", f"message: expected JSON in UTF-8, {len(raw)} bytes are not")
        raise Refused([not_json]) from None


def _integer(digits: str) -> float:
    """An integer; one of thousands of digits is as good as infinite, and Python would refuse to read it."""
    return int(digits) if len(digits) < 1_000 else float(digits)


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _has_failed(message: Node, infno: str, reply: Node) -> bool:
    """Whether the reply says so: infcode other than 0; of stock also retRslt other than 1, its second level."""
    code = message.get("infcode")
    if not is_absent(code) and code not in (0, "0") and _said_code(message, "infcode") not in _SUCCESS:
        return True
    if not infno.startswith("35"):
        return False
    result = node(reply, "result") or reply or message
    return not is_absent(result.get("retRslt")) and _said_code(result, "retRslt") != "1"


def _said_by_request(body: FeeLines) -> bytes:
    """Fee lines without what only the reply says of them."""
    replied = [(line.in_scope, line.price_limit, line.charge_type) for line in body.lines]
    for line in body.lines:
        line.in_scope = line.price_limit = line.charge_type = None
    written = ENCODER.encode(body)
    for line, of_reply in zip(body.lines, replied, strict=True):
        line.in_scope, line.price_limit, line.charge_type = of_reply
    return written


def _is_deeper(raw: bytes, most: int) -> bool:
    # Without what is escaped, every second piece between quotes lies outside of strings.
    outside = raw.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    brackets = b"".join(outside).translate(_ONE_BRACKET, _NO_BRACKETS)
    for _ in range(most):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")  # the innermost level
    return b"[]" in brackets or brackets.count(b"[") > most


__all__ = [
    "Door",
    "Event",
    "Failed",
    "Late",
    "Limits",
    "Opened",
    "Refused",
    "Sender",
    "Skipped",
    "sender_of",
    "stamp_of",
]
