"""Rule I03: an institution admits many patients who need no bed."""

from __future__ import annotations

from math import ceil, sqrt

from rules import (
    DAY,
    Admitted,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Text,
    Window,
    assumption,
    ends_after,
    evidence,
    of_burst,
    parameter,
    reached,
)

GROUPS = 3
"""So many diagnosis groups are named in a sentence."""
DEVIATIONS = 5
"""So many standard deviations above the mean: as S01 has it."""


class MinorIllnessAdmitted(Rule[Admitted]):
    """An institution admits far more patients for a minor illness within a week than it usually does.

    Why: "降低指征入院", "违反规定随意入院" (Anyue county, 2024-11-11), "低指征住院" and
    "未严格执行出入住院指征管理规定" (She county, 2025-04-30): a cold or a rash is admitted to fill a bed.
    Whether one patient needed it only the record says; how many there are is in the messages. No number is published;
    the figures are our assumption.

    An admission (2401) is of a minor illness if the longest code of the table `diagnoses` with which its diagnosis
    begins has `minor` 1. The diagnosis is that of the admission. Counted are such admissions of one institution whose
    begntime lies in (t - `days`, t]. The usual number m is the mean of the `weeks` stretches of the same length before
    that. It is a finding, `warning`, if the number is at least `limit` and at least m + 5 times the root of m.

    Honest county of 200,000 (`python -m pytest tests/honest/test_minor.py`, our assumption: 30 clinics that admit one
    or three minor illnesses a week, 6 hospitals that admit 15 or 40, half as many again in winter as in summer): 0.001
    alerts a day. That is 0.03 alerts a month in 200,000.

    Known gaps: who always admits so is usual there. An illness that is coded as a graver one. An epidemic that doubles
    the admissions within two weeks. In the first nine weeks of the data the usual number is too low, and the alert says
    until when (`warming_until`).

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import admitted, at, judge
        >>> reference = Reference()
        >>> reference.put("diagnoses", {"code": "J06", "exempt": "0", "minor": "1"})
        >>> def with_a_cold(count):
        ...     return [admitted(at("09:00", seconds=36_000 * n), f"p{n}", diagnosis="J06.900") for n in range(count)]
        >>> judge(MinorIllnessAdmitted(), with_a_cold(14), reference)
        []
        >>> [(one.value, one.severity) for one in judge(MinorIllnessAdmitted(), with_a_cold(15), reference)]
        [(15, 'warning')]

    """

    card = Card(
        id="I03",
        name=Text("低指征住院", "Minor illness admitted"),
        family="inpatient",
        ledger="minor_admissions",
        subject="institution",
        why=Text(
            "一周内收治的小病住院远多于该机构平日，可能降低入院指征、诱导住院",
            "Far more patients than usual are admitted for a minor illness: beds are filled with who needs none",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；安岳县八条措施（2024-11-11）“降低指征入院”“违反规定随意入院”；"
        "歙县方案（2025-04-30）“低指征住院”“未严格执行出入住院指征管理规定”",
        advice=Text(
            "10日内抽查其中10份病历，门诊能否治疗、入院检查是否支持诊断，核对患者是否在床、有无免费体检等诱导，排除流行病",
            "within 10 days a sample of ten records: could they be treated without a bed, do the tests bear the "
            "diagnosis out, were the patients there, was a free examination the bait; or is it an epidemic",
        ),
        tables=("diagnoses",),
        decided=("dscg_maindiag_code",),
    )

    days: int = parameter(
        7,
        "向前统计入院的天数",
        "length of the time in which admissions are counted",
        unit="days",
        origin=assumption("一周", "a week"),
    )
    limit: int = parameter(
        15,
        "小病入院达到该人次才触发",
        "number of admissions for a minor illness that sets the rule off",
        unit="stays",
        origin=assumption("每天两人", "two a day"),
    )
    weeks: int = parameter(
        8,
        "平日数取此前多少个同样长度的时段",
        "the usual number is the mean of so many stretches of the same length before",
        unit="weeks",
        origin=assumption("约两个月", "about two months"),
    )
    quiet: int = ends_after(604_800, "按周统计", "weeks are counted")

    @property
    def span(self) -> int:
        """The days that are counted, and those before them, ms."""
        return (1 + self.weeks) * self.shown

    @property
    def shown(self) -> int:
        """The days that are counted, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """So many admissions within the days."""
        return Guard(fewest=self.limit, within=self.shown)

    def check(self, entry: Admitted, window: Window[Admitted], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Hold the admissions up to this one against those of the weeks before."""
        admitted = window.last(self.shown)
        count = len(admitted)
        usual = (window.count - count) / max(self.weeks, 1)
        limit = max(self.limit, usual + DEVIATIONS * sqrt(usual))
        if count < limit:
            return None
        return Finding(
            measure="minor_illnesses_admitted",
            value=count,
            limit=round(limit, 1),
            usual=round(usual, 1),
            unit="stays",
            severity="warning",
            evidence=evidence(admitted, self.card),
            details={"least": str(ceil(limit))},
        )

    def scene(self, episode: Episode) -> Scene:
        """From the first of these admissions on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many in how many days, how many are usual, and for what."""
        found = episode.peak
        least = reached(float(found.details["least"]), Text("人次", "admissions"))
        groups = [one.decided["dscg_maindiag_code"][:3].upper() for one in found.evidence]
        often = sorted(set(groups), key=lambda group: (-groups.count(group), group))[:GROUPS]
        return Text(
            f"{self.days}天内收治小病入院{found.value:g}人次（{least.zh}；该机构平日约{found.usual:g}人次），"
            f"主诊断类目：{'、'.join(often)}",
            f"{found.value:g} patients were admitted for a minor illness within {self.days} d ({least.en}; usually "
            f"{found.usual:g} here); diagnosis groups: {', '.join(often)}",
        )
