"""Rule E08: a person costs the fund very much away from the county of insurance."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Text,
    Visit,
    Window,
    assumption,
    ends_after,
    evidence,
    is_away,
    parameter,
)

YUAN = 100
"""Fen."""


class AwayFromHome(Rule[Visit]):
    """A person settles often, and at a high cost, away from the county of insurance.

    Why: "异地就医备案" (She county, 2025-04-30), "将异地结算数据纳入监管范围" (Xiji county, 2021-12-15) and
    "强化异地就医监管" (Anhui province, 2024-04-10). Far from home nobody knows the patient: a lent card is not noticed,
    and neither bureau looks closely. No number is published; both limits are our assumption.

    Honest county of 200,000 (`python -m pytest tests/honest/test_claims.py`, our assumption: 500 persons a year are
    treated for cancer or the like in a large city, one in ten of whom settles five times and costs more than 50,000
    yuan within 90 days): 0.14 alerts a day. That is 4 alerts a month in 200,000.

    Counted are the standing settlements of one person (2102, 2207, 2304) that state insuplc_admdvs and mdtrtarea_admvs,
    and in which these differ, in (t - `days`, t]. It is a finding, `warning`, if there are `fewest` or more, and the
    fund paid more than `over_yuan` for them. The value is what the fund paid, in yuan.

    Known gaps: the filing for care elsewhere (2501) is not read, so who is rightly treated there is told too, once in
    the course of the treatment. Who lives elsewhere for good and is still insured here.

    Example:
        >>> from rules.testing import at, judge, visit
        >>> def settled(yuan):
        ...     return [visit(at("09:00", day=20 * n), insured_in="341021", county="330100", amount=yuan * 100)
        ...             for n in range(5)]
        >>> judge(AwayFromHome(), settled(10_000))
        []
        >>> [(found.value, found.severity) for found in judge(AwayFromHome(), settled(10_001))]
        [(50005.0, 'warning')]

    """

    card = Card(
        id="E08",
        name=Text("异地就医高额结算", "High cost away from home"),
        family="entitlement",
        ledger="away",
        subject="person",
        why=Text(
            "在参保地以外频繁高额结算，两地均不易察觉冒名就医或虚假住院",
            "Often and dear away from home, where neither bureau notices a lent card or a stay that never was",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条、第四十一条；歙县方案（2025-04-30）“异地就医备案”；"
        "西吉县改革方案（2021-12-15）“将异地结算数据纳入监管范围”；安徽省通知（2024-04-10）“强化异地就医监管”",
        advice=Text(
            "10日内核对异地备案与转诊，请就医地医保部门协查各次就诊是否本人、病历与收费是否真实",
            "within 10 days compare the filing and the referral, and ask the bureau of that place whether the person "
            "was there, and whether records and bills are genuine",
        ),
        decided=("insuplc_admdvs", "mdtrtarea_admvs"),
    )

    fewest: int = parameter(
        5,
        "异地结算达到该次数才触发",
        "number of settlements away from home that sets the rule off",
        unit="settlements",
        origin=assumption("一次转诊多为两三次结算", "a referral brings two or three"),
    )
    over_yuan: int = parameter(
        50_000,
        "其间基金支付还须超过该金额",
        "the fund must have paid more than this for them too",
        unit="yuan",
        origin=assumption("约为一次大手术的基金支付", "about what the fund pays for one large operation"),
    )
    days: int = parameter(
        90,
        "统计异地结算的天数",
        "within how many days they are counted",
        unit="days",
        origin=assumption("一个季度", "a quarter of a year"),
    )
    quiet: int = ends_after(2_592_000, "30天：一个疗程只有一条预警", "30 days: one course of treatment is one alert")

    @property
    def span(self) -> int:
        """The days in which settlements are counted, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many settlements, and so much money."""
        return Guard(fewest=self.fewest, sum_over=("amount", self.over_yuan * YUAN))

    def check(self, entry: Visit, window: Window[Visit], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the settlements away from home up to this one, and add up what the fund paid."""
        away = [one for one in window.entries if is_away(one)]
        paid = sum(one.amount for one in away)
        if not is_away(entry) or len(away) < self.fewest or paid <= self.over_yuan * YUAN:
            return None
        return Finding(
            measure="fund_paid_away_from_home",
            value=paid / YUAN,
            limit=self.over_yuan,
            unit="yuan",
            severity="warning",
            evidence=evidence(away, self.card),
            details={"times": str(len(away))},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How often, how much, and where."""
        found, where = episode.peak, names.institutions(episode.peak.evidence)
        times, paid, limit = found.details["times"], f"{found.value:,.2f}", f"{found.limit:,.0f}"
        return Text(
            f"1名参保人{self.days}天内在参保地以外结算{times}次，基金共支付{paid}元"
            f"（提示阈值：超过{limit}元，且{self.fewest}次及以上），医疗机构：{where.zh}",
            f"a person settled {times} times within {self.days} d away from the county of insurance, for which the "
            f"fund paid {paid} yuan (threshold: more than {limit} yuan, and {self.fewest} settlements or more), at "
            f"{where.en}",
        )
