"""Rule I07: at one hospital the same persons are brought in together or again and again, and are not there."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from rules import Card, Episode, Names, Text, assumption, ends_after, parameter, reached

from ._sides import OnBothSides, leads_text

BROUGHT = frozenset(
    {"I01", "I03", "I05", "I05-PAIR", "I06-HOME", "I06-TEL", "I06-VILLAGE", "I09", "I10", "I11", "I13-TEL"}
)
"""Rules on stays that somebody may arrange: together, again and again, for a minor illness, of the own staff."""
ABSENT = frozenset({"I02", "S07", "E01"})
"""Rules on patients who are elsewhere during a stay: settling, treated, admitted to another hospital."""


class FictitiousStays(OnBothSides):
    """At one hospital several persons are in leads on stays that somebody arranges and in leads that they are absent.

    Why: "虚假住院、虚构服务项目、伪造医学文书、挂床住院等欺诈骗保问题" (Baoji city, 2024-09-27) and
    "诱导参保人虚假住院骗保" (She county, 2025-04-30). Families fall ill together, and a patient's card is used
    meanwhile; that several of those who were brought in are elsewhere during the stay means that the stays may stand on
    paper alone. The notices set no number; the figures are our assumption.

    Looked at are the leads at one hospital by the time of their first trigger, in (t - `days`, t]. A lead whose
    evidence has stays is at the hospitals of these stays, for the persons who lay there, wherever else it was found.
    Left out are leads that were withdrawn, those found to be false, an error of the data or explained, and those of
    severity `info`. There are two sides:

    - brought in: I06-HOME, I06-TEL, I06-VILLAGE, I09, I13-TEL (together), I01, I05, I05-PAIR, I11 (again and again),
      I03 (for a minor illness), I10 (own staff);
    - absent: I02, S07, E01.

    Counted are the persons whom leads of both sides name. It is a finding where they are `limit` or more, and the lead
    that is judged names one of them. It is `high`; `critical` where a lead that names one of them was `confirmed` or
    `referred`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_leads.py`, our assumption: six hospitals, one of which
    sends its patients elsewhere for tests and so has three quarters of the leads on absence; who is in a lead on being
    brought in is in one on absence five times as often as other patients): 0.002 alerts a day. That is 0.05 alerts a
    month in 200,000.

    Known gaps: who is at home and settles nowhere is not seen as absent. I04 is left out, for a long stay has more days
    on which somebody may use the card. B08 is left out: where a village is brought to be operated on for cataracts, one
    surgeon works more than a day has hours, and everybody is there. Of a lead the first trigger counts, and at most
    fifty rows of evidence. A hospital with several codes that no `group` joins sends its patients to itself.

    Example:
        >>> from rules.testing import HOSPITAL, at, here, judge
        >>> rule = FictitiousStays()
        >>> def leads(persons, last="I02"):
        ...     brought = here(at("10:00"), *persons, rule="I09", institution=HOSPITAL)
        ...     days = enumerate(persons, 1)
        ...     return [brought, *(here(at("10:00", day=n), one, rule=last, institution=HOSPITAL) for n, one in days)]
        >>> judge(rule, leads(("p1", "p2")))
        []
        >>> judge(rule, leads(("p1", "p2", "p3"), last="B08"))
        []
        >>> [(one.value, one.severity) for one in judge(rule, leads(("p1", "p2", "p3")))]
        [(3, 'high')]

    """

    card = Card(
        id="I07",
        name=Text("疑似虚假住院", "Fictitious stays"),
        family="actors",
        ledger="leads_at",
        subject="institution",
        why=Text(
            "被集中收治或反复收治的人，住院期间人又在别处，可能是虚假住院",
            "Those who are brought in together or again and again are elsewhere during the stay: it may stand on paper "
            "alone",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；眉县转发宝鸡市通知（2024-09-27）“虚假住院、虚构服务项目、伪造医学文书、挂床住院等欺诈骗保问题”；歙县方案（2025-04-30）“诱导参保人虚假住院骗保”",
        advice=Text(
            "将所列线索并案，尽快到病房核对所列参保人是否在床，调取病历、护理和检查记录及监控录像，逐人询问由谁联系、接送和付费，再决定是否移送",
            "all leads as one case: look soon who of these persons is in bed; records of care and tests, recordings; "
            "ask each who called, drove and paid; then whether it is to be referred",
        ),
        stage="post",
        decided=("alert_id", "rule_id", "disposition"),
    )

    days: int = parameter(
        90,
        "向前统计线索的天数",
        "length of the time in which leads are counted",
        unit="days",
        origin=assumption("一个季度，出院和结算多已上报", "a quarter: discharges and bills have come by then"),
    )
    limit: int = parameter(
        3,
        "两类线索都涉及的参保人达到该人数即触发",
        "number of persons in leads of both sides that sets the rule off",
        unit="persons",
        origin=assumption(
            "一两人可能是家属代刷或外出检查", "one or two may be relatives with the card, or tests elsewhere"
        ),
    )
    quiet: int = ends_after(30 * 86_400, "线索往往相隔数周，取最长", "leads are weeks apart: the longest there is")

    @property
    def sides(self) -> tuple[AbstractSet[str], AbstractSet[str]]:
        """Brought in, and absent."""
        return BROUGHT, ABSENT

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many persons, and in how many leads of which rules of either side."""
        found = episode.peak
        limit = reached(found.limit, Text("人", "persons"))
        brought, absent = leads_text(found.details["one"]), leads_text(found.details["other"])
        return Text(
            f"{self.days}天内有{found.value:g}名参保人既在集中或反复收治类线索（{brought.zh}）中，"
            f"又在住院期间人在别处类线索（{absent.zh}）中（{limit.zh}）",
            f"{found.value:g} persons are in leads on being brought in ({brought.en}) and in leads on being elsewhere "
            f"during the stay ({absent.en}) within {self.days} days ({limit.en})",
        )
