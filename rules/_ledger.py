"""Entries, the retractions that take them back, and the page of a ledger: all entries of one key, in order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import msgspec

from .times import DAY, HOUR, day_of

if TYPE_CHECKING:
    from ._track import Track
    from .reference import Reference

GRACE = 72 * HOUR
"""How much later than its business time an event may come, and out of order within its input partition, ms."""

ALIGNMENT = 24 * HOUR
"""How far one input partition is read ahead of another in inf_time, ms."""

SKEW = ALIGNMENT + 2 * GRACE
"""How much out of order in inf_time the entries of one key come at most, ms: two partitions may be apart by the
alignment, and each of them is out of order in itself."""

WAIT = GRACE + ALIGNMENT
"""So long after its deadline a tick judges what did not happen, ms: what is late has come by then, and no partition is
further behind."""

REACH_OF_MESSAGE_REVERSAL = 72 * HOUR
"""How long after a retraction a message reversal (2601) still takes that back, ms (contract, section 3)."""


Id = tuple[int, str]
"""Of an entry within its ledger key: the identity of its message, and its line."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag="e", gc=False):
    """What is remembered of an event under one key.

    time: business time; uploaded: inf_time; both ms UTC. message: msgid. identity: of the event, with its body.
    line: tells the entries of one message apart. amount: fen that this entry put through the fund.
    pre: a question before money moves: judged once, remembered nowhere. name: of the institution, for sentences.
    insured_in, place: regions, for routing. transaction: of the message, without the A of its variant.
    answered: when the platform replied, ms UTC, 0 where not known: of messages of one second it tells the order.
    """

    time: int
    uploaded: int
    message: str
    institution: str
    identity: int
    line: str = ""
    person: str = ""
    settlement: str = ""
    visit: str = ""
    amount: int = 0
    pre: bool = False
    name: str = ""
    insured_in: str = ""
    place: str = ""
    transaction: str = ""
    answered: int = 0

    last_counts: ClassVar[bool] = False
    """Whether the latest statement about a slot counts (fee lines, admissions), not the first (settlements)."""
    lasting: ClassVar[bool] = False
    """Whether no retraction takes it back: that a message came stays true."""

    @property
    def id(self) -> Id:
        """What makes the entry one of a kind within its ledger key."""
        return (self.identity, self.line)

    @property
    def own_key(self) -> str:
        """The key by which a message reversal names its message."""
        return f"m:{self.institution}:{self.message}"

    @property
    def retraction_keys(self) -> list[str]:
        """The keys by which a retraction finds this entry; each holds the institution, for ids repeat elsewhere."""
        return [self.own_key, f"s:{self.institution}:{self.settlement}"] if self.settlement else [self.own_key]

    @property
    def slot(self) -> str:
        """The thing that it speaks of; of several that stand for one slot, one counts. Empty: it stands alone."""
        return f"s:{self.institution}:{self.settlement}" if self.settlement else ""

    @property
    def longest_reach(self) -> int:
        """How long after it a retraction takes it back at most, whatever its ledger allows, ms."""
        return 366 * DAY

    @property
    def paid_by(self) -> str:
        """The key of the bill that settles it; of a bill its own. Empty for what no bill settles."""
        return ""

    @property
    def batch_of_lines(self) -> str:
        """The batch (chrg_bchno) that a line is in, or that a bill settles; empty where it is not said."""
        return ""


