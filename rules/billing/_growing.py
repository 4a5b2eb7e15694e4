"""What the rules on an amount that grows beyond its own past share."""

from __future__ import annotations

from rules import (
    DAY,
    Episode,
    Finding,
    Guard,
    Listed,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
    yuan,
)

ONE = 10_000
"""A quantity of one."""
WEEK = 7 * DAY
UNITS = Text("个计价单位", "units")


class Growing(Rule[Listed]):
    """What an institution charges of something in seven days, against the mean of the weeks before."""

    percent: int = parameter(
        200,
        "较此前各周平均数的涨幅达到该比例才触发",
        "growth against the mean of the earlier weeks that sets the rule off",
        unit="%",
        origin=assumption("平常的波动不到三倍", "what is usual does not treble"),
    )
    fewest_more: int = parameter(
        140,
        "同时增加的数量（cnt）须达到该数",
        "the growth, by cnt, must reach this too",
        unit="units",
        origin=assumption("每日多用20个单位", "twenty more a day"),
    )
    weeks: int = parameter(
        8,
        "与此前多少周比较；使用不到这么久的不判断",
        "number of earlier weeks; what is in use for a shorter time is not judged",
        unit="weeks",
        origin=assumption("约两个月", "about two months"),
    )
    quiet: int = ends_after(1_209_600, "两周内的并入同一预警", "those of two weeks stay one alert")

    @property
    def span(self) -> int:
        """The week and those before it, ms."""
        return (1 + self.weeks) * WEEK

    @property
    def guard(self) -> Guard:
        """Something before, and something now."""
        return Guard(fewest=2)

    def what(self, names: Names, episode: Episode) -> Text:
        """What is charged."""
        raise NotImplementedError

    def check(self, entry: Listed, window: Window[Listed], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Compare the week that ends with this line with those before it."""
        week = window.last(WEEK)
        amount = sum(one.quantity for one in week)
        is_known = window.entries[0].time <= entry.time - self.weeks * WEEK
        if entry.quantity <= 0 or amount < self.fewest_more * ONE or not is_known:
            return None
        usual = (window.sum("quantity") - amount) / self.weeks
        least = max(usual * (100 + self.percent) / 100, usual + self.fewest_more * ONE)
        if amount < least:
            return None
        return Finding(
            measure="units_of_7_days",
            value=amount / ONE,
            limit=round(least / ONE, 1),
            usual=round(usual / ONE, 1),
            unit="units",
            severity="warning",
            evidence=evidence(week, self.card),
            details={"sum": yuan(sum(one.total for one in week))},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """What, how much of it in a week, and how much is usual."""
        found, limit, what = episode.peak, reached(episode.peak.limit, UNITS), self.what(names, episode)
        usual, total = f"{found.usual or 0:g}", found.details["sum"]
        return Text(
            f"7天内{what.zh}收费{found.value:g}个计价单位，计{total}元（{limit.zh}；此前{self.weeks}周平均每周{usual}个）",
            f"{found.value:g} units of {what.en} were charged within 7 d, {total} yuan ({limit.en}; {usual} a week in "
            f"the {self.weeks} weeks before)",
        )
