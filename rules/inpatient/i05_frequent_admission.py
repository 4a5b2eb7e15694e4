"""Rule I05: a person who is admitted again and again."""

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
class FrequentAdmission(Rule):
    """A person is admitted to hospitals, whichever they are, more often than illness explains.

    Why: "住院频繁病例" (Anyue county, eight measures, 2024-11-11) is one of its three named triggers; the national
    class "频繁住院" leaves the number to the counties. The figures are our assumption.

    Honest county of 200,000 (tests/honest/test_stays.py, our assumption: 0.18 stays a head and year, a fifth of
    them exempt, illness so unequal that 23 % of those who are admitted in a year are admitted again in it): 0.14
    alerts a day.

    Parameters:
        short_days, short_limit: so many stays within so many days set it off.
        long_days, long_limit: likewise over a longer time.
        exempt_types: med_type that are not counted: transferred out, day surgery, maternity, newborn.
        exempt_ways: dscg_way that are not counted: transfer.
        longest_days: so long after its admission the pieces of a stay are read, days.
        quiet: see Rule.

    A stay counts at its admission. It is told once in a calendar year, at the first admission that reaches a limit in
    it; who stays at the limit is told again every year. Not counted besides: the exempt diagnoses of I01, and stays
    that ended in an interim settlement.

    Known gaps: a limit that is reached late in December is told again early in January; a chronic illness with bad
    years is honest and looks the same; stays in regions whose traffic does not come here are not seen; who has more
    than 300 admissions, discharges and settlements in sight is taken for an error of the data and not judged.

    Example:
        >>> from rules.testing import at, judge, stay
        >>> def admitted(times, every):
        ...     return [stay(at("09:00", day=every * n), "admission", f"v{n}") for n in range(times)]
        >>> rule = FrequentAdmission()
        >>> judge(rule, admitted(4, every=30))
        []
        >>> [found.value for found in judge(rule, admitted(4, every=29))]
        [4]

    """

    id: ClassVar[str] = "I05"
    name_zh: ClassVar[str] = "频繁住院"
    name_en: ClassVar[str] = "Frequent admission"
    family: ClassVar[str] = "inpatient"
    ledger: ClassVar[str] = "stays"
    subject: ClassVar[str] = "person"
    basis: ClassVar[str] = "《医疗保障基金使用监督管理条例》第三十八条；安岳县八条措施（2024-11-11）“住院频繁病例”"
    to_check: ClassVar[Text] = Text(
        "各次住院指征是否充分，是否挂床或被诱导住院",
        "whether each stay was needed, and whether the patient was there or was talked into it",
    )

    short_days: int = 90
    short_limit: int = 4
    long_days: int = 365
    long_limit: int = 6
    exempt_types: tuple[str, ...] = ("23", "28", "52", "5212")
    exempt_ways: tuple[str, ...] = ("2",)
    longest_days: int = 180
    quiet: int = 604_800

    @property
    def span(self) -> int:
        """The longer count, as it was at any admission of the same year, ms."""
        return (YEAR + max(self.short_days, self.long_days)) * DAY

    @property
    def fewest(self) -> int:
        """As many admissions as the lower limit."""
        return min(self.short_limit, self.long_limit)

    @property
    def shown(self) -> int:
        """The longer count, ms."""
        return max(self.short_days, self.long_days) * DAY

    @property
    def ahead(self) -> int:
        """How long the pieces of a stay are waited for, ms: they may make it exempt."""
        return self.longest_days * DAY

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Count the stays up to an admission."""
        enough = window.count >= min(self.short_limit, self.long_limit)
        if not isinstance(entry, Stay) or entry.piece != "admission" or not enough:
            return None
        stays = counted(window, self.ahead, reference, self.exempt_types, self.exempt_ways)
        limits = ((self.short_days, self.short_limit), (self.long_days, self.long_limit))
        return first_of_year(entry, stays, limits)

    def sentence(self, episode: Episode) -> Text:
        """How often, in how long, at how many institutions."""
        count = episode.peak.details["institutions"]
        return words(episode.peak, Text(f"在{count}家机构", f"at {count} institution(s)"))