class Retraction(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag="f", gc=False):
    """That something is taken back: keys of messages, settlements, lines, visits, stays or codes.

    person: only of this one, empty where it is not said. transaction: of its own message.
    earlier_only: acts on what messages of an earlier order said, and on nothing later.
    final: a message reversal (2601); no other retraction takes it back. of_transaction: it names only messages of that.
    unpaid_only: takes back the lines of a visit that no bill has settled by then. batch: only those of this batch.
    """

    retraction_keys: list[str]
    uploaded: int
    message: str
    institution: str
    identity: int
    earlier_only: bool = False
    final: bool = False
    person: str = ""
    transaction: str = ""
    of_transaction: str = ""
    unpaid_only: bool = False
    batch: str = ""
    answered: int = 0

    @property
    def own_key(self) -> str:
        """The key by which a message reversal names this retraction's message."""
        return f"m:{self.institution}:{self.message}"

    def acts_on(self, entry: Entry, reach: int) -> bool:
        """Whether the retraction may name this entry, is in time for it, and of the right order."""
        if self.uploaded > entry.time + reach or not self.may_name(entry):
            return False
        if self.batch and entry.batch_of_lines and self.batch != entry.batch_of_lines:
            return False
        return not self.earlier_only or comes_before(entry, self)

    def may_name(self, other: Entry | Retraction) -> bool:
        """Whether it may name a message: of its institution and person; if final, of its transaction, sent before."""
        if self.institution != other.institution or (self.person and other.person and self.person != other.person):
            return False
        return not self.final or (self.of_transaction == other.transaction and other.uploaded < self.uploaded)


def comes_before(one: Entry | Retraction, other: Entry | Retraction) -> bool:
    """Whether one message was sent before another: by upload, then by the replies where both are known, then msgid."""
    if one.uploaded != other.uploaded:
        return one.uploaded < other.uploaded
    if one.answered and other.answered and one.answered != other.answered:
        return one.answered < other.answered
    return one.message < other.message


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


@dataclass(frozen=True)
class Ledger:
    """Which entries are kept, under which key.

    key: of an entry, None where this ledger does not keep it. bin: length of the sums that habits are read from, ms.
    reach: how long after an entry a retraction still takes it back, ms. grace: how late its entries may come, ms.
    """

    name: str
    space: str
    entry: type[Entry]
    key: Callable[[Entry, Reference], tuple[str, ...] | None]
    bin: int = 0
    reach: int = 72 * HOUR
    grace: int = GRACE

    @property
    def frozen_after(self) -> int:
        """How long after its business time an entry may still come or change, by the largest inf_time of its key, ms.

        It may come late, or be taken back, and that be taken back by a 2601; and each of them may come out of order.
        """
        return max(self.grace, self.reach + REACH_OF_MESSAGE_REVERSAL) + SKEW


@dataclass(frozen=True)
class Bounds:
    """How far back the pages of a ledger go, behind the largest inf_time of their key, ms.

    retention: what is older is refused, and forgotten. frozen: the sums of a day that ended so long before change no
    more, whatever comes. sums: how long they are kept.
    """

    retention: int
    frozen: int
    sums: int


BEFORE_ALL = -(1 << 62)
"""Earlier than any time, ms."""

_NO_BINS: dict[int, list[int]] = {}
"""Of the pages whose ledger keeps no sums; nobody writes into it."""


PageName = tuple[str, tuple[str, ...]]
"""The name of the ledger, and the key."""


