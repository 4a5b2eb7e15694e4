"""Rule E07-SUM: a single bill that was handed in costs the fund very much."""

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
    above,
    assumption,
    ends_after,
    evidence,
    exceeded,
    parameter,
)

YUAN = 100
"""Fen."""


class LargeClaim(Rule[Visit]):
    """The fund pays very much for one bill that a person handed in.

    Why: as E07. False invoices of hospitals far away are large, for a small one is not worth the trouble. No number is
    published; 50,000 yuan are our assumption.

    Honest county of 200,000 (`python -m pytest tests/honest/test_claims.py`, our assumption: 2,000 claims a year, for
    half of which the fund pays more than 8,000 yuan, lognormal with a sigma of 0.9): 0.11 alerts a day. That is 3.4
    alerts a month in 200,000, each of which an honest bureau looks at in any case.

    Judged is a standing settlement (2102, 2207, 2304) that the bureau pays on a bill which was handed in (setl_type 1).
    It is a finding, `warning`, if fund_pay_sumamt is above `over_yuan`.

    Known gaps: those of E07. A large bill that is cut into several.

    Example:
        >>> from rules.testing import at, judge, visit
        >>> def paid(yuan):
        ...     return [visit(at("09:00"), amount=yuan * 100, claimed=True)]
        >>> judge(LargeClaim(), paid(50_000))
        []
        >>> [(found.value, found.severity) for found in judge(LargeClaim(), paid(50_001))]
        [(50001.0, 'warning')]

    """

    card = Card(
        id="E07-SUM",
        name=Text("大额手工报销", "Large claim by hand"),
        family="entitlement",
        stage="post",
        ledger="claims",
        subject="person",
        why=Text(
            "单笔手工报销金额大，票据未经联网核验，虚假发票多出自外地大额住院",
            "A large bill that no network has seen: false ones are mostly of stays far away, and large",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条、第四十一条；"
        "歙县方案（2025-04-30）“医疗费用手工报销”“对参保人员手工报销医疗费用审核不严”",
        advice=Text(
            "三日内向开票医院核实住院与收费是否真实，核对票据代码与号码、收款账户，确认无误前暂缓拨付",
            "within three days ask the hospital whether stay and bill are genuine, compare the numbers of the invoice "
            "and the account, and hold the payment until then",
        ),
        decided=("setl_type",),
    )

    over_yuan: int = parameter(
        50_000,
        "单笔手工报销基金支付超过该金额即触发",
        "a claim for which the fund pays more than this sets the rule off",
        unit="yuan",
        origin=assumption("正常县每年2,000笔中约40笔", "some 40 of the 2,000 claims a year of an honest county"),
    )
    quiet: int = ends_after(86_400, "每笔单独提示", "each claim is told by itself")

    @property
    def span(self) -> int:
        """A day: only the claim itself is looked at, ms."""
        return DAY

    @property
    def guard(self) -> Guard:
        """So much money in the window."""
        return Guard(sum_over=("amount", self.over_yuan * YUAN))

    def check(self, entry: Visit, window: Window[Visit], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Hold the claim against the limit."""
        if not entry.claimed or entry.amount <= self.over_yuan * YUAN:
            return None
        return Finding(
            measure="claim_by_hand",
            value=entry.amount / YUAN,
            limit=self.over_yuan,
            unit="yuan",
            severity="warning",
            evidence=evidence([entry], self.card),
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How much."""
        found = episode.peak
        paid, limit = above(round(found.value), found.limit), exceeded(found.limit, Text("元", "yuan"))
        return Text(
            f"1名参保人单笔手工报销，基金支付{paid.zh}元（{limit.zh}）",
            f"the fund paid {paid.en} yuan for one bill that a person handed in ({limit.en})",
        )
