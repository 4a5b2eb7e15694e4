"""Small rules that ask the engine for each of its services; what they look for means nothing."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from rules import (
    DAY,
    HOUR,
    MINUTE,
    Card,
    DayRule,
    Entry,
    Episode,
    Fill,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Sale,
    Severity,
    Stay,
    Swipe,
    Text,
    Undecidable,
    Visit,
    Window,
    evidence,
)
from rules.engine.card import Subject
from rules.engine.entry import E_co
from rules.engine.ledger import GRACE


def _severity(value: float, limit: float) -> Severity:
    return "warning" if value < 1.5 * limit else "high" if value < 2 * limit else "critical"


def sample(rule_id: str, ledger: str, subject: Subject = "person", *, asked: bool = False, told: bool = False) -> Card:
    """The card of a sample. asked: it judges questions; told: and speaks in reminders."""
    return Card(
        id=rule_id, name=Text("样例", "Sample"), family="credential", ledger=ledger, subject=subject,
        why=Text("无", "none"), basis="none",
        advice=Text("无", "nothing"), judges_pre=asked, institution_facing=told,
    )  # fmt: skip


class _Sample(Rule[E_co]):
    quiet: int = 3600
    limit: int = 2

    def finding(self, value: float, entries: list[Entry], **more: object) -> Finding | None:
        """A finding where the value reaches the limit."""
        if value < self.limit:
            return None
        return Finding(
            measure="value", value=value, limit=self.limit, unit="things", severity=_severity(value, self.limit),
            evidence=evidence(entries, self.card), **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def sentence(self, episode: Episode, names: Names) -> Text:
        """The value against the limit."""
        return Text(
            f"{episode.peak.value:g}/{episode.peak.limit:g}", f"{episode.peak.value:g} of {episode.peak.limit:g}"
        )


class ManySwipes(_Sample[Swipe]):
    """Counts settlements of a shop."""

    card = sample("T01", "swipes", "institution")
    limit: int = 3

    @property
    def span(self) -> int:
        """Two hours."""
        return 2 * HOUR

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Whether there are too many."""
        return self.finding(window.count, list(window.entries))


class ManyPeople(ManySwipes):
    """Counts distinct persons at a shop."""

    card = replace(ManySwipes.card, id="T02")

    @property
    def guard(self) -> Guard:
        """As many swipes as people."""
        return Guard(fewest=self.limit, distinct=("person", self.limit))

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Whether there are too many, one long quiet long."""
        return self.finding(window.distinct("person"), list(window.entries))


class ManyPlaces(_Sample[Visit | Fill]):
    """Counts distinct institutions of a person; speaks in reminders."""

    card = sample("T03", "visits", asked=True, told=True)
    quiet: int = 2 * 86_400

    @property
    def span(self) -> int:
        """Three hours."""
        return 3 * HOUR

    @property
    def guard(self) -> Guard:
        """As many visits as places."""
        return Guard(fewest=self.limit, distinct=("institution", self.limit))

    def check(self, entry: Visit | Fill, window: Window[Visit | Fill], reference: Reference) -> Finding | None:
        """Whether there are too many."""
        return self.finding(len({one.institution for one in window.entries}), list(window.entries))


class MuchOfIt(_Sample[Fill]):
    """Sums the quantities of one substance of a person."""

    card = sample("T04", "supply", asked=True, told=True)
    quiet: int = 600
    limit: int = 4

    @property
    def span(self) -> int:
        """Five hours."""
        return 5 * HOUR

    @property
    def guard(self) -> Guard:
        """The sum itself."""
        return Guard(sum_over=("quantity", 10_000 * self.limit - 1))

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:
        """Whether it is too much; negative lines count with their sign."""
        quantity = window.sum("quantity")
        return self.finding(quantity / 10_000, list(window.entries), amount=quantity)


class NothingAfter(_Sample[Visit | Fill]):
    """Misses a further visit; holds only once it cannot come any more."""

    card = sample("T05", "visits")
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

    def check(self, entry: Visit | Fill, window: Window[Visit | Fill], reference: Reference) -> Finding | None:
        """Whether nothing came within the hour; undecidable for one institution."""
        if entry.institution.startswith("H"):
            raise Undecidable("hospital")
        if window.after(self.ahead):
            return None
        return self.finding(1, [entry], due=entry.time + self.ahead + GRACE)


class SoldTwice(_Sample[Sale]):
    """A trace code in two sales; rises after a day."""

    card = sample("T06", "sales", "trace_code", asked=True)

    @property
    def span(self) -> int:
        """Ten days."""
        return 10 * DAY

    def check(self, entry: Sale, window: Window[Sale], reference: Reference) -> Finding | None:
        """Whether it was sold before, and again within the next hours."""
        later = list(window.after(self.ahead))
        rises = window.entries[-1].time + DAY
        return self.finding(window.count + len(later), [*window.entries, *later], rises_to="critical", rises_at=rises)

    @property
    def ahead(self) -> int:
        """Two hours."""
        return 2 * HOUR


class ManyStays(_Sample[Stay]):
    """Counts pieces of stays; due half a day later."""

    card = sample("T07", "stays")

    @property
    def span(self) -> int:
        """Two days."""
        return 2 * DAY

    @property
    def guard(self) -> Guard:
        """All of them lie in the window."""
        return Guard(fewest=self.limit, within=self.span)

    def check(self, entry: Stay, window: Window[Stay], reference: Reference) -> Finding | None:
        """Whether there are too many."""
        return self.finding(window.count, list(window.entries), due=entry.time + DAY // 2)


class BusyDay(DayRule, _Sample[Entry]):
    """More money in a day than in the two days before."""

    card = sample("T08", "spending", "institution")
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


class Broken(ManySwipes):
    """Raises for some swipes."""

    card = replace(ManySwipes.card, id="T09")
    limit: int = 1

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Raises where the amount is odd."""
        if entry.amount % 200:
            raise ValueError(entry.person)
        return self.finding(window.count, [entry])


class LongEpisode(ManySwipes):
    """Every swipe of a shop is a trigger, and an episode lasts for as long as it is open."""

    card = replace(ManySwipes.card, id="T10")
    limit: int = 1
    quiet: int = 3 * 86_400

    @property
    def span(self) -> int:
        """Half an hour."""
        return HOUR // 2

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
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
