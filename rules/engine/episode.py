"""An episode: the triggers of one rule and scope that follow one another, which are one alert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from heapq import nsmallest

import msgspec

from .entry import Entry
from .finding import SEVERITIES, Evidence, Finding

MAX_EVIDENCE = 50


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
