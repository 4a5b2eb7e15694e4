"""Rule S11-DAY: a person sees more doctors on a day than one who is ill."""

from __future__ import annotations

from collections.abc import Sequence

from rules import DAY, Card, Episode, Fill, Names, Text, Visit, Window, assumption, day_of, ends_after, parameter

from ._attending import Attending, ordinary_visits


class DayOfVisits(Attending):
    """A person makes very many ordinary outpatient visits on one day.

    Why: "无病就医，小病住院" (Anyue county, 2024-11-11). Who collects bills goes from department to department, and
    from clinic to clinic. No number is published; six on a day are our assumption.

    Which visits count is as in S11. Counted are those of the Beijing day of the judged settlement, up to it. It is a
    finding from `limit` on: `warning`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_outpatients.py`, our assumption: 2,500 persons a day
    see a doctor, and after each visit one in ten goes on to another one on the same day): 0.025 alerts a day. That is
    0.8 alerts a month in 200,000.

    Known gaps: a check-up that is settled department by department looks the same. A hospital that settles every
    examination as a visit of its own is told again and again.

    Example:
        >>> from rules.testing import HOSPITAL, at, judge, visit
        >>> def visits(count):
        ...     clinic = {"institution": HOSPITAL, "transaction": "2207", "visit_type": "11"}
        ...     return [visit(at("09:00", seconds=3_000 * n), **clinic) for n in range(count)]
        >>> judge(DayOfVisits(), visits(5))
        []
        >>> [(found.value, found.severity) for found in judge(DayOfVisits(), visits(6))]
        [(6, 'warning')]

    """

    card = Card(
        id="S11-DAY",
        name=Text("一日多次就诊", "A day of visits"),
        family="credential",
        ledger="visits",
        subject="person",
        why=Text(
            "同一参保人一日内门诊就诊次数过多，可能无病就医，或有人持其凭证反复结算",
            "One person makes very many visits on a day: without need, or somebody settles with the card",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条、第四十一条；安岳县八条措施（2024-11-11）“无病就医，小病住院”",
        advice=Text(
            "5日内调取当日各次就诊的病历、检查报告与监控，核对是否本人到场、是否体检或按科室分开结算，并电话回访",
            "within 5 days the records, reports and video of the day: was the person there, was it a check-up, or one "
            "visit settled by departments; then a call to the person",
        ),
        decided=("med_type",),
    )

    limit: int = parameter(
        6,
        "当日门诊就诊达到该次数即触发",
        "number of visits on a day that sets the rule off",
        unit="visits",
        origin=assumption("一天看两三个科室属正常", "two or three departments on a day are usual"),
    )
    counted_types: tuple[str, ...] = ordinary_visits()
    quiet: int = ends_after(86_400, "一日：连续数日并入同一预警", "a day: days in a row stay one alert")

    @property
    def span(self) -> int:
        """A day, ms."""
        return DAY

    def among(self, entry: Visit | Fill, window: Window[Visit | Fill]) -> Sequence[Visit | Fill]:
        """Those of its day."""
        return window.since(day_of(entry.time))

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many visits on the day, and where."""
        return self.visits_text(episode, names, Text("一日内", "on one day"))
