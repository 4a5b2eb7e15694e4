"""Rule S03-MONTH: an employee of a pharmacy settles there again and again."""

from __future__ import annotations

from rules import (
    DAY,
    PHARMACY,
    Card,
    Episode,
    Fill,
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
    works_here,
)


class MonthOfOwnStaff(Rule[Visit | Fill]):
    """A person settles five times within a month at the pharmacy where she works.

    Why: "组织本单位员工空刷套刷医保凭证骗保" (She county, 2025-04-30). A pharmacy that holds its employees' cards
    draws on them little by little. No number is published; five times in 30 days are our assumption.

    Counted are the standing settlements of one person at one pharmacy (2102, or a med_type that begins with 41) in
    (t - `days`, t], of times at which she works there: by the row of the table `staff` that is valid at setl_time. It
    is a finding from `limit` on: `warning`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_cards.py`, our assumption: 360 employees of
    pharmacies, of whom one in ten is ill for long and buys there 1.5 times a month, the others every other month):
    0.024 alerts a day. That is 0.7 alerts a month in 200,000.

    Known gaps: those of S03. A pharmacy that spreads its draws over many employees, or over their relatives.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import PHARMACY, at, judge, visit
        >>> reference = Reference()
        >>> reference.put("staff", {"psn_no": "p1", "fixmedins_code": PHARMACY})
        >>> def bought(count):
        ...     return [visit(at("18:00", day=6 * n)) for n in range(count)]
        >>> judge(MonthOfOwnStaff(), bought(4), reference)
        []
        >>> [(found.value, found.severity) for found in judge(MonthOfOwnStaff(), bought(5), reference)]
        [(5, 'warning')]

    """

    card = Card(
        id="S03-MONTH",
        name=Text("本店员工频繁刷卡", "Own staff month after month"),
        family="credential",
        ledger="visits",
        subject="person",
        why=Text(
            "药店留用员工的医保凭证，可能在一个月内多次小额套刷",
            "A pharmacy that keeps the cards of its staff may draw on them little by little within a month",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；歙县方案（2025-04-30）“组织本单位员工空刷套刷医保凭证骗保”",
        advice=Text(
            "10日内调取各次结算的监控与小票，核对是否本人购药、病情与用量是否相符、药品是否出库",
            "within 10 days the video and the receipts of these settlements: did the employee buy, does the illness "
            "need it, did the drugs leave the stock",
        ),
        tables=("staff",),
        decided=("staff.role",),
    )

    limit: int = parameter(
        5,
        "在本店结算达到该次数即触发",
        "number of settlements at the own pharmacy that sets the rule off",
        unit="settlements",
        origin=assumption("慢病员工每月购药一两次", "an employee who is ill for long buys once or twice a month"),
    )
    days: int = parameter(
        30,
        "统计结算的天数",
        "within how many days settlements are counted",
        unit="days",
        origin=assumption("一个月", "a month"),
    )
    quiet: int = ends_after(2_592_000, "30天：持续刷卡只有一条预警", "30 days: who goes on is one alert")

    @property
    def span(self) -> int:
        """The days in which settlements are counted, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many settlements."""
        return Guard(fewest=self.limit)

    def check(self, entry: Visit | Fill, window: Window[Visit | Fill], reference: Reference) -> Finding | None:
        """Count the settlements at this pharmacy up to this one."""
        if not self._counts(entry, reference):
            return None
        here = [one for one in window.entries if one.institution == entry.institution]
        own = [one for one in here if self._counts(one, reference)]
        if len(own) < self.limit:
            return None
        return Finding(
            measure="settlements_of_own_employee",
            value=len(own),
            limit=self.limit,
            unit="settlements",
            severity="warning",
            evidence=evidence(own, self.card),
        )

    def _counts(self, one: Visit | Fill, reference: Reference) -> bool:
        """Whether it is a settlement of the pharmacy where the person works."""
        if not isinstance(one, Visit):
            return False
        is_pharmacy = one.transaction == "2102" or one.visit_type.startswith(PHARMACY)
        return is_pharmacy and works_here(one, reference)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How often, in how many days."""
        found, days = episode.peak, self.days
        limit = reached(found.limit, Text("次", "settlements"))
        return Text(
            f"1名本店员工{days}天内在本店刷卡结算{found.value:g}次（{limit.zh}）",
            f"a person on the staff of this pharmacy settled there {found.value:g} times within {days} d ({limit.en})",
        )
