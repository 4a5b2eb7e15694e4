"""How often a person was admitted, and whether that was already so earlier in the year."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from rules import (
    BY_NATURE,
    DAY,
    TRANSFER,
    Card,
    Entry,
    Episode,
    Finding,
    Guard,
    Reference,
    Rule,
    Scene,
    Stay,
    Text,
    WholeStay,
    Window,
    assumption,
    counted,
    evidence,
    of_row,
    parameter,
    reached,
    year_of,
)

Limits = Sequence[tuple[int, int]]
"""Days, and so many stays within them."""

HONEST_COUNTY = assumption(
    "20万人的正常县每日预警约0.14至0.18条；文件未公布次数",
    "an honest county of 200,000 opens about 0.14 to 0.18 alerts a day; no number is published",
)
"""Origin of how often a person may be admitted."""

YEAR = 366
"""Days: so far back an admission of the same year may lie."""


def not_counted_types() -> tuple[str, ...]:
    """The parameter `exempt_types` of a rule that counts admissions."""
    return parameter(
        ("23", "28", "52", "5212"),
        "不计入次数的医疗类别：转外就医、日间手术、生育、新生儿",
        "kinds that are not counted: transferred out, day surgery, maternity, newborn",
        unit="med_type",
        origin=BY_NATURE,
    )


def not_counted_ways() -> tuple[str, ...]:
    """The parameter `exempt_ways` of a rule that counts admissions."""
    return parameter(
        ("2",),
        "不计入次数的离院方式：转院",
        "ways of leaving that are not counted: transfer",
        unit="dscg_way",
        origin=TRANSFER,
    )


class FrequentStays(Rule[Stay]):
    """Too many stays of one person within `days`, told once in a year; of those that its ledger keeps together."""

    days: int
    limit: int
    exempt_types: tuple[str, ...]
    exempt_ways: tuple[str, ...]
    longest_days: int

    @property
    def span(self) -> int:
        """The count as it was at any admission of the same year, ms."""
        return (YEAR + self.days) * DAY

    @property
    def shown(self) -> int:
        """The count, ms."""
        return self.days * DAY

    @property
    def ahead(self) -> int:
        """How long the pieces of a stay are waited for, ms: they may make it exempt."""
        return self.longest_days * DAY

    @property
    def guard(self) -> Guard:
        """As many pieces of stays as the limit."""
        return Guard(fewest=self.limit)

    def counts(self, admission: Stay, reference: Reference) -> bool:  # noqa: ARG002 - a rule may ask
        """Whether a stay that so begins is one of those that the rule is about."""
        return True

    def check(self, entry: Stay, window: Window[Stay], reference: Reference) -> Finding | None:
        """Count the stays up to an admission."""
        if entry.piece != "admission" or not self.counts(entry, reference):
            return None
        stays = counted(window, self.ahead, reference, self.exempt_types, self.exempt_ways)
        these = [one for one in stays if one.admission and self.counts(one.admission, reference)]
        return first_of_year(self.card, entry, these, [(self.days, self.limit)])

    def scene(self, episode: Episode) -> Scene:
        """The admission that reached the limit."""
        return last_admission(episode)


def first_of_year(card: Card, entry: Entry, stays: list[WholeStay], limits: Limits) -> Finding | None:
    """The first limit that the stays reach with this admission, unless one was reached earlier in its calendar year.

    card: of the rule. stays: those that count, in order, with known admissions. What is told depends on the set of
    stays alone, and is told once in a year, for as many years as it goes on.

    Long because the limits are asked of this admission and of every earlier one of its year.
    """
    position = next((n for n, one in enumerate(stays) if one.admission is entry), None)
    if position is None:
        return None
    times = [one.admitted for one in stays]
    found = _reached(times, entry.time, limits)
    earlier = range(bisect_left(times, year_of(entry.time)), position)
    if found is None or any(_reached(times, times[n], limits) for n in earlier):
        return None
    days, limit = found
    within = [one for one in stays if entry.time - days * DAY < one.admitted <= entry.time]
    return Finding(
        measure=f"stays_in_{days}_days",
        value=len(within),
        limit=limit,
        unit="stays",
        severity="warning",
        evidence=evidence([piece for one in within for piece in one.pieces], card),
        details={"days": str(days)},
    )


def _reached(times: list[int], at: int, limits: Limits) -> tuple[int, int] | None:
    """The first (days, limit) that the admissions in (at - days, at] reach."""
    last = bisect_right(times, at)
    reached = ((days, limit) for days, limit in limits if last - bisect_right(times, at - days * DAY) >= limit)
    return next(reached, None)


def last_admission(episode: Episode) -> Scene:
    """The admission that reached the limit."""
    rows = episode.peak.evidence
    return of_row(max((one for one in rows if one.role == "admission"), key=lambda one: (one.time, one.id)))


def words(finding: Finding, where: Text) -> Text:
    """How often, in how long, where."""
    days, limit = finding.details["days"], reached(finding.limit, Text("次", "stays"))
    return Text(
        f"1名参保人{days}天内住院{finding.value:g}次（{limit.zh}），{where.zh}",
        f"a person was admitted {finding.value:g} times in {days} d ({limit.en}), {where.en}",
    )
