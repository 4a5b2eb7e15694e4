"""One notation for what systems write in several: times without an offset, flags as text, [] for no list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import get_args

import msgspec

from ..times import BEIJING
from .fields import KINDS, Flag, item_type

Notation = str | int | datetime | None


class _Fields(msgspec.Struct, frozen=True):
    """Of a struct: the fields that hold a time or a flag, what reads them at once, and the fields that hold parts."""

    names: list[str]
    read: Callable[[msgspec.Struct], tuple[Notation, ...]]
    parts: list[str]


def normalise(message: msgspec.Struct) -> None:
    """Put Beijing time for times, text for flags and [] for null lists into a message and its parts; in place.

    Two messages that say the same in another notation are one message then.
    """
    fields = _FIELDS[type(message)]
    _rewrite(message, fields)
    for name in fields.parts:
        parts = getattr(message, name)
        if parts is None:
            setattr(message, name, [])
            continue
        for part in parts:
            _rewrite(part, _FIELDS[type(part)])


def _rewrite(part: msgspec.Struct, fields: _Fields) -> None:
    # Every line of every message passes here: `type() is` costs half of isinstance, and no subclass can come.
    for position, came in enumerate(fields.read(part)):
        if type(came) is datetime:
            if came.tzinfo is not None:
                setattr(part, fields.names[position], _without_offset(came))
        elif type(came) is int:
            setattr(part, fields.names[position], str(came))


def _without_offset(moment: datetime) -> datetime:
    try:
        return moment.astimezone(BEIJING).replace(tzinfo=None)
    except OverflowError:  # at the ends of the calendar; such a time is refused, or late, as it is
        return moment


def _fields_of(struct: type[msgspec.Struct]) -> dict[type[msgspec.Struct], _Fields]:
    """The fields of a struct, and of the parts in its lists."""
    fields = [(one.name, one.type, get_args(one.type)) for one in msgspec.structs.fields(struct)]
    names = [name for name, of, args in fields if of == Flag or datetime in (of, *args)]
    held = ((name, item_type(of)) for name, of, _ in fields)
    parts = {name: one for name, one in held if isinstance(one, type) and issubclass(one, msgspec.Struct)}
    # With one name attrgetter gives no tuple; no struct has just one.
    found = {struct: _Fields(names, attrgetter(*names) if names else lambda _: (), list(parts))}
    for part in parts.values():
        found |= _fields_of(part)
    return found


_FIELDS = {struct: fields for _, kind in KINDS.values() for struct, fields in _fields_of(kind).items()}
