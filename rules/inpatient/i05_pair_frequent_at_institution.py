"""Rule I05-PAIR: a person whom one hospital admits again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..engine.entry import Entry
from ..engine.episode import Episode
from ..engine.finding import Finding
from ..engine.rule import Rule
from ..engine.text import Text
from ..engine.window import Window
from ..ledgers import Stay
from ..ledgers.whole_stays import counted
from ..reference import Reference
from ..times import DAY
from ._frequency import YEAR, first_of_year, words


@dataclass(frozen=True)
class FrequentAtInstitution(Rule):
    """One institution admits the same person more often within a year than illness explains.

    Why: "一年内多次在同一定点医疗机构住院的" (Baoji city, 2024-09-27) is a key population; how often "many times"
    is, nobody has published: five is our assumption.

    The honest county of I05, where four of five stays are at the same hospital (our assumption): 0.18 alerts a day.

    Parameters:
        days, limit: so many stays within so many days set it off.
        exempt_types: med_type that are not counted: transferred out, day surgery, maternity, newborn.
        exempt_ways: dscg_way that are not counted: transfer.
        longest_days: so long after its admission the pieces of a stay are read, days.
        quiet: see Rule.

    A stay counts at its admission, and it is told once in a calendar year; what is exempt is told by I05.

    Known gaps: as of I05; stays spread over the institutions of one group are not added up.

    Example:
        >>> from rules.testing import at, judge, stay
        >>> def admitted(times, every):
        ...     return [stay(at("09:00", day=every * n), "admission", f"v{n}") for n in range(times)]
        >>> rule = FrequentAtInstitution()
        >>> judge(rule, admitted(4, every=60))
        []
        >>> [found.value for found in judge(rule, admitted(6, every=60))]
        [5]

    """

    id: ClassVar[str] = "I05-PAIR"
    name_zh: ClassVar[str] = "同一机构频繁住院"
    name_en: ClassVar[str] = "Frequent admission to one institution"
    family: ClassVar[str] = "inpatient"
    ledger: ClassVar[str] = "stays_at"
    subject: ClassVar[str] = "person"
    basis: ClassVar[str] = (
        "《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“一年内多次在同一定点医疗机构住院的”"
    )
    to_check: ClassVar[Text] = Text(
        "历次病历是否雷同，住院指征是否充分，是否存在挂床或诱导住院",
        "whether the records repeat one another, and whether each stay was needed and took place",
    )

    days: int = 365
    limit: int = 5
    exempt_types: tuple[str, ...] = ("23", "28", "52", "5212")
    exempt_ways: tuple[str, ...] = ("2",)
    longest_days: int = 180
    quiet: int = 604_800

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
    def fewest(self) -> int:
        """As many admissions as the limit."""
        return self.limit

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Count the stays at this institution up to an admission."""
        if not isinstance(entry, Stay) or entry.piece != "admission" or window.count < self.limit:
            return None
        stays = counted(window, self.ahead, reference, self.exempt_types, self.exempt_ways)
        return first_of_year(entry, stays, [(self.days, self.limit)])

    def sentence(self, episode: Episode) -> Text:
        """How often, in how long."""
        return words(episode.peak, Text("在本院", "at this one institution"))
