"""Rule S01: many cards swiped in one pharmacy within minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

from msgspec.structs import replace

from ..engine.entry import Entry
from ..engine.episode import Episode
from ..engine.finding import Finding
from ..engine.rule import Rule
from ..engine.text import Text, span_text
from ..engine.window import Window
from ..ledgers import Swipe
from ..reference import Reference
from ..times import SECOND
from ._burst import against, burst
from ._habit import looks_back, usual_in


@dataclass(frozen=True)
class ConcentratedSwiping(Rule):
    """More distinct persons settle at one pharmacy within the window than its size explains.

    Why: "多人集中刷卡" (Anyue county, eight measures, 2024-11-11) names it first: hoarded cards are swiped in one go.
    No published number exists; the figures are our assumption. Where customers come independently (`python -m
    tests.honest.test_traffic`), a shop of 50 / 150 / 400 settlements a day opens 0.002 / 0.041 / 0.015 alerts a
    day; on a day with twice the customers 0.14 / 2.9 / 7.2, and 0.018 / 0.015 / 0.008 where the calendar has it as a
    pension or campaign day.

    `warning`, from twice the limit or with half of them insured elsewhere `high` (violations.md, S01); a backlog, at
    least half of it uploaded more than five minutes late, is `info`.

    Parameters:
        window: how far back persons are counted, seconds.
        limit: so many distinct persons set it off.
        baseline: raise the limit to m + 5 * sqrt(m), m what is usual at this shop at this time of day.
        quiet: see Rule.

    Known gaps: a shop that does the same every day makes it its habit; a burst of 8 extra cards in a shop of 400 a day
    is seen in 5 % of cases (15 extra: 98 %) - S01-SIGN keeps the low limit where a second sign is there.

    Example:
        >>> from rules.testing import at, judge, swipe
        >>> rule = ConcentratedSwiping()
        >>> swipes = [swipe(at("10:00", seconds=40 * n), person=f"p{n}") for n in range(8)]
        >>> judge(rule, swipes[:7])
        []
        >>> [found.value for found in judge(rule, swipes)]
        [8]

    """

    id: ClassVar[str] = "S01"
    name_zh: ClassVar[str] = "集中刷卡"
    name_en: ClassVar[str] = "Concentrated swiping"
    family: ClassVar[str] = "credential"
    ledger: ClassVar[str] = "swipes"
    subject: ClassVar[str] = "institution"
    basis: ClassVar[str] = "《医疗保障基金使用监督管理条例》第四十条；安岳县八条措施（2024-11-11）“多人集中刷卡”"
    to_check: ClassVar[Text] = Text(
        "是否集中代购、收集医保卡刷卡或断网后补传", "cards collected or bought for others, or an upload after an outage"
    )

    window: int = 600
    limit: int = 8
    baseline: bool = True
    quiet: int = 600

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.window * SECOND

    @property
    def looks_back(self) -> int:
        """The days of the habit, ms."""
        return looks_back(self.ledger) if self.baseline else 0

    @property
    def fewest(self) -> int:
        """As many swipes as persons."""
        return self.limit

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Count the distinct persons in the window that ends with this swipe."""
        people = window.distinct("person") if window.count >= self.limit else 0
        if people < self.limit:
            return None
        usual = usual_in(entry, window, reference, self.span, self.ledger) if self.baseline else None
        found = burst(window.entries, people, self.limit, usual)
        if found is None or found.severity != "warning":
            return found
        away = sum(cast("Swipe", one).elsewhere for one in window.entries)
        return replace(found, severity="high") if 2 * away >= window.count else found

    def sentence(self, episode: Episode) -> Text:
        """How many persons, in how long, against the limit and the habit."""
        found, length = episode.peak, span_text(self.window)
        limits = against(found)
        return Text(
            f"{length.zh}内有{found.value:g}名参保人刷卡结算（{limits.zh}）",
            f"{found.value:g} insured persons settled within {length.en} ({limits.en})",
        )
