"""The router: bytes of the events topic become records for the topic inside. It keeps no state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

import msgspec

from rules.engine.item import Tick, Turn
from rules.ledgers.inside import EVERY, entries_of
from rules.wire.door import Door, Failed, Late, Opened, Refused, Sender, Skipped
from rules.wire.fields import PreSettlement

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
    dead_letters: (index in the batch, code, detail); late: indexes. kinds: events, by kind. noted: what must not be
    silent. accepted: messages; one may hold several events.
    """

    entries: list[tuple[bytes | None, bytes]] = field(default_factory=list)
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


class Read(NamedTuple):
    """A message as the door has read it: its events, or why there are none.

    uploaded: its inf_time, ms, by which the clock of its partition goes; 0 for what moves no clock: a question before
    money moves, which never waits, and what was not accepted.
    """

    said: Opened | Refused | Skipped | Failed | Late
    uploaded: int


class Router:
    """Turns messages into records for the topic inside. kinds: of entries that are sent, by name."""

    def __init__(self, door: Door, kinds: Container[str] = EVERY, *, of_file: bool = False) -> None:
        """Take of_file: the moment of an event is its inf_time, for a file has no broker."""
        self.kinds = kinds
        self._door = door
        self._of_file = of_file

    def route(self, batch: Sequence[tuple[bytes, int]]) -> Routed:
        """Route messages (value, broker append time in ms), in the order of the log. Never raises for a bad message."""
        routed = Routed()
        for index, (value, appended) in enumerate(batch):
            self.leave(self.read(value, appended), appended, index, routed)
        return routed

    def read(self, value: bytes, appended: int) -> Read:
        """Read one message; what it leaves is told by `leave`. Never raises for a bad message."""
        try:
            opened = self._door.open(value, appended)
        except (Refused, Skipped, Failed, Late) as why:
            return Read(why.with_traceback(None), 0)
        event = opened.events[0]
        return Read(opened, 0 if isinstance(event.body, PreSettlement) else event.uploaded)

    def leave(self, read: Read, appended: int, index: int, routed: Routed) -> None:
        """Put into `routed` what becomes of a message that was read; index: its place in the batch."""
        said = read.said
        if isinstance(said, Opened):
            self._leave_entries(said, appended, routed)
        elif isinstance(said, Refused):
            routed.dead_letters.append((index, said.reasons[0].code, str(said)))
            for code in {reason.code for reason in said.reasons}:
                routed.note("refused", said.sender, detail=code)
        elif isinstance(said, Late):
            routed.late.append(index)
            routed.note("late", said.sender)
        else:
            routed.note("skipped" if isinstance(said, Skipped) else "failed", said.sender)

    def _leave_entries(self, opened: Opened, appended: int, routed: Routed) -> None:
        event = opened.events[0]
        routed.accepted += 1
        for one in opened.events:
            routed.kinds[one.kind] += 1
        routed.uploaded = event.uploaded
        left = entries_of(opened, event.uploaded if self._of_file else appended, self.kinds)
        routed.entries += left.written
        routed.entries += [(None, _encode(retraction)) for retraction in left.retractions]
        parts = opened.late_lines + opened.bad_codes + opened.missing_codes + left.refunds_without_original
        if parts or opened.cut:
            self._note_parts(opened, left.refunds_without_original, routed)

    def _note_parts(self, opened: Opened, refunds_without_original: int, routed: Routed) -> None:
        """Count what of an accepted message must not be silent."""
        body = opened.events[0].body
        sender = Sender(body.institution, body.transaction)
        routed.note("late_lines", sender, opened.late_lines)
        routed.note("bad_codes", sender, opened.bad_codes)
        routed.note("missing_codes", sender, opened.missing_codes)
        routed.note("refunds_without_original", sender, refunds_without_original)
        for name, number in opened.cut.items():
            routed.note("cut", sender, number, name)


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


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of the topic inside that owns a ledger key."""
    return crc32(key) % partitions


def encode_tick(hour_ms: int, *, final: bool = False, turn: Turn = NO_TURN) -> bytes:
    """A tick as the topic inside carries it, with the versions that are in force."""
    return _bundle([_encode(Tick(hour_ms, final, turn.offsets, turn.mark))])


def encode_turn(turn: Turn) -> bytes:
    """A turn as the topic inside carries it."""
    return _bundle([_encode(turn)])
