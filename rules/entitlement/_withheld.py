"""What the rules share that ask the register whether a benefit is due to a person."""

from __future__ import annotations

from rules import DAY, Finding, Reference, Rule, Severity, Text, Visit, Window, evidence, reached


class Withheld(Rule[Visit]):
    """Settlements of a person to whom a benefit is not due; the value is how many the last 30 days had."""

    @property
    def span(self) -> int:
        """So far back settlements are counted, ms."""
        return 30 * DAY

    @property
    def severity(self) -> Severity:
        """Of every finding."""
        return "high"

    def is_hit(self, one: Visit, reference: Reference) -> bool:
        """Whether this settlement should not have been."""
        raise NotImplementedError

    def check(self, entry: Visit, window: Window[Visit], reference: Reference) -> Finding | None:
        """Judge the settlement, and count those of the last 30 days."""
        if not self.is_hit(entry, reference):
            return None
        return Finding(
            measure="settlements",
            value=sum(self.is_hit(one, reference) for one in window.entries),
            limit=0,
            unit="settlements",
            severity=self.severity,
            evidence=evidence([entry], self.card),
        )


def least(found: Finding) -> Text:
    """The threshold, in words: a single settlement is enough."""
    return reached(found.limit + 1, Text("笔", "in 30 days"))
