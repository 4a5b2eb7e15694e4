"""Rule S01-TILL: more outpatients settled at one till than a clerk can serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..engine.entry import Entry
from ..engine.episode import Episode
from ..engine.finding import Finding
from ..engine.rule import Rule
from ..engine.text import Text, span_text
from ..engine.window import Window
from ..reference import Reference
from ..times import SECOND
from ._burst import against, burst
from ._habit import looks_back, own_usual_in


@dataclass(frozen=True)
class Till(Rule):
    """More distinct outpatients settle at one till within the window than the till's own past explains.

    Why: "多人集中刷卡" (Anyue county, eight measures, 2024-11-11). A hospital settles at many tills under one code, so
    its tills are judged each by itself (violations.md, section 7); terminals and telephones (opter_type 2, 3) are
    none. The figures are our assumption: a clerk who takes 50 s a patient serves 12 in ten minutes and never comes
    near the limit. If patients could be served as fast as they come (`python -m tests.honest.test_traffic`), a
    till of 50 / 150 / 400 settlements a day would open 0 alerts a day; on a day with twice the patients 0 / 0.006 /
    2.0, and 0 / 0.002 / 0.008 where the calendar has it as a pension or campaign day.

    Parameters:
        window: how far back persons are counted, seconds.
        limit: so many distinct persons set it off.
        baseline: raise the limit to m + 5 * sqrt(m), m what is usual at this till at this time of day.
        quiet: see Rule.

    Known gaps: an account that several clerks share looks like a fast clerk until it is a habit (14 of 28 days with
    traffic); who sends no opter is not judged; the register's own figure is of the institution and is not used here.

    Example:
        >>> from rules.testing import HOSPITAL, at, judge, swipe
        >>> burst = [swipe(at("10:00", seconds=25 * n), f"p{n}", HOSPITAL, transaction="2207") for n in range(20)]
        >>> judge(Till(), burst[:19])
        []
        >>> [found.value for found in judge(Till(), burst)]
        [20]

    """

    id: ClassVar[str] = "S01-TILL"
    name_zh: ClassVar[str] = "窗口集中结算"
    name_en: ClassVar[str] = "Concentrated swiping at a till"
    family: ClassVar[str] = "credential"
    ledger: ClassVar[str] = "tills"
    subject: ClassVar[str] = "institution"
    basis: ClassVar[str] = "《医疗保障基金使用监督管理条例》第四十条；安岳县八条措施（2024-11-11）“多人集中刷卡”"
    to_check: ClassVar[Text] = Text(
        "该操作员是否持他人医保凭证批量结算，或共用账号、断网后补传",
        "cards of others settled in one go, an account that several clerks share, or an upload after an outage",
    )

    window: int = 600
    limit: int = 20
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
        """Count the distinct persons in the window that ends with this settlement."""
        people = window.distinct("person") if window.count >= self.limit else 0
        if people < self.limit:
            return None
        usual = own_usual_in(entry, window, reference, self.span, self.ledger) if self.baseline else None
        return burst(window.entries, people, self.limit, usual)

    def sentence(self, episode: Episode) -> Text:
        """How many persons at one till, in how long, against the limit and the habit."""
        found, length = episode.peak, span_text(self.window)
        limits = against(found)
        return Text(
            f"同一结算窗口{length.zh}内有{found.value:g}名参保人门诊结算（{limits.zh}）",
            f"{found.value:g} outpatients settled at one till within {length.en} ({limits.en})",
        )
