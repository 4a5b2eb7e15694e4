"""Rule D04-DATA: an institution sends trace codes that cannot be any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..engine.entry import Entry
from ..engine.episode import Episode
from ..engine.finding import Finding, evidence
from ..engine.rule import Rule
from ..engine.text import Text
from ..engine.window import Window
from ..reference import Reference
from ..times import DAY, day_of


@dataclass(frozen=True)
class BadTraceCodes(Rule):
    """An institution sends trace codes that can be none: a barcode, a lot, a code cut off, one digit repeated.

    Why: such a code stands for no pack, so D04 cannot judge it, and whoever wants to hide a returned drug sends one. It
    is an error of the data first: one alert an institution, `info`, which goes on while bad codes come.

    The `limit`-th bad code of a day is the finding; its measure is how many came that day.

    Honest county of 200,000 (tests/honest/test_drugs.py, our assumption: 60 pharmacies of 50 to 400 settlements a
    day, two boxes each, one in 10,000 misread): 0.6 alerts a day.

    Parameters:
        limit: so many bad codes on one day set it off.
        quiet: see Rule; 30 days, so that one institution has one alert.

    Known gaps: a well-formed code that does not exist. Twenty and more sales of one code a day are D04's own `info`.

    Example:
        >>> from rules.testing import at, judge, sale
        >>> rule = BadTraceCodes(limit=2)
        >>> judge(rule, [sale(at("10:00"), code="0" * 20), sale(at("10:00", day=1), code="0" * 20)])
        []
        >>> [found.value for found in judge(rule, [sale(at(f"1{hour}:00"), code="8123") for hour in range(3)])]
        [3]

    """

    id: ClassVar[str] = "D04-DATA"
    name_zh: ClassVar[str] = "追溯码数据错误"
    name_en: ClassVar[str] = "Bad trace codes"
    family: ClassVar[str] = "drug"
    ledger: ClassVar[str] = "bad_codes"
    subject: ClassVar[str] = "institution"
    basis: ClassVar[str] = "《医疗保障基金使用监督管理条例》第三十八条；歙县方案（2025-04-30）“药品追溯码采集规范应用”"
    to_check: ClassVar[Text] = Text(
        "扫码设备与接口是否漏传、截断或填充占位码", "the scanner and the interface: cut off, left out or filled in"
    )

    limit: int = 1
    quiet: int = 2_592_000

    @property
    def span(self) -> int:
        """A day, ms; only the Beijing day is counted."""
        return DAY

    @property
    def ahead(self) -> int:
        """The rest of the day, ms."""
        return DAY

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the bad codes of a day, once."""
        seen = window.of_day(day_of(entry.time))
        number = max(self.limit, 1)
        if len(seen) < number or seen[number - 1].id != entry.id:
            return None
        return Finding(
            measure="bad_trace_codes_in_a_day",
            value=len(seen),
            limit=self.limit,
            unit="codes",
            severity="info",
            evidence=evidence(seen[:50]),
        )

    def sentence(self, episode: Episode) -> Text:
        """How many on the worst day, on how many days."""
        found = episode.peak
        return Text(
            f"一日内有{found.value:g}个追溯码不是有效追溯码（上限{found.limit:g}个），共{episode.count}天出现",
            f"{found.value:g} trace codes of one day are none (limit {found.limit:g}), on {episode.count} day(s)",
        )
