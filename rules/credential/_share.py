"""What the rules on the share of one kind of settlements in a day have in common: what is usual, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple

from rules import (
    DAY,
    DayRule,
    Episode,
    Finding,
    Text,
    Undecidable,
    above,
    assumption,
    clock,
    ends_after,
    exceeded,
    parameter,
)

Bins = Mapping[int, list[int]]


class _Usual(NamedTuple):
    """The usual share, and its standard deviation from day to day."""

    share: float
    deviation: float


def days_compared() -> int:
    """The parameter `days` of these rules."""
    return parameter(
        28,
        "与此前多少天比较",
        "number of days before that are compared",
        unit="days",
        origin=assumption("四周", "four weeks"),
    )


def enough_days() -> int:
    """The parameter `enough` of these rules."""
    return parameter(
        14,
        "其中有结算的天数不足该数则不判断",
        "with fewer of these days that have a settlement the rule does not decide",
        unit="days",
        origin=assumption("半数", "half of them"),
    )


def days_left_out() -> int:
    """The parameter `left_out` of these rules."""
    return parameter(
        1,
        "其中占比最大的该数天不计入平日",
        "so many of these days, those with the largest share, do not count into what is usual",
        unit="days",
        origin=assumption(
            "一次异常日不应成为平日；不计两天，正常县的预警更多",
            "one day that was told is not usual; with two an honest county opens more alerts",
        ),
    )


def days_in_a_row() -> int:
    """The parameter `quiet` of these rules."""
    return ends_after(172_800, "相隔不超过两日的并入同一预警", "days at most two apart stay one alert")


class ShareOfDay(DayRule):
    """On one day far more settlements than usual are of one kind. The sums of the ledger count those of this kind."""

    fewest: int
    over_deviations: int
    days: int
    enough: int
    left_out: int

    @property
    def span(self) -> int:
        """The days that are compared, ms."""
        return max(self.days, 1) * DAY

    @property
    def shown(self) -> int:
        """The day, ms."""
        return DAY

    def share_of(self, day: int, bins: Bins, measure: str) -> Finding | None:
        """Hold the share of the day against that of the days before."""
        settled, of_kind = bins[day]
        if of_kind < self.fewest or settled <= 0:
            return None
        usual = self._usual(day, bins)
        chance = sqrt(usual.share * (1 - usual.share) / settled)
        limit = usual.share + self.over_deviations * max(usual.deviation, chance)
        if of_kind <= limit * settled:
            return None
        return Finding(
            measure=measure,
            value=_percent(of_kind / settled),
            limit=_percent(limit),
            usual=_percent(usual.share),
            unit="%",
            severity="warning",
            evidence=[],
            details={"number": str(of_kind), "settled": str(settled), "day": clock(day, "%Y-%m-%d")},
        )

    def _usual(self, day: int, bins: Bins) -> _Usual:
        """Of the days before this one, without those whose share is largest; of days alike the earlier is left out.

        Raises Undecidable where too few of the days have a settlement, or none is kept.
        """
        before = [bins[one] for one in range(day - self.days * DAY, day, DAY) if bins.get(one, [0])[0] > 0]
        kept = sorted(before, key=lambda sums: sums[1] / sums[0], reverse=True)[max(self.left_out, 0) :]
        if not kept or len(before) < self.enough:
            raise Undecidable("too few days to compare")
        total = sum(settled for settled, _ in kept)
        share = (sum(of_kind for _, of_kind in kept) + 1) / (total + 2)
        squares = sum(settled * (of_kind / settled - share) ** 2 for settled, of_kind in kept)
        return _Usual(share, sqrt(squares / total))


def share_text(episode: Episode, kind: Text, settled: Text) -> Text:
    """How many were of the kind, which part of the day that is, and which part is usual."""
    found, of = episode.peak, episode.peak.details
    share, limit = above(found.value, found.limit), exceeded(found.limit, Text("%", "%"))
    day = Text(of["day"], f" on {of['day']}") if episode.count > 1 else Text("", "")
    return Text(
        f"{day.zh}有{of['number']}{settled.zh}{kind.zh}，占当日{of['settled']}{settled.zh}的{share.zh}%"
        f"（{limit.zh}；该机构平日{found.usual:g}%）",
        f"{of['number']} of {of['settled']} {settled.en}{day.en} {kind.en}, {share.en} % "
        f"({limit.en}; usually {found.usual:g} % here)",
    )


def _percent(share: float) -> float:
    """A share in per cent, to a tenth.

    >>> _percent(0.1234)
    12.3
    """
    return round(share * 100, 1)
