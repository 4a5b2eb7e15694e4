"""Fuzzing of the door: mutated messages, random JSON and random bytes, each opened in both ways, for as long as asked.

python -m tests.fuzz [--minutes 30] [--seed N]. Prints what was answered, minute by minute. At the first fault it prints
the smallest message that it can find for it, and exits with 1.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import cast

import msgspec

from monitor.simulate import Simulation
from monitor.simulate.exchange import in_form
from monitor.simulate.variants import varied
from rules.ledgers import Inside
from rules.ledgers.inside import entries_of
from rules.times import DAY, HOUR, MINUTE, iso, parse
from rules.wire.door import Door, Failed, Late, Limits, Opened, Refused, Sender, Skipped
from rules.wire.fields import OTHER_SPELLINGS, PERSONAL, item_type
from rules.wire.forms import LISTS, TRANSACTIONS
from rules.wire.notation import plain_types
from rules.wire.pseudonyms import Pseudonyms
from streams.route.router import Router

MARK = "ZQ7MARK"
"""Stands in every personal value, and in no reason."""
NOW = parse("2026-03-05 12:00:00")
APPENDED = (NOW, NOW, NOW, NOW + 400 * DAY, NOW - HOUR, 0, 1 << 50)
"""When a message is appended."""
GRACES = (72, 15 * 24, 60 * 24)
"""How late a message may come, by its transaction, hours."""
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.*")
NARROW = Limits(max_bytes=3_000, max_items=4, max_depth=5)
"""Limits that ordinary messages reach."""

Tree = object
Path = tuple[str | int, ...]


class Literal(str):
    """JSON as it is to be written."""

    __slots__ = ()


class Twice(dict[str, Tree]):
    """An object in which one field stands twice. again: its name and the other value."""

    def __init__(self, fields: dict[str, Tree], again: tuple[str, Tree]) -> None:
        super().__init__(fields)
        self.again = again


# Messages that are right: those of a simulated county, and one with any fields of each transaction.


def of_a_county(seed: int) -> list[dict[str, Tree]]:
    """Flat messages of a simulated county, a few of each transaction."""
    of_transaction: dict[str, list[dict[str, Tree]]] = {}
    for _, body in Simulation(seed, 300, 5, date(2026, 3, 1), by_batch=True).events():
        some = of_transaction.setdefault(body["infno"], [])
        if len(some) < 5:
            some.append(body | {name: f"{MARK}{body[name]}" for name in sorted(PERSONAL & body.keys())})
    return [body for some in of_transaction.values() for body in some]


def of_transaction(infno: str, rng: Random) -> dict[str, Tree]:
    """A flat message of a transaction with all that it must have, and any of what it may have."""
    body = _filled(TRANSACTIONS[infno].struct, rng) | {"infno": infno}
    if rng.random() < 0.9:
        body.pop("refmsg_time", None)
    if infno in ("2205", "2302"):
        body[rng.choice(("feedetl_sn", "chrg_bchno"))] = rng.choice(("0000", "1", ["1", "2"]))
    if infno.startswith("35") and infno != "3507":
        body |= {"cnt": 1, "time": "2026-03-05 10:00:00"}
    person: dict[str, Tree] = {name: f"{MARK}{name}" for name in sorted(PERSONAL) if rng.random() < 0.5}
    return person | body


def of_long_ago(body: dict[str, Tree], rng: Random) -> dict[str, Tree]:
    """The same message about a time before the grace, by minutes or days, or just within it."""
    earlier = rng.choice(GRACES) * HOUR + rng.choice((-MINUTE, MINUTE, DAY))
    uploaded = parse(str(body["inf_time"]))
    aged: dict[str, Tree] = deepcopy(body)
    for path in [*_places(aged)]:
        value = _at(aged, path)
        if path[-1] not in ("inf_time", "refmsg_time") and isinstance(value, str) and _TIME.fullmatch(value):
            _holder(aged, path)[path[-1]] = iso(uploaded - earlier)
    return aged


def _filled(struct: type[msgspec.Struct], rng: Random) -> dict[str, Tree]:
    fields = (one for one in msgspec.structs.fields(struct) if one.required or rng.random() < 0.4)
    return {one.encode_name: _valid(one.encode_name, one.type, rng) for one in fields}


def _valid(name: str, of_type: object, rng: Random) -> Tree:
    held = item_type(of_type)
    if held is not None:
        return [_valid_item(held, rng) for _ in range(rng.randint(1, 3))]
    plain = plain_types(of_type)
    if datetime in plain:
        return f"2026-03-0{rng.randint(4, 5)} 1{rng.randint(0, 1)}:{rng.randint(10, 59)}:00"
    if date in plain:
        return "1960-03-05"
    if float in plain:
        return rng.choice((0, 1, 2.5, 12.34, 100))
    if name in PERSONAL:
        return f"{MARK}{rng.randint(1, 9)}"
    return _valid_text(name, rng)


def _valid_item(held: object, rng: Random) -> Tree:
    if isinstance(held, type) and issubclass(held, msgspec.Struct):
        return _filled(held, rng)
    return rng.choice("123")


def _valid_text(name: str, rng: Random) -> str:
    known = {
        "oinfno": ("2102", "2204", "2601", "2102A"),
        "drug_trac_codg": ("81234560000000000017", "(01)06931234567899(21)AB1", "ABC1234567", "6901234567892"),
        "med_type": ("41", "11", "21"),
        "fixmedins_name": ("示例大药房", "Shop No. 1"),
    }
    return rng.choice(known.get(name, ("0", "1", "2", "A1", "XC09AAL001A001010100001")))


# What may go wrong with a message, as a tree of values.

_STRANGE = (
    *("\x00", "\x1b[2J", "\x7f", "\x85", "\xa0", "\xad", "\u0300", "\u0378", "\u200b", "\u200d", "\u202e", "\u2028"),
    *("\u2066", "\u3000", "\ud800", "\udc00", "\ue000", "\ufeff", "\uffff", "\U0001f600", "\U000e0001", "İ", "ß", "ﬁ"),
    *("\t", "\r", "\n", " ", "  ", '"', "\\", "/", "-", "+", ".", ":", "|", "\x1d", "e", "E", "_", "１", "٣", "²"),
)
_TEXTS = (
    *("", " ", "-", " - ", "--", "0", "00", "0000", "00000", "1", "01", "2", "null", "NULL", "true", "无", "/", "A"),
    *("2102", "2102A", "2601", "2601A", "9001", "٢١٠٢", "２１０２", "2102a", "1e3", "0x10", "1_000", "１２", "٣٤", "²"),
    *("+1.5", ".5", "5.", "-0", "-0.0", "0.0", "-1", "1,5", "1" * 30, "1" * 64, "1" * 65, "9" * 5000, "1.0000", "NaN"),
    *("Infinity", "1e400", "x" * 64, "x" * 65, "x" * 200, "x" * 201, "店" * 201, "x" * 70_000, "0" * 20, "8" * 14),
    *("(01)06931234567899", "(01)06931234567899(21)", "(01)06931234567899(21)a\x00b", "(01)1(21)2", "(01)" * 9),
    *("010693123456789921AB1\x1d10L", "01" + "1" * 14 + "21", "01" * 40, "]d201069312345678992１", ",;,", "a" * 300),
)
_TIMES = (
    *("0001-01-01 00:00:00", "9999-12-31 23:59:59", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"),
    *("2024-02-29 10:00:00", "2026-02-29 10:00:00", "2026-03-05 24:00:00", "2026-03-05 23:59:60", "2026-W10-4"),
    *("20260305", "20260305100000", "20260305100000123", "202603051000001234", "2026-03-05T10:00:00.123456789Z"),
    *("2026-03-05T10:00:00.1234567", "2026-03-05T10:00:00+08", "2026-03-05T10:00:00+0800", "2026-03-05T10:00:00z"),
    *("2026-03-05t10:00:00", "2026-03-05 10:00:00 ", "2026-03-05 10:00:00+24:00", "2026-03-05T10:00:00-00:00"),
    *("2026-03-05T02:00:00+00:00", "2026-03-05T10:00:00.5+08:00", "2026-03-05 10:00:00.999999", "2026-03-05T10:00"),
    *("2026/3/5 9:05:00", "2026/03/05 09:05:00", "2026-3-5 9:05:00", "2026-03-05", "2026/3/5", "10:00:00"),
    *("２０２６-03-05 10:00:00", "1969-12-31 23:59:59", "1999-12-31 23:59:59", "2000-01-01 00:00:00"),
    *("2026-03-05  10:00:00", "0000-00-00 00:00:00", "2026-13-01 00:00:00", "1900-01-01", "9999-12-31"),
    *(
        "2026-03-01 10:00:00",
        "2026-03-02 10:00:00",
        "2026-03-05 10:10:00",
        "2026-03-05 10:10:01",
        "2026-01-01 00:00:00",
    ),
)
_NUMBERS = (
    *(0, 1, -1, 2, 8, 11, 2102, 1 << 31, 1 << 53, (1 << 53) + 1, 1 << 63, 1 << 64, 10**12, 10**12 + 1, 10**18, 10**63),
    *(10**64, 10**400, -(10**400), 20260305100000, 20260305100000123, 1772676000000, 0.0, -0.0, 0.5, -12.5, 1e12, 1e13),
    *(1e-320, 1e300, 11.0, 2102.0, 9007199254740993.0, 0.1 + 0.2, 19.99, 1.005, 850, 99.99, 100.0, True, False, None),
    *(
        Literal("1e400"),
        Literal("-1e400"),
        Literal("1E2"),
        Literal("1e2"),
        Literal("-0"),
        Literal("-0.0"),
        Literal("NaN"),
    ),
    *(
        Literal("Infinity"),
        Literal("-Infinity"),
        Literal("1.0e+0"),
        Literal("0.1e1"),
        Literal("1" * 5000),
        Literal("1."),
    ),
    *(Literal("01"), Literal("+1"), Literal("1e-400"), Literal("12.50"), Literal("0.000000000000000000001")),
)
_HOLDERS: tuple[Tree, ...] = ({}, [], [[]], [{}], [None], {"": {}}, [""], [0, "0"], {"data": {}}, {"data": []}, ["-"])
_NODES = (
    *("input", "output", "data", "druginfo", "mdtrtinfo", "dscginfo", "invinfo", "purcinfo", "selinfo", "setlinfo"),
    *("result", "detlcutinfo", "goodDetail", "selinfoDetail", "invinfoDetail", "purcinfoDetail", "patient_dtos"),
    *("fsi_encounter_dtos", "fsi_order_dtos", "infcode", "retRslt", "curr_mdtrt_id", "curr_drord_flag", "feedetl_sn"),
    *("chrg_bchno", "refmsg_time", "drug_trac_codg", "psn_pay", "cash_payamt", "err_msg"),
)
_NAMES = sorted(
    {one.encode_name for transaction in TRANSACTIONS.values() for one in msgspec.structs.fields(transaction.struct)}
    | {*OTHER_SPELLINGS, *PERSONAL, *_NODES, *(name for names in LISTS.values() for name in names)}
)


def extreme(rng: Random) -> Tree:
    """A value at the end of something."""
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(_TIMES)
    if kind < 0.5:
        return rng.choice(_TEXTS)
    if kind < 0.85:
        return rng.choice(_NUMBERS)
    return deepcopy(rng.choice(_HOLDERS))


def random_json(rng: Random, depth: int = 0) -> Tree:
    """Any tree, mostly of names that mean something."""
    kind = rng.random()
    if depth > 4 or kind < 0.5:
        return extreme(rng)
    if kind < 0.6:
        return [random_json(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    return {rng.choice(_NAMES): random_json(rng, depth + 1) for _ in range(rng.randint(0, 8))}


def _places(tree: Tree, path: Path = ()) -> Iterator[Path]:
    """The path of every value below the top."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _places(value, (*path, key))


