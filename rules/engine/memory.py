"""All that is held of one partition, and what of it changed since it was saved."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ..times import DAY, day_of
from . import records
from .entry import Entry
from .ledger import Bounds, Ledger
from .page import Page, PageName
from .questions import Questions
from .resting import Resting
from .retractions import Retractions
from .rule import DayRule
from .track import Track
from .watch import Watch
from .window import Window

ROOM = 100_000
"""So many pages are kept however long they rest: a key may lag behind the clock of the ticks (our assumption)."""

FEW = 16
"""A page with at most so many entries is judged without running totals: to make them costs more than to count."""

SOME, MANY = 32, 500
"""So many pages at most are laid to rest with a record, and with a checkpoint: more than an event touches."""

Placed = tuple[Page, Entry]


class Memory:
    """The pages of all ledgers, awake or at rest, with what the rules have seen on them; retractions and questions.

    tick: hour to which the log has come, ms. entries: how many are held. tracked: pages that have tracks, by key space
    and first part of the key. room: how many pages are never too many. lays_new_pages: whether a page to which one
    entry came rests from then on; rests_at_once: whether any other rests as soon as it is saved, not one call of
    `drain_changes` later. changed_pages, gone, tick_changed: what is to be saved again, names of records that are gone.
    unsaved: names of pages that were laid to rest before they were saved, and the day of their entry.
    """

    def __init__(self, ledgers: Sequence[Ledger]) -> None:
        self.ledgers = {ledger.name: ledger for ledger in ledgers}
        self.reach = {(ledger.name, feed.entry): feed.reach for ledger in ledgers for feed in ledger.feeds}
        self.watches: Mapping[str, Sequence[Watch]] = {}
        self.bounds: Mapping[str, Bounds] = {}
        self.tick = 0
        self.tick_changed = False
        self.entries = 0
        self.pages: dict[PageName, Page] = {}
        self.tracked: dict[tuple[str, str], list[Page]] = {}
        self.retractions = Retractions(max(ledger.frozen_after for ledger in ledgers))
        self.questions = Questions(max(ledger.frozen_after for ledger in ledgers if ledger.keeps_arrivals))
        self.room = ROOM
        self.lays_new_pages = True
        self.rests_at_once = False
        self.resting = Resting()
        self.changed_pages: dict[PageName, None] = {}
        self.unsaved: dict[bytes, int] = {}
        self.gone: set[bytes] = set()
        self.days_of = records.DaysOf(ledgers)
        self._index: dict[str, list[list[Placed]]] = {}
        self._lately: dict[PageName, None] = {}
        self._woken: dict[PageName, None] = {}
        self._idle: deque[PageName] = deque()

    def sizes(self) -> dict[str, int]:
        """How much is held: entries, pages, those of them that are at rest, retractions."""
        return {
            "entries": self.entries, "pages": self._count_of_pages, "pages_at_rest": len(self.resting),
            "retractions": len(self.retractions),
        }  # fmt: skip

    @property
    def _count_of_pages(self) -> int:
        return len(self.pages) + len(self.resting)

    def lay_new(self, placed: list[Placed], new: dict[int, bytes]) -> list[Placed]:
        """Lay new pages down to which one entry came and of which no rule has anything to say; gives the others.

        Most keys never come again: nothing more is ever made of them.
        """
        others: list[Placed] = []
        for page, entry in placed:
            name = new.get(id(page))
            if name is None or len(page.held) > 1 or page.tracks or not self.may_rest(page.ledger):
                others.append((page, entry))
                continue
            self.unsaved[name] = day_of(entry.time)
            del self.changed_pages[page.name]
            self._lay(page, name, entry.retraction_keys)
        return others

    def page(self, ledger: Ledger, key: tuple[str, ...]) -> Page:
        """The page of a ledger key, made where it is new."""
        name = (ledger.name, key)
        return self.page_of(name) or self.new_page(ledger, name)

    def new_page(self, ledger: Ledger, name: PageName) -> Page:
        """Make the page of a key that has none."""
        page = self.pages[name] = Page(ledger, name, self.bounds[ledger.name])
        return page

    def page_of(self, name: PageName) -> Page | None:
        """A page that is there, awake by now."""
        page = self.pages.get(name)
        return page if page is not None or not self.resting else self.wake(records.name_at_rest(name))

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
        resting: dict[int, Page] = {}
        keys: set[str] = set()
        for page in pages:
            if not self.may_rest(page.ledger) or len(page.held) > FEW:
                continue
            if page.tracks and any(track.has_state for track in page.tracks):
                continue
            of_page = [key for entry in page.held.values() for key in entry.retraction_keys]
            self._lay(page, records.name_at_rest(page.name), of_page)
            resting[id(page)] = page
            keys.update(of_page)
        self._leave_index(keys, resting)

    def _lay(self, page: Page, name: bytes, keys: Iterable[str]) -> None:
        self.resting.lay(name, records.at_rest(page), keys, page.ledger.name, page.touched)
        del self.pages[page.name]
        if page.tracks:
            self._untrack(page)

    @staticmethod
    def may_rest(ledger: Ledger) -> bool:
        """Whether pages of a ledger rest: not those with sums, nor those of messages, of which a tick asks."""
        return not ledger.bin and not ledger.keeps_arrivals

    def all_pages(self) -> dict[PageName, Page]:
        """All pages by name, awake from now on: for who looks at a whole state."""
        for name in list(self.resting):
            self.wake(name)
        return self.pages

    def wake(self, name: bytes) -> Page | None:
        """Make a page of the bytes at rest under this name; None where there are none."""
        saved = self.resting.take(name)
        if saved is None:
            return None
        of_ledger, key = records.name_of(name)
        page = self.new_page(self.ledgers[of_ledger], (of_ledger, key))
        records.wake(page, saved, self.days_of)
        self._woken[page.name] = None
        if (day := self.unsaved.pop(name, None)) is not None:
            page.changed_days[day] = page.touched
            self.changed_pages[page.name] = None
        keys = {key for entry in page.held.values() for key in entry.retraction_keys}
        self.resting.let_go(name, keys)
        self.index(keys, [(page, entry) for entry in page.held.values()])
        return page

    def wake_named(self, keys: Iterable[str]) -> None:
        """Wake the pages of which an entry may have one of these keys."""
        for name in self.resting.named(keys):
            self.wake(name)

    def _leave_index(self, keys: Iterable[str], resting: dict[int, Page]) -> None:
        """Let the index no longer hold the entries of these pages. keys: of all of them. resting: by their id()."""
        left_by: set[int] = set()
        for key in keys:
            places = self._index[key]
            for placed in places:
                if id(placed) not in left_by:
                    left_by.add(id(placed))
                    placed[:] = [one for one in placed if id(one[0]) not in resting]
            if len(places) == 1 and not places[0]:
                del self._index[key]
                continue
            left = [placed for placed in places if any(key in entry.retraction_keys for _, entry in placed)]
            if left:
                self._index[key] = left
            else:
                del self._index[key]

    def tracks(self, page: Page) -> Sequence[Track]:
        """What the rules have seen on a page; made when the page has more than a few entries, or a finding."""
        watches = self.watches.get(page.ledger.name)
        if watches and not page.tracks:
            page.tracks = [Track(one, page.key, Window(page.order, one.rule.span, page.bins)) for one in watches]
            self.tracked.setdefault((page.ledger.space, page.key[0]), []).append(page)
        return page.tracks

    def index(self, names: Iterable[str], placed: list[Placed]) -> None:
        """Let retractions find entries by names. Those of one event share most of them, and one list of places."""
        for name in names:
            places = self._index.get(name)
            if places is None:
                self._index[name] = [placed]
            else:
                places.append(placed)

    def forget(self, page: Page) -> None:
        """Drop what is older than the retention of a page, and fold the episodes that began before."""
        self._unindex(page, page.forget())
        for track in page.tracks:
            track.window.reset()
            rule = track.watch.rule
            # The retention of a ledger leaves room for the quiet of the rules that look at entries. A finding that
            # joins two episodes can go as long as its day is not frozen: then they part again.
            later = DAY + rule.ahead + rule.quiet_ms if isinstance(rule, DayRule) else 0
            track.fold(page.limit - later, self.tick)

    def _unindex(self, page: Page, gone: Collection[Entry]) -> None:
        """Let retractions no longer find what the page does not hold any more."""
        self.entries -= len(gone)
        names = {name for entry in gone for name in entry.retraction_keys} & self._index.keys()
        named: dict[int, set[str]] = {}
        for placed in {id(placed): placed for name in names for placed in self._index[name]}.values():
            placed[:] = [one for one in placed if one[0] is not page or one[1].id in page.held]
            named[id(placed)] = {name for _, entry in placed for name in entry.retraction_keys}
        self._keep_in_index(names, named)

    def _keep_in_index(self, names: Iterable[str], named: dict[int, set[str]]) -> None:
        """Let the index lead from names only to places that bear them still. named: what each place still bears."""
        for name in names:
            left = [placed for placed in self._index[name] if name in named[id(placed)]]
            if left:
                self._index[name] = left
            else:
                del self._index[name]

    def entries_named(self, keys: set[str]) -> list[Placed]:
        """The entries that have one of these keys, each once a page, in an order that does not depend on arrival."""
        self.wake_named(keys)
        places = {id(placed): placed for key in keys for placed in self._index.get(key, ())}
        pairs = {(*page.name, entry.time, entry.id): (page, entry)
                 for placed in places.values() for page, entry in placed
                 if not entry.lasting and not keys.isdisjoint(entry.retraction_keys)}  # fmt: skip
        return [placed for _, placed in sorted(pairs.items(), key=lambda pair: pair[0])]

    def reach_of(self, page: Page, entry: Entry) -> int:
        """How long after this entry a retraction still takes it back, ms."""
        return min(self.reach[page.ledger.name, type(entry)], entry.longest_reach)

    def drop_resting(self) -> Iterator[None]:
        """Once there are very many pages, drop those that rested for their retention and that await nothing."""
        if self._count_of_pages <= self.room:
            return
        for page in list(self.pages.values()):
            if self._has_rested(page) and not any(track.awaits for track in page.tracks):
                self._drop(page)
            yield
        for ledger, bounds in self.bounds.items():
            for name in self.resting.untouched_since(ledger, self.tick - bounds.retention):
                if (page_at_rest := self.wake(name)) is not None:
                    if self._has_rested(page_at_rest):
                        self._drop(page_at_rest)
                    else:
                        self.lay_to_rest([page_at_rest])
                yield

    def _has_rested(self, page: Page) -> bool:
        return page.touched + page.bounds.retention <= self.tick

    def _drop(self, page: Page) -> None:
        self.gone.update(records.names_of_page(page))
        del self.pages[page.name]
        held, page.held = page.held, {}
        self._unindex(page, held.values())
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
            for page in self.pages.values():
                page.retain(bounds[page.ledger.name])
        tracked, self.tracked = self.tracked, {}
        for page in (page for some in tracked.values() for page in some):
            known = {track.watch.name: track for track in page.tracks}
            page.tracks = ()
            page.tracks = [_goes_on_as(known.get(one.watch.name), one) for one in self.tracks(page)]

    def named(self, keys: Iterable[str]) -> Iterator[Placed]:
        """Entries that may have one of these keys, with their pages; some more than once, and some that have none."""
        self.wake_named(keys)
        return (one for key in keys for placed in self._index.get(key, ()) for one in placed)

    def leave_unsaved(self) -> None:
        """Let pages rest as after a save, where nobody saves what changed."""
        self.gone.clear()
        self.unsaved.clear()
        self.retractions.changed.clear()
        self.tick_changed = False
        self.rest()


def _goes_on_as(old: Track | None, new: Track) -> Track:
    """The track of a rule that was there before goes on with what is new."""
    if old is None:
        return new
    old.turn(new.watch, new.window)
    return old
