"""Rule D08: on one day most settlements of a pharmacy are of round sums."""

from __future__ import annotations

from collections.abc import Mapping

from rules import (
    DAY,
    Card,
    DayRule,
    Episode,
    Finding,
    Names,
    Reference,
    Text,
    assumption,
    clock,
    ends_after,
    parameter,
    reached,
)


class RoundSums(DayRule):
    """Most of what a pharmacy settles on one day are round sums.

    Why: "将食品、保健品、日用品、化妆品等串换为药品骗保" (She county, 2025-04-30). Where the card pays for oil, rice or
    a voucher, the sum comes first and the drugs are made up to it: 100, 200, 300 yuan. Prices of drugs add up to round
    sums only by chance. No number is published; the figures are our assumption.

    Counted are the standing settlements of a pharmacy (2102, or med_type 41) with a medfee_sumamt above 0, by Beijing
    day; a sum is round if it is a multiple of 10 yuan. A day is judged once it is over. It is a finding if `fewest` or
    more are round, and these are at least `least_percent` % of all: `warning`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 60 pharmacies of 50 to 400
    settlements a day, of which one in twenty is round by chance, and each of which sells one set at a round price to
    most of its customers on one day in four years): 0.041 alerts a day. That is 1.2 alerts a month in 200,000.

    Known gaps: goods that are charged as drugs at their own price. A pharmacy whose drugs all have round prices. Few
    round sums among many others.

    Example:
        >>> from rules.testing import at, judge_days
        >>> judge_days(RoundSums(), {at("00:00"): [38, 19]})
        []
        >>> judge_days(RoundSums(), {at("00:00"): [41, 20]})
        []
        >>> [(found.value, found.severity) for found in judge_days(RoundSums(), {at("00:00"): [40, 20]})]
        [(20, 'warning')]

    """

    card = Card(
        id="D08",
        name=Text("整额结算集中", "Round sums"),
        family="drug",
        stage="post",
        ledger="rounded",
        subject="institution",
        why=Text(
            "用医保卡支付食品、日用品或购物卡时，先有整额再凑药品；药品价格偶尔才会凑成整额",
            "Where the card pays for other goods the sum comes first, and drugs are made up to it: most sums are round",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；"
            "歙县方案（2025-04-30）“将食品、保健品、日用品、化妆品等串换为药品骗保”"
        ),
        advice=Text(
            "10日内抽查当日整额结算的药品明细、出库与监控，核对实际售出的是什么，当日有无整价促销",
            "within 10 days the lines, the stock and the video of some of these settlements: what was really sold, and "
            "was there an offer at a round price",
        ),
    )

    fewest: int = parameter(
        20,
        "当日整额结算达到该笔数才触发",
        "number of settlements of round sums on the day that sets the rule off",
        unit="settlements",
        origin=assumption("小店几笔整额属偶然", "a few of them are chance in a small shop"),
    )
    least_percent: int = parameter(
        50,
        "且至少占当日结算的比例",
        "least part that they are of all settlements of the day",
        unit="%",
        origin=assumption("正常药店约二十分之一", "in an honest pharmacy they are one in twenty"),
    )
    quiet: int = ends_after(172_800, "相隔不超过两日的并入同一预警", "days at most two apart stay one alert")

    @property
    def span(self) -> int:
        """The day, ms."""
        return DAY

    def check_day(
        self,
        day: int,
        bins: Mapping[int, list[int]],
        reference: Reference,  # noqa: ARG002 - as every rule
        institution: str,  # noqa: ARG002 - as every rule
    ) -> Finding | None:
        """Count the round sums of the day."""
        settled, rounded = bins[day]
        if rounded < self.fewest or 100 * rounded < self.least_percent * settled:
            return None
        return Finding(
            measure="settlements_of_round_sums",
            value=rounded,
            limit=self.fewest,
            unit="settlements",
            severity="warning",
            evidence=[],
            details={"settled": str(settled), "day": clock(day, "%Y-%m-%d")},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many were round, of how many."""
        found, of = episode.peak, episode.peak.details
        day = Text(f"{of['day']}的", f" on {of['day']}") if episode.count > 1 else Text("", "")
        limit = reached(found.limit, Text("笔", "settlements"))
        percent = self.least_percent
        return Text(
            f"{day.zh}{of['settled']}笔结算中有{found.value:g}笔总费用为10元的整数倍（{limit.zh}，且占比{percent}%及以上）",
            f"{found.value:g} of {of['settled']} settlements{day.en} had a total that is a multiple of 10 yuan "
            f"({limit.en}, and {percent} % or more)",
        )
