"""The engine: everything that is remembered of one partition, and the one loop that judges it.

Records come in, in the order of the log; revisions of alerts go out. The same log gives the same bytes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

from ..reference import Reference
from ..times import BEFORE_ALL, FAR, HOUR
from . import state
from .agenda import Agenda
from .alert import Moment
from .answering import Answering
from .arrival import Arrival
from .effects import Effects
from .entry import Entry
from .episode import Trigger
from .in_memory import InMemory
from .item import Item, Record, Tick
from .judge import Judge
from .ledger import Bounds, Feed, Ledger, kept
from .memory import SOME, Kept, Memory
from .page import Page, PageName
from .records import name_at_rest, names_of_track
from .resting import AtRest
from .retraction import Retraction
from .rule import DayRule, Rule
from .taking_back import TakingBack
from .watch import Watch, able_of


class _Lane(NamedTuple):
    """Where an entry of some kind goes.

    retention: of the ledger, ms. is_silent: whether the first entry under a key rests at once, for no rule judges it.
    """

    ledger: Ledger
    feed: Feed
    retention: int
    is_silent: bool


class Engine:
    """All ledgers, retractions and alerts of one partition of the topic inside.

    It puts entries on their pages and lets hours pass; the judge asks the rules. memory: what is held. effects: what
    follows from what was fed, until it is drained. in_force: the rules, by the name of their watch; turned: whether
    they came by the log; turn_changed: whether that is to be saved.
    """

    def __init__(
        self, watches: Sequence[Watch], reference: Reference, ledgers: Sequence[Ledger], resting: AtRest | None = None
    ) -> None:
        """Take where pages rest; None: in memory."""
        self.memory = Memory(ledgers, InMemory() if resting is None else resting)
        self.effects = Effects()
        self._lanes: dict[type[Entry], list[_Lane]] = {}
        self._now = Moment(0, 0, reference, [])
        self._agenda = Agenda()
        self._judge = Judge(self.memory, self.effects, self._agenda, reference)
        self._taking_back = TakingBack(self.memory, self.effects, self._judge)
        self._answering = Answering(self.memory, self.effects, self._judge)
        self.turned = self.turn_changed = False
        self.in_force: dict[str, Watch] = {}
        self.rule_classes: dict[str, type[Rule]] = {}
        self._bring_in(watches, reference, BEFORE_ALL)

    def turn(self, watches: Sequence[Watch], reference: Reference, appended: int = 0) -> None:
        """Bring rules and tables into force from this place of the log on; the first time for all that comes.

        appended: when what says so was appended, ms UTC.

        What happened before is judged by the version of its own time. A rule that is not among them is off: it judges
        nothing more, and its open alerts close at the next tick.
        """
        now = self.memory.tick + HOUR if self.turned else BEFORE_ALL
        self.turn_changed, self.turned = self.turn_changed or not self.turned, True
        self._now.appended, self._now.tick = appended or self.memory.tick, self.memory.tick
        self._bring_in(watches, reference, now)

    def _bring_in(self, watches: Sequence[Watch], reference: Reference, now: int) -> None:
        watches = self._judged_here(watches)
        self.rule_classes |= {watch.rule.id: type(watch.rule) for watch in watches}
        able, missing = able_of(watches, reference)
        coming = {watch.name: watch.after(self.in_force.get(watch.name), now) for watch in able}
        going = {name: replace(w, enabled=False) for name, w in self.in_force.items() if name not in coming}
        self._judge.reference = reference
        self._now.reference = reference
        self.degraded = self._now.degraded = missing
        in_force = coming | dict(sorted(going.items()))
        if in_force != self.in_force or not self.memory.bounds:
            self.turn_changed, before = self.turned, self.in_force
            self.put_in_force(in_force)
            changed = {name for name, one in in_force.items() if one.enabled and one != before.get(name, one)}
            self._judge.look_anew(changed, self._now)

    def _judged_here(self, watches: Iterable[Watch]) -> list[Watch]:
        """The rules over ledgers that are here; others are judged elsewhere."""
        return [watch for watch in watches if watch.rule.card.ledger in self.memory.ledgers]

    def put_in_force(self, in_force: dict[str, Watch]) -> None:
        """Make anew what follows from the rules in force, by name; those that go are the last."""
        self.in_force = in_force
        watches: dict[str, list[Watch]] = {}
        for watch in in_force.values():
            watches.setdefault(watch.rule.card.ledger, []).append(watch)
        enabled = [watch.rule for watch in in_force.values() if watch.enabled]
        self._answering.speakers = {rule.id: rule for rule in enabled if rule.card.institution_facing}
        self.memory.questions.watches = in_force
        self._judge.turn(watches)
        ledgers = self.memory.ledgers.values()
        bounds = {one.name: _bounds_of(one, watches.get(one.name, ())) for one in ledgers}
        self._keep_ledgers(watches, bounds)
        self.memory.turn(watches, bounds)

    def _keep_ledgers(self, watches: Mapping[str, Sequence[Watch]], bounds: Mapping[str, Bounds]) -> None:
        """Keep what these rules read, by ledger, and what that needs; and nothing more."""
        ledgers = self.memory.ledgers
        some = kept(ledgers, watches)
        self._lanes = {feed.entry: [] for one in ledgers.values() for feed in one.feeds}
        for one in some:
            is_silent = one.may_rest and _is_silent_alone(watches.get(one.name, ()))
            for feed in one.feeds:
                self._lanes[feed.entry].append(_Lane(one, feed, bounds[one.name].retention, is_silent))
        self._answering.feeds = {kind: [(one.ledger, one.feed) for one in of] for kind, of in self._lanes.items()}
        self.memory.keep({one.name for one in some})

    def feed(self, item: Item, appended: int) -> None:
        """Take in one item of the topic inside, appended at this moment (ms UTC); what follows goes to `effects`."""
        for _ in self.steps(item, appended):
            pass

    def steps(self, item: Item, appended: int) -> Iterator[None]:
        """The same step by step, for a tick may have very many pages to judge. Between steps nothing else is fed."""
        if isinstance(item, Record):
            self.take(item, appended)
            return
        now = self._now
        now.appended, now.tick = appended, self.memory.tick
        if isinstance(item, Retraction):
            self._taking_back.take(item, now)
        elif isinstance(item, Tick):
            yield from self._take_tick(item, now)
        self._tell_of_faults(now)

    def take(self, record: Record[Entry], appended: int) -> None:
        """Take in the entries of one event under one key: by far the most frequent item, and a single step."""
        now = self._now
        now.appended, now.tick = record.appended or appended, self.memory.tick
        self._take_record(record, now)
        self._tell_of_faults(now)

    def _tell_of_faults(self, now: Moment) -> None:
        if now.faults:
            self.effects.errors += [(rule, _entry_of(judged), error) for rule, judged, error in now.faults]
            now.faults.clear()

    def drain_changes(self) -> state.Drained:
        """The state records touched since the last call; None where one is gone."""
        return next(found for found in self.drain_in_steps() if found is not None)

    def drain_in_steps(self) -> Iterator[state.Drained | None]:
        """The same after as many steps as it takes, for they may be very many; None is given after each.

        Until they are given, nothing else is asked of the engine.
        """
        in_force = list(self.in_force.values()) if self.turn_changed else None
        self.turn_changed = False
        return state.drain_in_steps(self.memory, in_force)

    def leave_unsaved(self) -> None:
        """Let pages rest as after `drain_changes`, where nobody saves what changed."""
        self.memory.forget_changes()
        self.memory.leave_unsaved()

    def load(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take over the state that `drain_changes` gave, in any order, the last of each key; also an empty one.

        Where pages rest elsewhere than in memory this comes before anything is fed.
        """
        saved = state.by_kind(records)
        in_force = state.in_force(saved, self.rule_classes)
        if in_force is not None:
            self.put_in_force(in_force)
            self.turn_changed, self.turned = False, True
        # Not before: who brings rules into force drops what the rules until then had no need of.
        self.memory.resting.begin()
        state.load(self.memory, saved)
        for page in self.memory.pages.values():
            self._agenda.plan(page, self.memory.tick)
        for taker in self.memory.takers.values():
            self._taking_back.ask_later(taker)
        self.memory.lay_to_rest(list(self.memory.pages.values()))

    @property
    def tick(self) -> int:
        """The hour to which the log has come, ms."""
        return self.memory.tick

    def sizes(self) -> dict[str, int]:
        """How much is held: entries, pages, those of them that are at rest, retractions."""
        return self.memory.sizes()

    # Entries

    def _take_record(self, record: Record[Entry], now: Moment) -> None:
        questions: list[Entry] = [entry for entry in record.entries if entry.pre]
        if questions:
            self._answering.answer(f"{record.space}:{record.key}", questions, now)
        kept: list[Kept] = []
        new: list[Page] = []
        for entry in record.entries:
            if not entry.pre:
                self._place(entry, kept, new, now)
        if self.memory.lays_new_pages:
            for page in new:
                self.memory.lay_new(page)
        self.memory.mark(kept)
        if self.memory.retractions.of_unpaid:
            for entry in record.entries:
                if not entry.pre:
                    self._taking_back.reconsider_lines(entry, now)
        self.memory.lay_some(SOME)

    def _place(self, entry: Entry, kept: list[Kept], new: list[Page], now: Moment) -> None:
        """Put an entry on its page in each ledger.

        new: the pages that are made for it. kept: it, where retractions do not find it yet.
        """
        lanes = self._lanes[type(entry)]
        if not lanes:
            return
        memory, marks = self.memory, entry.marks
        for lane in lanes:
            ledger, feed = lane.ledger, lane.feed
            key = feed.key(entry, self._judge.reference)
            if key is None:
                continue
            if entry.time < entry.uploaded - lane.retention:  # no page is made for it
                self.effects.refused.append((ledger.name, entry))
                continue
            page_name = (ledger.name, key)
            page = memory.pages.get(page_name)
            if page is None:
                name = name_at_rest(page_name)
                page = memory.wake(name)
                if page is None:
                    rests = lane.is_silent and memory.lays_new_pages
                    if rests and not self._taking_back.is_taken(entry, marks, feed.reach):
                        self._lay_first(ledger, name, entry, marks)
                        continue
                    page = memory.new_page(ledger, page_name, name)
                    new.append(page)
            if self._keep(page, entry, marks, now):
                kept.append((page.at_rest, marks))

    def _lay_first(self, ledger: Ledger, name: bytes, entry: Entry, marks: set[int]) -> None:
        """Keep the first entry under a key, at rest: no rule judges it alone, and nothing takes it back."""
        self.effects.counts.entries[ledger.name] += 1
        if ledger.keeps_arrivals:
            self._taking_back.await_target(cast("Arrival", entry))
        self.memory.lay_first(ledger, name, entry, marks)

    def _keep(self, page: Page, entry: Entry, marks: set[int], now: Moment) -> bool:
        """Put an entry on a page and judge what that changes; tells whether it was put there."""
        counts, ledger = self.effects.counts, page.ledger
        if entry.id in page.held:
            self._meet_again(page, entry, now)
            return False
        if page.refuses(entry.time):
            self.effects.refused.append((ledger.name, entry))
            return False
        counts.entries[ledger.name] += 1
        self.memory.entries += 1
        self.memory.changed_pages[page.name] = None
        has_aged = page.advance(entry.uploaded)
        page.touched = max(page.touched, self.memory.tick or page.newest)
        if ledger.keeps_arrivals:
            counts.msgid_reused += entry.slot in page.slots
            self._taking_back.await_target(cast("Arrival", entry))
        reach = self.memory.reach[ledger.name, type(entry)]
        changed = page.add(entry, reach, taken=self._taking_back.is_taken(entry, marks, reach))
        if ledger.bin:
            self.effects.refuse_frozen(page, changed)
        if changed and ledger.name in self.memory.watches:
            self._judge.rejudge(page, changed, now)
        if has_aged and len(page.held) > 1:
            self.memory.forget(page)
        return True

    def _meet_again(self, page: Page, entry: Entry, now: Moment) -> None:
        """An id that is there: a duplicate, or a thing that has changed."""
        if entry.replaces:
            self._replace(page, entry, now)
        if page.ledger.keeps_arrivals:
            self.effects.counts.duplicates += 1

    def _replace(self, page: Page, entry: Entry, now: Moment) -> None:
        """Put an entry in the place of the one with its id, and judge what that changes."""
        before = page.held[entry.id]
        if before == entry:
            return
        self.memory.changed_pages[page.name] = None
        page.advance(entry.uploaded)
        page.touched = max(page.touched, self.memory.tick)
        page.replace(before, entry)
        for track in page.tracks:
            track.forget_proof(entry.id)
        fewest = min((watch.fewest for watch in self.memory.watches.get(page.ledger.name, ())), default=FAR)
        if page.tracks or len(page.order) >= fewest:  # a page of which no rule may speak goes on resting
            self._judge.rejudge(page, [before, entry], now)

    # Time

    def _take_tick(self, tick: Tick, now: Moment) -> Iterator[None]:
        if not tick.final and tick.hour <= self.memory.tick:
            return
        self.memory.tick = now.tick = FAR if tick.final else tick.hour
        self.memory.tick_changed = True
        yield from self._end_rules(now)
        yield from self._judge_due(now, final=tick.final)
        yield from self._taking_back.count_without_target()
        for alert in self.memory.questions.close(now):
            self.effects.alerts.append(alert)
            yield
        if not tick.final:
            self.memory.retractions.forget(self.memory.tick)
            yield from self.memory.drop_at_tick()

    def _judge_due(self, now: Moment, *, final: bool) -> Iterator[None]:
        """Review the pages on which time changes something, and report of those that have news; by name."""
        due: set[PageName] = set()
        # What came after an earlier closing tick waits one later than that.
        for name in self._agenda.take_due(self.memory.tick + final):
            due.add(name)
            yield
        names = [*(due | self._agenda.take_unsaid())]
        heapq.heapify(names)
        while names:
            page_name = heapq.heappop(names)
            if page := self.memory.pages.get(page_name):
                if page_name in due:
                    self._judge.review(page, now)
                self._judge.report(page, now)
            yield

    def _end_rules(self, now: Moment) -> Iterator[None]:
        """Close what is open of rules that are off, and forget them. Long because they stand in four places."""
        off = {name for name, watch in self.in_force.items() if not watch.enabled}
        if not off:
            return
        for name in sorted(off):
            self._judge.switch_off(name, now)
            yield
        self.effects.alerts += self.memory.questions.end(off, now)
        for page in (page for some in self.memory.tracked.values() for page in some):
            for track in page.tracks:
                if track.watch.name in off and track.has_state:
                    self.memory.gone.update(names_of_track(page, track))
        self.put_in_force({name: watch for name, watch in self.in_force.items() if watch.enabled})
        self.turn_changed = True


def _is_silent_alone(watches: Iterable[Watch]) -> bool:
    """Whether none of these rules, in any version, has anything to say of the only entry of a page."""
    return all(watch.fewest > 1 and not isinstance(watch.rule, DayRule) for watch in watches)


def _entry_of(judged: Trigger) -> Entry:
    """What an error is published about: the entry that the trigger was, as far as it is known."""
    return Entry(
        time=judged.time, uploaded=judged.time, message=judged.message, institution=judged.institution,
        identity=judged.identity, line=judged.line,
    )  # fmt: skip


def _bounds_of(ledger: Ledger, watches: Iterable[Watch]) -> Bounds:
    """What is kept: all that a rule may still be asked about what may still come or change."""
    rules = [version.rule for watch in watches for version in watch.versions()]
    asked = [rule.span + rule.ahead + rule.quiet_ms for rule in rules if not isinstance(rule, DayRule)]
    return Bounds(
        retention=max(asked, default=0) + ledger.frozen_after,
        frozen=ledger.frozen_after,
        sums=max((rule.looks_back + rule.ahead for rule in rules), default=0),
    )
