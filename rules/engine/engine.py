"""The engine: everything that is remembered of one partition, and the one loop that judges it.

Records come in, in the order of the log; revisions of alerts go out. The same log gives the same bytes.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ParamSpec, cast

from ..reference import Reference
from ..times import BEFORE_ALL, DAY, FAR, HOUR, clock, day_of
from . import state
from .alert import Alert, Moment
from .arrival import Arrival
from .effects import Effects
from .entry import Entry
from .episode import Trigger, exact, trigger
from .finding import Finding, Undecidable
from .item import Item, Record, Tick
from .ledger import WAIT, Bounds, Feed, Ledger
from .memory import SOME, Kept, Memory
from .page import FEW, Page, PageName
from .questions import reminder, visit_of
from .records import name_at_rest, names_of_track
from .retraction import Retraction, comes_before, marks_of
from .rule import DayRule, Rule
from .track import Track
from .watch import Watch
from .window import Window

P = ParamSpec("P")


class Engine:
    """All ledgers, retractions and alerts of one partition of the topic inside.

    memory: what is held. in_force: the rules, by the name of their watch; turned: whether they came by the log;
    turn_changed: whether that is to be saved.
    """

    def __init__(self, watches: Sequence[Watch], reference: Reference, ledgers: Sequence[Ledger]) -> None:
        self.memory = Memory(ledgers)
        self.effects = Effects()
        self._feeds: dict[type[Entry], list[tuple[Ledger, Feed]]] = {}
        self._now = Moment(0, 0, reference.version, [])
        self._agenda: list[tuple[int, str, tuple[str, ...]]] = []
        self._unsaid: set[PageName] = set()
        self._takers: list[tuple[int, int]] = []
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
        self.rule_classes |= {watch.rule.id: type(watch.rule) for watch in watches}
        enabled = [watch for watch in watches if watch.enabled]
        missing = {w.rule.id for w in enabled for table in w.rule.card.tables if not reference.has(table)}
        coming = {w.name: w.after(self.in_force.get(w.name), now) for w in enabled if w.rule.id not in missing}
        going = {name: replace(w, enabled=False) for name, w in self.in_force.items() if name not in coming}
        self.reference = reference
        self._now.reference_version = reference.version
        self.degraded = self._now.degraded = sorted(missing)
        in_force = coming | dict(sorted(going.items()))
        if in_force != self.in_force or not self.memory.bounds:
            self.turn_changed, before = self.turned, self.in_force
            self.put_in_force(in_force)
            self._look_anew(before)

    def put_in_force(self, in_force: dict[str, Watch]) -> None:
        """Make anew what follows from the rules in force, by name; those that go are the last."""
        self.in_force = in_force
        watches: dict[str, list[Watch]] = {}
        for watch in in_force.values():
            watches.setdefault(watch.rule.card.ledger, []).append(watch)
        self._speakers = {w.rule.id: w.rule for w in in_force.values() if w.enabled and w.rule.card.institution_facing}
        self.memory.questions.watches = in_force
        self._glances = {
            ledger: [(watch, Window([], watch.rule.span)) for watch in some]
            for ledger, some in watches.items()
            if not any(isinstance(watch.rule, DayRule) for watch in some)
        }
        ledgers = self.memory.ledgers.values()
        self._silent = {one.name for one in ledgers if one.may_rest and _is_silent_alone(watches.get(one.name, ()))}
        self._keep_ledgers(watches)
        self.memory.turn(watches, {one.name: _bounds_of(one, watches.get(one.name, ())) for one in ledgers})

    def _keep_ledgers(self, watches: Mapping[str, Sequence[Watch]]) -> None:
        """Keep what these rules read, by ledger, and what that needs; and nothing more."""
        ledgers = self.memory.ledgers
        kept = {name for name, one in ledgers.items() if one.keeps_arrivals or name in watches}
        while more := {needed for name in kept for needed in ledgers[name].needs} - kept:
            kept |= more
        self._feeds = {feed.entry: [] for one in ledgers.values() for feed in one.feeds}
        for name in ledgers:
            for feed in ledgers[name].feeds if name in kept else ():
                self._feeds[feed.entry].append((ledgers[name], feed))
        self.memory.keep(kept)

    def _look_anew(self, before: dict[str, Watch]) -> None:
        """Bring alerts in step with another `quiet` of their rule, here and not when something happens to them next."""
        other = {name for name, watch in self.in_force.items() if watch.enabled and watch != before.get(name, watch)}
        pages = [page for some in self.memory.tracked.values() for page in some] if other else []
        for page in sorted(pages, key=lambda page: page.name):
            for track in page.tracks:
                if track.watch.name in other:
                    self._tell(page, track, self._now)

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
            self._take_retraction(item, now)
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

    def drain_changes(self) -> list[tuple[bytes, bytes | None]]:
        """The state records touched since the last call; None where one is gone."""
        in_force = list(self.in_force.values()) if self.turn_changed else None
        self.turn_changed = False
        return state.drain_changes(self.memory, in_force)

    def leave_unsaved(self) -> None:
        """Let pages rest as after `drain_changes`, where nobody saves what changed."""
        self.memory.leave_unsaved()

    def load(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take over the state that `drain_changes` gave, in any order, the last of each key."""
        saved = state.by_kind(records)
        in_force = state.in_force(saved, self.rule_classes)
        if in_force is not None:
            self.put_in_force(in_force)
            self.turn_changed, self.turned = False, True
        state.load(self.memory, saved)
        for page in self.memory.pages.values():
            self._plan(page)
        for taker in self.memory.takers.values():
            self._ask_later(taker)
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
            self._answer(f"{record.space}:{record.key}", questions, now)
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
            for _, entry, _ in kept:
                self._reconsider_lines(entry, now)
        self.memory.lay_some(SOME)

    def _place(self, entry: Entry, kept: list[Kept], new: list[Page], now: Moment) -> None:
        """Put an entry on its page in each ledger. new: the pages that are made for it."""
        keys = entry.retraction_keys
        marks = marks_of(keys)
        for ledger, feed in self._feeds[type(entry)]:
            key = feed.key(entry, self.reference)
            if key is None:
                continue
            if entry.time < entry.uploaded - self.memory.bounds[ledger.name].retention:  # no page is made for it
                self.effects.refused.append((ledger.name, entry))
                continue
            page = self.memory.pages.get((ledger.name, key))
            if page is None:
                name = name_at_rest((ledger.name, key))
                page = self.memory.wake(name)
                if page is None:
                    if self._rests_alone(ledger, feed, entry, keys):
                        self._lay_first(ledger, name, entry, marks)
                        kept.append((name, entry, marks))
                        continue
                    page = self.memory.new_page(ledger, (ledger.name, key), name)
                    new.append(page)
            if self._keep(page, entry, keys, now):
                kept.append((page.at_rest, entry, marks))

    def _rests_alone(self, ledger: Ledger, feed: Feed, entry: Entry, keys: list[str]) -> bool:
        """Whether the first entry under a key rests at once: no rule judges it alone, and nothing takes it back."""
        is_silent = ledger.name in self._silent and self.memory.lays_new_pages
        return is_silent and not self._is_taken(entry, keys, feed.reach)

    def _lay_first(self, ledger: Ledger, name: bytes, entry: Entry, marks: set[int]) -> None:
        """Keep the first entry under a key, at rest."""
        self.effects.counts.entries[ledger.name] += 1
        if ledger.keeps_arrivals:
            self._await_target(cast("Arrival", entry))
        self.memory.lay_first(ledger, name, entry, marks)

    def _keep(self, page: Page, entry: Entry, keys: list[str], now: Moment) -> bool:
        """Put an entry on a page and judge what that changes; tells whether it was put there."""
        counts, ledger = self.effects.counts, page.ledger
        if entry.id in page.held:
            if ledger.keeps_arrivals:
                counts.duplicates += 1
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
            self._await_target(cast("Arrival", entry))
        reach = self.memory.reach[ledger.name, type(entry)]
        changed = page.add(entry, reach, taken=self._is_taken(entry, keys, reach))
        if ledger.bin:
            self._refuse_frozen(page, changed)
        if changed and ledger.name in self.memory.watches:
            self._rejudge(page, changed, now)
        if has_aged and len(page.held) > 1:
            self.memory.forget(page)
        return True

    def _refuse_frozen(self, page: Page, changed: list[Entry]) -> None:
        """Tell of what reached a day whose sums take nothing any more; the page itself keeps it."""
        self.effects.refused += [(page.ledger.name, entry) for entry in changed if page.is_frozen(entry.time)]

    def _is_taken(self, entry: Entry, keys: list[str], reach: int) -> bool:
        """Whether a standing retraction in reach (ms, of the ledger) takes this entry back."""
        if entry.lasting or self.memory.retractions.names_none_of(keys):
            return False
        naming = self.memory.retractions.naming(entry, keys, min(reach, entry.longest_reach))
        return any(not one.unpaid_only or not self._is_paid(entry, one) for one in naming)

    def _is_paid(self, line: Entry, cancel: Retraction) -> bool:
        """Whether a bill that stood when the cancel was sent has settled the line."""
        bills = self.memory.entries_named({line.paid_by})
        return any(self._pays(page, bill, line, cancel) for page, bill in bills)

    def _pays(self, page: Page, bill: Entry, line: Entry, cancel: Retraction) -> bool:
        if not _would_pay(bill, line, cancel):
            return False
        reach = self.memory.reach_of(page, bill)
        return not self.memory.retractions.took_back_before(bill, bill.retraction_keys, reach, cancel)

    def _plan(self, page: Page) -> None:
        """Put on the agenda what time alone will change on this page."""
        for track in page.tracks:
            for day in track.days:
                self._schedule(day + DAY + WAIT, page)
            if due := track.next_due(self.memory.tick):
                self._schedule(due, page)
            if track.has_news:
                self._unsaid.add(page.name)

    # Judging

    def _rejudge(self, page: Page, changed: list[Entry], now: Moment) -> None:
        """Judge what a change of standing touches: later entries whose windows hold it, and itself."""
        order = page.order
        in_order = len(changed) == 1 and order and order[-1] is changed[0]
        if in_order and not page.tracks and len(order) <= FEW and page.ledger.name in self._glances:
            self._glance(page, now)
            return
        for track in self.memory.tracks(page):
            rule = track.watch.rule
            if not track.watch.enabled:
                continue
            if isinstance(rule, DayRule):
                news = self._rejudge_days(page, track, rule, changed)
            elif in_order:
                news = self._judge(track, page, _from_ahead(order, track.watch.ahead))
            else:
                news = self._rejudge_late(page, track, changed)
            if news:
                self._tell(page, track, now)

    def _glance(self, page: Page, now: Moment) -> None:
        """Judge the newest entry of a page that has but a few: most pages never have more, nor a finding.

        They need no tracks; a window is laid over them for as long as a rule looks.
        """
        order = page.order
        for number, (watch, window) in enumerate(self._glances[page.ledger.name]):
            if len(order) < watch.fewest or not watch.enabled:
                continue
            news = False
            window.lay_over(order, page.bins)
            for position in _from_ahead(order, watch.ahead):
                entry = order[position]
                finding = self._check(watch, window, position)
                if finding is not None:
                    news |= self.memory.tracks(page)[number].note(entry.id, trigger(entry, finding))
            if news:
                self._tell(page, self.memory.tracks(page)[number], now)

    def _rejudge_late(self, page: Page, track: Track, changed: list[Entry]) -> bool:
        watch, news = track.watch, False
        track.window.reset()
        for entry in changed:
            if not page.standing(entry):
                news |= track.note(entry.id, None)
            positions = range(page.first_at(entry.time - watch.ahead), page.first_at(entry.time + watch.span))
            news |= self._judge(track, page, positions)
        return news

    def _judge(self, track: Track, page: Page, positions: range) -> bool:
        news = False
        for position in positions:
            entry = page.order[position]
            finding = self._check(track.watch, track.window, position)
            if finding is not None or track.triggers:
                news |= track.note(entry.id, None if finding is None else trigger(entry, finding))
        return news

    def _check(self, watch: Watch, window: Window, position: int) -> Finding | None:
        """Judge one entry of a page by the version of the rule that was in force when it happened."""
        entry = window.at(position)
        if entry.time < watch.since:
            earlier = watch.at(entry.time)
            if earlier is None:
                return None
            watch, window = earlier, window.of_length(earlier.rule.span)
        window.move_to(position)
        return self._isolated(watch.rule, entry, _check_if_allowed, watch, entry, window, self.reference)

    def _isolated(
        self, rule: Rule, judged: Entry, check: Callable[P, Finding | None], *args: P.args, **kwargs: P.kwargs
    ) -> Finding | None:
        self.effects.counts.evaluations[rule.id] += 1
        try:
            return check(*args, **kwargs)
        except Undecidable as why:
            self.effects.counts.undecidable[rule.id, str(why)] += 1
        except Exception as error:  # noqa: BLE001 - one rule's fault must not stop the others; it is counted and published
            self.effects.errors.append((rule.id, judged, type(error).__name__))
        return None

    def _rejudge_days(self, page: Page, track: Track, rule: DayRule, changed: list[Entry]) -> bool:
        """Judge the days that look back on what changed, but for those that are not over."""
        days = {day_of(entry.time) for entry in changed if not page.is_frozen(entry.time)}
        for day in days - track.days:
            if day + DAY + WAIT > self.memory.tick:
                track.days.add(day)
                track.changed = True
                self._schedule(day + DAY + WAIT, page)
        touched = {one for one in page.bins for day in days if day <= one <= day + rule.span}
        news = [self._judge_day(page, track, one) for one in sorted(touched - track.days)]
        return any(news)

    def _judge_day(self, page: Page, track: Track, day: int) -> bool:
        name, of = clock(day, "%Y-%m-%d"), page.key[0]
        whole = Entry(time=day, uploaded=day, message=name, institution=of, identity=0, line=name)
        finding, watch = None, track.watch.at(day)
        if watch is not None and isinstance(watch.rule, DayRule) and page.bins.get(day, [0])[0]:
            span = {one: sums for one, sums in page.bins.items() if day - watch.rule.span <= one <= day}
            finding = self._isolated(watch.rule, whole, watch.rule.check_day, day, span, self.reference, of)
        if finding is None:
            return track.note((0, name), None)
        # Whichever entry is at hand says what the institution is called, and where it is.
        last = page.order[max(page.first_at(day + DAY) - 1, 0)] if page.order else whole
        return track.note((0, name), Trigger(day + DAY, 0, name, name, of, last.name, "", last.place, exact(finding)))

    def _tell(self, page: Page, track: Track, now: Moment) -> None:
        self.memory.changed_pages[page.name] = None
        extended = track.extend(now)
        if extended is None:
            self.effects.alerts += track.reconcile(now, lambda: self._incident(page, track))
        if extended is not None or track.has_news:
            self._unsaid.add(page.name)
        due = track.next_due(self.memory.tick) if extended is None else extended.finding.rises_at
        if due > self.memory.tick:
            self._schedule(due, page)

    def _incident(self, page: Page, track: Track) -> str | None:
        """The incident of an open alert on the same subject whose window meets the newest one here."""
        newest = max((one.time for one in track.triggers.values()), default=0) - track.watch.rule.span
        open_now = [
            (state.opener_time, state.incident)
            for other in self.memory.tracked[page.ledger.space, page.key[0]]
            for one in other.tracks
            for state in one.open_since(newest)
        ]
        return min(open_now)[1] if open_now else None

    # Retractions

    def _take_retraction(self, retraction: Retraction, now: Moment) -> None:
        if retraction.identity in self.memory.retractions:
            return
        self.memory.retractions.add(retraction, max(self.memory.tick, retraction.uploaded))
        acting = (retraction, *self.memory.retractions.named_by(retraction))
        keys = {key for one in acting for key in one.retraction_keys}
        named = self.memory.entries_named(keys)
        late = 0
        for page, entry in named:
            own, reach = set(entry.retraction_keys), self.memory.reach_of(page, entry)
            if any(one.acts_on(entry, reach) and not own.isdisjoint(one.retraction_keys) for one in acting):
                self._reconsider(page, entry, now)
                self._reconsider_lines(entry, now, retraction)
            else:
                late += self._mention(retraction, page, entry, now)
        self.effects.counts.late_retractions += late > 0

    def _reconsider(self, page: Page, entry: Entry, now: Moment) -> None:
        """Take an entry back, or let it stand again."""
        reach = self.memory.reach_of(page, entry)
        taken = self._is_taken(entry, entry.retraction_keys, reach)
        changed = page.retake(entry, self.memory.reach[page.ledger.name, type(entry)], taken=taken)
        self.memory.changed_pages[page.name] = None
        self._refuse_frozen(page, changed)
        if changed and page.ledger.name in self.memory.watches:
            self._rejudge(page, changed, now)

    def _reconsider_lines(self, bill: Entry, now: Moment, retraction: Retraction | None = None) -> None:
        """What a bill settles, or no longer settles, is taken back accordingly; other lines of its visit are not asked.

        A bill that settled those may be forgotten by now. retraction: of the bill; no cancel sent before it is asked.
        """
        if bill.paid_by not in self.memory.retractions.of_unpaid or bill.paid_by not in bill.retraction_keys:
            return
        for page, line in self.memory.entries_named({f"v{bill.paid_by[1:]}"}):
            reach = self.memory.reach_of(page, line)
            naming = self.memory.retractions.naming(line, line.retraction_keys, reach)
            cancels = (one for one in naming if one.unpaid_only and (not retraction or comes_before(retraction, one)))
            if any(_would_pay(bill, line, cancel) for cancel in cancels):
                self._reconsider(page, line, now)

    def _mention(self, retraction: Retraction, page: Page, entry: Entry, now: Moment) -> bool:
        """Tell the alerts that rest on an entry of a retraction that came too late for it. Returns True if it did."""
        if not self._is_beyond_reach(retraction, page, entry, entry.retraction_keys):
            return False
        self.memory.changed_pages[page.name] = None
        for track in page.tracks:
            self.effects.alerts += track.mention(entry.id, entry.settlement or entry.message, now)
        return True

    def _await_target(self, arrival: Arrival) -> None:
        """Ask, when what may still be named has come, whether a retraction has found something."""
        if arrival.takes:
            self.memory.takers[arrival.identity] = arrival
            self.memory.changed_takers.add(arrival.identity)
            self._ask_later(arrival)

    def _ask_later(self, taker: Arrival) -> None:
        heapq.heappush(self._takers, (taker.uploaded + WAIT, taker.identity))

    def _count_without_target(self) -> Iterator[None]:
        while self._takers and self._takers[0][0] <= self.memory.tick:
            _, identity = heapq.heappop(self._takers)
            taker = self.memory.takers.pop(identity, None)
            self.memory.changed_takers.add(identity)
            if taker is not None and not self._has_target(taker):
                what = "message_reversals_without_target" if taker.of_transaction else "retractions_without_target"
                self.effects.without_target[what, taker.institution, taker.transaction] += 1
            yield

    def _has_target(self, taker: Arrival) -> bool:
        return any(
            one.identity != taker.identity and one.is_named_by(taker) and comes_before(one, taker)
            for one in self.memory.arrivals_named(set(taker.takes))
        )

    def _is_beyond_reach(self, retraction: Retraction, page: Page, entry: Entry, names: list[str]) -> bool:
        """Whether the retraction would take this entry back, had it come earlier."""
        reach = self.memory.reach_of(page, entry)
        named = not set(names).isdisjoint(retraction.retraction_keys) and self.memory.retractions.stands(retraction)
        return named and not retraction.acts_on(entry, reach) and retraction.acts_on(entry, FAR)

    # Time

    def _take_tick(self, tick: Tick, now: Moment) -> Iterator[None]:
        if not tick.final and tick.hour <= self.memory.tick:
            return
        self.memory.tick = now.tick = FAR if tick.final else tick.hour
        self.memory.tick_changed = True
        yield from self._end_rules(now)
        yield from self._judge_due(now, final=tick.final)
        yield from self._count_without_target()
        for alert in self.memory.questions.close(now):
            self.effects.alerts.append(alert)
            yield
        if not tick.final:
            self.memory.retractions.forget(self.memory.tick)
            yield from self.memory.drop_abandoned()
            yield from self.memory.drop_resting()

    def _judge_due(self, now: Moment, *, final: bool) -> Iterator[None]:
        """Review the pages on which time changes something, and report of those that have news; by name."""
        due: set[PageName] = set()
        # What came after an earlier closing tick waits one later than that.
        while self._agenda and self._agenda[0][0] <= self.memory.tick + final:
            _, name, key = heapq.heappop(self._agenda)
            due.add((name, key))
            yield
        names = [*(due | self._unsaid)]
        self._unsaid.clear()
        heapq.heapify(names)
        while names:
            page_name = heapq.heappop(names)
            if page := self.memory.pages.get(page_name):
                if page_name in due:
                    self._review(page, now)
                self._report(page, now)
            yield

    def _end_rules(self, now: Moment) -> Iterator[None]:
        """Close what is open of rules that are off, and forget them."""
        off = {name for name, watch in self.in_force.items() if not watch.enabled}
        if not off:
            return
        for name in sorted(off):
            self.switch_off(name, now.appended)
            yield
        self.effects.alerts += self.memory.questions.end(off, now)
        for page in (page for some in self.memory.tracked.values() for page in some):
            for track in page.tracks:
                if track.watch.name in off and track.has_state:
                    self.memory.gone.update(names_of_track(page, track))
        self.put_in_force({name: watch for name, watch in self.in_force.items() if watch.enabled})
        self.turn_changed = True

    def _review(self, page: Page, now: Moment) -> None:
        """What time alone changes on a page: days that are over, findings that fell due, alerts to close."""
        for track in page.tracks:
            rule = track.watch.rule
            if isinstance(rule, DayRule):
                for day in sorted(one for one in track.days if one + DAY + WAIT <= self.memory.tick):
                    track.days.discard(day)
                    track.changed = True
                    self._judge_day(page, track, day)
            self.effects.alerts += track.reconcile(now, lambda track=track: self._incident(page, track))  # type: ignore[misc]
            self.effects.alerts += track.close(now)
            if due := track.next_due(self.memory.tick):
                self._schedule(due, page)
        self.memory.changed_pages[page.name] = None

    def _report(self, page: Page, now: Moment) -> None:
        """Let the open alerts of a page say what has changed since they last spoke."""
        for track in page.tracks:
            self.effects.alerts += track.report(now)
        self.memory.changed_pages[page.name] = None

    def switch_off(self, watch: str, appended: int) -> None:
        """Close the open alerts of a rule that is no longer in force (`Watch.name`), at this append time (ms UTC)."""
        now = self._now
        now.appended = appended
        tracked = {page.name: page for pages in self.memory.tracked.values() for page in pages}
        for name, page in sorted(tracked.items()):
            for track in page.tracks:
                if track.watch.name == watch:
                    self.effects.alerts += track.switch_off(now)
                    self.memory.changed_pages[name] = None

    def _schedule(self, due: int, page: Page) -> None:
        heapq.heappush(self._agenda, (due, page.ledger.name, page.key))

    # Questions before money moves

    def _answer(self, key_of_record: str, questions: list[Entry], now: Moment) -> None:
        """Judge a pre-settlement once, over what stands and itself; it leaves nothing in any window."""
        if not self.memory.questions.is_new(questions, key_of_record):
            return
        told: dict[str, Alert] = {}
        for entry in questions:
            for ledger, feed in self._feeds[type(entry)]:
                key = feed.key(entry, self.reference)
                if key is None:
                    continue
                alike = (one for one in questions if type(one) is type(entry))
                asked = [one for one in alike if feed.key(one, self.reference) == key]
                told |= {one.alert_id: one for one in self._judge_question(entry, (ledger.name, key), asked, now)}
        about = next((entry for entry in questions if entry.is_asked_about), None)
        if about is not None:
            self.effects.reminders.append(reminder(about, list(told.values()), self._speakers, now))

    def _judge_question(self, entry: Entry, page: PageName, asked: list[Entry], now: Moment) -> Iterator[Alert]:
        ledger, key = page
        for newest in self.memory.watches.get(ledger, ()):
            watch = newest.at(entry.time) if newest.enabled else None
            if watch is None or not watch.rule.card.judges_pre:
                continue
            window = self._window_as_if(self.memory.page_of(page), entry, asked, watch.rule)
            finding = self._isolated(watch.rule, entry, _check_if_allowed, watch, entry, window, self.reference)
            if finding is not None:
                alert, is_news = self.memory.questions.note(watch, key, trigger(entry, finding), visit_of(entry), now)
                if is_news:
                    self.effects.alerts.append(alert)
                yield alert

    def _window_as_if(self, page: Page | None, entry: Entry, asked: list[Entry], rule: Rule) -> Window:
        """The window had the question been a settlement; less an earlier settlement of the same visit."""
        standing = page.order[: bisect_right(page.order, entry.time, key=lambda one: one.time)] if page else []
        others = [one for one in standing if not entry.visit or one.visit != entry.visit]
        entries = sorted([*others, *asked], key=lambda one: (one.time, one.id))
        window = Window(entries, rule.span, page.bins if page else None)
        window.move_to(entries.index(entry))
        return window


def _check_if_allowed(watch: Watch, entry: Entry, window: Window[Entry], reference: Reference) -> Finding | None:
    """Judge an entry, if the guard of the rule allows it."""
    return watch.rule.check(entry, window, reference) if watch.guard.allows(window) else None


def _is_silent_alone(watches: Iterable[Watch]) -> bool:
    """Whether none of these rules, in any version, has anything to say of the only entry of a page."""
    return all(watch.fewest > 1 and not isinstance(watch.rule, DayRule) for watch in watches)


def _would_pay(bill: Entry, line: Entry, cancel: Retraction) -> bool:
    """Whether a bill settles a line, if it stands: of its person and batch, after the line, before the cancel."""
    batches = {bill.batch_of_lines, line.batch_of_lines} - {""}
    if bill.person != line.person or len(batches) > 1 or not comes_before(bill, cancel):
        return False
    return bill.identity == line.identity or comes_before(line, bill)


def _from_ahead(order: list[Entry], ahead: int) -> range:
    """The newest position of an order, and those before it whose judgement looks so far (ms) ahead to it."""
    first = len(order) - 1
    while first and order[first - 1].time >= order[-1].time - ahead:
        first -= 1
    return range(first, len(order))


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
