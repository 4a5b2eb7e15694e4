"""Rule A04: nobody took a lead in time."""

from __future__ import annotations

from rules import (
    HOUR,
    Card,
    Episode,
    Finding,
    Names,
    Reference,
    Rule,
    Text,
    Waiting,
    Window,
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
)

from ._actor import CRITICAL, HIGH, WARNING


class LeadLeftLying(Rule[Waiting]):
    """Nobody took a lead, and nobody said anything of it, for so long after it was found.

    Why: "履行经办机构审核检查责任不到位" and "无正当理由不受理、不核查或核查不深不实、敷衍了事" (She county,
    2025-04-30). What is found while it happens helps only if somebody looks. The notices set no hours; the figures
    are our assumption.

    Looked at are the leads at one institution, by the moment at which they were found (`detected_at` of the first
    revision). A lead is taken when it is first assigned to somebody or gets a disposition, and needs nobody any more
    when it is withdrawn. It is a finding where that comes `limit` hours or more after it was found (`high` and
    `critical` leads) or `limit_of_warnings` hours (`warning`), and once that time has passed where it has not come
    yet. Leads of severity `info` are left out. It is a `warning`, and `high` for a `critical` lead. What is measured
    is the wait in whole hours; of a lead that still waits, the limit.

    Honest county of 200,000 (`python -m pytest tests/honest/test_leads.py`, our assumption: 150 leads a month, a
    third of them `high`, at any hour of the week, and an office that takes all there are at nine on five days of
    it): 0.48 alerts a day. That is 14.3 alerts a month in 200,000.

    Known gaps: weekends and holidays count as any other hours. Whether who took a lead does anything is in A04-DUE.
    Leads of before the area went live are not judged.

    Example:
        >>> from rules.testing import at, judge, waiting
        >>> rule = LeadLeftLying()
        >>> judge(rule, [waiting(at("10:00"), taken_at=at("09:59", day=1))])
        []
        >>> [(one.value, one.severity) for one in judge(rule, [waiting(at("10:00"), taken_at=at("10:00", day=1))])]
        [(24, 'warning')]
        >>> [(one.value, one.due == at("10:00", day=1)) for one in judge(rule, [waiting(at("10:00"))])]
        [(24, True)]

    """

    card = Card(
        id="A04",
        name=Text("线索无人受理", "Lead left lying"),
        family="actors",
        ledger="waits",
        subject="institution",
        why=Text(
            "线索发现后长时间无人受理，基金损失可能扩大，也可能有线索不核查",
            "Nobody takes a lead for long after it was found: the loss goes on, or it is not wanted to be seen",
        ),
        basis="《医疗保障基金使用监督管理条例实施细则》（国家医疗保障局令第7号）；歙县方案（2025-04-30）“履行经办机构审核检查责任不到位”“无正当理由不受理、不核查或核查不深不实、敷衍了事”",
        advice=Text(
            "明确线索的受理人和值班安排，当日受理所列线索；多次无人受理的，由分管负责人说明原因",
            "who takes leads, and who does on days off; the leads listed today; where it happens again, why",
        ),
        stage="post",
        decided=("alert_id", "rule_id"),
    )

    limit: int = parameter(
        24,
        "较高和严重线索无人受理达到该小时数即触发",
        "hours without anybody that set the rule off, of high and critical leads",
        unit="h",
        origin=assumption("一天", "a day"),
    )
    limit_of_warnings: int = parameter(
        72,
        "一般线索无人受理达到该小时数即触发",
        "hours without anybody that set the rule off, of leads that are a warning",
        unit="h",
        origin=assumption("含周末的三天", "three days, with a weekend in them"),
    )
    quiet: int = ends_after(3 * 86_400, "同一周的归为一条", "those of one week are one alert")

    @property
    def span(self) -> int:
        """Each lead is judged by itself, ms."""
        return HOUR

    def check(self, entry: Waiting, window: Window[Waiting], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Measure how long the lead waited, or find when it has waited too long."""
        if entry.severity < WARNING:
            return None
        limit = self.limit if entry.severity >= HIGH else self.limit_of_warnings
        hours = (entry.taken_at - entry.time) // HOUR if entry.taken_at else limit
        if hours < limit:
            return None
        return Finding(
            measure="hours_without_anybody",
            value=hours,
            limit=limit,
            unit="h",
            severity="high" if entry.severity == CRITICAL else "warning",
            evidence=evidence([entry], self.card),
            due=entry.time + limit * HOUR,
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many leads, and for how long at the longest."""
        found = episode.peak
        limit, longest = reached(found.limit, Text("小时", "h")), f"{found.value:g}"
        return Text(
            f"该机构{episode.count}条线索发现后无人受理，最长{longest}小时以上（{limit.zh}）",
            f"nobody took {episode.count} leads about this institution, the longest for {longest} h or more "
            f"({limit.en})",
        )
