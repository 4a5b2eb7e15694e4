"""What must not be silent, by who sent it: counted by each worker, written once a minute to a topic inside.

Metrics carry no institution; `monitor doctor` reads these. A worker that crashes loses what it counted since it wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from rules.wire.answers import OTHER
from streams.route.router import Noted

MOST = 5_000
"""So many different things are told apart between two writes; then the institution is `other`: it may be anything."""


class Tally(msgspec.Struct, frozen=True):
    """So often this was noted; since, until: append times of the messages, ms UTC, as the worker's clock has them."""

    what: str
    detail: str
    institution: str
    transaction: str
    number: int
    since: int
    until: int


class Tallies:
    """What one worker has noted since it last wrote."""

    __slots__ = ("_clock", "_counts", "_since")

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take the clock: seconds since 1970. It only says when something was counted."""
        self._clock = clock
        self._counts: Counter[Noted] = Counter()
        self._since = self._now()

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def add(self, noted: Mapping[Noted, int]) -> None:
        """Count what a batch noted."""
        for one, number in noted.items():
            known = one in self._counts or len(self._counts) < MOST
            self._counts[one if known else one._replace(institution=OTHER, transaction=OTHER)] += number

    def drain(self) -> list[bytes]:
        """The records to write; then everything is counted from 0 again."""
        since, self._since = self._since, self._now()
        counts, self._counts = self._counts, Counter()
        return [
            msgspec.json.encode(Tally(*one, number=number, since=since, until=self._since))
            for one, number in sorted(counts.items())
        ]


def sum_of(values: Iterable[bytes], since: int) -> Counter[Noted]:
    """How often each thing was noted in what was written since this moment, ms UTC; what is not ours is passed over."""
    found: Counter[Noted] = Counter()
    for value in values:
        try:
            one = msgspec.json.decode(value, type=Tally)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if one.until >= since:
            found[Noted(one.what, one.detail, one.institution, one.transaction)] += one.number
    return found
