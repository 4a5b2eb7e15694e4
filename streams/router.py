"""The router: bytes of the events topic become records for the topic inside; no state but the clock of its ticks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

import msgspec

from rules._entries import entries_of
from rules._ledger import Tick, Turn
from rules.times import HOUR
from rules.wire.door import Door, Failed, Late, Opened, Refused, Sender, Skipped

_encode = msgspec.msgpack.Encoder().encode

BUNDLE = 16 << 10
"""So many bytes at most make one record of the topic inside, unless a single value is larger: some 40 events, so that a
detector never judges for long without looking up (our assumption)."""


NO_TURN = Turn({}, "")
"""Nothing is in force by the log: rules and tables are given."""

MOST_TRANSACTIONS = 100
"""So many transactions that nothing here uses are told apart; then they are `other`: anything may stand in infno."""


class Noted(NamedTuple):
    """What must not be silent, by who sent it; detail: the code of a reason, the name of a field.

    what: skipped, failed, refused, late: messages. late_lines, bad_codes, missing_codes, cut: parts of accepted ones.
    refunds_without_original, retractions_without_target, message_reversals_without_target: what takes nothing back.
    """

    what: str
    detail: str
    institution: str
    transaction: str


@dataclass
class Routed:
    """What became of a batch of one input partition.

    entries: (key, value), in order, for the partition of the key; what has no key, a retraction, is for every one.
    They are sent in `bundles`.
    ticks: hours that passed, ms, for every partition.
    dead_letters: (index in the batch, code, detail); late: indexes. kinds: events, by kind. noted: what must not be
    silent. accepted: messages; one may hold several events.
    """

    entries: list[tuple[bytes | None, bytes]] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    dead_letters: list[tuple[int, str, str]] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    noted: Counter[Noted] = field(default_factory=Counter)
    accepted: int = 0
    uploaded: int = 0

    def note(self, what: str, sender: Sender, number: int = 1, detail: str = "") -> None:
        """Count something of a sender."""
        if number:
            self.noted[Noted(what, detail, sender.institution, sender.transaction)] += number

    def count(self, what: str) -> int:
        """How often something was noted, of whichever sender."""
        return sum(number for noted, number in self.noted.items() if noted.what == what)


class Router:
    """Turns the messages of one input partition into records for the topic inside."""

    def __init__(self, door: Door, *, of_file: bool = False) -> None:
        """Take of_file: the moment of an event is its inf_time, for a file has no broker."""
        self._door = door
        self._of_file = of_file
        self.clock = TickClock()

    def route(self, batch: Sequence[tuple[bytes, int]]) -> Routed:
        """Route messages (value, broker append time in ms), in the order of the log. Never raises for a bad message."""
        routed = Routed()
        for index, (value, appended) in enumerate(batch):
            self.route_one(value, appended, index, routed)
        return routed

    def route_one(self, value: bytes, appended: int, index: int, routed: Routed) -> None:
        """Route one message into `routed`."""
        try:
            opened = self._door.open(value, appended)
        except Refused as refused:
            routed.dead_letters.append((index, refused.reasons[0].code, str(refused)))
            for code in {reason.code for reason in refused.reasons}:
                routed.note("refused", refused.sender, detail=code)
        except Skipped as skipped:
            routed.note("skipped", skipped.sender)
        except Failed as failed:
            routed.note("failed", failed.sender)
        except Late as late:
            routed.late.append(index)
            routed.note("late", late.sender)
        else:
            self._route_opened(opened, appended, routed)

    def _route_opened(self, opened: Opened, appended: int, routed: Routed) -> None:
        event = opened.events[0]
        routed.accepted += 1
        routed.kinds.update(one.kind for one in opened.events)
        routed.uploaded = event.uploaded
        left = entries_of(opened, event.uploaded if self._of_file else appended)
        records, retractions = left.records, left.retractions
        sender = Sender(event.body.institution, event.body.transaction)
        routed.note("late_lines", sender, opened.late_lines)
        routed.note("bad_codes", sender, opened.bad_codes)
        routed.note("missing_codes", sender, opened.missing_codes)
        routed.note("refunds_without_original", sender, left.refunds_without_original)
        for name, number in opened.cut.items():
            routed.note("cut", sender, number, name)
        routed.entries += [(record_key(record.space, record.key), _encode(record)) for record in records]
        routed.entries += [(None, _encode(retraction)) for retraction in retractions]
        routed.ticks += self.clock.passed(event.uploaded, event.body.institution, appended)


class TickClock:
    """Tells which hours of inf_time have passed.

    A wild date does not move it: an hour more than a day ahead counts only once a hundred events of three institutions
    lie in it or later (our assumption).
    """

    __slots__ = ("_events", "_hours", "_institutions", "_last")

    def __init__(self) -> None:
        self._last: int | None = None
        self._events = 0
        self._institutions: set[str] = set()
        self._hours: set[int] = set()

    def move_to(self, hour: int) -> None:
        """Begin behind an hour that is told already: before this worker came, or because the input rested."""
        if self._last is None or hour > self._last:
            self._last, self._events = hour, 0
            self._institutions.clear()
            self._hours.clear()

    def passed(self, uploaded: int, institution: str, appended: int) -> list[int]:
        """The hour that this event's upload brings, as a list of none or one; never later than its append time."""
        hour = min(uploaded, appended) // HOUR * HOUR
        if self._last is not None and hour <= self._last:
            return []
        if self._last is not None and hour > self._last + 24 * HOUR:
            self._note(hour, institution)
            if self._events < 100 or len(self._institutions) < 3:
                return []
            hour = self._reached()
        self.move_to(hour)
        return [hour]

    def _note(self, hour: int, institution: str) -> None:
        self._events += 1
        if len(self._institutions) < 3:
            self._institutions.add(institution)
        if len(self._hours) < 10_000:  # more than a year; two institutions alone may send any number of dates
            self._hours.add(hour)

    def _reached(self) -> int:
        """The first of the hours ahead, and on from it as far as no step is longer than a day."""
        first, *later = sorted(self._hours)
        for hour in later:
            if hour > first + 24 * HOUR:
                break
            first = hour
        return first


def bundles(values: Iterable[bytes]) -> Iterator[bytes]:
    """Encoded values, in order, as records of the topic inside: each an array of as many as there is room for.

    An event leaves some four values; each by itself would cost a worker more to send and to fetch than to judge.
    """
    held: list[bytes] = []
    room = BUNDLE
    for value in values:
        if held and len(value) > room:
            yield _bundle(held)
            held, room = [], BUNDLE
        held.append(value)
        room -= len(value)
    if held:
        yield _bundle(held)


def _bundle(values: list[bytes]) -> bytes:
    return b"".join((b"\xdd", len(values).to_bytes(4, "big"), *values))  # msgpack: an array, its length in 32 bits


def record_key(space: str, key: str) -> bytes:
    """What decides to which partition of the topic inside a ledger key belongs."""
    return f"{space}:{key}".encode()


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of the topic inside that owns a ledger key."""
    return crc32(key) % partitions


def encode_tick(hour_ms: int, *, final: bool = False, turn: Turn = NO_TURN) -> bytes:
    """A tick as the topic inside carries it, with the versions that are in force."""
    return _bundle([_encode(Tick(hour_ms, final, turn.offsets, turn.mark))])


def encode_turn(turn: Turn) -> bytes:
    """A turn as the topic inside carries it."""
    return _bundle([_encode(turn)])
