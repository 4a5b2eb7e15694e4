"""Rule B15: an institution's outpatient spending grows faster than its patients explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal, NamedTuple

from rules import (
    DAY,
    Card,
    DayRule,
    Episode,
    Finding,
    Names,
    Reference,
    Text,
    Undecidable,
    assumption,
    clock,
    ends_after,
    parameter,
    yuan,
)

Bins = Mapping[int, list[int]]
WEEK = 7 * DAY
FEWEST_DAYS = 4
"""With fewer days that are not in the calendar a week is not judged."""
HONEST_CLINIC = assumption(
    "每日600人次的正常门诊，每年预警0至0.6条；未见公布数值",
    "an honest clinic of 600 visits a day opens 0 to 0.6 alerts a year; no number is published",
)
"""Origin of the growth."""
YUAN = 100
"""Fen."""


class _Week(NamedTuple):
    """Settlements of a week, and what the fund paid for them, fen; days: how many of the seven are compared."""

    times: float
    fen: float
    days: int


class _Growth(NamedTuple):
    """A week beside the usual one."""

    week: _Week
    usual: _Week

    @property
    def fen(self) -> float:
        """How much more was spent, fen."""
        return self.week.fen - self.usual.fen


class OutpatientGrowth(DayRule):
    """The fund's outpatient spending at an institution over seven days is far above its own usual week, day after day.

    Why: "门诊统筹涨幅过快" (Anyue county, eight measures, 2024-11-11) is one of its three named triggers. No number is
    published; the figures are our assumption.

    Honest county of 200,000 (`python -m pytest tests/honest/test_growth.py`, our assumption): a clinic of 600
    visits a day at 60 yuan of the fund each, a fifth more in winter, whose traffic wanders besides by 10 / 15 %:
    0.0 / 0.6 alerts a year; at 30 visits a day none, for they cannot grow by 20,000 yuan in a week. In four clinics
    of 600 visits, that is 0 to 0.2 alerts a month in 200,000.

    Summed up is what the fund paid for standing outpatient settlements (med_type 11, 12, 13, 14, 15, 16, 18, 19, 51,
    53, by the first two digits), by Beijing day. A day D is judged once it is over. A day that is in the calendar, of
    whatever kind, or that has no such settlement, is never judged.

    The week of D is the seven days that end with D, without those that are in the calendar; it needs four of them,
    and `least_yuan` or more. The usual week is the median of the latest `weeks` earlier weeks, each by the same days
    of the week. An earlier week lies a multiple of seven days before, at most `search_weeks` back. It counts if the
    institution had a settlement on or before its first day, the fund paid more than nothing in it, and none of its
    seven days is of kind `holiday` in the calendar. With fewer of them the rule does not decide (counted as `too few
    weeks to compare`).

    D trips if the growth is at least `percent` of the usual week and at least `least_yuan`. It is a finding if D and
    the days before it, `successive_days` in all, trip: `warning`; `high` if each of them trips with `high_percent`
    too.

    Known gaps: an epidemic that the calendar does not know trips many institutions at once, each by itself; B15-AREA
    then tells it of their place, and these leads stand beside it. Growth that stays below the limit for two months
    becomes the habit. A wave of new patients in a small town looks the same.

    Example:
        >>> from rules.testing import judge_days, spent
        >>> rule = OutpatientGrowth()
        >>> def growing_by(percent):
        ...     return spent([10_000] * 63 + [100 * (100 + percent)] * 9)
        >>> judge_days(rule, growing_by(49))
        []
        >>> [(found.value, found.limit, found.severity) for found in judge_days(rule, growing_by(50))]
        [(105000.0, 105000.0, 'warning')]

    """

    card = Card(
        id="B15",
        name=Text("门诊统筹涨幅过快", "Outpatient spending grows too fast"),
        family="billing",
        stage="post",
        ledger="spending",
        subject="institution",
        why=Text(
            "门诊统筹基金支出连续多日远高于该机构平日，可能诱导就医或虚记费用",
            "The fund pays far more for outpatients than usual there, day after day: induced visits, or false charges",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；安岳县八条措施（2024-11-11）“门诊统筹涨幅过快”",
        advice=Text(
            "是否新开科室、集中义诊或疫情所致，抽查涨幅集中的医师与项目，核实是否诱导就医、虚记费用",
            "a new department, a campaign or an outbreak? else sample the physicians and items that grew",
        ),
    )

    percent: int = parameter(
        50,
        "较此前各周中位数的涨幅达到该比例才触发",
        "growth against the median of the earlier weeks that sets the rule off",
        unit="%",
        origin=HONEST_CLINIC,
    )
    least_yuan: int = parameter(
        20_000,
        "同时增加的金额须达到该数",
        "the growth in money must reach this too",
        unit="yuan",
        origin=assumption("小机构涨幅大但金额小", "at a small institution a large growth in per cent is little money"),
    )
    high_percent: int = parameter(
        100, "涨幅达到该比例，严重程度为high", "growth from which the finding is `high`", unit="%", origin=HONEST_CLINIC
    )
    successive_days: int = parameter(
        3,
        "连续多少天均达到才触发（含当天）",
        "number of days in a row with this growth, the judged day included",
        unit="days",
        origin=assumption("排除单日波动", "one day alone is chance"),
    )
    weeks: int = parameter(
        8,
        "与此前多少周比较；不足则不判断",
        "number of earlier weeks that are compared; with fewer the rule does not decide",
        unit="weeks",
        origin=assumption("约两个月", "about two months"),
    )
    search_weeks: int = parameter(
        13,
        "最多向前找多少周（含节假日的周跳过）",
        "how many weeks back these weeks are looked for; weeks with a holiday are left out",
        unit="weeks",
        origin=assumption("一个季度", "a quarter of a year"),
    )
    quiet: int = ends_after(604_800, "按周比较", "weeks are compared")

    @property
    def span(self) -> int:
        """As far back as the earliest week that may be compared, ms."""
        return self.successive_days * DAY + (1 + self.search_weeks) * WEEK

    @property
    def shown(self) -> int:
        """The week, ms."""
        return WEEK

    def check_day(self, day: int, bins: Bins, reference: Reference, institution: str) -> Finding | None:  # noqa: ARG002 - as every rule
        """Judge the weeks that end with this day and with the days before it."""
        grown = []
        for n in range(self.successive_days):
            growth = self._growth(day - n * DAY, bins, reference)
            if growth is None or not self._trips(growth, self.percent):
                return None
            grown.append(growth)
        high = all(self._trips(growth, self.high_percent) for growth in grown)
        return self._finding(grown[0], day, "high" if high else "warning")

    def _trips(self, growth: _Growth, percent: int) -> bool:
        return growth.fen * 100 >= percent * growth.usual.fen and growth.fen >= self.least_yuan * YUAN

    def _growth(self, last: int, bins: Bins, reference: Reference) -> _Growth | None:
        """The week that ends with this day beside the usual one; None where the day is exempt, or the week small.

        Raises Undecidable where there are too few weeks to compare.
        """
        if reference.is_day(last):
            return None
        days = [day for day in range(last, last - WEEK, -DAY) if not reference.is_day(day)]
        week = _sum(bins, days)
        if week.fen < self.least_yuan * YUAN or len(days) < FEWEST_DAYS:
            return None
        return _Growth(week, self._usual(last, days, bins, reference))

    def _usual(self, last: int, compared: Sequence[int], bins: Bins, reference: Reference) -> _Week:
        """The median of the same days in the latest weeks before this one that can be compared.

        Long because it walks back week by week, and each has three reasons not to count.
        """
        known_since = min(day for day, (times, _) in bins.items() if times)
        weeks: list[_Week] = []
        for n in range(1, self.search_weeks + 1):
            days = range(last - n * WEEK, last - (n + 1) * WEEK, -DAY)
            week = _sum(bins, [day - n * WEEK for day in compared])
            whole = days[-1] >= known_since and week.fen > 0
            if whole and not any(reference.is_day(day, "holiday") for day in days):
                weeks.append(week)
            if len(weeks) == self.weeks:
                return _Week(median(one.times for one in weeks), median(one.fen for one in weeks), len(compared))
        raise Undecidable("too few weeks to compare")

    def _finding(self, growth: _Growth, day: int, severity: Literal["warning", "high"]) -> Finding:
        week, usual = growth
        least = max(usual.fen * (100 + self.percent) / 100, usual.fen + self.least_yuan * YUAN)
        return Finding(
            measure="outpatient_spending_of_7_days",
            value=week.fen / YUAN,
            limit=round(least / YUAN, 2),
            usual=round(usual.fen / YUAN, 2),
            unit="yuan",
            severity=severity,
            evidence=[],
            amount=round(growth.fen),
            details={
                "until": clock(day, "%Y-%m-%d"),
                "left_out": f"{WEEK // DAY - week.days or ''}",
                "percent": f"{growth.fen / usual.fen:.0%}",
                "times": f"{week.times:g}",
                "usual_times": f"{usual.times:g}",
                "cost": f"{week.fen / week.times / YUAN:,.2f}",
                "usual_cost": f"{usual.fen / usual.times / YUAN:,.2f}",
                "more_times": f"{week.times / usual.times - 1:+.0%}",
                "more_cost": f"{week.fen / week.times / (usual.fen / usual.times) - 1:+.0%}",
            },
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How much in a week against the usual week, and whether more visits or dearer ones made it."""
        found, of = episode.peak, episode.peak.details
        value, limit, usual = f"{found.value:,.2f}", f"{found.limit:,.2f}", f"{found.usual or 0:,.2f}"
        more, until, out = yuan(found.amount), of["until"], of["left_out"]
        out_zh, out_en = (f"（不计日历所列{out}天）", f" (without {out} of the calendar)") if out else ("", "")
        return Text(
            f"截至{until}的7天{out_zh}门诊统筹基金支出{value}元（提示阈值：{limit}元及以上；该机构平日{usual}元），"
            f"较平日增加{more}元，增长{of['percent']}："
            f"人次{of['times']}（平日{of['usual_times']}，{of['more_times']}），"
            f"次均{of['cost']}元（平日{of['usual_cost']}元，{of['more_cost']}）",
            f"the fund paid {value} yuan for outpatients in the 7 days to {until}{out_en} (threshold: {limit} yuan or "
            f"more; usually {usual} here), {more} yuan or {of['percent']} more: {of['times']} person-times (usually "
            f"{of['usual_times']}, {of['more_times']}) at {of['cost']} yuan each (usually {of['usual_cost']}, "
            f"{of['more_cost']})",
        )


def _sum(bins: Bins, days: Sequence[int]) -> _Week:
    found = [bins[day] for day in days if day in bins]
    return _Week(sum(times for times, _ in found), sum(fen for _, fen in found), len(days))