def _at(tree: Tree, path: Path) -> Tree:
    for key in path:
        tree = cast("dict[str | int, Tree]", tree)[key]
    return tree


def _deep(value: Tree, rng: Random) -> Tree:
    for _ in range(rng.choice((1, 1, 2, 13, 14, 15, 16, 40))):
        value = [value] if rng.random() < 0.5 else {rng.choice(_NAMES): value}
    return value


def _retyped(value: Tree, rng: Random) -> Tree:
    as_text = value if isinstance(value, str) else dump(value)
    number = as_text if as_text.isascii() and as_text.isdigit() and (as_text == "0" or as_text[0] != "0") else "1.0"
    return rng.choice((str(as_text), Literal(number), Literal(f"{number}.0"[:20]), True, False, None, [value], {}, ""))


def _respelled(value: Tree, rng: Random) -> Tree:
    """A text with something strange in it, or changed a little."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or isinstance(value, Literal):
        return extreme(rng)
    text = str(value)
    at = rng.choice((0, len(text), rng.randint(0, len(text))))
    changed = text[:at] + rng.choice(_STRANGE) + text[at:]
    return rng.choice(
        (changed, changed, changed, text.lower(), text[:at], text + text, text.replace(" ", "T"), f"{text} ")
    )


Holder = dict[str | int, Tree]


def mutate(message: dict[str, Tree], rng: Random) -> Tree:
    """The same message with one thing wrong; the message itself is changed."""
    places = list(_places(message))
    if not places or rng.random() < 0.02:
        return _deep(message, rng)
    path = rng.choice(places)
    if rng.random() < 0.4:
        rng.choice(_MUTATIONS)(message, path, rng)
    else:
        _holder(message, path)[path[-1]] = _other_value(message, path, rng)
    if rng.random() < 0.03:
        return Twice(message, (rng.choice(_NAMES), extreme(rng)))
    return message


def _holder(message: Tree, path: Path) -> Holder:
    return cast("Holder", _at(message, path[:-1]))


def _drop(message: Tree, path: Path, _: Random) -> None:
    del _holder(message, path)[path[-1]]


def _rename(message: Tree, path: Path, rng: Random) -> None:
    holder, key = _holder(message, path), path[-1]
    if isinstance(holder, dict):
        holder[rng.choice((rng.choice(_NAMES), f"{key} ", str(key).upper(), f"{MARK}\x00", "\ud800"))] = holder.pop(key)


def _add(message: Tree, path: Path, rng: Random) -> None:
    holder = _holder(message, path)
    if isinstance(holder, dict):
        holder[rng.choice(_NAMES)] = rng.choice((holder[path[-1]], extreme(rng)))


def _say_twice(message: Tree, path: Path, rng: Random) -> None:
    holder = _at(message, path[:-1])
    if isinstance(holder, dict) and len(path) > 1:
        again = (str(path[-1]), rng.choice((holder[path[-1]], extreme(rng))))
        _holder(message, path[:-1])[path[-2]] = Twice(holder, again)


def _lengthen(message: Tree, path: Path, rng: Random) -> None:
    value = _at(message, path)
    if isinstance(value, list) and value:
        most = 40_000 // sum(1 for _ in _places(value))
        _holder(message, path)[path[-1]] = value * min(rng.choice((2, 5, 700, 2100)), most)


_MUTATIONS: tuple[Callable[[Tree, Path, Random], None], ...] = (_drop, _rename, _add, _say_twice, _lengthen)


def _other_value(message: Tree, path: Path, rng: Random) -> Tree:
    value, kind = _at(message, path), rng.random()
    if kind < 0.15:
        return _retyped(value, rng)
    if kind < 0.25:
        return _deep(value, rng)
    if kind < 0.35:
        return deepcopy(_at(message, rng.choice(list(_places(message)))))
    return _respelled(value, rng) if kind < 0.7 else extreme(rng)


def dump(tree: Tree, *, blanks: str = "", ascii_only: bool = True) -> str:
    """The tree as JSON, with what is no JSON where it holds that."""
    if isinstance(tree, Literal):
        return str(tree)
    if isinstance(tree, list):
        return "[" + f",{blanks}".join(dump(one, blanks=blanks, ascii_only=ascii_only) for one in tree) + "]"
    if isinstance(tree, dict):
        pairs = [*tree.items(), *([tree.again] if isinstance(tree, Twice) else [])]
        written = (f"{_quoted(key, ascii_only=ascii_only)}:{blanks}{dump(value, blanks=blanks, ascii_only=ascii_only)}"
                   for key, value in pairs)  # fmt: skip
        return "{" + f",{blanks}".join(written) + "}"
    if isinstance(tree, str):
        return _quoted(tree, ascii_only=ascii_only)
    return json.dumps(tree)


def _quoted(text: str, *, ascii_only: bool) -> str:
    return json.dumps(text, ensure_ascii=ascii_only)


# What may go wrong with bytes.


def break_bytes(raw: bytes, other: bytes, rng: Random) -> bytes:
    """The bytes with something done to them."""
    at, until = sorted((rng.randint(0, len(raw)), rng.randint(0, len(raw))))
    some = rng.randbytes(rng.randint(1, 4))
    changes: tuple[Callable[[], bytes], ...] = (
        lambda: raw[:at],
        lambda: raw[at:],
        lambda: raw[:at] + some + raw[at:],
        lambda: raw[:at] + some + raw[at + len(some) :],
        lambda: raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)] if at < len(raw) else b"") + raw[at + 1 :],
        lambda: raw[:at] + raw[until:],
        lambda: raw[:until] + raw[at:],
        lambda: raw[:at] + other[rng.randint(0, len(other)) :],
        lambda: raw[:at] + rng.choice(_STRANGE).encode("utf-8", "surrogatepass") + raw[at:],
        lambda: b"\xef\xbb\xbf" + raw,
        lambda: raw + rng.choice((b"\n", b"\0", b" ", raw, b"\xff", b"}")),
        lambda: b" \r\n\t" + raw,
        lambda: raw.decode("utf-8", "replace").encode(rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-7"))),
        lambda: raw.decode("utf-8", "replace").encode("gb18030"),
        lambda: gzip.compress(raw, 1, mtime=0),
    )
    return rng.choice(changes)()


class Source:
    """Gives messages without end: the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._of_a_county = of_a_county(seed)

    def message(self) -> tuple[bytes, int]:
        """Bytes, and when they are appended."""
        rng = self._rng
        kind, appended = rng.random(), rng.choice(APPENDED)
        if kind < 0.01:
            return rng.randbytes(rng.randint(0, 200)), appended
        if kind < 0.04:
            return self._written(random_json(rng)), appended
        tree: Tree = self._right()
        for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 2, 3, 5))):
            if isinstance(tree, dict):
                tree = mutate(tree, rng)
        raw = self._written(tree)
        if rng.random() < 0.15:
            raw = break_bytes(raw, self._written(self._right()), rng)
        return raw, appended

    def _right(self) -> dict[str, Tree]:
        rng = self._rng
        is_simulated = rng.random() < 0.4
        body = rng.choice(self._of_a_county) if is_simulated else of_transaction(rng.choice([*TRANSACTIONS]), rng)
        if rng.random() < 0.1:
            body = of_long_ago(body, rng)
        form = rng.random()
        if form < 0.5:
            return deepcopy(body)
        try:
            if form < 0.8:
                return deepcopy(varied(body, rng))
            return deepcopy(in_form(body, "reply" if form < 0.9 else "request"))
        except KeyError:  # it lacks what only the writer of that form asks for
            return deepcopy(body)

    def _written(self, tree: Tree) -> bytes:
        rng = self._rng
        text = dump(tree, blanks=rng.choice(("", "", " ", "\n\t")), ascii_only=rng.random() < 0.6)
        return text.encode("utf-8", "surrogatepass")


