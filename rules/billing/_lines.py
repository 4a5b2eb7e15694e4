"""What the rules that count lines of one item or physician within some days share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rules import DAY, Entry, Finding, Guard, Reference, Rule, Severity, Window, evidence

L = TypeVar("L", bound=Entry)


class CountedLines(Rule[L]):
    """So many lines that count, up to the judged one, are a finding."""

    days: int

    @property
    def least(self) -> int:
        """The number of lines that sets the rule off."""
        raise NotImplementedError

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
        """The days in ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many lines."""
        return Guard(fewest=self.least)

    def counts(self, line: L, reference: Reference) -> bool:
        """Whether a line counts."""
        raise NotImplementedError

    def details(self, lines: Sequence[L], reference: Reference) -> dict[str, str]:
        """What else the sentence says of the lines that count, of which the judged one is the last."""
        raise NotImplementedError

    def check(self, entry: L, window: Window[L], reference: Reference) -> Finding | None:
        """Count the lines up to this one."""
        if not self.counts(entry, reference):
            return None
        lines = [one for one in window.entries if self.counts(one, reference)]
        if len(lines) < self.least:
            return None
        return Finding(
            measure=self.measure,
            value=len(lines),
            limit=self.least,
            unit="lines",
            severity=self.severity,
            evidence=evidence(lines, self.card),
            details=self.details(lines, reference),
        )
