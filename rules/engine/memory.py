"""All that is held of one partition, and what of it changed since it was saved."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import cast

from ..times import DAY, FAR, day_of
from . import records
from .arrival import Arrival
from .entry import Entry
from .ledger import Bounds, Ledger
from .marks import mark_of
from .page import FEW, Page, PageName
from .questions import Questions
from .resting import AtRest
from .retractions import Retractions
from .rule import DayRule
from .track import Track
from .watch import Watch
from .window import Window

ROOM = 100_000
"""So many pages are kept however long they rest: a key may lag behind the clock of the ticks (our assumption)."""

MOST_DROPPED = 20_000
"""So many pages are dropped at one tick at most: a ledger of a county has millions, and what a tick changes is saved in
one transaction, for which there are ten seconds (our assumption)."""

LAGGING = 90 * DAY
"""So much later than it may come in any case a retraction still finds what it names, ms: through a bill, or of a sender
that has fallen behind the clock of the ticks (our assumption)."""

SOME, MANY = 32, 500
"""So many pages at most are laid to rest with a record, and with a checkpoint: more than an event touches."""

Placed = tuple[Page, Entry]
Kept = tuple[bytes, set[int]]
"""Of an entry that is new: the name at rest of its page, and its marks."""


class Memory:
    """The pages of all ledgers, awake or at rest, with what the rules have seen on them; retractions and questions.

    tick: hour to which the log has come, ms. entries: how many are held. tracked: pages that have tracks, by key
    space and first part of the key. takers: messages that take something back, of which is still to be asked
    whether they found it, by identity. room: how many pages are never too many. most_dropped: how many are dropped
    at a tick at most. lays_new_pages: whether a page to which one entry came rests from then on; rests_at_once:
    whether any other rests as soon as it is saved, not one call of `drain_changes` later. changed_pages,
    changed_takers, tick_changed: what is to be saved again; gone: the names of records that are no more.
    """

    def __init__(self, ledgers: Sequence[Ledger], resting: AtRest) -> None:
        self.ledgers = {ledger.name: ledger for ledger in ledgers}
        self.reach = {(ledger.name, feed.entry): feed.reach for ledger in ledgers for feed in ledger.feeds}
        self.watches: Mapping[str, Sequence[Watch]] = {}
        self.bounds: Mapping[str, Bounds] = {}
        self._abandoned: set[str] = set()
        self.tick = 0
        self.tick_changed = False
        self._next_rested = 0  # before this tick no page that is awake has rested for its retention
        self.entries = 0
        self.pages: dict[PageName, Page] = {}
        self.tracked: dict[tuple[str, str], list[Page]] = {}
        longest = max(ledger.frozen_after for ledger in ledgers)
        self.retractions = Retractions(longest)
        self._marks_kept = longest + LAGGING
        self._of_arrivals = [ledger for ledger in ledgers if ledger.keeps_arrivals]
        self.questions = Questions(min(ledger.frozen_after for ledger in self._of_arrivals))
        self.room = ROOM
        self.most_dropped = MOST_DROPPED
        self.lays_new_pages = True
        self.rests_at_once = False
        self.resting = resting
        self.changed_pages: dict[PageName, None] = {}
        self.takers: dict[int, Arrival] = {}
        self.changed_takers: set[int] = set()
        self.gone: set[bytes] = set()
        self.days_of = records.DaysOf(ledgers)
        self._lately: dict[PageName, None] = {}
        self._woken: dict[PageName, None] = {}
        self._idle: deque[PageName] = deque()

    def know(self, entries: int, pages: int) -> None:
        """So much is held, say the records that were saved; not all of it may have been read."""
        self.entries = entries
        self.resting.know(pages - len(self.pages))

    def sizes(self) -> dict[str, int]:
        """How much is held: entries, pages, those of them that are at rest, retractions."""
        return {
            "entries": self.entries, "pages": self._count_of_pages, "pages_at_rest": len(self.resting),
            "retractions": len(self.retractions),
        }  # fmt: skip

    @property
    def _count_of_pages(self) -> int:
        return len(self.pages) + len(self.resting)

    def lay_first(self, ledger: Ledger, name: bytes, entry: Entry, marks: set[int]) -> None:
        """Keep an entry of which no rule has anything to say as the only one of a page at rest.

        Most keys never come again: nothing more is ever made of them.
        """
        touched, in_order = self.tick or entry.uploaded, sorted(marks)
        saved = b"\x91" + records.first_day(entry, touched, in_order)
        self.resting.lay_first(name, saved, ledger.name, touched, day_of(entry.time), in_order)
        self.entries += 1

    def lay_new(self, page: Page) -> None:
        """Lay a new page down to which one entry came, unless a rule has found something on it."""
        if len(page.held) > 1 or page.tracks or not page.ledger.may_rest or page.name not in self.changed_pages:
            return
        del self.changed_pages[page.name]
        self._lay(page, is_saved=False)

    def page(self, ledger: Ledger, key: tuple[str, ...]) -> Page:
        """The page of a ledger key, made where it is new."""
        name = (ledger.name, key)
        return self.page_of(name) or self.new_page(ledger, name, records.name_at_rest(name))

    def new_page(self, ledger: Ledger, name: PageName, at_rest: bytes) -> Page:
        """Make the page of a key that has none."""
        page = self.pages[name] = Page(ledger, name, at_rest, self.bounds[ledger.name])
        self._next_rested = min(self._next_rested, self.tick + page.bounds.retention)
        return page

    def page_of(self, name: PageName) -> Page | None:
        """A page that is there, awake by now."""
        return self.pages.get(name) or self.wake(records.name_at_rest(name))

    def rest(self) -> None:
        """What has changed is saved. What was touched before the call before this one and not since may rest now.

        It is laid to rest a few pages at a time, in the order in which it was touched, so that nothing stands still.
        """
        touched = self.changed_pages | self._woken
        self._idle += touched if self.rests_at_once else (name for name in self._lately if name not in touched)
        self._lately, self.changed_pages, self._woken = touched, {}, {}
        self.lay_some(len(self._idle) if self.rests_at_once else MANY)

    def lay_some(self, most: int) -> None:
        """Lay at most so many pages to rest of those that may."""
        if not self._idle:
            return
        names = dict.fromkeys(self._idle.popleft() for _ in range(min(most, len(self._idle))))
        self.lay_to_rest([
            self.pages[name] for name in names
            if name in self.pages and name not in self.changed_pages and name not in self._woken
        ])  # fmt: skip

    def lay_to_rest(self, pages: Iterable[Page]) -> None:
        """Keep pages as bytes that have nothing but a few entries: no sums, and nothing that a rule has found."""
        for page in pages:
            if not page.ledger.may_rest or len(page.held) > FEW:
                continue
            if any(track.has_state for track in page.tracks):
                for track in page.tracks:
                    track.forget_derived()
            else:
                self._lay(page, is_saved=True)

    def _lay(self, page: Page, *, is_saved: bool) -> None:
        days = sorted({day_of(entry.time) for entry in page.held.values()})
        saved = records.at_rest(page, days)
        self.resting.lay(page.at_rest, saved, page.ledger.name, page.touched, days, is_saved=is_saved)
        del self.pages[page.name]
        if page.tracks:
            self._untrack(page)

    def wake_all(self, names: Iterable[PageName]) -> None:
        """Wake those of these pages that are at rest."""
        for name in names:
            self.page_of(name)

    def all_pages(self) -> dict[PageName, Page]:
        """All pages by name, awake from now on: for who looks at a whole state."""
        for name in self.resting.names():
            self._page_named(name)
        return self.pages

    def _page_named(self, name: bytes) -> Page | None:
        """A page by its name at rest, awake by now; None where it is no more."""
        return self.pages.get(records.name_of(name)) or self.wake(name)

    def wake(self, name: bytes) -> Page | None:
        """Make a page that is not awake of the bytes at rest under this name; None where there are none."""
        found = self.resting.take(name)
        if found is None:
            return None
        of_ledger, key = records.name_of(name)
        page = self.new_page(self.ledgers[of_ledger], (of_ledger, key), name)
        records.wake(page, found.saved, self.days_of)
        self._next_rested = min(self._next_rested, _rested_at(page))
        self._woken[page.name] = None
        if not found.is_saved:
            page.changed_days = {day_of(entry.time): page.touched for entry in page.held.values()}
            self.changed_pages[page.name] = None
        return page

    def tracks(self, page: Page) -> Sequence[Track]:
        """What the rules have seen on a page; made when the page has more than a few entries, or a finding."""
        watches = self.watches.get(page.ledger.name)
        if watches and not page.tracks:
            page.tracks = [Track(one, page.key, Window(page.order, one.rule.span, page.bins)) for one in watches]
            self.tracked.setdefault((page.ledger.space, page.key[0]), []).append(page)
        return page.tracks

    def mark(self, kept: Iterable[Kept]) -> None:
        """Let retractions find entries."""
        for name, marks in kept:
            self.resting.mark(name, marks)

    def mark_page(self, page: Page) -> None:
        """Let retractions find all entries of a page."""
        for entry in page.held.values():
            self.resting.mark(page.at_rest, entry.marks)

    def lay_saved(self, name: PageName, days: Mapping[int, bytes]) -> bool:
        """Lay a page to rest as its days were saved, without ever making it. Returns False where it may not rest."""
        if not self.ledgers[name[0]].may_rest:
            return False
        together = records.several_at_rest([*days.values()])
        found = records.what_rests(together)
        if found.entries > FEW:
            return False
        at_rest = records.name_at_rest(name)
        self.entries += found.entries
        self.resting.lay(at_rest, together, name[0], found.touched, [*days], is_saved=True)
        self.resting.mark(at_rest, found.marks)
        return True

    def forget(self, page: Page) -> None:
        """Drop what is older than the retention of a page, and fold the episodes that began before."""
        self.entries -= len(page.forget())
        for track in page.tracks:
            track.window.reset()
            rule = track.watch.rule
            # The retention of a ledger leaves room for the quiet of the rules that look at entries. A finding that
            # joins two episodes can go as long as its day is not frozen: then they part again.
            later = DAY + rule.ahead + rule.quiet_ms if isinstance(rule, DayRule) else 0
            track.fold(page.limit - later, self.tick)

    def _pages_named(self, keys: Iterable[str], *, of_arrivals: bool) -> Iterator[Page]:
        """The pages, awake by now, of which an entry may have one of these keys."""
        for name in self.resting.named(map(mark_of, keys)):
            of_ledger, _ = records.name_of(name)
            if self.ledgers[of_ledger].keeps_arrivals == of_arrivals and (page := self._page_named(name)) is not None:
                yield page

    def entries_named(self, keys: AbstractSet[str]) -> list[Placed]:
        """The entries that have one of these keys, each once a page, in an order that does not depend on arrival.

        Not those that say that a message came: nothing takes that back.
        """
        found = [(page, entry) for page in self._pages_named(keys, of_arrivals=False) for entry in page.named(keys)]
        return sorted(found, key=lambda placed: (*placed[0].name, placed[1].time, placed[1].id))

    def arrivals_named(self, keys: AbstractSet[str]) -> Iterator[Arrival]:
        """The messages that have one of these keys."""
        pages = self._pages_named(keys, of_arrivals=True)
        return (cast("Arrival", entry) for page in pages for entry in page.named(keys))

    def reach_of(self, page: Page, entry: Entry) -> int:
        """How long after this entry a retraction still takes it back, ms."""
        return min(self.reach[page.ledger.name, type(entry)], entry.longest_reach)

    def keep(self, ledgers: AbstractSet[str]) -> None:
        """Keep these ledgers, by name. What is held of others is dropped, at the latest before they are kept again.

        A ledger that was not kept for a while has a hole: a rule must not take it for a time of which it knows all.
        """
        self._abandoned |= self.ledgers.keys() - ledgers
        if self._abandoned & ledgers:
            for _ in self._drop_abandoned():
                pass
            self._abandoned -= ledgers

    def drop_at_tick(self) -> Iterator[None]:
        """Drop pages of ledgers that are no longer kept, and those that rested for their retention.

        Not more than `most_dropped`, the rest at later ticks: what a tick drops is saved at once.
        """
        self.resting.forget_marks(self.tick, self._marks_kept)
        left = self.most_dropped
        for is_dropped in chain(self._drop_abandoned(), self._drop_rested()):
            yield
            left -= is_dropped
            if left <= 0:
                return

    def _drop_abandoned(self) -> Iterator[bool]:
        """Drop the pages of ledgers that are no longer kept; tells of each page whether it was dropped."""
        if not self._abandoned:
            return
        for page in [page for page in self.pages.values() if page.ledger.name in self._abandoned]:
            self._drop(page)
            yield True
        for ledger in sorted(self._abandoned):
            for name in self.resting.untouched_since(ledger, FAR):
                yield self._drop_at_rest(name, FAR)
        self._abandoned.clear()

    def _drop_rested(self) -> Iterator[bool]:
        """Drop pages that rested for their retention and that await nothing, where there are very many pages.

        Those that say that a message came are dropped in any case: nothing comes under their keys again.
        """
        is_full = self._count_of_pages > self.room
        if self.tick >= self._next_rested:
            for page in [page for page in self.pages.values() if self._has_rested(page)]:
                yield (is_full or page.ledger.keeps_arrivals) and self._drop_if_rested(page)
            self._next_rested = min(map(_rested_at, self.pages.values()), default=FAR)
        for ledger in self.ledgers.values() if is_full else self._of_arrivals:
            until = self.tick - self.bounds[ledger.name].retention
            for name in self.resting.untouched_since(ledger.name, until):
                if (awake := self.pages.get(records.name_of(name))) is not None:
                    yield self._drop_if_rested(awake)
                else:
                    yield self._drop_at_rest(name, until)

    def _drop_at_rest(self, name: bytes, until: int) -> bool:
        """Drop a page that rests since this tick, without waking it: nothing was found on it."""
        dropped = self.resting.drop_untouched(name, until)
        if dropped is None:
            return False
        self.gone.update(dropped.records)
        self.entries -= dropped.entries
        return True

    def _drop_if_rested(self, page: Page) -> bool:
        if not self._has_rested(page) or any(track.awaits for track in page.tracks):
            return False
        self._drop(page)
        return True

    def _has_rested(self, page: Page) -> bool:
        return _rested_at(page) <= self.tick

    def _drop(self, page: Page) -> None:
        self.gone.update(records.names_of_page(page))
        del self.pages[page.name]
        self.entries -= len(page.held)
        self.resting.drop(page.at_rest)
        if page.tracks:
            self._untrack(page)

    def _untrack(self, page: Page) -> None:
        subject = page.ledger.space, page.key[0]
        self.tracked[subject].remove(page)
        if not self.tracked[subject]:
            del self.tracked[subject]

    def turn(self, watches: Mapping[str, Sequence[Watch]], bounds: Mapping[str, Bounds]) -> None:
        """Hold what these rules ask for, by ledger, within these bounds."""
        self.watches, before, self.bounds = watches, self.bounds, bounds
        if before != bounds:
            self._next_rested = 0
            for page in self.pages.values():
                page.retain(bounds[page.ledger.name])
        tracked, self.tracked = self.tracked, {}
        for page in (page for some in tracked.values() for page in some):
            known = {track.watch.name: track for track in page.tracks}
            page.tracks = ()
            page.tracks = [_goes_on_as(known.get(one.watch.name), one) for one in self.tracks(page)]

    def forget_changes(self) -> None:
        """Where nobody saves: what changed on pages is no reason to keep them awake."""
        for name in self.changed_pages:
            if (page := self.pages.get(name)) is not None:
                page.changed_days, page.changed_bins = {}, ()
                for track in page.tracks:
                    track.changed = False
                    track.changed_days.clear()

    def leave_unsaved(self) -> None:
        """Let pages rest as after a save, where nobody saves what changed."""
        self.gone.clear()
        self.changed_takers.clear()
        self.retractions.changed.clear()
        self.tick_changed = False
        self.resting.leave()
        self.rest()


def _rested_at(page: Page) -> int:
    """When a page that nothing touches any more has rested for its retention, ms."""
    return page.touched + page.bounds.retention


def _goes_on_as(old: Track | None, new: Track) -> Track:
    """The track of a rule that was there before goes on with what is new."""
    if old is None:
        return new
    old.turn(new.watch, new.window)
    return old
