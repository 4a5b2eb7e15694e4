"""Alerts: triggers become episodes, an episode is one alert, and an alert is written as revisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from heapq import nsmallest
from typing import Literal

import msgspec

from ._ledger import BEFORE_ALL, Entry
from ._rule import SEVERITIES, Evidence, Finding, Rule, Severity, Text
from .times import clock, iso

MAX_EVIDENCE = 50
Status = Literal["opened", "updated", "withdrawn", "closed"]
ClosedBy = Literal["quiet", "rule_off", "merged"]
"""Why an alert ended: no trigger came any more, its rule is no longer in force, it became part of another one."""


class Trigger(msgspec.Struct, frozen=True, array_like=True):
    """An entry whose window gives a finding, with what is needed to write about it."""

    time: int
    identity: int
    line: str
    message: str
    institution: str
    name: str
    insured_in: str
    place: str
    finding: Finding

    @property
    def id(self) -> tuple[int, str]:
        """The id of the entry."""
        return (self.identity, self.line)


def trigger(entry: Entry, finding: Finding) -> Trigger:
    """The trigger that an entry is, having this finding."""
    return Trigger(
        entry.time, entry.identity, entry.line, entry.message, entry.institution, entry.name, entry.insured_in,
        entry.place, exact(finding),
    )  # fmt: skip


def exact(finding: Finding) -> Finding:
    """The finding with fractions where it has figures: 8 and 8.0 are equal, but written differently."""
    usual = None if finding.usual is None else float(finding.usual)
    return msgspec.structs.replace(finding, value=float(finding.value), limit=float(finding.limit), usual=usual)


class Folded(msgspec.Struct, array_like=True):
    """The part of a long episode that lies before the retention, in sum.

    amount: of the evidence. recent: evidence that later triggers may name again.
    """

    first: Trigger
    last_time: int
    count: int
    peak: Finding
    severity: int
    amount: int
    evidence_count: int
    evidence: list[Evidence]
    recent: list[Evidence]


class Proofs:
    """The evidence of some triggers: each entry once, with how many of the triggers name it.

    left_out: ids of what is counted elsewhere. amount: of all, fen.
    """

    __slots__ = ("_entries", "_left_out", "_naming", "amount")

    def __init__(self, triggers: Iterable[Trigger], left_out: Iterable[Evidence] = ()) -> None:
        self._left_out = {one.id for one in left_out}
        self._entries: dict[tuple[int, str], Evidence] = {}
        self._naming: dict[tuple[int, str], int] = {}
        self.amount = 0
        for one in triggers:
            self.add(one)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, trigger: Trigger) -> None:
        """Count what a trigger names."""
        for one in trigger.finding.evidence:
            id_ = one.id
            if id_ in self._left_out:
                continue
            if id_ not in self._entries:
                self._entries[id_] = one
                self.amount += one.amount
            self._naming[id_] = self._naming.get(id_, 0) + 1

    def discard(self, trigger: Trigger) -> None:
        """Count no longer what a trigger named."""
        for one in trigger.finding.evidence:
            id_ = one.id
            if id_ in self._left_out:
                continue
            self._naming[id_] -= 1
            if not self._naming[id_]:
                del self._naming[id_]
                self.amount -= self._entries.pop(id_).amount

    def by_time(self) -> list[Evidence]:
        """All of it, the earliest first."""
        return sorted(self._entries.values(), key=_time_and_id)

    def earliest(self, beside: Iterable[Evidence]) -> list[Evidence]:
        """The first entries of it and of what stands beside it, at most fifty."""
        return nsmallest(MAX_EVIDENCE, [*beside, *self._entries.values()], key=_time_and_id)


def _time_and_id(one: Evidence) -> tuple[int, tuple[int, str]]:
    return one.time, one.id


class Episode:
    """A maximal run of triggers of one rule and scope, each at most `quiet` after the one before.

    It is kept for as long as its alert is open: what comes to it or falls away costs what is named by that, however
    long the episode is.
    """

    def __init__(self, triggers: list[Trigger], tick: int, folded: Folded | None = None) -> None:
        self.triggers = triggers
        self.tick = tick
        self.folded = folded

    def append(self, last: Trigger, tick: int) -> None:
        """Go on with a trigger that comes after all others."""
        peak, severity = self.peak, self.severity
        self.tick = tick
        self.triggers.append(last)
        if "_proofs" in self.__dict__:
            self._proofs.add(last)
        self.peak = last.finding if last.finding.value > peak.value else peak
        self.severity = max(severity, SEVERITIES.index(last.finding.severity_at(tick)))

    def become(self, triggers: list[Trigger], tick: int) -> None:
        """Go on with other triggers, of which most are those of before."""
        if "_proofs" in self.__dict__:
            self._exchange({id(one): one for one in self.triggers}, {id(one): one for one in triggers})
        self.triggers, self.tick = triggers, tick
        self.__dict__.pop("peak", None)
        self.__dict__.pop("severity", None)

    def _exchange(self, before: dict[int, Trigger], after: dict[int, Trigger]) -> None:
        """Count the evidence of other triggers; where more changed than stayed, anew once asked for."""
        gone, come = before.keys() - after.keys(), after.keys() - before.keys()
        if len(gone) + len(come) > len(after):
            del self._proofs
            return
        for key in gone:
            self._proofs.discard(before[key])
        for key in come:
            self._proofs.add(after[key])

    @property
    def first(self) -> Trigger:
        """The earliest trigger."""
        return self.folded.first if self.folded else self.triggers[0]

    @property
    def last_time(self) -> int:
        """When the last trigger was, ms UTC."""
        return self.triggers[-1].time if self.triggers or self.folded is None else self.folded.last_time

    @property
    def count(self) -> int:
        """How many triggers."""
        return len(self.triggers) + (self.folded.count if self.folded else 0)

    @cached_property
    def peak(self) -> Finding:
        """The finding with the largest measure, the earliest of equals."""
        findings = [one.finding for one in self.triggers]
        if self.folded:
            findings.insert(0, self.folded.peak)
        return max(findings, key=lambda finding: finding.value)

    @cached_property
    def severity(self) -> int:
        """The highest severity of any trigger, as an index into SEVERITIES."""
        own = [SEVERITIES.index(one.finding.severity_at(self.tick)) for one in self.triggers]
        return max(own + ([self.folded.severity] if self.folded else []))

    @cached_property
    def _proofs(self) -> Proofs:
        """The evidence of the live triggers that is not yet in the folded sums."""
        return Proofs(self.triggers, self.folded.recent if self.folded else ())

    @property
    def evidence(self) -> list[Evidence]:
        """The first entries that prove it, by time, at most fifty."""
        return self._proofs.earliest(self.folded.evidence if self.folded else ())

    @property
    def evidence_count(self) -> int:
        """How many entries prove it in all."""
        return len(self._proofs) + (self.folded.evidence_count if self.folded else 0)

    @property
    def amount(self) -> int:
        """What the evidence put through the fund, fen, and what the largest finding adds that no evidence lists."""
        return self._of_evidence + self.peak.amount

    @property
    def _of_evidence(self) -> int:
        return self._proofs.amount + (self.folded.amount if self.folded else 0)

    def content(self) -> tuple[object, ...]:
        """What a reader would notice a change of: the fields that two runs over the same events agree in."""
        return (
            self.first.id,
            self.last_time,
            self.count,
            self.peak.value,
            self.severity,
            self.amount,
            self.evidence_count,
            tuple(one.id for one in self.evidence),
        )

    def fold(self, limit: int, span: int) -> Folded | None:
        """The sums of the episode with the triggers before this time folded in; None where nothing is folded."""
        old = [one for one in self.triggers if one.time < limit]
        if not old:
            return self.folded
        past = Episode(old, self.tick, self.folded)
        recent = (self.folded.recent if self.folded else []) + past._proofs.by_time()
        return Folded(
            first=past.first,
            last_time=past.last_time,
            count=past.count,
            peak=past.peak,
            severity=past.severity,
            amount=past._of_evidence,
            evidence_count=past.evidence_count,
            evidence=past.evidence,
            recent=[one for one in recent if one.time >= limit - span],
        )


def runs(triggers: Iterable[Trigger], quiet: int) -> Iterator[list[Trigger]]:
    """Split triggers, in order of time, into maximal runs with gaps of at most `quiet` ms."""
    run: list[Trigger] = []
    for one in triggers:
        if run and one.time - run[-1].time > quiet:
            yield run
            run = []
        run.append(one)
    if run:
        yield run


class AlertState(msgspec.Struct, array_like=True):
    """What is kept of an alert between its revisions.

    order: the how-manieth alert of this rule and scope. severity, measure: highest written.
    written: mark of the last content. members: ids of its triggers when last looked at. unsaid: whether its content may
    be another one than it last said.
    """

    id: str
    order: int
    opener: tuple[int, str]
    opener_time: int
    detected_at: int
    incident: str
    status: Status = "opened"
    revision: int = 0
    severity: int = -1
    measure: float = 0.0
    written: str = ""
    members: list[tuple[int, str]] = []
    folded: Folded | None = None
    reversed_after: list[str] = []
    unsaid: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it still waits for what comes."""
        return self.status in ("opened", "updated")

    @property
    def lives(self) -> bool:
        """Whether it stands (it may be closed)."""
        return self.status != "withdrawn"