class Page:
    """All entries of one ledger key within the retention, the standing ones in order of (time, id).

    newest: the largest inf_time that came. limit: entries are forgotten once their day lies before it, ms. aside: held,
    but not standing. taken: ids of those among them that a retraction takes back. slots: the entries that speak of one
    thing. touched: tick at which the last entry came. changed_days: days (first moment, ms)
    that are to be saved again, and what `touched` was when they last changed. changed_bins: days whose sums are. saved:
    the record of the only entry, where there is but one and it has not changed since it was saved.

    There are millions of pages, and nearly all hold one entry that stands: what such a page does not need is a shared
    empty value, replaced where it is needed.
    """

    __slots__ = (
        "aside", "bins", "bounds", "changed_bins", "changed_days", "held", "key", "ledger", "limit", "name", "newest",
        "order", "saved", "slots", "taken", "touched", "tracks",
    )  # fmt: skip

    def __init__(self, ledger: Ledger, name: PageName, bounds: Bounds) -> None:
        self.ledger = ledger
        self.name = name
        self.key = name[1]
        self.bounds = bounds
        self.newest = self.limit = BEFORE_ALL
        self.touched = 0
        self.held: dict[Id, Entry] = {}
        self.order: list[Entry] = []
        self.slots: dict[str, tuple[Entry, ...]] = {}
        self.aside: tuple[Entry, ...] = ()
        self.taken: frozenset[Id] = frozenset()
        self.bins: dict[int, list[int]] = {} if ledger.bin else _NO_BINS
        self.saved: bytes | None = None
        self.changed_days: dict[int, int] = {}
        self.changed_bins: tuple[int, ...] = ()
        self.tracks: Sequence[Track] = ()

    def advance(self, uploaded: int) -> bool:
        """Note an upload; tells whether days have become too old by it."""
        if uploaded <= self.newest:
            return False
        self.newest, before = uploaded, self.limit
        self.limit = day_of(uploaded - self.bounds.retention)
        return self.limit > before

    def retain(self, bounds: Bounds) -> None:
        """Keep entries within other bounds from now on; what is forgotten does not come back."""
        self.bounds = bounds
        if self.newest > BEFORE_ALL:
            self.limit = day_of(self.newest - bounds.retention)

    def refuses(self, time: int) -> bool:
        """Whether an entry of this time is older than what is kept."""
        return time < self.newest - self.bounds.retention

    def is_frozen(self, time: int) -> bool:
        """Whether the sums of the day of this time take nothing any more."""
        return bool(self.ledger.bin) and day_of(time) + DAY <= self.newest - self.bounds.frozen

    def add(self, entry: Entry, reach: int, *, taken: bool) -> list[Entry]:
        """Keep an entry. Returns the entries whose standing changed, be it that they stand now or no longer do.

        reach: a later upload than that after an entry does not speak of the same thing, ms.
        """
        self._hold(entry, taken=taken)
        slot = entry.slot
        rivals = self.slots.get(slot)
        if rivals is None:  # nobody spoke of it before: by far the most frequent case
            if slot:
                self.slots[slot] = (entry,)
            if taken:
                self.aside = (*self.aside, entry)
                return []
            self._stand(entry)
            return [entry]
        self.aside = (*self.aside, entry)
        self.slots[slot] = (*rivals, entry)
        return self._settle(self._heard(rivals, reach), self._heard(self.slots[slot], reach))

    def put_back(self, entries: Sequence[Entry], taken: set[int], fallen: set[int]) -> None:
        """Keep the entries of a day as they were saved; the sums that they are part of were saved by themselves.

        taken, fallen: positions of those that a retraction takes back, and of those that do not stand.
        """
        for position, entry in enumerate(entries):
            self.held[entry.id] = entry
            if slot := entry.slot:
                self.slots[slot] = (*self.slots.get(slot, ()), entry)
            if position not in fallen:
                self._put_in_order(entry)
        self.taken |= {entries[position].id for position in taken}
        self.aside += tuple(entries[position] for position in sorted(fallen))

    def retake(self, entry: Entry, reach: int, *, taken: bool) -> list[Entry]:
        """Take an entry back, or let it stand again. Returns the entries whose standing changed."""
        if taken == (entry.id in self.taken):
            return []
        rivals = self.slots.get(entry.slot, (entry,))
        before = self._heard(rivals, reach)
        self._change(entry.time)
        self.taken = self.taken | {entry.id} if taken else self.taken - {entry.id}
        return self._settle(before, self._heard(rivals, reach))

    def _hold(self, entry: Entry, *, taken: bool) -> None:
        self.held[entry.id] = entry
        self._change(entry.time)
        if taken:
            self.taken = self.taken | {entry.id}

    def _change(self, time: int) -> None:
        self.changed_days[day_of(time)] = self.touched
        self.saved = None

    def _heard(self, rivals: tuple[Entry, ...], reach: int) -> list[Entry]:
        """Of the entries for one slot those that count: one, unless they lie further apart than the reach."""
        left = [entry for entry in rivals if entry.id not in self.taken]
        if len(left) < 2:
            return left
        left.sort(key=lambda entry: (entry.uploaded, entry.answered, entry.message, entry.identity))
        if left[0].last_counts:
            over = pairwise(left)
            return [one for one, after in over if after.uploaded > one.time + reach] + left[-1:]
        heard, latest = [], BEFORE_ALL
        for entry in left:
            if entry.uploaded > latest + reach:
                heard.append(entry)
            latest = max(latest, entry.time)
        return heard

    def _settle(self, before: list[Entry], after: list[Entry]) -> list[Entry]:
        fallen = [entry for entry in before if entry not in after and self.standing(entry)]
        risen = [entry for entry in after if entry not in before]
        for entry in fallen:
            self._change(entry.time)
            self._count(entry, -1)
            del self.order[self.position(entry)]
            self.aside = (*self.aside, entry)
        for entry in risen:
            self._change(entry.time)
            self._stand(entry)
            self.aside = tuple(one for one in self.aside if one is not entry)
        return fallen + risen

    def _stand(self, entry: Entry) -> None:
        self._count(entry, 1)
        self._put_in_order(entry)

    def _put_in_order(self, entry: Entry) -> None:
        order = self.order
        if not order or (order[-1].time, order[-1].id) < (entry.time, entry.id):
            order.append(entry)
            return
        order.insert(self.position(entry), entry)

    def position(self, entry: Entry) -> int:
        """Where the entry stands, or would stand, in the order."""
        return bisect_left(self.order, (entry.time, entry.id), key=lambda one: (one.time, one.id))

    def first_at(self, time: int) -> int:
        """The position of the first standing entry at or after this time."""
        return bisect_left(self.order, time, key=lambda one: one.time)

    def _count(self, entry: Entry, sign: int) -> None:
        if not self.ledger.bin or self.is_frozen(entry.time):
            return
        start = bin_of(entry.time, self.ledger.bin)
        sums = self.bins.setdefault(start, [0, 0])
        sums[0] += sign
        sums[1] += sign * entry.amount
        self._change_bins(day_of(start))

    def _change_bins(self, day: int) -> None:
        if day not in self.changed_bins:
            self.changed_bins = (*self.changed_bins, day)

    def standing(self, entry: Entry) -> bool:
        """Whether the entry counts now."""
        at = self.position(entry)
        return at < len(self.order) and self.order[at] is entry

    def forget(self) -> list[Entry]:
        """Drop what lies before the limit; gives what was dropped. The newest upload is never among it."""
        limit = self.limit
        self._forget_bins()
        past = self.first_at(limit)
        gone = self.order[:past] + [entry for entry in self.aside if entry.time < limit]
        del self.order[:past]
        self.aside = tuple(entry for entry in self.aside if entry.time >= limit)
        for entry in gone:
            self._change(entry.time)
            del self.held[entry.id]
        self.taken = frozenset(id_ for id_ in self.taken if id_ in self.held)
        for slot in {entry.slot for entry in gone} & self.slots.keys():
            self.slots[slot] = tuple(entry for entry in self.slots[slot] if entry.time >= limit)
            if not self.slots[slot]:
                del self.slots[slot]
        return gone

    def _forget_bins(self) -> None:
        """Sums outlive their entries, and wait for the days that are still to be judged by them."""
        waiting = (day for track in self.tracks for day in track.days)
        limit = min(day_of(self.newest - self.bounds.frozen), min(waiting, default=1 << 62)) - self.bounds.sums
        for start in [start for start in self.bins if start < limit]:
            del self.bins[start]
            self._change_bins(day_of(start))

    def of_day(self, day: int) -> list[Entry]:
        """The held entries of one day, in an order that does not depend on their arrival."""
        standing = self.order[self.first_at(day) : self.first_at(day + DAY)]
        aside = [entry for entry in self.aside if day <= entry.time < day + DAY]
        return sorted(standing + aside, key=lambda entry: (entry.time, entry.id)) if aside else standing

    def bins_of_day(self, day: int) -> dict[int, list[int]]:
        """The sums that begin on one day."""
        return {start: self.bins[start] for start in range(day, day + DAY, self.ledger.bin) if start in self.bins}


def bin_of(time: int, length: int) -> int:
    """The first moment of the hour or the Beijing day that holds this one."""
    return day_of(time) if length == DAY else time // length * length
