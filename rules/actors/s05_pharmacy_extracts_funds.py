"""Rule S05: at one pharmacy cards come together, and the drugs of the same persons do not add up."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from rules import Card, Episode, Here, Names, Text, assumption, day_of, ends_after, parameter, reached

from ._sides import OnBothSides, leads_text

CARDS = frozenset({"S01", "S01-GAP", "S01-SIGN", "S02", "S03", "S03-MONTH", "S04"})
"""Rules on cards that come together: in a burst, out of a drawer, of the shop's own staff, of a firm."""
DRUGS = frozenset({"D01", "D01-DUP", "D02", "D03", "D04", "D05", "D07", "D09", "D12-RXNO"})
"""Rules on drugs that do not add up: too much, sold again, substituted, without a prescription or with a used one."""
OF_DAYS = frozenset({"D06", "D08"})
"""The same over the sums of a day, which name no person: sold without codes, round sums."""


class PharmacyExtractsFunds(OnBothSides):
    """At one pharmacy several persons are in leads on cards that come together and in leads on drugs, on several days.

    Why: "药店有组织套取基金问题" (She county, 2025-04-30) and "医保定点零售药店非法套取医保基金" (Anyue county,
    2024-11-11). A crowd has honest causes, and so has a drug that does not add up; that both meet in the same
    customers, day after day, needs somebody at the shop who arranges it. The notices set no number; the figures are our
    assumption.

    Looked at are the leads at one institution by the time of their first trigger, in (t - `days`, t]. Left out are
    leads that were withdrawn, those found to be false, an error of the data or explained, and those of severity `info`.
    There are two sides:

    - cards that come together: S01, S01-GAP, S01-SIGN, S02, S03, S03-MONTH, S04, all of them about pharmacies;
    - drugs that do not add up: D01, D01-DUP, D02, D03, D04, D05, D07, D09, D12-RXNO; and D06 and D08, which judge a
      whole day and name nobody: they speak of the persons in the leads on cards whose first trigger was on that day.

    Counted are the persons of whom a lead of either side speaks. It is a finding where they are `limit` or more, the
    leads that speak of them stand on `days_limit` different days (Asia/Shanghai; D06 and D08 on the day that they
    judge), and the lead that is judged is one of these. It is `high`; `critical` where one of these leads was
    `confirmed` or `referred`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_leads.py`, our assumption: of 60 pharmacies one has
    once a year an offer at a round price that comes back every week, and customers crowd for it; at all others both
    sides meet by chance): 0.003 alerts a day. That is 0.1 alerts a month in 200,000.

    Known gaps: of a lead the first trigger counts, and at most fifty rows of evidence: of D06 and D08 on days in a row
    the first day alone. D13 is left out: the patients of a physician next door come together and take one drug. Rules
    on stock records name no person (D10-DEL). A shop that spreads cards over the day and keeps the drugs right is not
    seen. A02 counts rules about the pharmacy, whatever they are.

    Example:
        >>> from rules.testing import at, here, judge
        >>> rule = PharmacyExtractsFunds()
        >>> five = ("p1", "p2", "p3", "p4", "p5")
        >>> def leads(persons, days=(0, 4, 9)):
        ...     rules = ("S01", "D04", "S02")
        ...     return [here(at("10:00", day=n), *persons, rule=one) for n, one in zip(days, rules)]
        >>> judge(rule, leads(five[:4]))
        []
        >>> judge(rule, leads(five, days=(0, 4, 4)))
        []
        >>> [(one.value, one.severity) for one in judge(rule, leads(five))]
        [(5, 'high')]

    """

    card = Card(
        id="S05",
        name=Text("药店有组织套取基金", "A pharmacy extracts funds"),
        family="actors",
        ledger="leads_at",
        subject="institution",
        why=Text(
            "同一批人既集中刷卡，所购药品又有异常，且多日如此，可能是药店有组织套取基金",
            "The same persons' cards come together and their drugs do not add up, on several days: somebody at the "
            "shop may arrange it",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；歙县方案（2025-04-30）“药店有组织套取基金问题”；安岳县八条措施（2024-11-11）“医保定点零售药店非法套取医保基金”",
        advice=Text(
            "将所列线索并案，先调取该药店当日监控录像、收银流水和进销存，逐人核对是否本人到店、药品是否交付、凭证由谁持有，再查货款和返现去向",
            "all leads as one case: the recordings, till rolls and stock records of these days; of each person whether "
            "they came, got the drugs, and who held the card; then where the money went",
        ),
        stage="post",
        decided=("alert_id", "rule_id", "disposition"),
    )

    days: int = parameter(
        30,
        "向前统计线索的天数",
        "length of the time in which leads are counted",
        unit="days",
        origin=assumption("一个月：每月一次的会员日不会凑够三日", "a month: three monthly offers do not fit"),
    )
    limit: int = parameter(
        5,
        "两类线索都涉及的参保人达到该人数即触发",
        "number of persons in leads of both sides that sets the rule off",
        unit="persons",
        origin=assumption("多于一户人家", "more than a household"),
    )
    days_limit: int = parameter(
        3,
        "这些线索须分布在达到该数的不同日子",
        "number of different days on which these leads stand",
        unit="days",
        origin=assumption("一次促销、一次设备故障不过一两日", "an offer or an outage lasts a day or two"),
    )
    quiet: int = ends_after(30 * 86_400, "线索往往相隔数周，取最长", "leads are weeks apart: the longest there is")

    @property
    def sides(self) -> tuple[AbstractSet[str], AbstractSet[str]]:
        """Cards that come together, and drugs that do not add up."""
        return CARDS, DRUGS | OF_DAYS

    def people_of(self, lead: Here, leads: Sequence[Here]) -> AbstractSet[str]:
        """Whom the lead names; of one over a whole day, whom the leads on cards of that day name."""
        if lead.rule not in OF_DAYS:
            return {*lead.persons}
        same_day = [one for one in leads if one.rule in CARDS and _day(one) == _day(lead)]
        return {person for one in same_day for person in one.persons}

    def is_enough(self, proof: Sequence[Here]) -> bool:
        """Whether they stand on enough days."""
        return len({_day(one) for one in proof}) >= self.days_limit

    def details(self, proof: Sequence[Here]) -> dict[str, str]:
        """Also on how many days they stand."""
        return super().details(proof) | {"days": str(len({_day(one) for one in proof}))}

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many persons, in how many leads of which rules of either side, and on how many days."""
        found = episode.peak
        days = found.details["days"]
        limit = reached(found.limit, Text("人", "persons"))
        cards, drugs = leads_text(found.details["one"]), leads_text(found.details["other"])
        return Text(
            f"{self.days}天内有{found.value:g}名参保人既在集中刷卡类线索（{cards.zh}）中，又在药品异常类线索（{drugs.zh}）中，"
            f"线索分布在{days}个日子（{limit.zh}，且不少于{self.days_limit}个日子）",
            f"{found.value:g} persons are in leads on cards that come together ({cards.en}) and in leads on drugs "
            f"({drugs.en}) within {self.days} days, on {days} of them ({limit.en}, on {self.days_limit} days or more)",
        )


def _day(lead: Here) -> int:
    """The day on which a lead stands; a whole day was judged at its end."""
    return day_of(lead.time - 1) if lead.rule in OF_DAYS else day_of(lead.time)
