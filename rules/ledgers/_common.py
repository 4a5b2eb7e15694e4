"""What the entries of all ledgers share: the fields of a message, written once; amounts, times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache

import msgspec

from ..engine.entry import Entry
from ..reference import Reference
from ..times import to_ms
from ..wire.door import Event
from ..wire.fields import Admission, Line, Message, PreSettlement, Settlement


def fen(yuan: float | None) -> int:
    """Yuan to integer fen.

    >>> fen(19.99)
    1999
    """
    return round((yuan or 0.0) * 100)


encode = msgspec.msgpack.Encoder().encode


def yuan(amount: int) -> str:
    """Fen as yuan, as the interface writes it.

    >>> yuan(-1999)
    '-19.99'
    """
    return f"{amount / 100:.2f}"


STOCK_SORTS = {"3501": "1", "3502": "2", "3503": "3", "3505": "4"}
"""Transaction -> inv_data_type, by which 3507 names what it deletes."""


def uploads(column: str, institution: str, time: int, reference: Reference) -> bool:
    """Whether the register says at a time, ms UTC, that an institution uploads what this column is about."""
    return (reference.row("institutions", institution, time) or {}).get(column) == "1"


def uploading(column: str, reference: Reference) -> Iterator[str]:
    """The institutions of which any row says so, whenever it is valid."""
    for institution in reference.keys("institutions"):
        if any(row.get(column) == "1" for row in reference.rows("institutions", institution)):
            yield institution


class Shared:
    """What the entries of an event share, as the topic inside carries it: written once an event, not once an entry."""

    __slots__ = ("_from_name", "_from_person", "_from_upload")

    def __init__(self, event: Event) -> None:
        body = event.body
        self._from_upload = _run((event.uploaded, body.message, body.institution, event.identity))
        person = getattr(body, "person", None) or ""
        settlement = getattr(body, "settlement", None) or ""
        self._from_person = _run((person, settlement, getattr(body, "visit", None) or ""))
        name, insured_in, place = body.institution_name or "", body.insured_in or "", body.place or ""
        pre = isinstance(body, PreSettlement)
        self._from_name = _run((pre, name, insured_in, place, body.transaction, event.answered))

    def write(self, kind: type[Entry], own: tuple[object, ...], line: str = "", amount: int = 0) -> bytes:
        """An entry of the event as the topic inside carries it; no object of its kind is made.

        own: the fields of its kind and its time, in their order. line, amount: as of every entry.
        """
        return b"".join((
            _head(kind), _run(own), self._from_upload, encode(line), self._from_person, encode(amount), self._from_name,
        ))  # fmt: skip


def _run(values: tuple[object, ...]) -> bytes:
    """Values one after the other; up to 15, for the array that they are written as has a head of one byte."""
    return encode(values)[1:]


_SHORT_HEADS = [bytes((0x90 | length,)) for length in range(16)]


def array_head(length: int) -> bytes:
    """The head of a msgpack array of so many values.

    >>> array_head(2) == encode([0, 0])[:1], array_head(40) == encode([0] * 40)[:3]
    (True, True)
    """
    if length < len(_SHORT_HEADS):
        return _SHORT_HEADS[length]
    return b"\xdc" + length.to_bytes(2, "big") if length < 1 << 16 else b"\xdd" + length.to_bytes(4, "big")


@cache
def _head(kind: type[Entry]) -> bytes:
    """What an entry of this kind begins with: how many fields follow, and the tag of the kind."""
    return array_head(1 + len(kind.__struct_fields__)) + encode(kind.__struct_config__.tag)


def through_fund(line: Line, body: Message) -> int:
    """What a line put through the fund, fen: of a settlement its share, else what is in scope of it, at most.

    A fund that pays more than the total has paid the whole line, not more.
    """
    if isinstance(body, Settlement):
        return fen(line.amount * min(max(body.fund, 0.0), body.total) / body.total) if body.total > 0 else 0
    return fen(line.amount if line.in_scope is None else line.in_scope)


def diagnosis_of(body: Admission) -> str:
    """The main diagnosis with which a person is admitted; empty where none is stated.

    Not dise_codg: that is a code of the list of covered diseases, and no ICD-10.
    """
    return body.main_diagnosis or next((one.code for one in body.diagnoses if one.code), "")


def stated(time: datetime | None) -> int:
    """A time that accompanies a message, ms UTC; 0 where it is not given."""
    return 0 if time is None else to_ms(time)
