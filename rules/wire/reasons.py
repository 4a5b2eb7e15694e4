"""Why a message is refused, field by field: the slow way, taken only by messages that the decoder did not take.

A reason names the field, what was expected, and the type and length of what came; never a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from itertools import islice
from typing import TypeVar

import msgspec

from .fields import item_type

MOST_REASONS = 50
"""So many are named of one message: enough to mend it, and a message of nothing else stays cheap."""
MOST_TEXT = 8 * 1024
"""Characters of all reasons of one message: they travel in a header of its dead letter."""

Part = TypeVar("Part", bound=msgspec.Struct)

_fields = cache(msgspec.structs.fields)


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


def too_many(name: str, limit: int, came: int) -> Reason:
    """A list that is longer than its limit."""
    return Reason("too_many_items", f"{name}: expected at most {limit} items, was {came}")


def reasons(struct: type[msgspec.Struct], came: object, max_items: int, path: str = "") -> Iterator[Reason]:
    """Every reason why this value is no such struct, each field tried by itself; not within a list over max_items."""
    if not isinstance(came, dict):
        code = "wrong_type" if path else "not_object"
        yield Reason(code, f"{path.removesuffix('.') or 'message'}: expected an object, was {describe(came)}")
        return
    for one in _fields(struct):
        name = path + one.encode_name
        if one.encode_name in came:
            yield from _field_reasons(one.type, came[one.encode_name], max_items, name)
        elif one.required:
            yield Reason("missing_field", f"{name}: expected, was missing")


def _field_reasons(expected: object, came: object, max_items: int, name: str) -> Iterator[Reason]:
    if isinstance(came, list) and len(came) > max_items:
        yield too_many(name, max_items, len(came))
        return
    try:
        msgspec.convert(came, expected)
    except msgspec.ValidationError:
        inner = item_type(expected)
        if isinstance(came, list) and came and inner:
            for number, item in enumerate(came):
                yield from _item_reasons(inner, item, max_items, f"{name}[{number}]")
            return
        wanted = _wanted(expected)
        if came == [] and inner:
            yield Reason("missing_field", f"{name}: expected at least one, was empty")
            return
        code = "bad_time" if wanted.startswith("yyyy") and isinstance(came, str) else "wrong_type"
        yield Reason(code, f"{name}: expected {wanted}, was {describe(came)}")


def _item_reasons(inner: object, item: object, max_items: int, name: str) -> Iterator[Reason]:
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        return reasons(inner, item, max_items, f"{name}.")
    return _field_reasons(inner, item, max_items, name)


def mended(struct: type[Part], came: object, max_items: int, moment: str) -> Part:
    """This value as such a struct, with a blank for each field that is wrong: what is right can still be judged."""
    given = came if isinstance(came, dict) else {}
    moment = _readable(given.get("inf_time")) or moment
    fields = [one for one in _fields(struct) if one.required or one.encode_name in given]
    return struct(**{one.name: _mended(one.type, given.get(one.encode_name), max_items, moment) for one in fields})


def _readable(time: object) -> str | None:
    try:
        msgspec.convert(time, datetime)
    except msgspec.ValidationError:
        return None
    return str(time)


def _mended(expected: object, came: object, max_items: int, moment: str) -> object:
    inner = item_type(expected)
    if isinstance(came, list) and len(came) > max_items:
        return []
    if isinstance(came, list) and isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        return [mended(inner, item, max_items, moment) for item in came]
    # A moment is a blank for texts as well, for there are times among them; nothing objects to it.
    for one in (came, moment, 0):
        with suppress(msgspec.ValidationError):
            return msgspec.convert(one, expected)
    return []


def _wanted(expected: object) -> str:
    """What a field expects, in words."""
    if expected is datetime or datetime in getattr(expected, "__args__", ()):
        return "yyyy-MM-dd HH:mm:ss or ISO 8601 with an offset"
    schema = msgspec.json.schema(expected)
    parts = schema.get("anyOf", [schema])
    return " or ".join(_wanted_part(part) for part in parts if part.get("type") != "null")


def _wanted_part(part: dict[str, object]) -> str:
    names = {"string": "text", "number": "a number", "integer": "a whole number"}
    text = names.get(str(part.get("type")), "an object")
    items = part.get("items")
    if isinstance(items, dict):
        return f"a list, each {_wanted_part(items)}"
    if "maxLength" in part:
        text += f" of {part.get('minLength', 0)} to {part['maxLength']}"
    if "maximum" in part:
        text += f" from {part['minimum']:g} to {part['maximum']:g}"
    return text
