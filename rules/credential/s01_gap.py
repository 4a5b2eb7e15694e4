"""Rule S01-GAP: one card after the other at one pharmacy, with hardly a pause."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from ..engine.entry import Entry
from ..engine.episode import Episode
from ..engine.finding import Finding
from ..engine.rule import Rule
from ..engine.text import Text, span_text
from ..engine.window import Window
from ..reference import Reference
from ..times import MINUTE, SECOND
from ._burst import against, burst
from ._habit import looks_back, usual_in


@dataclass(frozen=True)
class Gap(Rule):
    """A run of swipes at one pharmacy, each within two minutes of the one before, has more persons than usual.

    Why: "多人集中刷卡" (Anyue county, eight measures, 2024-11-11): whoever holds many cards swipes them one after the
    other, for longer than ten minutes or for less. No published number exists; the figures are our assumption. Where
    customers come independently (`python -m tests.honest.test_traffic`), a shop of 50 / 150 / 400 settlements a
    day opens 0.0001 / 0.014 / 0.007 alerts a day; on a day with twice the customers 0.02 / 1.1 / 4.8, and 0.004 / 0.02
    / 0 where the calendar has it as a pension or campaign day. Without the pause that is added to the length of a
    run the largest of them would open 0.27 on an ordinary day.

    Parameters:
        gap: the longest pause within a run, seconds.
        limit: so many distinct persons set it off.
        longest: a run is looked back on for so long, seconds.
        baseline: raise the limit to m + 5 * sqrt(m), m what is usual at this shop and time of day in the length of the
            run and one pause.
        quiet: see Rule.

    Known gaps: a pause of three minutes ends a run. A shop that does the same every day makes it its habit; until 14
    of 28 days have traffic the limit stands alone, and while only half of them have, the habit is half of what it will
    be.

    Example:
        >>> from rules.testing import at, judge, swipe
        >>> run = [swipe(at("10:00", seconds=120 * n), person=f"p{n}") for n in range(8)]
        >>> judge(Gap(), run[:7])
        []
        >>> judge(Gap(), [*run[:4], *(swipe(one.time + 1_000, one.person) for one in run[4:])])
        []
        >>> [found.value for found in judge(Gap(), run)]
        [8]

    """

    id: ClassVar[str] = "S01-GAP"
    name_zh: ClassVar[str] = "连续刷卡"
    name_en: ClassVar[str] = "Run of swipes"
    family: ClassVar[str] = "credential"
    ledger: ClassVar[str] = "swipes"
    subject: ClassVar[str] = "institution"
    basis: ClassVar[str] = "《医疗保障基金使用监督管理条例》第四十条；安岳县八条措施（2024-11-11）“多人集中刷卡”"
    to_check: ClassVar[Text] = Text(
        "是否一人持多张医保凭证连续刷卡，或排队高峰、断网后补传",
        "one person with many cards, or a queue, or an upload after an outage",
    )

    gap: int = 120
    limit: int = 8
    longest: int = 7_200
    baseline: bool = True
    quiet: int = 600

    @property
    def span(self) -> int:
        """The longest run that is looked at, ms."""
        return self.longest * SECOND

    @property
    def looks_back(self) -> int:
        """The days of the habit, ms."""
        return looks_back(self.ledger) if self.baseline else 0

    @property
    def fewest(self) -> int:
        """As many swipes as persons."""
        return self.limit

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Count the distinct persons of the run that this swipe continues."""
        run = window.run(self.gap * SECOND)
        people = len({one.person for one in run}) if len(run) >= self.limit else 0
        if people < self.limit:
            return None
        length = entry.time - run[0].time
        # One pause more: that a run begins with a swipe is no chance, and without it short runs are always "too dense".
        usual = usual_in(entry, window, reference, length + self.gap * SECOND, self.ledger) if self.baseline else None
        return burst(run, people, self.limit, usual, minutes=str(ceil(length / MINUTE)))

    def sentence(self, episode: Episode) -> Text:
        """How many persons, without which pause, in how long, against the limit and the habit."""
        found, pause = episode.peak, span_text(self.gap)
        minutes, limits = found.details["minutes"], against(found)
        return Text(
            f"{minutes}分钟内有{found.value:g}名参保人连续刷卡结算，间隔均不超过{pause.zh}（{limits.zh}）",
            f"{found.value:g} insured persons settled within {minutes} min, never over {pause.en} apart ({limits.en})",
        )
