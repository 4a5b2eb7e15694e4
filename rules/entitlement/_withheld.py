"""What the rules share that ask the register whether a benefit is due to a person."""

from __future__ import annotations

from rules import (
    DAY,
    Finding,
    Reference,
    Rule,
    Severity,
    Text,
    Visit,
    Window,
    evidence,
    reached,
    withheld_between,
)


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

    def details(self, one: Visit, reference: Reference) -> dict[str, str]:  # noqa: ARG002 - for those that say more
        """What else the sentence says of the judged settlement."""
        return {}

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
            details=self.details(entry, reference),
        )


class InRegister(Withheld):
    """The same where a row of the person withholds it, of which the sentence says the dates."""

    def details(self, one: Visit, reference: Reference) -> dict[str, str]:
        """The first and the last day of that row."""
        since, until = withheld_between(one, reference)
        return {"since": since, "until": until}


def between(found: Finding) -> Text:
    """From when until when the register withholds it."""
    since, until = found.details["since"], found.details["until"]
    end = Text(f"至{until}", f" to {until}") if until else Text("起，未登记截止日期", ", no end registered")
    return Text(f"（登记为{since}{end.zh}）", f" (registered from {since}{end.en})")


def least(found: Finding) -> Text:
    """The threshold, in words: a single settlement is enough."""
    return reached(found.limit + 1, Text("笔", "in 30 days"))
