"""One notation for what systems write in several: texts, numbers, times, trace codes, and nothing at all.

A reader takes a JSON value and gives it as the structs hold it, None where it says that there is none, or raises Unfit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import lru_cache
from math import isfinite
from typing import get_args
from unicodedata import category

import msgspec

from ..times import BEIJING

Value = str | float | datetime | date | None
Reader = Callable[[object], Value]

MOST_NUMBER = 1e12
MOST_TEXT = 200
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2}) (\d{1,2}):(\d\d):(\d\d)", re.ASCII)
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})?", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)|(\d{4})/(\d{1,2})/(\d{1,2})", re.ASCII)
MOMENT = "yyyy-MM-dd HH:mm:ss (also with T, or yyyy/M/d H:mm:ss), 14 or 17 digits, or ISO 8601 with an offset"


class Unfit(Exception):  # noqa: N818 - it is an answer, not an error of the program
    """A value that a field cannot hold: the code of the reason, and what was expected."""

    def __init__(self, code: str, expected: str) -> None:
        self.code = code
        self.expected = expected
        super().__init__(expected)


def clean(text: str) -> str:
    r"""A text without blanks at its ends, and without control and format characters anywhere.

    Scanners add a carriage return, columns of fixed width add blanks, copied text brings invisible characters.

    >>> clean("  P341 \r"), clean("A\u200bB"), clean("A\u3000B")
    ('P341', 'AB', 'A B')
    """
    if text.isprintable():
        return text.strip()
    return "".join(_as_printed(letter) for letter in text).strip()


def _as_printed(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if category(letter) == "Zs" else ""


def readable(text: str) -> str:
    r"""A text for people: control and format characters become a blank, and several blanks one.

    >>> readable("店\x1b[2J\n机构\u202e")
    '店 [2J 机构'
    """
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())


def telephone(text: str) -> str | None:
    """The digits of a telephone without +86; None for what is none: fewer than seven, or one digit repeated.

    >>> telephone("+86 139-0000-0012"), telephone("0000000"), telephone("无")
    ('13900000012', None, None)
    """
    digits = "".join(letter for letter in text if letter in "0123456789")
    if len(digits) == 13:
        digits = digits.removeprefix("86")
    return digits if len(digits) >= 7 and len(set(digits)) > 1 else None


def text_reader(least: int, most: int, *, folded: bool = False) -> Reader:
    """Read codes: whole numbers and true or false are what they would be as text."""
    expected = f"text of {least} to {most}"

    def read(came: object) -> str | None:
        if not isinstance(came, str):
            came = _as_text(came, expected)
        text = clean(came)
        if text in ("", "-"):
            return None
        if len(text) > most:
            raise Unfit("wrong_type", expected)
        return text.upper() if folded else text

    return read


def _as_text(came: object, expected: str) -> str:
    if isinstance(came, bool):
        return "1" if came else "0"
    if isinstance(came, int):
        return str(came) if abs(came) < 10**64 else "9" * 65
    if isinstance(came, float) and isfinite(came) and came.is_integer() and abs(came) < 2**53:
        return str(int(came))
    raise Unfit("wrong_type", expected)


def number(came: object) -> float | None:
    """Read a number, also as the text of a plain decimal.

    >>> number("1.0000"), number(3), number("-"), number(-0.0)
    (1.0, 3.0, None, 0.0)
    """
    if isinstance(came, str):
        came = _decimal(came)
        if came is None:
            return None
    if isinstance(came, bool) or not isinstance(came, int | float):
        raise Unfit("wrong_type", "a number")
    # An integer may be too large for a float, so its size is asked first. NaN is not within any bounds.
    if not -MOST_NUMBER <= came <= MOST_NUMBER:
        raise Unfit("wrong_type", "a finite number from -1e12 to 1e12")
    return float(came) + 0.0  # -0.0 becomes 0.0: the two say the same


@lru_cache(1 << 12)  # 1.0000 stands in nearly every message
def _decimal(text: str) -> float | None:
    text = clean(text)
    if text in ("", "-"):
        return None
    if len(text) > 64 or not _DECIMAL.fullmatch(text):
        raise Unfit("wrong_type", "a number")
    return float(text)


def moment(came: object) -> datetime | None:
    """Read a time of day with its date, as the clocks of Beijing show it.

    >>> moment("20260305105500123").isoformat(), moment("2026/3/5 9:05:00").isoformat()
    ('2026-03-05T10:55:00.123000', '2026-03-05T09:05:00')
    >>> moment("2026-03-05T02:00:00Z").isoformat(), moment("") is None
    ('2026-03-05T10:00:00', True)
    """
    text = _text_of_time(came, MOMENT)
    return None if text is None else _moment(text, MOMENT)


def moment_or_day(came: object) -> datetime | None:
    """Read the same, or a date alone: its first moment.

    >>> moment_or_day("2026-03-05").isoformat()
    '2026-03-05T00:00:00'
    """
    expected = f"yyyy-MM-dd, or {MOMENT}"
    text = _text_of_time(came, expected)
    if text is None:
        return None
    alone = _day(text)
    return _moment(text, expected) if alone is None else datetime(alone.year, alone.month, alone.day)  # noqa: DTZ001 - Beijing


def day(came: object) -> date | None:
    """Read a date; a time of day after it is not looked at.

    >>> day("1983-02-27 00:00:00").isoformat(), day("1983/2/27").isoformat()
    ('1983-02-27', '1983-02-27')
    """
    read = moment_or_day(came)
    return None if read is None else read.date()


def _text_of_time(came: object, expected: str) -> str | None:
    if isinstance(came, int) and not isinstance(came, bool):
        came = str(came) if 0 <= came < 10**17 else ""
    if not isinstance(came, str):
        raise Unfit("wrong_type", expected)
    text = clean(came)
    return None if text in ("", "-") else text


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    year, month, of_month = (int(one) for one in found.groups() if one is not None)
    try:
        return date(year, month, of_month)
    except ValueError:
        return None


@lru_cache(1 << 12)  # one moment stands several times in a message
def _moment(text: str, expected: str) -> datetime:
    try:
        if _MOMENT.fullmatch(text):
            return in_beijing(msgspec.convert(text, datetime))
        found = _SLASHED.fullmatch(text) or _DIGITS.fullmatch(text)
        if found is not None:
            parts = [int(one) for one in found.groups() if one is not None]
            year, month, of_month, hour, minute, second = parts[:6]
            micros = 1000 * (parts[6] if len(parts) > 6 else 0)
            return datetime(year, month, of_month, hour, minute, second, micros)  # noqa: DTZ001 - Beijing
    except (ValueError, OverflowError, msgspec.ValidationError):
        pass
    raise Unfit("bad_time", expected)


def in_beijing(time: datetime) -> datetime:
    """The time as the clocks of Beijing show it, without an offset.

    Raises OverflowError at the ends of the calendar.
    """
    return time if time.tzinfo is None else time.astimezone(BEIJING).replace(tzinfo=None)


def reader_of(field_type: object) -> Reader | None:
    """What reads the field of a struct that has this type; None for what holds a list."""
    bounds = bounds_of(field_type)
    extra = bounds.extra or {}
    plain = plain_types(field_type)
    if float in plain:
        return number
    if datetime in plain:
        return moment_or_day if extra.get("day_alone") else moment
    if date in plain:
        return day
    if str in plain:
        return text_reader(bounds.min_length or 0, bounds.max_length or MOST_TEXT, folded=bool(extra.get("folded")))
    return None


def bounds_of(field_type: object) -> msgspec.Meta:
    """What is said about the type of a field."""
    return next(iter(_metas(field_type)), msgspec.Meta())


def _metas(field_type: object) -> Iterator[msgspec.Meta]:
    for one in get_args(field_type):
        if isinstance(one, msgspec.Meta):
            yield one
        else:
            yield from _metas(one)
    yield from (one for one in getattr(field_type, "__metadata__", ()) if isinstance(one, msgspec.Meta))


def plain_types(field_type: object) -> set[object]:
    """The types that a field may hold, without what is said about them."""
    args = get_args(field_type)
    return {field_type}.union(*(plain_types(one) for one in args)) if args else {field_type}


# Trace codes (domain notes, messages 2): 20 digits; GS1 element strings of imports; codes of manufacturers' own.

_PLACEHOLDERS = frozenset(("", "-", "0", "/", "无", "无码", "无追溯码", "NULL", "NONE"))
_BETWEEN_CODES = re.compile("[,;，；、|]+")
_BLANKS = re.compile("[ \t\r\n\u3000]+")
_AROUND_BRACKETS = re.compile(r"[ \t\r\n\u3000]*(\(\d{2,4}\))[ \t\r\n\u3000]*")
_NEXT_PACK = re.compile(r"(?=\(01\))")
_BRACKETS = re.compile(r"\((\d{2,4})\)([^()]*)")
_SYMBOLOGY = re.compile(r"^(\](d2|C1|e0|Q3))?\x1d?", re.IGNORECASE)
_FIXED = {"01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6}
_UP_TO_SEPARATOR = ("10", "21", "22", "30", "37", "240", "241", "250", "251")
_NATIONAL = re.compile(r"\d{20}", re.ASCII)
_OWN = re.compile(r"[0-9A-Z]{10,64}", re.ASCII)
_BARCODE = re.compile(r"\d{8,14}", re.ASCII)
_GS1 = "(01)"


def trace_codes(came: str) -> list[str]:
    r"""The codes in one text, each as it is known everywhere; none where it is a placeholder.

    >>> trace_codes("81234560000000000017, 81234560000000000024"), trace_codes("无")
    (['81234560000000000017', '81234560000000000024'], [])
    >>> trace_codes("(01)06931234567899(21)AB1(10)LOT"), trace_codes("010693123456789921AB1\x1d10LOT")
    (['(01)06931234567899(21)AB1'], ['(01)06931234567899(21)AB1'])
    """
    if _NATIONAL.fullmatch(came):
        return [came]
    found: list[str] = []
    for part in _BETWEEN_CODES.split(came):
        for one in _NEXT_PACK.split(_AROUND_BRACKETS.sub(r"\1", part)):
            found += _codes_of_pack(one) if one.startswith("(") else _codes_between_blanks(one)
    return found


def _codes_of_pack(text: str) -> list[str]:
    """The code of an element string with brackets, of which a lot may hold blanks; and codes after it."""
    first, *others = _BLANKS.split(text)
    alone = [one for one in others if _NATIONAL.fullmatch(one) or _gs1(one)]
    pack = " ".join((first, *(one for one in others if one not in alone))).strip()
    return [_gs1(pack) or clean(pack).upper()[:200], *(_gs1(one) or one for one in alone)]


def _codes_between_blanks(text: str) -> list[str]:
    pieces = ((one, clean(one).upper()) for one in _BLANKS.split(text))
    return [_gs1(one) or cleaned[:200] for one, cleaned in pieces if cleaned not in _PLACEHOLDERS]


def _gs1(text: str) -> str | None:
    """(01) and (21) of an element string; only its (01) where it has no (21); None where it is none."""
    found = dict(_BRACKETS.findall(text)) if text.startswith("(") else _elements(_SYMBOLOGY.sub("", text))
    item, serial = found.get("01", ""), clean(found.get("21", "")).upper()
    if not re.fullmatch(r"\d{14}", item, re.ASCII):
        return None
    return f"(01){item}(21){serial}" if serial else f"(01){item}"


def _elements(text: str) -> dict[str, str]:
    """The elements of a string without brackets, where each begins with a known number; empty where it is none.

    Long because it is a grammar.
    """
    found: dict[str, str] = {}
    if not text.startswith("01"):
        return found
    while text:
        name = next((one for one in (text[:2], text[:3]) if one in _FIXED or one in _UP_TO_SEPARATOR), "")
        rest = text[len(name) :]
        value = rest[: _FIXED[name]] if name in _FIXED else rest.partition("\x1d")[0]
        if not name and {"01", "21"} <= found.keys():
            return found  # what follows is no part of what a pack is known by
        if not name or not value or (name in _FIXED and not value.isdigit()):
            return {}
        found[name] = value
        text = rest[len(value) :].removeprefix("\x1d")
    return found


def is_bad_code(code: str, *beside: str | None) -> bool:
    """Whether a trace code stands for no pack: by its form, or since it repeats what stands beside it.

    beside: item, lot, barcode, prescription of its line.

    >>> [is_bad_code(one) for one in ("81234560000000000017", "(01)06931234567899(21)A1", "ABC1234567")]
    [False, False, False]
    >>> [is_bad_code(one) for one in ("0" * 20, "6901234567892", "8123", "(01)06931234567899", "药")]
    [True, True, True, True, True]
    >>> is_bad_code("LOT1234567", "X1", "lot1234567")
    True
    """
    if len(code) == 20 and code.isdigit() and code.isascii():  # nearly all
        return code == code[0] * 20 or code in beside
    if code.startswith(_GS1):
        return "(21)" not in code
    if len(set(code)) == 1 or not _OWN.fullmatch(code) or _BARCODE.fullmatch(code):
        return True
    return any(one is not None and one.upper() == code for one in beside)


def is_own_code(code: str) -> bool:
    """Whether a good code is a manufacturer's own: less sure than 20 digits, or GS1.

    >>> is_own_code("ABC1234567"), is_own_code("81234560000000000017")
    (True, False)
    """
    return not code.startswith(_GS1) and not _NATIONAL.fullmatch(code)
