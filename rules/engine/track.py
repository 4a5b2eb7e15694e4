"""A track: what one rule has seen on one page. It keeps the triggers and turns their runs into alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

from ..times import DAY, day_of
from .alert import Alert, AlertState, ClosedBy, Moment, alert_id, write
from .entry import Id
from .episode import Episode, Trigger, runs
from .finding import SEVERITIES, Evidence
from .ledger import WAIT
from .watch import Watch
from .window import Window


class Track:
    """Triggers and alerts of one rule on one ledger key.

    added, removed: what came new and what fell away since the last look; one that changed is in both.
    days: those that are still to be judged. changed, changed_days: what is to be saved again, and of which triggers.
    """

    __slots__ = (
        "_episodes", "_proofs", "_tail", "added", "alerts", "changed", "changed_days", "days", "key", "removed",
        "triggers", "watch", "window",
    )  # fmt: skip

    def __init__(self, watch: Watch, key: tuple[str, ...], window: Window) -> None:
        self.watch = watch
        self.key = key
        self.window = window
        self.triggers: dict[Id, Trigger] = {}
        self.added: dict[Id, Trigger] = {}
        self.removed: dict[Id, Trigger] = {}
        self.alerts: list[AlertState] = []
        self._episodes: dict[str, Episode] = {}
        self._tail: tuple[AlertState, Episode] | None = None
        self._proofs: dict[Id, Evidence] = {}
        self.days: set[int] = set()
        self.changed = False
        self.changed_days: set[int] = set()

    @property
    def awaits(self) -> bool:
        """Whether time alone will still say something here: an open alert, a day that is not over."""
        return bool(self.days) or any(state.is_open for state in self.alerts)

    @property
    def has_news(self) -> bool:
        """Whether an alert has something to say at the next tick."""
        return any(state.unsaid for state in self.alerts)

    @property
    def has_state(self) -> bool:
        """Whether anything is saved of it."""
        return bool(self.alerts or self.triggers or self.days or self.changed or self.changed_days)

    def forget_derived(self) -> None:
        """Let go of what can be made anew: of a page that nobody touches it is more than half."""
        self._tail = None
        self._episodes.clear()
        self.window.reset()

    def note(self, id_: Id, found: Trigger | None) -> bool:
        """Store or clear the finding of an entry. Returns True if it changed."""
        before = self.triggers.get(id_)
        if before == found:
            return False
        if before is not None:
            self.removed[id_] = before
            self.changed_days.add(day_of(before.time))
        if found is None:
            del self.triggers[id_]
            self.added.pop(id_, None)
        else:
            self.put(id_, found)
            self.added[id_] = found
            self.changed_days.add(day_of(found.time))
        self.changed = True
        return True

    def put(self, id_: Id, found: Trigger) -> None:
        """Keep a trigger; what it names as evidence is kept once, however many triggers name it."""
        proofs = found.finding.evidence
        proofs[:] = [self._proofs.setdefault(one.id, one) for one in proofs]
        self.triggers[id_] = found

    def forget_proof(self, id_: Id) -> None:
        """What an entry proves is said anew by the triggers that name it."""
        self._proofs.pop(id_, None)

    def triggers_of_day(self, day: int) -> list[Trigger]:
        """The triggers of one day, in order."""
        of_day = [one for one in self.triggers.values() if day <= one.time < day + DAY]
        return sorted(of_day, key=lambda one: (one.time, one.id))

    def extend(self, now: Moment) -> Trigger | None:
        """Put a trigger that comes after all others into the open alert that it continues, which says nothing new.

        That is what nearly always happens in a long episode, whose cost must not grow with its length. None: look anew.
        """
        if self._tail is None or self.removed or len(self.added) != 1:
            return None
        (state, episode), (new,) = self._tail, self.added.values()
        last, finding = episode.triggers[-1], new.finding
        follows = (new.time, new.id) > (last.time, last.id) and new.time - last.time <= self.watch.rule.quiet_ms
        is_news = state.is_surpassed(SEVERITIES.index(finding.severity_at(now.tick)), finding.value)
        if not follows or is_news or finding.due > now.tick or not state.is_open:
            return None
        state.members.append(new.id)
        state.unsaid = True
        episode.append(new, now.tick)
        self.added.clear()
        return new

    def reconcile(self, now: Moment, incident: Callable[[], str | None]) -> Iterator[Alert]:
        """Bring the alerts in step with the triggers; yields the revisions that must be written.

        incident: finds that of an alert on the same subject that is open now, for those that open here.
        """
        homes, merged = self._homes(now, incident)
        housed = {state.id for _, state in homes}
        for state in [one for one in self.alerts if one.lives and one.id not in housed]:
            if state.folded is None or state.id in merged:
                yield self._withdraw(state, now, merged.get(state.id))
            else:
                yield from self._tell(self._episode_of(state, [], now.tick), state, now)
        for episode, state in homes:
            yield from self._tell(episode, state, now)
        self._tail = (homes[-1][1], homes[-1][0]) if homes else None
        self.added.clear()
        self.removed.clear()

    def _homes(
        self, now: Moment, incident: Callable[[], str | None]
    ) -> tuple[list[tuple[Episode, AlertState]], dict[str, str]]:
        """Which alert each episode is, in order of time; and which alerts were merged into which."""
        active, free = self._active(now.tick), list(self.alerts)
        homes: list[tuple[Episode, AlertState]] = []
        merged: dict[str, str] = {}
        for run in runs(active, self.watch.rule.quiet_ms):
            own = self._own(free, run)
            home = min(own, key=lambda state: state.order) if own else self._open(run[0], now, incident)
            others = [other for other in own if other is not home and other.lives]
            merged |= {other.id: home.id for other in others if not _goes_on(other, run[-1], active)}
            free = [state for state in free if state is not home and state.id not in merged]
            homes.append((self._episode_of(home, run, now.tick), home))
        return homes, merged

    def _active(self, tick: int) -> list[Trigger]:
        """The triggers that have fallen due, in order."""
        due = [one for one in self.triggers.values() if one.finding.due <= tick]
        return sorted(due, key=lambda one: (one.time, one.id))

    def _own(self, free: list[AlertState], run: list[Trigger]) -> list[AlertState]:
        """The alerts, of those that have no episode yet, that this one may be: those that live, else one it opened."""
        ids = {one.id for one in run}
        own = [state for state in free if state.lives and self._belongs(state, run, ids)]
        return own or [state for state in free if not state.lives and state.opener in ids]

    def _episode_of(self, state: AlertState, run: list[Trigger], tick: int) -> Episode:
        """The episode of an alert with these triggers; where it is open, the one that is kept."""
        kept = self._episodes.get(state.id)
        if kept is None:
            return Episode(run, tick, state.folded)
        kept.become(run, tick)
        return kept

    def _belongs(self, state: AlertState, run: list[Trigger], ids: set[Id]) -> bool:
        if not ids.isdisjoint(state.members):
            return True
        if state.folded is None:
            return state.opener in ids
        # Not by its opener: where an episode was split, that may be in the later part.
        return 0 <= run[0].time - state.folded.last_time <= self.watch.rule.quiet_ms

    def _open(self, opener: Trigger, now: Moment, incident: Callable[[], str | None]) -> AlertState:
        """A new alert. Where a split left the opener's id with the earlier part, the later part takes a next one."""
        taken = {state.id for state in self.alerts}
        rule, shadow = self.watch.rule, self.watch.shadow
        number = 0
        named = (rule.id, self.key, opener.message, opener.line, opener.time)
        while (name := alert_id(*named, shadow=shadow, taken=number)) in taken:
            number += 1
        order = 1 + max((state.order for state in self.alerts), default=0)
        state = AlertState(name, order, opener.id, opener.time, now.appended, incident() or name)
        self.alerts.append(state)
        return state

    def _tell(self, episode: Episode, state: AlertState, now: Moment) -> Iterator[Alert]:
        """Write a revision where the alert opens, rises or doubles; what else is new is said at the next tick.

        Long because each way in which an alert may stand has its case.
        """
        members = [one.id for one in episode.triggers]
        is_new = members != state.members or not self.added.keys().isdisjoint(members)
        state.members = members
        self.changed = True
        if state.revision == 0 or not state.lives:
            state.status, state.severity, state.measure = "opened", -1, 0.0
            yield self._revise(state, episode, now)
        elif state.is_surpassed(episode.severity, episode.peak.value):
            state.status = "updated"
            yield self._revise(state, episode, now)
        elif state.is_open and (is_new or _mark(episode) != state.written):
            state.unsaid = True  # time alone changes it too: a finding rises to a severity that the alert had before
        elif is_new and _mark(episode) != state.written:
            state.status, state.unsaid = "updated", True
        if state.is_open:
            self._episodes[state.id] = episode

    def _revise(
        self, state: AlertState, episode: Episode, now: Moment, *, closed_by: ClosedBy | None = None,
        merged_into: str | None = None,
    ) -> Alert:  # fmt: skip
        state.revision += 1
        state.severity = max(state.severity, episode.severity)
        state.measure = max(state.measure, episode.peak.value)
        state.written, state.unsaid = _mark(episode), False
        state.detected_at = now.appended
        self.changed = True
        if not state.is_open:
            self._episodes.pop(state.id, None)
        watch = self.watch.at(episode.first.time) or self.watch
        return write(
            watch, self.key, state, episode, now, stage=watch.rule.card.stage,
            closed_by=closed_by, merged_into=merged_into, warm_at=self.watch.warm_at,
        )  # fmt: skip

    def _withdraw(self, state: AlertState, now: Moment, merged_into: str | None) -> Alert:
        """The last word of an alert that no longer holds, with what it had said."""
        known = ((self.removed.get(id_) or self.triggers.get(id_)) for id_ in state.members)
        left = [one for one in known if one is not None]
        state.status, state.members = "withdrawn", []
        closed_by: ClosedBy | None = "merged" if merged_into else None
        return self._revise(
            state, Episode(left, now.tick, state.folded), now, closed_by=closed_by, merged_into=merged_into
        )

    def report(self, now: Moment) -> Iterator[Alert]:
        """Write what the open alerts have not said yet; what came and went again in between is not said."""
        for state in self.alerts:
            if not state.unsaid:
                continue
            state.unsaid, self.changed = False, True
            episode = self._kept(state, now.tick)
            if _mark(episode) != state.written:
                state.status = "updated"
                yield self._revise(state, episode, now)

    def close(self, now: Moment) -> Iterator[Alert]:
        """Close what has been quiet for long enough: `quiet` after the last trigger, and the wait for what is late."""
        quiet = self.watch.rule.quiet_ms + WAIT
        for state in self.alerts:
            if state.is_open and self._kept(state, now.tick).last_time + quiet <= now.tick:
                yield self._close(state, now, "quiet")

    def switch_off(self, now: Moment) -> Iterator[Alert]:
        """Close what is open: the rule is no longer in force."""
        for state in self.alerts:
            if state.is_open:
                yield self._close(state, now, "rule_off")

    def _close(self, state: AlertState, now: Moment, by: ClosedBy) -> Alert:
        state.status = "closed"
        return self._revise(state, self._kept(state, now.tick), now, closed_by=by)

    def turn(self, watch: Watch, window: Window) -> None:
        """Go on with another version of the rule; the next trigger has all of them looked at anew."""
        self.watch, self.window, self._tail = watch, window, None

    def mention(self, id_: Id, settlement: str, now: Moment) -> Iterator[Alert]:
        """Tell the open alerts that rest on this entry that it was reversed too late to change a window."""
        for state in self.alerts:
            if not state.is_open or settlement in state.reversed_after:
                continue
            episode = self._kept(state, now.tick)
            if any(one.id == id_ for one in episode.evidence):
                state.reversed_after = [*state.reversed_after, settlement]
                state.status = "updated"
                yield self._revise(state, episode, now)

    def episode(self, state: AlertState, tick: int) -> Episode:
        """The episode that an alert is now."""
        return Episode([self.triggers[id_] for id_ in state.members if id_ in self.triggers], tick, state.folded)

    def _kept(self, state: AlertState, tick: int) -> Episode:
        """The same of an open alert that is in step with the triggers; made once, and kept."""
        if state.id not in self._episodes:
            self._episodes[state.id] = self.episode(state, tick)
        return self._episodes[state.id]

    def open_since(self, time: int) -> Iterator[AlertState]:
        """The open alerts whose last trigger is at or after this time."""
        for state in self.alerts:
            if state.is_open:
                episode = self.episode(state, 0)
                # One that has lost all its triggers is about to be withdrawn.
                if (episode.triggers or episode.folded) and episode.last_time >= time:
                    yield state

    def next_due(self, tick: int) -> int:
        """The earliest tick after this one at which something changes by time alone, 0 if none does."""
        times = [one.finding.due for one in self.triggers.values()]
        times += [one.finding.rises_at for one in self.triggers.values()]
        quiet = self.watch.rule.quiet_ms + WAIT
        for state in self.alerts:
            if state.is_open:
                times.append(max(self._kept(state, tick).last_time + quiet, tick + 1))
        return min((time for time in times if time > tick), default=0)

    def fold(self, limit: int, tick: int) -> None:
        """Fold the triggers before this time into the sums of their alerts; drop alerts that are over and past.

        What time alone may still change is not folded, nor what comes after it.

        Long because a trigger stands in each index of the track.
        """
        if not self.alerts and not self.triggers:
            return
        pending = (one.time for one in self.triggers.values() if max(one.finding.due, one.finding.rises_at) > tick)
        limit = min(limit, min(pending, default=limit))
        for state in self.alerts:
            if state.lives:
                self._fold_alert(state, limit, tick)
        self.changed_days.update(day_of(one.time) for one in self.triggers.values() if one.time < limit)
        self.triggers = {id_: one for id_, one in self.triggers.items() if one.time >= limit}
        self._proofs = {one.id: one for trigger in self.triggers.values() for one in trigger.finding.evidence}
        self.alerts = [state for state in self.alerts if not _is_past(state, limit - self.watch.rule.quiet_ms)]
        self._tail = None
        self.changed = True

    def _fold_alert(self, state: AlertState, limit: int, tick: int) -> None:
        folded = self.episode(state, tick).fold(limit, self.watch.rule.span)
        if folded is not state.folded:
            state.folded = folded
            self._episodes.pop(state.id, None)
        state.members = [id_ for id_ in state.members if id_ in self.triggers and self.triggers[id_].time >= limit]


def _is_past(state: AlertState, limit: int) -> bool:
    """Whether an alert is over and no trigger after this time can belong to it any more."""
    last = state.folded.last_time if state.folded else state.opener_time
    return not state.members and state.status in ("closed", "withdrawn") and max(last, state.opener_time) < limit


def _goes_on(state: AlertState, last: Trigger, active: list[Trigger]) -> bool:
    """Whether an alert has triggers after this one, so that it goes on there (a split, not a merger)."""
    members = set(state.members)
    return any((one.time, one.id) > (last.time, last.id) and one.id in members for one in active)


def _mark(episode: Episode) -> str:
    return blake2b(repr(episode.content()).encode(), digest_size=8).hexdigest()
