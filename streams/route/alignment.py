"""Nobody runs ahead: the clock of each input partition, and which records wait until the others have come so far.

A worker that reads one partition days ahead of another would let the entries of the other come too late for their
ledgers. So the owner of each input partition announces where its clock stands, and a partition is held whose clock
would stand more than a day after the earliest announced one. This is flow control and no judgement: what is judged
follows from the log inside alone. Nothing here knows Kafka.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from time import monotonic
from typing import Generic, TypeVar

import msgspec

from rules.times import HOUR

JUMP = 24 * HOUR
"""A longer step of the clock, ms, is believed only if what follows has made it too (our assumption)."""
LOOK_AHEAD = 100
"""So many records that follow are asked, or all to the end of the partition (our assumption)."""
ASTRAY = 10
"""At most one of so many of them may lie more than a day before the step: stragglers of before a holiday."""
EVER = 1 << 62
"""Later than any time, ms."""

T = TypeVar("T")


class Lane(Generic[T]):
    """The records of one input partition that wait for their turn, in order, and its clock.

    clock: the largest hour (first moment, ms UTC) of inf_time that has passed, 0 where none is known. It never goes
    back, and a wild date does not move it.
    """

    __slots__ = ("_next", "_passed_by", "_waiting", "clock")

    def __init__(self, clock: int = 0) -> None:
        self.clock = clock
        self._waiting: deque[tuple[int, T]] = deque()
        self._next: int | None = None
        self._passed_by = 0
        """Hour of the last record that was taken without moving the clock."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def first(self) -> T:
        """What is next."""
        return self._waiting[0][1]

    @property
    def next_hour(self) -> int:
        """The hour of what is next itself, ms."""
        return self._waiting[0][0]

    @property
    def is_lone(self) -> bool:
        """Whether the next record makes a longer step, and no other one that is known says anything of it.

        Neither one that follows, nor one within a day of it that was taken before and moved no clock.
        """
        if self._next is not None or not self._waiting:
            return False
        hour = self.next_hour
        if hour <= self.clock + JUMP or abs(hour - self._passed_by) <= JUMP:
            return False
        following = self._following()
        return len(following) < LOOK_AHEAD and not any(following)

    def push(self, item: T, uploaded: int) -> None:
        """Put a record at the end. uploaded: its inf_time, ms; 0 for what moves no clock."""
        self._waiting.append((uploaded // HOUR * HOUR, item))

    def ahead(self, *, whole: bool) -> int | None:
        """The clock as it will stand with the next record; None where that cannot be told before more is read.

        whole: what waits is all that the partition has.
        """
        if self._next is None and self._waiting:
            hour = self._waiting[0][0]
            self._next = max(self.clock, hour) if hour <= self.clock + JUMP else self._after_jump(hour, whole=whole)
        return self._next

    def _after_jump(self, hour: int, *, whole: bool) -> int | None:
        following = self._following()
        if len(following) < LOOK_AHEAD and not whole:
            return None
        known = [later for later in following if later]
        astray = sum(later < hour - JUMP for later in known)
        return hour if astray * ASTRAY <= len(known) else self.clock

    def _following(self) -> list[int]:
        return [later for later, _ in islice(self._waiting, 1, 1 + LOOK_AHEAD)]

    def take(self) -> T:
        """Take the next record; `ahead` has told where the clock stands with it."""
        if self._next is None:
            raise RuntimeError("lane: expected to be asked for the clock first")
        self.clock, self._next = self._next, None
        return self._waiting.popleft()[1]

    def pass_by(self) -> T:
        """Take the next record, a lone one, and leave the clock where it is."""
        self._passed_by, item = self._waiting.popleft()
        return item


class Announcement(msgspec.Struct, frozen=True):
    """What the owner of an input partition says of it.

    area, generation: of the consumer group in which it owns the partition; others do not count. offset: of the next
    record that is not acknowledged inside. hour: the clock as it will stand with that record, 0 where none is known.
    behind: how long after its inf_time the last record that moved the clock was appended, ms. end_at: the partition was
    read to its end when the broker's clock showed this, ms; 0 where it was not. stalled: for so long has the offset not
    moved, by the clocks of its owners, ms; 0 while it is held or read to its end. lone: hour, ms, of a last record that
    waits as if it were right and moves no clock, for nothing bears it out; 0 where there is none.
    """

    area: str
    generation: int
    offset: int
    hour: int
    behind: int = EVER
    end_at: int = 0
    stalled: int = 0
    lone: int = 0


class _Stand:
    """What is known of one partition. moved: when it was last heard to move; holding: since when others wait for it."""

    __slots__ = ("heard", "holding", "moved", "said")

    def __init__(self, now: float) -> None:
        self.said: Announcement | None = None
        self.heard = self.moved = now
        self.holding: float | None = None


class Board:
    """What a worker knows of all input partitions. Seconds by its own clock that only goes forward.

    left_out: partitions that others waited for and that have not moved for the hold limit; nobody waits for them until
    they move.
    """

    def __init__(self, area: str, alignment: int, hold_seconds: float, clock: Callable[[], float] = monotonic) -> None:
        """Take alignment: how far a partition may be ahead of the earliest, ms."""
        self._area = area
        self._alignment = alignment
        self._hold = hold_seconds
        self._now = clock
        self._generation = -1
        self._stands: dict[int, _Stand] = {}
        self._least = EVER
        """The least hour that is announced: the common hour of no record is earlier."""
        self.left_out: set[int] = set()

    def begin(self, generation: int, partitions: int) -> None:
        """A new generation of the group: nothing that was announced before counts.

        A partition that others wait for goes on being counted: a record that ends every owner makes many generations.
        """
        now, self._generation = self._now(), generation
        self._stands = {p: self._stands.get(p) or _Stand(now) for p in range(partitions)}
        self.left_out &= self._stands.keys()
        self.look()

    def hear(self, announced: Iterable[tuple[int, Announcement]]) -> None:
        """Take note of announcements that came together, by partition, of whichever generation.

        A look is over all partitions: one after each announcement would cost the square of their number.
        """
        for partition, said in announced:
            if said.area == self._area:
                self._note(partition, said)
        self.look()

    def _note(self, partition: int, said: Announcement) -> None:
        now = self._now()
        stand = self._stands.setdefault(partition, _Stand(now))
        before, stand.said, stand.heard = stand.said, said, now
        if before is None or said.offset != before.offset or said.end_at > before.end_at:
            stand.moved = now
            self.left_out.discard(partition)

    def said_of(self, partition: int) -> Announcement | None:
        """The last announcement of a partition, of whichever generation."""
        stand = self._stands.get(partition)
        return stand.said if stand else None

    def _current(self, partition: int) -> Announcement | None:
        said = self._stands[partition].said
        return said if said is not None and said.generation == self._generation else None

    def _reach(self, partition: int, appended: int = EVER) -> int:
        """How far a partition is read, as far as a record appended at this moment is concerned; 0: nothing is known."""
        said = self._current(partition)
        if said is None:
            return 0
        return EVER if said.end_at >= appended else said.hour

    def _rests(self, partition: int) -> bool:
        said, lately = self._current(partition), min(5.0, self._hold / 5)
        return said is not None and said.end_at > 0 and self._now() - self._stands[partition].moved <= lately

    def _counting(self) -> list[int]:
        return [p for p in self._stands if p not in self.left_out]

    def common(self, appended: int) -> int:
        """The common hour for a record that the broker appended at this moment, ms; 0 while somebody said nothing.

        What was read to its end later than that holds nobody.
        """
        return min((self._reach(p, appended) for p in self._counting()), default=EVER)

    def may_pass(self, hour: int, appended: int) -> bool:
        """Whether a partition may let a record pass with which its clock stands at this hour."""
        return hour <= self.common(appended) + self._alignment

    def always_passes(self, hour: int) -> bool:
        """The same, where it does not matter when the record was appended: of nearly all."""
        return hour <= self._least + self._alignment

    def latest(self) -> int:
        """The latest hour that anybody announced, ms: that of a lone record too, for it waits for the others."""
        said = [one for p in self._stands if (one := self._current(p)) is not None]
        return max((max(one.hour, one.lone) for one in said), default=0)

    def waits_for(self) -> set[int]:
        """The partitions that others wait for: those that said nothing, and those far behind the latest hour.

        Not those that wait themselves for one further behind, nor those that are read to their end: this is told anew
        several times a second as long as somebody waits for it.
        """
        reach = {p: EVER if self._rests(p) else self._reach(p) for p in self._counting()}
        behind, free = self.latest() - self._alignment, min(reach.values(), default=0) + self._alignment
        return {p for p, hour in reach.items() if hour < max(behind, 1) and hour <= free}

    def tick(self) -> int:
        """The hour that has passed on every input partition, ms; 0 where that is not known.

        What is read to its end stands at the moment when it was; nobody stands after the latest announced hour, for a
        history that is loaded does not jump to today.
        """
        said = [self._current(p) for p in self._counting()]
        known = [one for one in said if one is not None]
        if not known or len(known) < len(said):
            return 0
        passed = min(max(one.hour, one.end_at // HOUR * HOUR) for one in known)
        return min(passed, max(one.hour for one in known))

    def is_live(self) -> bool:
        """Whether what was read last came within a day of its inf_time: the broker's clock says what time it is."""
        said = [one for p in self._stands if (one := self._current(p)) is not None and one.hour]
        return bool(said) and all(one.behind <= JUMP for one in said)

    def look(self) -> None:
        """Leave out what has not moved for the hold limit while others waited."""
        now, waited_for, late = self._now(), self.waits_for(), set[int]()
        for p in self._counting():
            stand = self._stands[p]
            if p not in waited_for:
                stand.holding = None
                continue
            if stand.holding is None:
                stand.holding = now
            if self._stalled(stand, self._current(p), now) > self._hold:
                late.add(p)
        self.left_out |= late
        self._least = self.common(EVER)

    @staticmethod
    def _stalled(stand: _Stand, said: Announcement | None, now: float) -> float:
        """For how many seconds a partition that others wait for has not moved, by this worker's and its owner's clock.

        The owner's goes on where that of the owner before it stopped: so also a record that ends every owner is found.
        """
        own = now - max(stand.moved, now if stand.holding is None else stand.holding)
        owners = said.stalled / 1000 + now - stand.heard if said is not None and said.stalled else 0.0
        return max(own, owners)
