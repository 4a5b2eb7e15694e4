"""Why a message is refused, in words: the field with its path, what was expected, type and length of what came.

Never a value: what stands in a field may be a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice

import msgspec

MOST_REASONS = 50
"""So many are named of one message: enough to mend it, and a message of nothing else stays cheap."""
MOST_TEXT = 8 * 1024
"""Characters of all reasons of one message: they travel in a header of its dead letter."""

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,39}", re.ASCII)


class Reason(msgspec.Struct, frozen=True):
    """Why a message is refused: code for counting, text for people."""

    code: str
    text: str


def describe(value: object) -> str:
    """The type and length of what came, never what it says."""
    if isinstance(value, str):
        return f"text of {len(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    names: dict[type, str] = {
        dict: "an object",
        bool: "true or false",
        int: "a number",
        float: "a decimal number",
        type(None): "null",
    }
    return names.get(type(value), type(value).__name__)


def limited(found: Iterable[Reason]) -> tuple[Reason, ...]:
    """The first reasons, and one more that says where there are others; no more of them are looked for."""
    first = tuple(islice(found, MOST_REASONS + 1))
    if len(first) <= MOST_REASONS:
        return first
    more = Reason("too_many_reasons", f"message: expected at most {MOST_REASONS} reasons to refuse it, has more")
    return (*first[:MOST_REASONS], more)


def missing(name: str) -> Reason:
    """A field that is required and is not there."""
    return Reason("missing_field", f"{name}: expected, was missing")


def wrong_type(name: str, expected: str, came: object) -> Reason:
    """A value of another kind."""
    return Reason("wrong_type", f"{name}: expected {expected}, was {describe(came)}")


def too_many(name: str, limit: int, came: int) -> Reason:
    """A list that is longer than its limit."""
    return Reason("too_many_items", f"{name}: expected at most {limit} items, was {came}")


def names_in(value: Mapping[str, object]) -> str:
    """The names of fields that may be told: what does not look like one may be a value.

    >>> names_in({"foo": 1, "13900001111": 2})
    'foo and 1 other'
    """
    told = [name for name in value if _FIELD_NAME.fullmatch(name)][:5]
    others = len(value) - len(told)
    return " and ".join([*([", ".join(told)] if told else []), *([f"{others} other"] if others else [])]) or "nothing"


_KNOWN_SHAPES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("before", "after", "op")), "a change record of a database (Debezium): publish the message itself"),
    (frozenset(("schema", "payload")), "a record of Kafka Connect with its schema: switch schemas.enable off"),
    (frozenset(("alert_id", "revision")), "an alert of this monitor"),
    (frozenset(("specversion", "type")), "a CloudEvent: publish its data"),
    (frozenset(("infcode", "output")), "a reply without its request: publish both in one message"),
    (frozenset(("infcode", "inf_refmsgid")), "a reply without its request: publish both in one message"),
    (frozenset(("input",)), "a request without its header"),
)


def looks_like(message: Mapping[str, object]) -> Reason:
    """What a message seems to be that has no field of the header."""
    known = next((words for names, words in _KNOWN_SHAPES if names <= message.keys()), "")
    seems = known or f"an object of {names_in(message)}"
    return Reason("not_a_message", f"message: expected infno, msgid and the rest of a header, looks like {seems}")
