"""The door: bytes become an event, or are refused with every reason; persons become pseudonyms here.

What decides stands in the message and in its append time alone, so every process decides alike.
A reason names the field, what was expected, and the type and length of what came; never a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from typing import cast

import msgspec

from ..times import DAY, HOUR, MINUTE, iso, parse, to_ms
from .fields import (
    AMOUNTS,
    KINDS,
    LISTS,
    OTHER_SPELLINGS,
    Event,
    FeeLines,
    Line,
    Message,
    PersonMessage,
    PreSettlement,
    Settlement,
    Stock,
)
from .notation import normalise
from .pseudonyms import Pseudonyms
from .reasons import MOST_TEXT, Reason, describe, limited, mended, reasons, too_many

EARLIEST = parse("2000-01-01")
"""No settlement system uploaded before. What is written about a time near the year 1 would leave the calendar, ms."""


class Limits(msgspec.Struct, frozen=True):
    """What the door lets in; each figure is our assumption unless it names its source.

    grace, grace_inpatient_lines: how much later than its business time a message may be uploaded, ms (72 h; 60 d for
    lines of 2301, which hospitals upload at discharge).
    ahead: how far a business time may lie behind its own upload, and an upload behind the broker's append time, ms.
    max_bytes, max_items, max_depth: of one message. max_age: years.
    """

    grace: int = 72 * HOUR
    grace_inpatient_lines: int = 60 * DAY
    ahead: int = 10 * MINUTE
    max_bytes: int = 512 * 1024
    max_items: int = 2_000
    max_depth: int = 8
    max_age: int = 150


class Refused(Exception):  # noqa: N818 - it is an answer of the door, not an error of the program
    """A message that is set aside, with every reason that was found, up to a limit."""

    def __init__(self, found: Iterable[Reason]) -> None:
        self.reasons = limited(found)
        super().__init__("; ".join(reason.text for reason in self.reasons)[:MOST_TEXT])


class Skipped(Exception):  # noqa: N818 - likewise
    """A message of a transaction that nothing here uses; the argument is the transaction."""


class Late(Exception):  # noqa: N818 - likewise
    """A good message that came later than the grace; the argument is its kind."""


class _Head(msgspec.Struct):
    transaction: object = msgspec.field(name="infno", default=None)


_HEAD = msgspec.json.Decoder(_Head)
_DECODERS = {infno: (kind, msgspec.json.Decoder(struct)) for infno, (kind, struct) in KINDS.items()}
_ENCODER = msgspec.json.Encoder()
_OF_STOCK = {"drug_trac_info": "drugtracinfo", "patn_id": "psn_no"}
_OF_SETTLEMENT = {"drugtracinfo": "drug_trac_info"}
_SPELLINGS = [f'"{name}"'.encode() for name in OTHER_SPELLINGS]
_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")


class Door:
    """Opens messages one by one; holds the limits and the key of the pseudonyms, no state of the traffic."""

    def __init__(self, pseudonyms: Pseudonyms, limits: Limits | None = None) -> None:
        self.pseudonyms = pseudonyms
        self.limits = limits or Limits()

    def open(self, raw: bytes, appended: int) -> Event:
        """The event in these bytes, appended to the log at this moment (ms UTC).

        Raises Refused, Skipped or Late.
        """
        body, kind = self._decode(raw, appended)
        uploaded = to_ms(body.uploaded)
        if isinstance(body, PersonMessage) or (isinstance(body, Stock) and body.person):
            body.person = self.pseudonyms.person(cast("str", body.person))
        normalise(body)
        identity = int.from_bytes(blake2b(_ENCODER.encode(body), digest_size=8).digest(), "big")
        times = _business_times(body, uploaded)
        latest = max(times)
        found = self._content_reasons(body, times[0]) + self._time_reasons(latest, uploaded, appended)
        if found:
            raise Refused(found)
        grace = self.limits.grace_inpatient_lines if body.transaction == "2301" else self.limits.grace
        if (latest if isinstance(body, FeeLines) else times[0]) < uploaded - grace:
            raise Late(kind)
        late_lines = self._leave_out_late_lines(body, uploaded - grace) if min(times) < uploaded - grace else 0
        return Event(kind, body, times[0], uploaded, identity, late_lines)

    def _decode(self, raw: bytes, appended: int) -> tuple[Message, str]:
        self._check_size(raw)
        try:
            if not raw.isascii():
                raw.decode()  # a field that nobody reads is not decoded below, but UTF-8 is promised of the whole
            infno = _HEAD.decode(raw).transaction
            if not isinstance(infno, str) or not infno:
                raise _no_transaction(infno)
            found = _DECODERS.get(infno)
            if found is None:
                raise Skipped(infno)
            kind, decoder = found
            raw = _in_our_spelling(infno, raw)
            try:
                return decoder.decode(raw), kind
            except msgspec.ValidationError:
                # The other spellings stand for required fields: without them the first try fails.
                if any(name in raw for name in _SPELLINGS):
                    raw = _respell(raw, OTHER_SPELLINGS)
                    with suppress(msgspec.ValidationError):
                        return decoder.decode(raw), kind
                raise Refused(self._reasons(KINDS[infno][1], msgspec.json.decode(raw), appended)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Refused([self._not_an_object(raw)]) from None
        except RecursionError:
            raise Refused([self._too_deep()]) from None

    def _reasons(self, struct: type[Message], came: dict[str, object], appended: int) -> Iterator[Reason]:
        """What does not decode first; then the rest is judged, with a blank for what does not decode.

        A blank time is the upload, or the append time where that is wrong too; nothing objects to a blank.
        """
        wrong = list(limited(reasons(struct, came, self.limits.max_items)))
        yield from wrong or [
            Reason("wrong_type", "message: expected each field once, one stands twice with different types")
        ]
        body = mended(struct, came, self.limits.max_items, iso(appended))
        normalise(body)
        uploaded = to_ms(body.uploaded)
        times = _business_times(body, uploaded)
        yield from self._content_reasons(body, times[0])
        yield from self._time_reasons(max(times), uploaded, appended)

    def _not_an_object(self, raw: bytes) -> Reason:
        try:
            came = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Reason("not_json", f"message: expected JSON in UTF-8, {len(raw)} bytes are not")
        return Reason("not_object", f"message: expected an object, was {describe(came)}")

    def _check_size(self, raw: bytes) -> None:
        if len(raw) > self.limits.max_bytes:
            large = Reason("too_large", f"message: expected at most {self.limits.max_bytes} bytes, was {len(raw)}")
            raise Refused([large])
        # What has no more brackets than that cannot be nested deeper; an ordinary message has about as many.
        if raw.count(b"{") + raw.count(b"[") > self.limits.max_depth and _is_deeper(raw, self.limits.max_depth):
            raise Refused([self._too_deep()])

    def _too_deep(self) -> Reason:
        return Reason("too_deep", f"message: expected at most {self.limits.max_depth} levels, nested deeper")

    def _time_reasons(self, latest: int, uploaded: int, appended: int) -> list[Reason]:
        """What lies in the future, or before every system."""
        minutes = self.limits.ahead // MINUTE
        found = []
        if uploaded < EARLIEST:
            found.append(Reason("upload_ancient", "inf_time: expected 2000 or later, was earlier"))
        if uploaded > appended + self.limits.ahead:
            expected = f"at most {minutes} min after the broker's append time"
            found.append(Reason("upload_ahead", f"inf_time: expected {expected}, was later"))
        if latest > uploaded + self.limits.ahead:
            expected = f"at most {minutes} min after inf_time"
            found.append(Reason("business_time_ahead", f"business time: expected {expected}, was later"))
        return found

    def _content_reasons(self, body: Message, at: int) -> list[Reason]:
        found = self._length_reasons(body)
        if isinstance(body, Settlement):
            found += self._age_reasons(body, at)
            if not is_set(body.refund) and not body.original:
                found += _negatives(body, "0 or more, or refd_setl_flag or init_setl_id beside it")
                found += _negative_lines(body.lines)
        elif isinstance(body, FeeLines):
            found += _negative_lines(body.lines)
        elif isinstance(body, PreSettlement):
            found += _negatives(body, "0 or more") + _negative_lines(body.lines)
        elif isinstance(body, Stock):
            found += _stock_reasons(body)
        return found

    def _length_reasons(self, body: Message) -> list[Reason]:
        """The limit is on all lists of a message together."""
        items = 0
        for name in LISTS[type(body)]:
            came = getattr(body, name)
            if type(came) is list:
                items += len(came)
        if items <= self.limits.max_items:
            return []
        names = [wire for name, wire in LISTS[type(body)].items() if getattr(body, name)]
        return [too_many(", ".join(names), self.limits.max_items, items)]

    def _age_reasons(self, body: Settlement, at: int) -> list[Reason]:
        limit = self.limits.max_age
        found = []
        if body.age is not None and not 0 <= body.age <= limit:
            found.append(Reason("age", f"age: expected 0 to {limit} years, was outside"))
        if body.born:
            try:
                born = parse(body.born[:10])
            except ValueError:
                return [*found, Reason("bad_time", f"brdy: expected yyyy-MM-dd, was {describe(body.born)}")]
            if not -1 <= (at - born) / DAY <= limit * 365.2425:
                found.append(Reason("age", f"brdy: expected an age of 0 to {limit} years, was outside"))
        return found

    def _leave_out_late_lines(self, body: Message, earliest: int) -> int:
        """Leave single late lines out of a message that is in time by others; gives how many."""
        if not isinstance(body, FeeLines | Settlement):
            return 0
        in_time = [line for line in body.lines if to_ms(line.occurred) >= earliest]
        left_out, body.lines = len(body.lines) - len(in_time), in_time
        return left_out


def _negative_lines(lines: list[Line]) -> list[Reason]:
    # Every line of every message passes here, so each amount is asked for by name.
    found: list[Reason] = []
    for number, line in enumerate(lines):
        if line.count < 0 or line.price < 0 or line.amount < 0 or (line.in_scope or 0) < 0:
            expected = "0 or more, or init_feedetl_sn beside it"
            found += [] if line.takes_back else _negatives(line, expected, f"feedetail[{number}].")
    return found


def _negatives(part: msgspec.Struct, expected: str, path: str = "") -> list[Reason]:
    found = []
    for name, wire in AMOUNTS[type(part)].items():
        came = getattr(part, name)
        if came is not None and came < 0:
            found.append(Reason("negative_amount", f"{path}{wire}: expected {expected}, was negative"))
    return found


def is_set(flag: object) -> bool:
    """Whether a 0/1 flag is 1, sent as text or as a number."""
    return flag in ("1", 1)


def stock_count(body: Stock) -> float | None:
    """The quantity of a stock event under whichever name its transaction gives it."""
    return next((n for n in (body.count, body.sold_count, body.bought_count, body.counted) if n is not None), None)


def stock_time(body: Stock) -> str | None:
    """The time of a stock event under whichever name its transaction gives it."""
    return body.time or body.sold_time or body.bought_time or body.changed_time or body.counted_time or None


def _business_times(body: Message, uploaded: int) -> list[int]:
    """The business times of a message, the one that it counts at first; its upload where it has none."""
    if isinstance(body, FeeLines):
        return [to_ms(line.occurred) for line in body.lines] or [uploaded]
    if isinstance(body, Settlement):
        return [to_ms(body.settled), *(to_ms(line.occurred) for line in body.lines)]
    if isinstance(body, Stock):
        moment = _stock_moment(body)
        return [uploaded if moment is None else moment]
    of_visit = getattr(body, "settled", None) or getattr(body, "began", None) or getattr(body, "ended", None)
    return [to_ms(of_visit) if of_visit else uploaded]


def _stock_moment(body: Stock) -> int | None:
    try:
        return parse(stock_time(body) or "")
    except ValueError:
        return None


def _stock_reasons(body: Stock) -> list[Reason]:
    needed = (("time", stock_time(body)), ("cnt", stock_count(body)))
    found = [Reason("missing_field", f"{name}: expected, was missing") for name, came in needed if came is None]
    time = stock_time(body)
    if time and _stock_moment(body) is None:
        found.append(Reason("bad_time", f"time: expected yyyy-MM-dd HH:mm:ss or ISO 8601, was {describe(time)}"))
    return found if body.transaction == "3502" else found + _negatives(body, "0 or more")


def _no_transaction(came: object) -> Refused:
    if came is None or came == "":
        return Refused([Reason("missing_field", "infno: expected, was missing")])
    return Refused([Reason("wrong_type", f"infno: expected str, was {describe(came)}")])


def _in_our_spelling(infno: str, raw: bytes) -> bytes:
    """The message with its optional fields under the interface's own names: their absence fails no decoding.

    Looked for one by one: this is asked of every message, and a loop costs as much as the decoding.
    """
    if infno.startswith("35"):
        if b'"drug_trac_info"' in raw or b'"patn_id"' in raw:
            raw = _respell(raw, _OF_STOCK)
    elif b'"drugtracinfo"' in raw:
        raw = _respell(raw, _OF_SETTLEMENT)
    if b'"psn_pay"' in raw or b'"cash_payamt"' in raw or b'"bilg_dr_code"' in raw or b'"mdtrtarea_admdvs"' in raw:
        raw = _respell(raw, OTHER_SPELLINGS)
    return raw


def _respell(raw: bytes, spellings: dict[str, str]) -> bytes:
    return msgspec.json.encode(_respelled(msgspec.json.decode(raw), spellings))


def _respelled(value: object, spellings: dict[str, str]) -> object:
    """The same value under the interface's own names; where both spellings stand, the interface's wins."""
    if isinstance(value, list):
        return [_respelled(item, spellings) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        spellings.get(name, name): _respelled(item, spellings)
        for name, item in value.items()
        if name not in spellings or spellings[name] not in value
    }


def _is_deeper(raw: bytes, most: int) -> bool:
    # Without what is escaped, every second piece between quotes lies outside of strings.
    outside = raw.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    brackets = b"".join(outside).translate(_ONE_BRACKET, _NO_BRACKETS)
    for _ in range(most):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")  # the innermost level
    return b"[]" in brackets or brackets.count(b"[") > most
