"""One message is one, in every form, spelling and notation: for every transaction and every field that is read."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec
import pytest

from monitor.handbook.examples import FLAT
from monitor.simulate.exchange import Form, in_form
from rules.times import parse
from rules.wire.door import Door, Opened
from rules.wire.fields import OTHER_SPELLINGS
from rules.wire.forms import TRANSACTIONS, plain
from rules.wire.notation import day, moment, moment_or_day, number, reader_of
from rules.wire.pseudonyms import Pseudonyms

Wire = dict[str, Any]
DOOR = Door(Pseudonyms("key"))
FIELD_BY_FIELD = Door(Pseudonyms("key"), shortcut=False)
APPENDED = parse("2026-03-05T10:01:00")
FORMS: tuple[Form, ...] = ("flat", "reply", "request")
EXAMPLES = {str(one["infno"]): one for one in FLAT}
ONE_LINE = ("2205", "2302")
"""Their lines may be named in several ways, so the number of a line is not varied as a single field is."""


def identity(message: Wire) -> int:
    """What makes it one of a kind."""
    return opened(message).identity


def opened(message: Wire) -> Opened:
    """What the door understands, which is the same with and without its shortcut."""
    raw = json.dumps(message, ensure_ascii=False).encode()
    found, slowly = DOOR.open(raw, APPENDED), FIELD_BY_FIELD.open(raw, APPENDED)
    assert content(slowly) == content(found)
    return found


def content(found: Opened) -> object:
    """Everything that is understood of a message."""
    return msgspec.to_builtins(found)


def forms_of(infno: str) -> tuple[Form, ...]:
    """The forms in which a transaction may come."""
    return FORMS[:2] if TRANSACTIONS[plain(infno)].needs_reply else FORMS


def nodes_of(message: Wire) -> Iterator[Wire]:
    """The objects of a message in which fields stand, itself first."""
    yield message
    for value in message.values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                yield from nodes_of(part)


def notations_of(infno: str) -> dict[str, Callable[[object], object]]:
    """Every field that is read of a transaction, with what reads it."""
    known: dict[str, Callable[[object], object]] = {}
    waiting: list[type[msgspec.Struct]] = [TRANSACTIONS[plain(infno)].struct]
    while waiting:
        struct = waiting.pop()
        for one in msgspec.structs.fields(struct):
            if (reader := reader_of(one.type)) is not None:
                known[one.encode_name] = reader
            elif isinstance(held := getattr(one.type, "__args__", (None,))[0], type) and issubclass(
                held, msgspec.Struct
            ):
                waiting.append(held)
    return known


def with_other_notation(message: Wire, infno: str, rng: Random) -> Wire:
    """The same message with some of its values written otherwise."""
    other, readers = copy.deepcopy(message), notations_of(infno)
    for node in list(nodes_of(other)):
        for name, value in list(node.items()):
            is_fixed = name == "refmsg_time" or (name == "feedetl_sn" and infno in ONE_LINE)
            if rng.random() < 0.5 and name in readers and not is_fixed:
                node[name] = written_otherwise(readers[name], value, rng)
    return other


def written_otherwise(reader: Callable[[object], object], value: object, rng: Random) -> object:
    """One value in another notation."""
    if reader is number and isinstance(value, int | float):
        return rng.choice([f"{value:.4f}", f" {value} ", value, f"{value}\r", float(value)])
    if not isinstance(value, str) or value.strip() in ("", "-"):
        return value
    if reader in (moment, moment_or_day):
        date, _, clock = value.partition(" ")
        if not clock:
            return rng.choice([f" {value}", f"{value} 00:00:00", value.replace("-0", "/")])
        slashed = f"{int(date[:4])}/{int(date[5:7])}/{int(date[8:])} {int(clock[:2])}{clock[2:]}"
        digits = "".join(letter for letter in value if letter.isdigit())
        return rng.choice(
            [f"{date}T{clock}", f"{value}.000", slashed, digits, int(digits), f"{digits}000", f"{date}T{clock}+08:00"]
        )
    if reader is day:
        return rng.choice([f"{value} 00:00:00", value.replace("-", "/"), f" {value}\r"])
    blanks = [f"{value}  ", f" {value}", f"{value}\r\n", f"\ufeff{value}", f"{value}\u3000", f"{value}\x00"]
    return int(value) if value.isdigit() and not value.startswith("0") and rng.random() < 0.3 else rng.choice(blanks)


def with_absent_fields(message: Wire, infno: str, rng: Random) -> Wire:
    """The same message with fields that say that there is nothing."""
    other = copy.deepcopy(message)
    names = [*notations_of(infno), "unheard_of"]
    for node in list(nodes_of(other)):
        for name in rng.sample(names, 4):
            if all(spelled not in node for spelled in (name, *OTHER_SPELLINGS)):
                node.setdefault(name, rng.choice(["", None, "-", {}, [], " ", "\t"]))
    return other


def with_other_spellings(message: Wire, _: str, rng: Random) -> Wire:
    """The same message with names that are seen in the field as well."""
    theirs = {ours: spelled for spelled, ours in OTHER_SPELLINGS.items()}
    other = copy.deepcopy(message)
    for node in list(nodes_of(other)):
        renamed = {
            theirs[name] if name in theirs and rng.random() < 0.5 else name: value for name, value in node.items()
        }
        node.clear()
        node.update(renamed)
    return other


def as_a(message: Wire, infno: str, _: Random) -> Wire:
    """The same message under the transaction's other id, its codes in small letters."""
    other = copy.deepcopy(message) | {"infno": f"{infno}A"}
    for node in list(nodes_of(other)):
        for name in ("fixmedins_code", "med_list_codg"):
            if isinstance(node.get(name), str):
                node[name] = node[name].lower()
    return other


