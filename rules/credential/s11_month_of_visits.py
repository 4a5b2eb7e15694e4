"""Rule S11: a person sees doctors on half the days of a month."""

from __future__ import annotations

from collections.abc import Sequence

from rules import DAY, Card, Episode, Fill, Names, Text, Visit, Window, assumption, ends_after, parameter

from ._attending import Attending, ordinary_visits


class MonthOfVisits(Attending):
    """A person makes very many ordinary outpatient visits within a month.

    Why: "无病就医，小病住院" (Anyue county, 2024-11-11). Who is sent to doctors without need, or lends the card to a
    clinic, is there again and again. Whether a visit was needed is not in the messages; how many there are is. No
    number is published; fifteen in 30 days are our assumption.

    What is counted are the visits of one person with a standing settlement of a hospital or clinic (2207) of an
    ordinary kind (`counted_types`, by the first two digits of med_type) in (t - `days`, t]. Settlements of one
    institution with the same mdtrt_id are one visit. It is a finding from `limit` on: `warning`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_outpatients.py`, our assumption: 60 persons a month
    get a course of ten treatments, each settled as a visit, one in twelve of them a second course at once; 2,000
    persons see a doctor four times a month): 0.17 alerts a day. That is 5 alerts a month in 200,000.

    Known gaps: courses of acupuncture, rehabilitation or infusions that are settled day by day look the same. Visits at
    pharmacies and by plan (med_type 14 and others) are not counted. A clinic that keeps every person below the limit.

    Example:
        >>> from rules.testing import HOSPITAL, at, judge, visit
        >>> def visits(count):
        ...     clinic = {"institution": HOSPITAL, "transaction": "2207", "visit_type": "11"}
        ...     return [visit(at("09:00", day=2 * n), **clinic) for n in range(count)]
        >>> judge(MonthOfVisits(), visits(14))
        []
        >>> [(found.value, found.severity) for found in judge(MonthOfVisits(), visits(15))]
        [(15, 'warning')]

    """

    card = Card(
        id="S11",
        name=Text("频繁门诊就诊", "A month of visits"),
        family="credential",
        ledger="visits",
        subject="person",
        why=Text(
            "同一参保人一个月内门诊就诊次数过多，可能无病就医，或医保凭证被机构留用",
            "One person sees doctors very often within a month: without need, or a clinic keeps the card",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条、第四十一条；安岳县八条措施（2024-11-11）“无病就医，小病住院”",
        advice=Text(
            "10日内调取各次就诊的病历、检查报告与监控，核对是否本人到场、有无针灸、康复、输液等连续疗程，并电话回访",
            "within 10 days the records, reports and video of the visits: was the person there, and is it a course of "
            "acupuncture, rehabilitation or infusions; then a call to the person",
        ),
        decided=("med_type",),
    )

    limit: int = parameter(
        15,
        "门诊就诊达到该次数即触发",
        "number of visits that sets the rule off",
        unit="visits",
        origin=assumption("平均每两天一次；一个疗程约十次", "one every other day; a course has about ten"),
    )
    days: int = parameter(
        30,
        "统计就诊的天数",
        "within how many days visits are counted",
        unit="days",
        origin=assumption("一个月", "a month"),
    )
    counted_types: tuple[str, ...] = ordinary_visits()
    quiet: int = ends_after(2_592_000, "30天：持续频繁就诊只有一条预警", "30 days: who goes on is one alert")

    @property
    def span(self) -> int:
        """The days in which visits are counted, ms."""
        return self.days * DAY

    def among(self, entry: Visit | Fill, window: Window[Visit | Fill]) -> Sequence[Visit | Fill]:  # noqa: ARG002 - S11-DAY asks for its day
        """All of the days."""
        return window.entries

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many visits in how many days, and where."""
        return self.visits_text(episode, names, Text(f"{self.days}天内", f"within {self.days} d"))
