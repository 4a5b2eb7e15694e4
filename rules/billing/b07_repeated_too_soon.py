"""Rule B07: an examination or a treatment is repeated sooner than it is of use."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Fill,
    Finding,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    assumption,
    ends_after,
    exceeded,
    parameter,
)

from ._charged import TIMES, cap_of, charged


class RepeatedTooSoon(Rule[Fill]):
    """A person has an examination or a treatment more often within some days than the table of items allows.

    Why: "过度检查、过度治疗" (Anyue county, 2024-11-11), "违反诊疗规范过度诊疗、过度检查" (Baoji city, 2024-09-27). A
    third tomography of the same part within a week tells next to nothing new. Which interval is too short for which
    service is a question of medicine: the table says it, not this rule.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: the table has the
    tomographies, at most two of a part within seven days; of 30,000 a year one in 500 is a third one that is needed):
    0.16 alerts a day. That is 5 alerts a month in 200,000.

    Judged is a line that charges something (cnt above 0), of a settlement or uploaded before it (2204, 2301), of an
    item that has `most_per_period` and `period_days` in the table `items`, by the row that is valid at fee_ocur_time.
    Added up is cnt of all lines of the person, at whichever institutions, with items of the same `group` (else the same
    item) in (t - period_days, t]; what is given back within a day after t counts off too. It is a finding, `warning`,
    if the sum is above `most_per_period`. A period that is longer than `longest_days` is read as that.

    Known gaps: why it was repeated is not in the messages; a stroke or a grave injury needs it. Services that the table
    does not name. What is given back later than a day after.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import HOSPITAL, at, fill, judge
        >>> reference = Reference()
        >>> reference.put("items", {"med_list_codg": "002", "most_per_period": "2", "period_days": "30"})
        >>> def scanned(*days):
        ...     line = {"institution": HOSPITAL, "transaction": "2204", "item": "002", "quantity": 10_000}
        ...     return [fill(at("09:00", day=day), **line) for day in days]
        >>> judge(RepeatedTooSoon(), scanned(0, 10, 30), reference)
        []
        >>> [(one.value, one.severity) for one in judge(RepeatedTooSoon(), scanned(0, 10, 29), reference)]
        [(3.0, 'warning')]

    """

    card = Card(
        id="B07",
        name=Text("短期内重复检查治疗", "Repeated too soon"),
        family="billing",
        ledger="capped",
        subject="person",
        why=Text(
            "同类检查、治疗间隔过短，难以带来新的诊疗信息，可能过度检查、过度治疗",
            "The same examination again within days tells nothing new: done, or charged, without need",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；安岳县八条措施（2024-11-11）“过度检查、过度治疗”；"
        "宝鸡市通知（2024-09-27）“违反诊疗规范过度诊疗、过度检查”",
        advice=Text(
            "10日内调取各次检查报告与病程记录，由专家判断复查是否必要，核对影像是否真实、是否不同机构未互认结果",
            "within 10 days the reports and the records: an expert says whether it was needed; are the images genuine, "
            "and did one institution not accept what another had found",
        ),
        tables=("items",),
        decided=("items.most_per_period", "items.period_days"),
    )

    longest_days: int = parameter(
        30,
        "项目表中的期间最长按多少天计",
        "a period of the table that is longer than this is read as this",
        unit="days",
        origin=assumption("更长的间隔不再属于重复检查", "what is further apart is no repetition"),
    )
    quiet: int = ends_after(
        604_800, "7天：接连的重复只有一条预警", "7 days: one repetition after the other is one alert"
    )

    @property
    def span(self) -> int:
        """The longest period, ms."""
        return self.longest_days * DAY

    @property
    def ahead(self) -> int:
        """So long what is given back is waited for, ms."""
        return DAY

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:
        """Add up the period that ends with this line."""
        most, days = (cap_of(entry, column, reference) for column in ("most_per_period", "period_days"))
        if most is None or days is None:
            return None
        period = window.last(self._days(days) * DAY)
        given_back = [one for one in window.after(DAY) if one.quantity < 0]
        return charged(self.card, [*period, *given_back], most, "charged_in_a_period")

    def _days(self, period: float) -> int:
        """The whole days of a period of the table that are looked at."""
        return min(int(period), self.longest_days)

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which service, how often, within how long, and where."""
        found, limit = episode.peak, exceeded(episode.peak.limit, TIMES)
        last = found.evidence[-1]
        service, where = names.service(last), names.institutions(found.evidence)
        days = self._days(float(names.column("items", "period_days", last) or self.longest_days))
        return Text(
            f"1名参保人{days}天内{service.zh}{found.value:g}次（{limit.zh}），医疗机构：{where.zh}",
            f"a person had {service.en} {found.value:g} times within {days} d ({limit.en}), at {where.en}",
        )