VARIANTS = (with_other_notation, with_absent_fields, with_other_spellings, as_a)


@pytest.mark.parametrize("infno", EXAMPLES)
def test_every_form_of_a_message_is_the_same_message(infno: str) -> None:
    """Flat, as the request where it needs no reply, and as request and reply."""
    body = EXAMPLES[infno]

    assert {identity(body)} == {identity(in_form(body, form)) for form in forms_of(infno)}


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: str(change.__name__))
@pytest.mark.parametrize("infno", EXAMPLES)
def test_every_notation_of_a_message_is_the_same_message(infno: str, change: Callable[..., Wire]) -> None:
    """Numbers as text, codes as numbers, blanks, absences, spellings, times, the A: in every form."""
    body, rng = EXAMPLES[infno], Random(infno)
    expected = identity(body)

    for form in forms_of(infno):
        for _ in range(12):
            other = change(in_form(body, form), infno, rng)
            assert expected == identity(other), other


@pytest.mark.parametrize("infno", EXAMPLES)
def test_all_at_once_it_is_still_the_same_message(infno: str) -> None:
    """In whichever form, with every variant laid over the others."""
    body, rng = EXAMPLES[infno], Random(f"{infno} all")
    expected = identity(body)

    for _ in range(40):
        other = in_form(body, rng.choice(forms_of(infno)))
        for change in rng.sample(VARIANTS, 4):
            other = change(other, infno, rng) if change is not as_a or infno == other["infno"] else other
        assert expected == identity(other), other


@pytest.mark.parametrize("infno", EXAMPLES)
def test_another_value_of_any_field_is_another_message(infno: str) -> None:
    """But for what only the reply says of a fee line: a request has none of it."""
    body = EXAMPLES[infno]
    readers = notations_of(infno)
    of_reply = {"inscp_scp_amt", "pric_uplmt_amt", "med_chrgitm_type"} if infno in ("2204", "2301") else set()
    changed = []
    for position, node in enumerate(nodes_of(body)):
        for name, value in node.items():
            if name in readers and name not in of_reply and name not in ("infno", "refmsg_time"):
                other = copy.deepcopy(body)
                list(nodes_of(other))[position][name] = another(readers[name], value)
                changed.append((name, identity(other) if name != "inf_time" else None))

    assert [] == [name for name, found in changed if found == identity(body)]


def another(reader: Callable[[object], object], value: object) -> object:
    """A value that says something else."""
    if reader is number:
        return float(str(value)) + 1
    if reader in (moment, moment_or_day):
        return "2026-03-05 09:59:00"
    if reader is day:
        return "1990-01-02"
    return f"{value}9" if str(value) != "0000" else "0009"
