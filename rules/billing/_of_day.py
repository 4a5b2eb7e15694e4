"""What the rules that count entries of one kind on one day share."""

from __future__ import annotations

from typing import TypeVar

from rules import DAY, Entry, Finding, Guard, Reference, Rule, Severity, Window, day_of, evidence

E = TypeVar("E", bound=Entry)


class CountedOfDay(Rule[E]):
    """So many entries of a day that count, up to the judged one, are a finding."""

    limit: int

    @property
    def measure(self) -> str:
        """What is measured."""
        raise NotImplementedError

    @property
    def severity(self) -> Severity:
        """Of a finding."""
        return "warning"

    @property
    def span(self) -> int:
        """A day, ms."""
        return DAY

    @property
    def guard(self) -> Guard:
        """As many entries."""
        return Guard(fewest=self.limit)

    def counts(self, entry: E) -> bool:
        """Whether an entry counts."""
        raise NotImplementedError

    def check(self, entry: E, window: Window[E], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the entries of the day up to this one."""
        if not self.counts(entry):
            return None
        counted = [one for one in window.since(day_of(entry.time)) if self.counts(one)]
        if len(counted) < self.limit:
            return None
        return Finding(
            measure=self.measure,
            value=len(counted),
            limit=self.limit,
            unit=self.parameters()["limit"].unit,
            severity=self.severity,
            evidence=evidence(counted, self.card),
        )
