"""What travels inside beside retractions: entries, the hours that pass, and the versions that come into force."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from .entry import Entry
from .retraction import Retraction

E_co = TypeVar("E_co", bound=Entry, covariant=True)


class Record(msgspec.Struct, Generic[E_co], frozen=True, array_like=True, tag="r"):
    """The entries of one event under one key.

    appended: when the broker took the event, ms; in a file its inf_time.
    """

    space: str
    key: str
    entries: list[E_co]
    appended: int = 0


class Tick(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """That the log has come to this hour, ms; final: nothing more will come, everything is judged and closed.

    offsets, mark: of the tables and rules in force, as of a Turn.
    """

    hour: int
    final: bool = False
    offsets: dict[str, int] = {}
    mark: str = ""


class Turn(msgspec.Struct, frozen=True, array_like=True, tag="v"):
    """That other tables and rules come into force: those that stand before these offsets of their topics.

    offsets: topic, without the prefix, to the first offset that is not in force. mark: of all that is in force.
    """

    offsets: dict[str, int]
    mark: str


Item = Record[Entry] | Retraction | Tick | Turn
"""What the one topic inside carries."""
