"""Rule D01: a refill while much of the earlier supply must still be there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..engine.entry import Entry
from ..engine.episode import Episode
from ..engine.finding import Finding, Severity, Undecidable, evidence
from ..engine.rule import Rule
from ..engine.text import Text
from ..engine.window import Window
from ..reference import Reference
from ..times import DAY
from ._supply import Dispensing, dispensed, drug_name, own_pace

WEEK = 7 * DAY
_Fills = Sequence[tuple[Dispensing, int]]
"""Earlier dispensings with their supply, ms; 0 where unknown."""


@dataclass(frozen=True)
class EarlyRefill(Rule):
    """A person gets a substance again while much more of it is left than people keep in reserve.

    Why: "重复开药" (Mei county forwarding Baoji city, 2024-09-27) and the wandering buyers of "回流药" (She county,
    2025-04-30). No published number exists; the figures are our assumption.

    A dispensing is what one visit dispensed of the substance on one day; its first line is judged. Supply covers time
    one after the other: covered = max(covered, time) + supply, over the dispensings of `history_days`; what is covered
    beyond the time of a dispensing remains. A return (negative lines) takes off its supply. It is a finding when
    - more remains than `wide_days` and `wide_percent` of the last fill: `warning`, elsewhere `high`; or
    - more than `near_days` and `near_percent`, at another institution than the last fill: `info`, `high` within a week
      of it with half of it left (violations.md, D01); or
    - it is the `repeats`-th early fill within `repeat_days`: `warning`. A fill is early when the fill before it, taken
      by itself, would have lasted longer by more than `near_days` and `near_percent` of it. (Were a reserve that is
      merely kept enough, 4 % of all honest refills would be a third one.)

    Supply comes from prd_days, else from the person's own pace of at least three fills, else from the drug table
    (pack_units, daily_units); where the last fill's is unknown, or what is unknown could decide, it is not decidable.

    Honest county of 200,000 (tests/honest/test_drugs.py, our assumption: 2,140 refills a day, fetched when -5 to
    10 days remain, so that 27 % come with more than 6; one in twenty elsewhere): by the wide limit and by the third
    early fill 0 alerts a day; elsewhere 44 a day, there and back again, which is why those are `info`.

    Parameters:
        wide_days, wide_percent: of reserve at the same institution; the larger counts.
        near_days, near_percent: of reserve at another institution, and by which a fill is early.
        repeats, repeat_days: so many early fills in so many days.
        history_days: how far back supply is added up; 180 holds two of the longest prescriptions (90 days) and the
            three months of `repeat_days` with a fill before them.
        quiet: see Rule; 30 days, so that who comes every month stays one alert.

    Known gaps: two strengths that are taken together are added up as if one after the other. An own pace that was
    always too fast explains itself. Lines of a visit whose settlement alone was reversed (2208 without 2205) count.

    Example:
        >>> from rules.testing import at, fill, judge
        >>> rule = EarlyRefill()
        >>> judge(rule, [fill(at("10:00"), days=30), fill(at("10:00", day=15), days=30)])
        []
        >>> judge(rule, [fill(at("10:00"), days=30), fill(at("09:00", day=15), days=30)])[0].limit
        15.0

    """

    id: ClassVar[str] = "D01"
    name_zh: ClassVar[str] = "提前重复配药"
    name_en: ClassVar[str] = "Early refill"
    family: ClassVar[str] = "drug"
    ledger: ClassVar[str] = "supply"
    subject: ClassVar[str] = "person"
    basis: ClassVar[str] = "《医疗保障基金使用监督管理条例》第三十八条；眉县转发宝鸡市通知（2024-09-27）“重复开药”"
    judges_pre: ClassVar[bool] = True
    institution_facing: ClassVar[bool] = True
    to_check: ClassVar[Text] = Text(
        "是否调整剂量、外出备药、遗失补配，或超量囤药转卖",
        "a changed dose, travel, a lost pack, or hoarding for resale",
    )

    wide_days: int = 14
    wide_percent: int = 50
    near_days: int = 6
    near_percent: int = 20
    repeats: int = 3
    repeat_days: int = 90
    history_days: int = 180
    quiet: int = 2_592_000

    @property
    def span(self) -> int:
        """How far back supply is added up, ms."""
        return self.history_days * DAY

    @property
    def fewest(self) -> int:
        """A fill and the one before it."""
        return 2

    @property
    def ahead(self) -> int:
        """The rest of a dispensing's day, ms."""
        return DAY

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Judge the dispensing that begins with this line against what was dispensed before."""
        found = dispensed(entry, window)
        if found is None or not found[0] or found[1].returned:
            return None
        before, now = found
        pace = own_pace(before)
        supplies = [one.supply(reference, pace) for one in before]
        fills = [(one, supply or 0) for one, supply in zip(before, supplies, strict=True)]
        finding = self._judge(fills, now, reference)
        if finding is None and None in supplies:
            raise Undecidable("supply unknown")
        return finding

    def _judge(self, fills: _Fills, now: Dispensing, reference: Reference) -> Finding | None:
        taken = [pair for pair in fills if not pair[0].returned]
        if not taken or not taken[-1][1]:
            return None
        last, supply = taken[-1]
        remaining = _remaining(fills, now.time)
        wide = remaining > self._reserve(self.wide_days, self.wide_percent, supply)
        near = remaining > self._reserve(self.near_days, self.near_percent, supply)
        elsewhere = now.institution != last.institution
        early = self._early(taken, now) if near else []
        if not (wide or (near and elsewhere) or len(early) >= self.repeats):
            return None
        limit = (self.wide_days, self.wide_percent) if wide else (self.near_days, self.near_percent)
        proof = {line.id: line for one in (last, *early, now) for line in one.lines}
        return Finding(
            measure="remaining_supply",
            value=round(remaining / DAY, 1),
            limit=round(self._reserve(*limit, supply) / DAY, 1),
            unit="days",
            severity=_severity(
                wide=wide or (elsewhere and now.time - last.time <= WEEK and 2 * remaining >= supply),
                elsewhere=elsewhere,
                repeated=len(early) >= self.repeats,
            ),
            evidence=evidence(sorted(proof.values(), key=lambda one: (one.time, one.id))),
            details={
                "drug": drug_name(now.lines[0], reference),
                "last": f"{supply / DAY:g}",
                "elsewhere": "1" if elsewhere else "",
                "early": str(len(early)) if len(early) >= self.repeats else "",
            },
        )

    def _reserve(self, days: int, percent: int, supply: int) -> int:
        """The larger of so many days and so much of a fill, ms."""
        return max(days * DAY, supply * percent // 100)

    def _early(self, taken: _Fills, now: Dispensing) -> list[Dispensing]:
        """The early fills of the last `repeat_days`, where this is one of them; else none."""
        after = [one for one, _ in taken[1:]] + [now]
        early = [
            one
            for (last, supply), one in zip(taken, after, strict=True)
            if last.time + supply - one.time > self._reserve(self.near_days, self.near_percent, supply)
            and one.time > now.time - self.repeat_days * DAY
        ]
        return early if now in early else []

    def sentence(self, episode: Episode) -> Text:
        """How much is left of the last fill against the limit; the other institution stays unnamed."""
        found = episode.peak
        details = found.details
        zh = (
            f"{details['drug']}再次配药时，此前配药仍可用{found.value:g}天"
            f"（上限{found.limit:g}天，上次配药{details['last']}天量）"
        )
        en = (
            f"{details['drug']} dispensed again while {found.value:g} days of it remain "
            f"(limit {found.limit:g}, the last fill was for {details['last']} days)"
        )
        if details["elsewhere"]:
            zh, en = f"{zh}，上次在另一机构", f"{en}, the last time at another institution"
        if details["early"]:
            zh, en = (
                f"{zh}，{self.repeat_days}天内第{details['early']}次提前",
                f"{en}, early fill number {details['early']} in {self.repeat_days} days",
            )
        return Text(zh, en)


def _remaining(fills: Iterable[tuple[Dispensing, int]], time: int) -> int:
    """For how long beyond this time the fills last one after the other, ms; negative where nothing is left."""
    covered = -(1 << 62)
    for one, supply in fills:
        covered = max(covered, one.time) + supply
    return covered - time


def _severity(*, wide: bool, elsewhere: bool, repeated: bool) -> Severity:
    """wide: much is left."""
    if wide:
        return "high" if elsewhere else "warning"
    return "warning" if repeated else "info"
