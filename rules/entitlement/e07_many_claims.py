"""Rule E07: a person hands in one bill after the other for reimbursement by hand."""

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
    parameter,
    reached,
)


class ManyClaims(Rule[Visit]):
    """A person is reimbursed by hand several times within a quarter.

    Why: "医疗费用手工报销" and "对参保人员手工报销医疗费用审核不严" (She county, 2025-04-30). A bill that is handed in
    goes through no network: nobody else sees whether it is genuine. Who hands in several is worth a second look at the
    papers. No number is published; three in 90 days are our assumption.

    Honest county of 200,000 (`python -m pytest tests/honest/test_claims.py`, our assumption: 2,000 claims a year by
    1,500 persons, one in a hundred of whom hands in three within 90 days): 0.041 alerts a day. That is 1.2 alerts a
    month in 200,000.

    Counted are the standing settlements of one person (2102, 2207, 2304) that the bureau pays on a bill which was
    handed in (setl_type 1), in (t - `days`, t]. It is a finding from `limit` on: `warning`.

    Known gaps: whether a bill is genuine, or was handed in elsewhere too, is not in the messages. Bills of one journey
    that are entered one by one look the same.

    Example:
        >>> from rules.testing import at, judge, visit
        >>> def claims(last):
        ...     return [visit(at("09:00", day=day), claimed=True) for day in (0, 30, last)]
        >>> judge(ManyClaims(), claims(90))
        []
        >>> [(found.value, found.severity) for found in judge(ManyClaims(), claims(89))]
        [(3, 'warning')]

    """

    card = Card(
        id="E07",
        name=Text("频繁手工报销", "Many claims by hand"),
        family="entitlement",
        stage="post",
        ledger="claims",
        subject="person",
        why=Text(
            "同一参保人短期内多次手工报销，票据未经联网核验，可能虚开或重复报销",
            "One person hands in bill after bill; no network has seen them: false ones, or paid twice",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条、第四十一条；"
        "歙县方案（2025-04-30）“医疗费用手工报销”“对参保人员手工报销医疗费用审核不严”",
        advice=Text(
            "10日内调取全部报销票据，向开票机构核实住院与收费是否真实、是否已联网结算或在别处报销，核对经办人与收款账户",
            "within 10 days ask the institutions whether these bills and stays are genuine, and whether they were paid "
            "elsewhere too; who entered them, and to which account the money went",
        ),
        decided=("setl_type",),
    )

    limit: int = parameter(
        3,
        "手工报销达到该次数即触发",
        "number of claims that sets the rule off",
        unit="settlements",
        origin=assumption("多数人一年报销一次", "most persons hand in one a year"),
    )
    days: int = parameter(
        90,
        "统计报销的天数",
        "within how many days claims are counted",
        unit="days",
        origin=assumption("一个季度", "a quarter of a year"),
    )
    quiet: int = ends_after(
        2_592_000, "30天：接连的报销只有一条预警", "30 days: one claim after the other is one alert"
    )

    @property
    def span(self) -> int:
        """The days in which claims are counted, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many settlements."""
        return Guard(fewest=self.limit)

    def check(self, entry: Visit, window: Window[Visit], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the claims up to this one."""
        claims = [one for one in window.entries if one.claimed]
        if not entry.claimed or len(claims) < self.limit:
            return None
        return Finding(
            measure="claims_by_hand",
            value=len(claims),
            limit=self.limit,
            unit="settlements",
            severity="warning",
            evidence=evidence(claims, self.card),
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many within how long, of which institutions."""
        found = episode.peak
        limit, where = reached(found.limit, Text("次", "claims")), names.institutions(found.evidence)
        return Text(
            f"1名参保人{self.days}天内手工报销{found.value:g}次（{limit.zh}），开票机构：{where.zh}",
            f"a person was reimbursed by hand {found.value:g} times within {self.days} d ({limit.en}) for bills of "
            f"{where.en}",
        )