def alert_id(
    rule: str, scope: tuple[str, ...], message: str, line: str, time: int, *, shadow: bool, taken: int = 0
) -> str:
    """The id of an alert: a hash over the rule, the scope and the trigger that first opened it.

    time: of the trigger; an institution may use a msgid again, and an id must not come back with revision 1.
    """
    parts = [rule, *scope, message, line, str(time), "shadow" if shadow else "", str(taken or "")]
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


@dataclass
class Moment:
    """What the engine knows while it works on a record. appended: its append time, ms. degraded: rules that are off.

    faults: rules that failed while they wrote, on which trigger, and what was raised.
    """

    appended: int
    tick: int
    reference_version: str
    degraded: list[str]
    faults: list[tuple[str, Trigger, str]] = field(default_factory=list)


class Subject(msgspec.Struct, frozen=True):
    """Whom or what an alert is about; a person is a pseudonym."""

    kind: Literal["person", "institution", "physician", "trace_code", "group"]
    id: str


class Span(msgspec.Struct, frozen=True):
    """A stretch of time, ISO 8601."""

    start: str
    end: str


class Measure(msgspec.Struct, frozen=True):
    """What was measured, its limit, and what is normal for this subject where that is known."""

    name: str
    value: float
    limit: float
    usual: float | None
    unit: str


