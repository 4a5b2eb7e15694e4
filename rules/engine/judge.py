"""The judge asks the rules, and lets their alerts say what is new. Nothing else asks a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec, cast

import msgspec

from ..reference import Reference
from ..times import DAY, clock, day_of
from .agenda import Agenda
from .alert import Moment
from .effects import Effects
from .entry import Entry
from .episode import Trigger, exact, trigger
from .finding import Finding, Undecidable
from .ledger import WAIT
from .memory import Memory
from .page import FEW, Page
from .rule import DayRule, Rule
from .track import Track
from .watch import Watch
from .window import Window

P = ParamSpec("P")


class Judge:
    """Judges the entries of pages by the rules in force.

    reference: the tables that rules look things up in.
    """

    def __init__(self, memory: Memory, effects: Effects, agenda: Agenda, reference: Reference) -> None:
        self._memory = memory
        self._effects = effects
        self._agenda = agenda
        self.reference = reference
        self._glances: dict[str, list[tuple[Watch, Window[Entry]]]] = {}

    def turn(self, watches: Mapping[str, Sequence[Watch]]) -> None:
        """Judge by these rules, by ledger, from now on."""
        self._glances = {
            ledger: [(watch, Window([], watch.rule.span)) for watch in some]
            for ledger, some in watches.items()
            if not any(isinstance(watch.rule, DayRule) for watch in some)
        }

    def rejudge(self, page: Page, changed: list[Entry], now: Moment) -> None:
        """Judge what a change of standing touches: later entries whose windows hold it, and itself.

        Long because it chooses the cheapest way to do so.
        """
        order = page.order
        in_order = len(changed) == 1 and order and order[-1] is changed[0]
        if in_order and not page.tracks and len(order) <= FEW and page.ledger.name in self._glances:
            self._glance(page, now)
            return
        for track in self._memory.tracks(page):
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
                    news |= self._memory.tracks(page)[number].note(entry.id, trigger(entry, finding))
            if news:
                self._tell(page, self._memory.tracks(page)[number], now)

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
        return self.ask(watch, entry, window)

    def ask(self, watch: Watch, entry: Entry, window: Window[Entry]) -> Finding | None:
        """Ask a rule about the entry with which this window ends, by the thresholds for whom the entry names."""
        tag = watch.tag_of(entry, self.reference) if watch.tagged else ""
        if tag:
            watch = watch.with_tag(tag)
        found = self._isolated(watch.rule, entry, _check_if_allowed, watch, entry, window, self.reference)
        return found if found is None or not tag else msgspec.structs.replace(found, tag=tag)

    def _isolated(
        self, rule: Rule, judged: Entry, check: Callable[P, Finding | None], *args: P.args, **kwargs: P.kwargs
    ) -> Finding | None:
        self._effects.counts.evaluations[rule.id] += 1
        try:
            return check(*args, **kwargs)
        except Undecidable as why:
            self._effects.counts.undecidable[rule.id, str(why)] += 1
        except Exception as error:  # noqa: BLE001 - one rule's fault must not stop the others; it is counted and published
            self._effects.errors.append((rule.id, judged, type(error).__name__))
        return None

    def _rejudge_days(self, page: Page, track: Track, rule: DayRule, changed: list[Entry]) -> bool:
        """Judge the days that look back on what changed, but for those that are not over."""
        days = {day_of(entry.time) for entry in changed if not page.is_frozen(entry.time)}
        for day in days - track.days:
            if day + DAY + WAIT > self._memory.tick:
                track.days.add(day)
                track.changed = True
                self._agenda.schedule(day + DAY + WAIT, page)
        touched = {one for one in page.bins for day in days if day <= one <= day + rule.span}
        news = [self._judge_day(page, track, one) for one in sorted(touched - track.days)]
        return any(news)

    def _judge_day(self, page: Page, track: Track, day: int) -> bool:
        name, of = clock(day, "%Y-%m-%d"), page.key[0]
        whole = Entry(time=day, uploaded=day, message=name, institution=of, identity=0, line=name)
        finding, watch = None, track.watch.at(day)
        if watch is not None and isinstance(watch.rule, DayRule) and page.bins.get(day, [0])[0]:
            span = {one: sums for one, sums in page.bins.items() if day - watch.rule.span <= one <= day}
            tag = watch.tag_of(whole, self.reference)
            rule = cast("DayRule", watch.with_tag(tag).rule)
            finding = self._isolated(rule, whole, rule.check_day, day, span, self.reference, of)
            if finding is not None and tag:
                finding = msgspec.structs.replace(finding, tag=tag)
        if finding is None:
            return track.note((0, name), None)
        # Whichever entry is at hand says what the institution is called, and where it is.
        last = page.order[max(page.first_at(day + DAY) - 1, 0)] if page.order else whole
        return track.note((0, name), Trigger(day + DAY, 0, name, name, of, last.name, "", last.place, exact(finding)))

    def _tell(self, page: Page, track: Track, now: Moment) -> None:
        self._memory.changed_pages[page.name] = None
        extended = track.extend(now)
        if extended is None:
            self._effects.alerts += track.reconcile(now, lambda: self._incident(page, track))
        if extended is not None or track.has_news:
            self._agenda.unsaid.add(page.name)
        due = track.next_due(self._memory.tick) if extended is None else extended.finding.rises_at
        if due > self._memory.tick:
            self._agenda.schedule(due, page)

    def _incident(self, page: Page, track: Track) -> str | None:
        """The incident of an open alert on the same subject whose window meets the newest one here."""
        newest = max((one.time for one in track.triggers.values()), default=0) - track.watch.rule.span
        open_now = [
            (state.opener_time, state.incident)
            for other in self._memory.tracked[page.ledger.space, page.key[0]]
            for one in other.tracks
            for state in one.open_since(newest)
        ]
        return min(open_now)[1] if open_now else None

    def look_anew(self, watches: set[str], now: Moment) -> None:
        """Bring alerts in step with another `quiet` of their rules (names of watches) at once."""
        pages = [page for some in self._memory.tracked.values() for page in some] if watches else []
        for page in sorted(pages, key=lambda page: page.name):
            for track in page.tracks:
                if track.watch.name in watches:
                    self._tell(page, track, now)

    def review(self, page: Page, now: Moment) -> None:
        """What time alone changes on a page: days that are over, findings that fell due, alerts to close."""
        for track in page.tracks:
            rule = track.watch.rule
            if isinstance(rule, DayRule):
                for day in sorted(one for one in track.days if one + DAY + WAIT <= self._memory.tick):
                    track.days.discard(day)
                    track.changed = True
                    self._judge_day(page, track, day)
            self._effects.alerts += track.reconcile(now, lambda track=track: self._incident(page, track))  # type: ignore[misc]
            self._effects.alerts += track.close(now)
            if due := track.next_due(self._memory.tick):
                self._agenda.schedule(due, page)
        self._memory.changed_pages[page.name] = None

    def report(self, page: Page, now: Moment) -> None:
        """Let the open alerts of a page say what has changed since they last spoke."""
        for track in page.tracks:
            self._effects.alerts += track.report(now)
        self._memory.changed_pages[page.name] = None

    def switch_off(self, watch: str, now: Moment) -> None:
        """Close the open alerts of a rule that is no longer in force (`Watch.name`)."""
        tracked = {page.name: page for pages in self._memory.tracked.values() for page in pages}
        for name, page in sorted(tracked.items()):
            for track in page.tracks:
                if track.watch.name == watch:
                    self._effects.alerts += track.switch_off(now)
                    self._memory.changed_pages[name] = None


def _check_if_allowed(watch: Watch, entry: Entry, window: Window[Entry], reference: Reference) -> Finding | None:
    """Judge an entry, if the guard of the rule allows it."""
    return watch.rule.check(entry, window, reference) if watch.guard.allows(window) else None


def _from_ahead(order: list[Entry], ahead: int) -> range:
    """The newest position of an order, and those before it whose judgement looks so far (ms) ahead to it."""
    first = len(order) - 1
    while first and order[first - 1].time >= order[-1].time - ahead:
        first -= 1
    return range(first, len(order))