# What the door says to it, in both ways, and what must not be.


@dataclass(frozen=True)
class Answer:
    """What the door said, in a form that can be compared. what: opened, refused, skipped, failed or late."""

    what: str
    said: object
    sender: Sender | None = None
    opened: Opened | None = None

    @property
    def comparable(self) -> tuple[object, ...]:
        """All that must be equal."""
        return (self.what, self.said, self.sender)


def answer_of(door: Door, raw: bytes, appended: int) -> Answer:
    """What the door says; anything else that it raises is a fault."""
    try:
        opened = door.open(raw, appended)
    except Refused as refused:
        return Answer("refused", refused.reasons, refused.sender)
    except (Skipped, Failed, Late) as other:
        return Answer(type(other).__name__.lower(), str(other), other.sender)
    events = [
        (one.kind, msgspec.to_builtins(one.body), one.at, one.uploaded, one.identity, one.answered)
        for one in opened.events
    ]
    counted = (opened.identity, opened.late_lines, opened.bad_codes, opened.missing_codes, opened.cut)
    return Answer("opened", (events, counted), opened=opened)


class Check:
    """Opens messages in both ways and says what is wrong. answers: how often the door said what."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self._ways = [self._doors(None), self._doors(NARROW)]

    @staticmethod
    def _doors(limits: Limits | None) -> tuple[Door, Door]:
        pseudonyms = Pseudonyms("key")
        return Door(pseudonyms, limits), Door(pseudonyms, limits, shortcut=False)

    def fault_in(self, raw: bytes, appended: int) -> str | None:
        """What is wrong with how these bytes are opened, in a line; None where nothing is."""
        for number, (quick, slow) in enumerate(self._ways):
            try:
                answer, general = answer_of(quick, raw, appended), answer_of(slow, raw, appended)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
                return f"the door raises {type(error).__name__}: {error}"
            self.answers[answer.what] += not number
            if answer.comparable != general.comparable:
                return f"shortcut differs: {answer.what} {answer.said!r}, without it {general.what} {general.said!r}"
            fault = _fault_of(answer) or _fault_of_router(quick, raw, appended, answer)
            if fault is not None:
                return fault
        return None


def _fault_of(answer: Answer) -> str | None:
    """What is wrong with an answer by itself."""
    if answer.opened is not None:
        return _fault_of_opened(answer.opened)
    if not all(text.isprintable() for text in msgspec.structs.astuple(cast("Sender", answer.sender))):
        return "a sender has control characters"
    for reason in cast("tuple[msgspec.Struct, ...]", answer.said) if answer.what == "refused" else ():
        code, text = msgspec.structs.astuple(reason)
        if not f"{code}{text}".isprintable():
            return f"a reason has control characters: {text!r}"
        if MARK in text:
            return f"a reason names a person: {text!r}"
    return None


def _fault_of_opened(opened: Opened) -> str | None:
    for text in _texts_in([msgspec.to_builtins(one.body) for one in opened.events]):
        if not text.isprintable():
            return f"an event has control or format characters: {text!r}"
    for event in opened.events:
        person = getattr(event.body, "person", None)
        if person is not None and not person.startswith("p_"):
            return "an event has a person without a pseudonym"
    try:
        left = entries_of(opened)
        inside: list[Inside] = [*left.records, *left.retractions]
        again = [_decode(_encode(one)) for one in inside]
    except Exception as error:  # noqa: BLE001 - likewise
        return f"its entries raise {type(error).__name__}: {error}"
    return None if inside == again else "its entries are others when they are read again"


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Inside).decode


def _texts_in(tree: Tree) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        yield from (text for value in tree.values() for text in _texts_in(value))
    elif isinstance(tree, list):
        yield from (text for value in tree for text in _texts_in(value))


def _fault_of_router(door: Door, raw: bytes, appended: int, answer: Answer) -> str | None:
    try:
        routed = Router(door).route([(raw, appended)])
    except Exception as error:  # noqa: BLE001 - likewise
        return f"the router raises {type(error).__name__}: {error}"
    counted = {
        "opened": routed.accepted,
        "refused": len(routed.dead_letters),
        "late": len(routed.late),
        "skipped": routed.count("skipped"),
        "failed": routed.count("failed"),
    }
    expected = {what: int(what == answer.what) for what in counted}
    return None if expected == counted else f"the router counts {counted}"


# The smallest message with the same fault.


def smallest(raw: bytes, is_fault: Callable[[bytes], bool]) -> bytes:
    """The bytes with as much left out as can be, so that it is still a fault."""
    try:
        tree = json.loads(raw)
    except ValueError:
        return _smallest_bytes(raw, is_fault)
    written = json.dumps(tree).encode()
    if not is_fault(written):
        return _smallest_bytes(raw, is_fault)
    return _smallest_bytes(_smallest_tree(tree, is_fault), is_fault)


def _smallest_tree(tree: Tree, is_fault: Callable[[bytes], bool]) -> bytes:
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for path in sorted(_places(tree), key=len):
            smaller = deepcopy(tree)
            try:
                del cast("dict[str | int, Tree]", _at(smaller, path[:-1]))[path[-1]]
            except (KeyError, IndexError, TypeError):  # gone with what held it
                continue
            if is_fault(json.dumps(smaller).encode()):
                tree, is_smaller = smaller, True
    return json.dumps(tree).encode()


def _smallest_bytes(raw: bytes, is_fault: Callable[[bytes], bool]) -> bytes:
    size = max(len(raw) // 2, 1)
    while size:
        at = 0
        while at < len(raw):
            shorter = raw[:at] + raw[at + size :]
            if is_fault(shorter):
                raw = shorter
            else:
                at += size
        size //= 2
    return raw


# The command.


def main(arguments: list[str] | None = None) -> int:
    """Fuzz for so many minutes; 1 where a fault was found."""
    parser = argparse.ArgumentParser(description="Fuzz the door.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args(arguments)
    seed = asked.seed if asked.seed is not None else time.time_ns() % 1_000_000
    source, check, began = Source(seed), Check(), time.monotonic()
    told = began
    _say(f"seed {seed}")
    while (now := time.monotonic()) < began + asked.minutes * 60:
        if now >= told + 60:
            told = now
            _say(_summary(check.answers, now - began))
        raw, appended = source.message()
        fault = check.fault_in(raw, appended)
        if fault is not None:
            _say(_summary(check.answers, now - began))
            _tell(fault, raw, appended)
            return 1
    _say(f"seed {seed}: {_summary(check.answers, time.monotonic() - began)}, no fault")
    return 0


def _tell(fault: str, raw: bytes, appended: int) -> None:
    """Say what is wrong, and with which bytes at least."""
    check, kind = Check(), fault.partition(":")[0]
    until = time.monotonic() + 60

    def is_fault(shorter: bytes) -> bool:
        if time.monotonic() > until:
            return False
        return (check.fault_in(shorter, appended) or "").startswith(kind)

    least = smallest(raw, is_fault)
    _say(f"fault: {fault[:4000]}\nappended: {appended}\nas it came: {raw[:3_000]!r}\nsmallest: {least!r}")
    _say(f"there: {(check.fault_in(least, appended) or '')[:4000]}")


def _summary(answers: Counter[str], seconds: float) -> str:
    parts = ", ".join(f"{what} {number}" for what, number in sorted(answers.items()))
    return f"{seconds:.0f} s: {sum(answers.values())} messages: {parts}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
