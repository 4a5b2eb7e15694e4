"""Rule E02: a person costs the fund very much just after being insured."""

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
    clock,
    ends_after,
    evidence,
    insured_since,
    parameter,
)

YUAN = 100
"""Fen."""


class DearNewcomer(Rule[Visit]):
    """The fund pays very much for a person within the first weeks of the insurance.

    Why: "协助非参保人骗取医保待遇资格" (She county, 2025-04-30): who is ill already is put on the list of an employer,
    or of a village, to be treated at the fund's expense. No number is published; the figures are our assumption.

    Honest county of 200,000 (`python -m pytest tests/honest/test_claims.py`, our assumption: 3,000 persons a year are
    newly insured besides newborn children, each with 0.18 stays a year, for one in ten of which the fund pays more than
    20,000 yuan): 0.012 alerts a day. That is 0.4 alerts a month in 200,000.

    Judged are standing settlements (2102, 2207, 2304) of a person whom the table `enrolled` has, without `newborn` 1,
    at setl_time within the first `days` days from insured_from on. It is a finding, `warning`, if the fund paid more
    than `over_yuan` for such settlements of the person up to the judged one. The value is what it paid, in yuan.

    Known gaps: who is insured anew each year is new in the table only if the table says so. A treatment that is put off
    until after the first weeks. Accidents and births are honest. `days` above 90 act as 90: more is not kept.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, visit
        >>> reference = Reference()
        >>> reference.put("enrolled", {"psn_no": "p1", "insured_from": "2026-03-05"})
        >>> def paid(yuan, day):
        ...     return [visit(at("09:00"), amount=500_000), visit(at("09:00", day=day), amount=yuan * 100)]
        >>> judge(DearNewcomer(), paid(15_000, 29), reference)
        []
        >>> judge(DearNewcomer(), paid(15_001, 30), reference)
        []
        >>> [(found.value, found.severity) for found in judge(DearNewcomer(), paid(15_001, 29), reference)]
        [(20001.0, 'warning')]

    """

    card = Card(
        id="E02",
        name=Text("参保后即高额结算", "High cost just after enrolment"),
        family="entitlement",
        ledger="newcomers",
        subject="person",
        why=Text(
            "参保不久即发生高额费用，可能先患病后挂靠参保，骗取医保待遇资格",
            "Very dear just after being insured: who was ill already may have been enrolled for it",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条、第四十一条；歙县方案（2025-04-30）“协助非参保人骗取医保待遇资格”",
        advice=Text(
            "10日内核对参保登记材料、劳动关系或户籍是否真实，确诊日期是否早于参保，同一单位近期新增参保人员有无类似情形",
            "within 10 days whether employment or residence are genuine, whether the illness was known before, and who "
            "else that employer has enrolled lately",
        ),
        tables=("enrolled",),
        decided=("enrolled.insured_from",),
    )

    days: int = parameter(
        30,
        "参保后多少天内",
        "length of the time after the first day of the insurance",
        unit="days",
        origin=assumption("一个月", "a month"),
    )
    over_yuan: int = parameter(
        20_000,
        "其间基金支付超过该金额即触发",
        "the fund must have paid more than this within it",
        unit="yuan",
        origin=assumption("约为一次大病住院的基金支付", "about what the fund pays for a stay with a grave illness"),
    )
    quiet: int = ends_after(2_592_000, "30天：同一参保人只有一条预警", "30 days: one person is one alert")

    @property
    def span(self) -> int:
        """The first weeks, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """So much money."""
        return Guard(sum_over=("amount", self.over_yuan * YUAN))

    def check(self, entry: Visit, window: Window[Visit], reference: Reference) -> Finding | None:
        """Add up what the fund paid since the person was insured."""
        since = insured_since(entry, reference)
        if since is None or not since <= entry.time < since + self.span:
            return None
        settled = window.since(since)
        paid = sum(one.amount for one in settled)
        if paid <= self.over_yuan * YUAN:
            return None
        return Finding(
            measure="fund_paid_for_newcomer",
            value=paid / YUAN,
            limit=self.over_yuan,
            unit="yuan",
            severity="warning",
            evidence=evidence(settled, self.card),
            details={"since": clock(since, "%Y-%m-%d")},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Since when, how much, and where."""
        found, where = episode.peak, names.institutions(episode.peak.evidence)
        since, paid, limit = found.details["since"], f"{found.value:,.2f}", f"{found.limit:g}"
        return Text(
            f"1名参保人{since}起参保，{self.days}天内基金支付{paid}元（提示阈值：超过{limit}元），医疗机构：{where.zh}",
            f"a person is insured from {since} on, and within {self.days} d the fund paid {paid} yuan (threshold: more "
            f"than {limit} yuan), at {where.en}",
        )
