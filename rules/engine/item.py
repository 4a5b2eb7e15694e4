"""What travels inside beside entries and retractions: the hours that pass, and the versions that come into force."""

from __future__ import annotations

import msgspec


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
