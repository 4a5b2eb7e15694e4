"""A page: everything held for one key of one ledger."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

from ..times import BEFORE_ALL, DAY, day_of
from .entry import Entry, Id
from .ledger import Bounds, Ledger
from .marks import marks_of
from .track import Track

FEW = 16
"""What is true of all entries of a page with at most so many is found by asking each of them (our assumption)."""

_NO_BINS: dict[int, list[int]] = {}
"""Of the pages whose ledger keeps no sums; nobody writes into it."""

_ByMark = dict[int, Entry | tuple[Entry, ...]]
"""The entries that have a mark, of nearly all marks one."""

PageName = tuple[str, tuple[str, ...]]
"""The name of the ledger, and the key."""


class Page:
    """All entries of one ledger key within the retention, the standing ones in order of (time, id).

    newest: the largest inf_time that came. limit: entries are forgotten once their day lies before it, ms. aside: held,
    but not standing. taken: ids of those among them that a retraction takes back. slots: the entries that speak of one
    thing. touched: tick at which the last entry came. changed_days: days (first moment, ms)
    that are to be saved again, and what `touched` was when they last changed. changed_bins: days whose sums are. saved:
    the record of the only entry, where there is but one and it has not changed since it was saved. at_rest: its name
    among the pages at rest.

    There are millions of pages, and nearly all hold one entry that stands: what such a page does not need is a shared
    empty value, replaced where it is needed.
    """

    __slots__ = (
        "_by_mark", "aside", "at_rest", "bins", "bounds", "changed_bins", "changed_days", "held", "key", "ledger",
        "limit", "name", "newest", "order", "saved", "slots", "taken", "touched", "tracks",
    )  # fmt: skip

    def __init__(self, ledger: Ledger, name: PageName, at_rest: bytes, bounds: Bounds) -> None:
        self.ledger = ledger
        self.name = name
        self.key = name[1]
        self.at_rest = at_rest
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
        self._by_mark: _ByMark | None = None

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

    def replace(self, before: Entry, entry: Entry) -> None:
        """Keep an entry in the place of a standing one with the same id; of a ledger without sums and slots."""
        del self.order[self.position(before)]
        del self.held[before.id]
        self._unindex([before])
        self._change(before.time)
        self._hold(entry, taken=False)
        self._put_in_order(entry)

    def put_back(self, entries: Sequence[Entry], taken: set[int], fallen: set[int]) -> None:
        """Keep the entries of a day as they were saved; the sums that they are part of were saved by themselves.

        taken, fallen: positions of those that a retraction takes back, and of those that do not stand.
        """
        for position, entry in enumerate(entries):
            self.held[entry.id] = entry
            self._index(entry)
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
        self._index(entry)
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
        sums[1] += sign * self.ledger.summed(entry)
        self._change_bins(day_of(start))

    def _change_bins(self, day: int) -> None:
        if day not in self.changed_bins:
            self.changed_bins = (*self.changed_bins, day)

    def standing(self, entry: Entry) -> bool:
        """Whether the entry counts now."""
        at = self.position(entry)
        return at < len(self.order) and self.order[at] is entry

    def forget(self) -> list[Entry]:
        """Drop what lies before the limit; gives what was dropped. The newest upload is never among it.

        Long because an entry stands in each index of the page.
        """
        limit = self.limit
        self._forget_bins()
        past = self.first_at(limit)
        gone = self.order[:past] + [entry for entry in self.aside if entry.time < limit]
        del self.order[:past]
        self.aside = tuple(entry for entry in self.aside if entry.time >= limit)
        for entry in gone:
            self._change(entry.time)
            del self.held[entry.id]
        self._unindex(gone)
        self.taken = frozenset(id_ for id_ in self.taken if id_ in self.held)
        for slot in {entry.slot for entry in gone} & self.slots.keys():
            self.slots[slot] = tuple(entry for entry in self.slots[slot] if entry.time >= limit)
            if not self.slots[slot]:
                del self.slots[slot]
        return gone

    def named(self, keys: AbstractSet[str]) -> list[Entry]:
        """The held entries that have one of these retraction keys."""
        candidates: Iterable[Entry] = self.held.values()
        if self._by_mark is not None:
            marked = (one for mark in marks_of(keys) for one in _all_of(self._by_mark.get(mark, ())))
            candidates = {one.id: one for one in marked}.values()
        return [entry for entry in candidates if entry.is_named_by_one_of(keys)]

    def _index(self, entry: Entry) -> None:
        """Find the entries of a page that has many by their marks."""
        if self._by_mark is None:
            if len(self.held) <= FEW:
                return
            self._by_mark = {}
            for held in self.held.values():
                _put_by_mark(self._by_mark, held)
        else:
            _put_by_mark(self._by_mark, entry)

    def _unindex(self, gone: Iterable[Entry]) -> None:
        if self._by_mark is None:
            return
        for mark in {mark for entry in gone for mark in entry.marks}:
            left = tuple(one for one in _all_of(self._by_mark.pop(mark)) if one.id in self.held)
            if left:
                self._by_mark[mark] = left

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


def _all_of(marked: Entry | tuple[Entry, ...]) -> tuple[Entry, ...]:
    return marked if isinstance(marked, tuple) else (marked,)


def _put_by_mark(by_mark: _ByMark, entry: Entry) -> None:
    for mark in entry.marks:
        before = by_mark.get(mark)
        by_mark[mark] = entry if before is None else (*_all_of(before), entry)
