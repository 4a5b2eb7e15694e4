"""Pre-settlements: judged once on arrival, told to the institution as a reminder, to operations as pre alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from ..times import DAY, HOUR, day_of, iso
from .alert import Alert, AlertState, ClosedBy, Moment, alert_id, words, write
from .entry import Entry
from .episode import Episode, Trigger
from .rule import Rule
from .watch import Watch

LONGEST = 500
"""Characters of vola_cont and vola_evid (interface document, 3101 and 3102)."""
REMEMBERED = DAY
"""How long the alert of a visit's questions is remembered, ms (contract, section 4)."""


class ReminderFinding(msgspec.Struct, frozen=True):
    """One finding in the result shape of 3101 / 3102. vola_amt: yuan; sev_deg: 1-4; vola_bhvr_type: rule family."""

    jr_id: str
    rule_id: str
    rule_name: str
    vola_cont: str
    patn_id: str
    mdtrt_id: str
    vola_amt: float
    vola_amt_stas: str
    sev_deg: str
    vola_evid: str
    vola_bhvr_type: str


class Reminder(msgspec.Struct, frozen=True):
    """The answer to one pre-settlement; it is sent also when there is nothing to say."""

    msgid: str
    fixmedins_code: str
    mdtrt_id: str
    findings: list[ReminderFinding]
    degraded: list[str]
    answered_at: str


class Told(NamedTuple):
    """What a rule found in a question, and the alert that it is."""

    alert: Alert
    found: Trigger
    rule: Rule


def reminder(asked: Entry, told: Iterable[Told], speakers: Mapping[str, Rule], now: Moment) -> Reminder:
    """The reminder for this question: the findings of those rules that may speak to an institution."""
    spoken = (one for one in told if one.alert.rule_id in speakers and not one.alert.shadow)
    findings = [_finding(asked, one, now) for one in spoken]
    silent = [rule for rule in now.degraded if rule in speakers]
    return Reminder(asked.message, asked.institution, asked.visit, findings, silent, iso(now.appended))


def _finding(asked: Entry, told: Told, now: Moment) -> ReminderFinding:
    """What the institution is told, in Chinese; other institutions stay unnamed."""
    alert, episode = told.alert, Episode([told.found], now.tick)
    whole, what = words(told.rule, episode, now, asked=True, told_to=asked.institution)
    return ReminderFinding(
        jr_id=alert.alert_id,
        rule_id=alert.rule_id,
        rule_name=alert.rule_name,
        vola_cont=whole.zh[:LONGEST],
        patn_id=asked.person,
        mdtrt_id=asked.visit,
        vola_amt=alert.vola_amt,
        vola_amt_stas="1",
        sev_deg=str(alert.sev_deg),
        vola_evid=what.zh[:LONGEST],
        vola_bhvr_type=alert.family,
    )


class Asked(msgspec.Struct, array_like=True):
    """An alert of stage pre as it is remembered: of one rule (the name of its watch), scope and visit."""

    rule: str
    scope: tuple[str, ...]
    state: AlertState
    trigger: Trigger
    until: int


class Questions:
    """Which questions were answered in the last days, by their hour, and the alerts that they opened.

    alerts: by rule, scope and visit. changed_hours, changed_alerts: to be saved again.
    """

    __slots__ = ("_answered_for", "alerts", "answered", "changed_alerts", "changed_hours", "watches")

    def __init__(self, answered_for: int) -> None:
        """Take answered_for: how long a message that was answered is known when it comes again, ms."""
        self._answered_for = answered_for
        self.watches: Mapping[str, Watch] = {}
        self.answered: dict[int, set[str]] = {}
        self.alerts: dict[str, Asked] = {}
        self.changed_hours: set[int] = set()
        self.changed_alerts: set[str] = set()

    def is_new(self, questions: list[Entry], key: str) -> bool:
        """Whether this message was not answered before under this key; from now on it is."""
        mark, hour = f"{questions[0].identity}:{key}", questions[0].time // HOUR * HOUR
        answered = self.answered.setdefault(hour, set())
        if mark in answered:
            return False
        answered.add(mark)
        self.changed_hours.add(hour)
        return True

    def note(self, watch: Watch, scope: tuple[str, ...], found: Trigger, visit: str, now: Moment) -> tuple[Alert, bool]:
        """The alert of this finding, and whether it is news: ten questions of one visit are one alert.

        What is no news is not published, but it is what the institution is told.
        """
        name = "\x1f".join((watch.name, *scope, visit))
        episode = Episode([found], now.tick)
        known = self.alerts.get(name)
        if known is None:
            id_ = alert_id(watch.rule.id, (*scope, "pre"), visit, "", found.time, shadow=watch.shadow)
            state = AlertState(id_, 1, found.id, found.time, now.appended, id_, revision=1)
            known = self.alerts[name] = Asked(watch.name, scope, state, found, found.time + REMEMBERED)
            is_news = True
        else:
            state = known.state
            is_news = state.is_surpassed(episode.severity, episode.peak.value)
            if is_news:
                state.status, state.revision, state.detected_at = "updated", state.revision + 1, now.appended
                known.trigger = found
        if is_news:
            state.severity, state.measure = (
                max(state.severity, episode.severity),
                max(state.measure, episode.peak.value),
            )
            self.changed_alerts.add(name)
        return self._write(watch, known, found, now), is_news

    def close(self, now: Moment) -> Iterator[Alert]:
        """Close and forget what is older than a day by the log's clock."""
        for name in sorted(name for name, known in self.alerts.items() if known.until <= now.tick):
            yield from self._close(name, now, "quiet")
        for hour in [hour for hour in self.answered if hour + HOUR + self._answered_for <= now.tick]:
            del self.answered[hour]
            self.changed_hours.add(hour)

    def end(self, names: set[str], now: Moment) -> Iterator[Alert]:
        """Close what is open of rules (names of their watches) that are no longer in force."""
        for name in sorted(name for name, known in self.alerts.items() if known.rule in names):
            yield from self._close(name, now, "rule_off")

    def _close(self, name: str, now: Moment, by: ClosedBy) -> Iterator[Alert]:
        known = self.alerts.pop(name)
        known.state.status = "closed"
        known.state.revision += 1
        known.state.detected_at = now.appended
        self.changed_alerts.add(name)
        if known.rule in self.watches:
            yield self._write(self.watches[known.rule], known, known.trigger, now, closed_by=by)

    def _write(
        self, watch: Watch, known: Asked, found: Trigger, now: Moment, closed_by: ClosedBy | None = None
    ) -> Alert:
        version = watch.at(known.state.opener_time) or watch
        return write(
            version, known.scope, known.state, Episode([found], now.tick), now, stage="pre", closed_by=closed_by,
            warm_at=watch.warm_at,
        )  # fmt: skip


def visit_of(entry: Entry) -> str:
    """What makes questions one: the institution and the visit, else the institution, the person and the day."""
    return f"{entry.institution}:{entry.visit or f'{entry.person}:{day_of(entry.time)}'}"
