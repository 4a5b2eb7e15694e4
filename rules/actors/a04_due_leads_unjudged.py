"""Rule A04-DUE: nobody judged a lead by the day on which it was due."""

from __future__ import annotations

from rules import (
    DAY,
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

from ._actor import WARNING


class DueLeadsUnjudged(Rule[Waiting]):
    """A lead has no disposition after the day until which it is to be judged.

    Why: "无正当理由不受理、不核查或核查不深不实、敷衍了事" (She county, 2025-04-30). A lead that somebody took and
    nobody judged helps nobody. The days in which a lead is to be judged are those of the console: 15 working days by
    the table `calendar`.

    Looked at are the leads at one institution, by the moment at which they were found. A lead is over due from the
    first moment of the day after its last one; it is a finding from the `limit`-th such day on, where it has no
    disposition by the first moment of that day. A lead that was withdrawn before is none; one of severity `info` is
    left out. It is a `warning`. What is measured are the days, the one that has begun with them; of a lead that still
    waits, the limit.

    Honest county of 200,000 (`python -m pytest tests/honest/test_leads.py`, our assumption: 150 leads a month, of
    which one in fifty needs more time than there is): 0.1 alerts a day. That is 3 alerts a month in 200,000.

    Known gaps: where the table `calendar` has no holidays, Monday to Friday are working days, and a lead is due too
    early. A disposition that waits for a second reviewer does not count yet. Leads of before the area went live are
    not judged.

    Example:
        >>> from rules.testing import at, judge, waiting
        >>> rule = DueLeadsUnjudged()
        >>> due = at("00:00", day=21)
        >>> judge(rule, [waiting(at("10:00"), due=due, said="explained", judged_at=at("23:59", day=20))])
        []
        >>> late = waiting(at("10:00"), due=due, said="explained", judged_at=at("00:00", day=21))
        >>> [(one.value, one.severity) for one in judge(rule, [late])]
        [(1, 'warning')]
        >>> [(one.value, one.due == due) for one in judge(rule, [waiting(at("10:00"), due=due)])]
        [(1, True)]

    """

    card = Card(
        id="A04-DUE",
        name=Text("线索逾期未处置", "Lead not judged in time"),
        family="actors",
        ledger="waits",
        subject="institution",
        why=Text(
            "线索超过处置期限仍未处置，可能不核查或核查不深不实",
            "A lead has no disposition after the day on which it was due: it is not looked into",
        ),
        basis="《医疗保障基金使用监督管理条例实施细则》（国家医疗保障局令第7号）；歙县方案（2025-04-30）“无正当理由不受理、不核查或核查不深不实、敷衍了事”",
        advice=Text(
            "逐条核对受理人、已做的核查和未结的原因，需要延长的写明理由和期限",
            "for each lead who took it, what was looked into and why it is open; where it needs longer, why and until "
            "when",
        ),
        stage="post",
        decided=("alert_id", "rule_id", "disposition"),
    )

    limit: int = parameter(
        1,
        "逾期达到该天数即触发",
        "number of days over due that sets the rule off",
        unit="days",
        origin=assumption("逾期次日即提示", "the day after is late"),
    )
    quiet: int = ends_after(3 * 86_400, "同一周的归为一条", "those of one week are one alert")

    @property
    def span(self) -> int:
        """Each lead is judged by itself, ms."""
        return DAY

    def check(self, entry: Waiting, window: Window[Waiting], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Measure how late the lead was judged, or find when it is too late."""
        if entry.severity < WARNING:
            return None
        days = (entry.judged_at - entry.due) // DAY + 1 if entry.judged_at else self.limit
        if days < self.limit:
            return None
        return Finding(
            measure="days_over_due",
            value=days,
            limit=self.limit,
            unit="days",
            severity="warning",
            evidence=evidence([entry], self.card),
            due=entry.due + (self.limit - 1) * DAY,
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many leads, and how late at the most."""
        found = episode.peak
        limit, most = reached(found.limit, Text("天", "days")), f"{found.value:g}"
        return Text(
            f"该机构{episode.count}条线索逾期未处置，最长逾期{most}天（{limit.zh}）",
            f"{episode.count} leads about this institution had no disposition when they were due, the latest for "
            f"{most} days ({limit.en})",
        )