class Proof(msgspec.Struct, frozen=True):
    """One piece of evidence. amount: yuan."""

    msgid: str
    setl_id: str
    event_time: str
    person: str
    amount: float


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of an alert, as it is published. A lead, never a verdict."""

    alert_id: str
    revision: int
    status: Status
    rule_id: str
    rule_version: str
    rule_name: str
    rule_name_en: str
    family: str
    shadow: bool
    stage: Literal["pre", "in", "post"]
    severity: Severity
    sev_deg: int
    subject: Subject
    scope: tuple[str, ...]
    incident_id: str
    fixmedins_code: str
    fixmedins_name: str
    insuplc_admdvs: str
    mdtrtarea_admvs: str
    event_time: str
    first_time: str
    last_time: str
    detected_at: str
    window: Span
    triggers: int
    measure: Measure
    vola_amt: float
    evidence: list[Proof]
    evidence_count: int
    text: Text
    basis: str
    reference_version: str
    degraded: list[str]
    closed_by: ClosedBy | None = None
    merged_into: str | None = None
    reversed_after: list[str] = []
    warming_until: str | None = None


def write(  # noqa: PLR0913 - a revision is made of as much
    rule: Rule, scope: tuple[str, ...], state: AlertState, episode: Episode, now: Moment, *,
    stage: Literal["pre", "in", "post"], shadow: bool, closed_by: ClosedBy | None = None,
    merged_into: str | None = None, warm_at: int = BEFORE_ALL,
) -> Alert:  # fmt: skip
    """The next revision of an alert, with the whole content of its episode.

    warm_at: before it (ms UTC) the window of the rule does not hold all that it should.
    """
    first, peak = episode.first, episode.peak
    return Alert(
        alert_id=state.id,
        revision=state.revision,
        status=state.status,
        rule_id=rule.id,
        rule_version=rule.full_version,
        rule_name=rule.name_zh,
        rule_name_en=rule.name_en,
        family=rule.family,
        shadow=shadow,
        stage=stage,
        severity=SEVERITIES[episode.severity],
        sev_deg=episode.severity + 1,
        subject=Subject(rule.subject, scope[0]),  # type: ignore[arg-type]  # a rule names one of the kinds
        scope=scope,
        incident_id=state.incident,
        fixmedins_code=first.institution,
        fixmedins_name=first.name,
        insuplc_admdvs=first.insured_in,
        mdtrtarea_admvs=first.place,
        event_time=iso(state.opener_time),
        first_time=iso(first.time),
        last_time=iso(episode.last_time),
        detected_at=iso(state.detected_at),
        window=Span(iso(first.time - rule.shown), iso(episode.last_time)),
        triggers=episode.count,
        measure=Measure(peak.measure, peak.value, peak.limit, peak.usual, peak.unit),
        vola_amt=episode.amount / 100,
        evidence=[Proof(e.message, e.settlement, iso(e.time), e.person, e.amount / 100) for e in episode.evidence],
        evidence_count=episode.evidence_count,
        text=_text(rule, episode, now),
        basis=rule.basis,
        reference_version=now.reference_version,
        degraded=now.degraded,
        closed_by=closed_by,
        merged_into=merged_into,
        reversed_after=state.reversed_after,
        warming_until=iso(warm_at) if episode.last_time < warm_at else None,
    )


def _sentence(rule: Rule, episode: Episode, now: Moment) -> Text:
    """What was seen in the words of the rule; where it fails, as it was measured, for the alert is not to be lost."""
    try:
        return rule.sentence(episode)
    except Exception as error:  # noqa: BLE001 - one rule's fault must not stop the others; it is counted and published
        now.faults.append((rule.id, episode.first, type(error).__name__))
        seen = episode.peak
        measured = f"{seen.measure} {seen.value:g} / {seen.limit:g} {seen.unit}"
        return Text(measured, measured)


def _text(rule: Rule, episode: Episode, now: Moment) -> Text:
    """Where, when, what, how much, and what to check; the rule fills in the what."""
    what, first = _sentence(rule, episode, now), episode.first
    start = min((one.time for one in episode.evidence), default=first.time)
    same_day = clock(start, "%Y-%m-%d") == clock(episode.last_time, "%Y-%m-%d")
    until = clock(episode.last_time, "%H:%M" if same_day else "%Y-%m-%d %H:%M")
    when = clock(start) if clock(start) == clock(episode.last_time) else f"{clock(start)}–{until}"
    name = first.name or ""
    amount = f"{episode.amount / 100:,.2f}"
    zh = f"{name}（{first.institution}）{when} {what.zh}，涉及基金{amount}元。线索，待核实：{rule.to_check.zh}。"
    en = f"{name} ({first.institution}), {when}: {what.en}; {amount} yuan of the fund involved."
    en += f" A lead to verify: {rule.to_check.en}."
    return Text(zh, en.lstrip())


def span_text(seconds: int) -> Text:
    """A length of time in words.

    >>> span_text(600), span_text(90)
    (Text(zh='10分钟', en='10 min'), Text(zh='90秒', en='90 s'))
    """
    if seconds % 86_400 == 0:
        return Text(f"{seconds // 86_400}天", f"{seconds // 86_400} d")
    if seconds % 60 == 0:
        return Text(f"{seconds // 60}分钟", f"{seconds // 60} min")
    return Text(f"{seconds}秒", f"{seconds} s")
