"""Small rules that ask the engine for each of its services; what they look for means nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from rules.engine.entry import Entry
from rules.engine.episode import Episode
from rules.engine.finding import Finding, Severity, Undecidable, evidence
from rules.engine.ledger import GRACE
from rules.engine.rule import DayRule, Rule
from rules.engine.text import Text
from rules.engine.window import Window
from rules.ledgers import Fill
from rules.reference import Reference
from rules.times import DAY, HOUR, MINUTE


def _severity(value: float, limit: float) -> Severity:
    return "warning" if value < 1.5 * limit else "high" if value < 2 * limit else "critical"


@dataclass(frozen=True)
class _Sample(Rule):
    name_zh: ClassVar[str] = "样例"
    name_en: ClassVar[str] = "Sample"
    family: ClassVar[str] = "credential"
    subject: ClassVar[str] = "person"
    basis: ClassVar[str] = "none"
    to_check: ClassVar[Text] = Text("无", "nothing")

    quiet: int = 3600
    limit: int = 2

    def finding(self, value: float, entries: list[Entry], **more: object) -> Finding | None:
        """A finding where the value reaches the limit."""
        if value < self.limit:
            return None
        return Finding(
            measure="value", value=value, limit=self.limit, unit="things", severity=_severity(value, self.limit),
            evidence=evidence(entries), **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def sentence(self, episode: Episode) -> Text:
        """The value against the limit."""
        return Text(
            f"{episode.peak.value:g}/{episode.peak.limit:g}", f"{episode.peak.value:g} of {episode.peak.limit:g}"
        )


@dataclass(frozen=True)
class ManySwipes(_Sample):
    """Counts settlements of a shop."""

    id: ClassVar[str] = "T01"
    ledger: ClassVar[str] = "swipes"
    subject: ClassVar[str] = "institution"
    limit: int = 3

    @property
    def span(self) -> int:
        """Two hours."""
        return 2 * HOUR

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Whether there are too many."""
        return self.finding(window.count, list(window.entries))


@dataclass(frozen=True)
class ManyPeople(ManySwipes):
    """Counts distinct persons at a shop."""

    id: ClassVar[str] = "T02"

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Whether there are too many, one long quiet long."""
        return self.finding(window.distinct("person"), list(window.entries))


@dataclass(frozen=True)
class ManyPlaces(_Sample):
    """Counts distinct institutions of a person; speaks in reminders."""

    id: ClassVar[str] = "T03"
    ledger: ClassVar[str] = "visits"
    judges_pre: ClassVar[bool] = True
    institution_facing: ClassVar[bool] = True
    quiet: int = 2 * 86_400

    @property
    def span(self) -> int:
        """Three hours."""
        return 3 * HOUR

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Whether there are too many."""
        return self.finding(len({one.institution for one in window.entries}), list(window.entries))


@dataclass(frozen=True)
class MuchOfIt(_Sample):
    """Sums the quantities of one substance of a person."""

    id: ClassVar[str] = "T04"
    ledger: ClassVar[str] = "supply"
    judges_pre: ClassVar[bool] = True
    institution_facing: ClassVar[bool] = True
    quiet: int = 600
    limit: int = 4

    @property
    def span(self) -> int:
        """Five hours."""
        return 5 * HOUR

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Whether it is too much; negative lines count with their sign."""
        quantity = sum(cast("Fill", one).quantity for one in window.entries)
        return self.finding(quantity / 10_000, list(window.entries), amount=quantity)


@dataclass(frozen=True)
class NothingAfter(_Sample):
    """Misses a further visit; holds only once it cannot come any more."""

    id: ClassVar[str] = "T05"
    ledger: ClassVar[str] = "visits"
    limit: int = 1
    quiet: int = 7200

    @property
    def span(self) -> int:
        """The minute before."""
        return MINUTE

    @property
    def ahead(self) -> int:
        """An hour."""
        return HOUR

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Whether nothing came within the hour; undecidable for one institution."""
        if entry.institution.startswith("H"):
            raise Undecidable("hospital")
        if window.after(self.ahead):
            return None
        return self.finding(1, [entry], due=entry.time + self.ahead + GRACE)


@dataclass(frozen=True)
class SoldTwice(_Sample):
    """A trace code in two sales; rises after a day."""

    id: ClassVar[str] = "T06"
    ledger: ClassVar[str] = "sales"
    subject: ClassVar[str] = "trace_code"
    judges_pre: ClassVar[bool] = True

    @property
    def span(self) -> int:
        """Ten days."""
        return 10 * DAY

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Whether it was sold before, and again within the next hours."""
        later = list(window.after(self.ahead))
        rises = window.entries[-1].time + DAY
        return self.finding(window.count + len(later), [*window.entries, *later], rises_to="critical", rises_at=rises)

    @property
    def ahead(self) -> int:
        """Two hours."""
        return 2 * HOUR


@dataclass(frozen=True)
class ManyStays(_Sample):
    """Counts pieces of stays; due half a day later."""

    id: ClassVar[str] = "T07"
    ledger: ClassVar[str] = "stays"

    @property
    def span(self) -> int:
        """Two days."""
        return 2 * DAY

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Whether there are too many."""
        return self.finding(window.count, list(window.entries), due=entry.time + DAY // 2)


@dataclass(frozen=True)
class BusyDay(DayRule, _Sample):
    """More money in a day than in the two days before."""

    id: ClassVar[str] = "T08"
    ledger: ClassVar[str] = "spending"
    subject: ClassVar[str] = "institution"
    quiet: int = 86_400
    limit: int = 10

    @property
    def span(self) -> int:
        """Two days are looked back on."""
        return 2 * DAY

    def check_day(
        self, day: int, bins: Mapping[int, list[int]], reference: Reference, institution: str
    ) -> Finding | None:
        """Whether it was much more; broken where the sum ends in 13."""
        spent = bins[day][1]
        if spent % 100 == 13:
            raise ZeroDivisionError
        before = sum(bins.get(day - n * DAY, [0, 0])[1] for n in (1, 2))
        return self.finding((spent - before) / 100, [], amount=spent)


@dataclass(frozen=True)
class Broken(ManySwipes):
    """Raises for some swipes."""

    id: ClassVar[str] = "T09"
    limit: int = 1

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Raises where the amount is odd."""
        if entry.amount % 200:
            raise ValueError(entry.person)
        return self.finding(window.count, [entry])


@dataclass(frozen=True)
class LongEpisode(ManySwipes):
    """Every swipe of a shop is a trigger, and an episode lasts for as long as it is open."""

    id: ClassVar[str] = "T10"
    limit: int = 1
    quiet: int = 3 * 86_400

    @property
    def span(self) -> int:
        """Half an hour."""
        return HOUR // 2

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Always; rises after a week, and puts an amount to each."""
        return self.finding(
            window.count,
            list(window.entries),
            amount=entry.amount % 777,
            rises_to="critical",
            rises_at=entry.time + 7 * DAY,
        )


SAMPLES: tuple[Rule, ...] = (
    ManySwipes(), ManyPeople(), ManyPlaces(), MuchOfIt(), NothingAfter(), SoldTwice(), ManyStays(), BusyDay(), Broken(),
    LongEpisode(),
)  # fmt: skip
