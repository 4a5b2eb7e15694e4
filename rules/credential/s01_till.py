"""Rule S01-TILL: more outpatients settled at one till than a clerk can serve."""

from __future__ import annotations

from rules import (
    SECOND,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Swipe,
    Text,
    Window,
    assumption,
    ends_after,
    of_burst,
    parameter,
    span_text,
)

from ._burst import OWN_BASELINE, against, burst
from ._habit import looks_back, own_usual_in


class Till(Rule[Swipe]):
    """More distinct outpatients settle at one till within the window than the till's own past explains.

    Why: "多人集中刷卡" (Anyue county, eight measures, 2024-11-11). A hospital settles at many tills under one code,
    so its tills are judged each by itself. The figures are our assumption: a clerk who takes 50 s a patient serves
    12 in ten minutes and never comes near the limit.

    Honest county of 200,000 (`python -m tests.honest.test_traffic`): if patients could be served as fast as they
    come, a till of 50 / 150 / 400 settlements a day would open 0 alerts a day; on a day with twice the patients 0 /
    0.006 / 2.0, and 0 / 0.002 / 0.008 where the calendar has it as a pension or campaign day. On ordinary days,
    that is 0 alerts a month in 200,000.

    A till is an institution and opter, by the settlements 2207 with opter_type 1; terminals and telephones (2, 3) are
    none. Counted are the distinct persons in (t - `window`, t]. It is a finding if they are as many as the limit, which
    what is usual at the till raises (docs/rules/usual.md). The severity is that of S01, but for persons who
    are insured elsewhere.

    Known gaps: an account that several clerks share looks like a fast clerk until it is a habit (14 of 28 days with
    traffic). A settlement without an opter is not judged. The register's own figure is of the institution and is not
    used here.

    Example:
        >>> from rules.testing import HOSPITAL, at, judge, swipe
        >>> burst = [swipe(at("10:00", seconds=25 * n), f"p{n}", HOSPITAL, transaction="2207") for n in range(20)]
        >>> judge(Till(), burst[:19])
        []
        >>> [found.value for found in judge(Till(), burst)]
        [20]

    """

    card = Card(
        id="S01-TILL",
        name=Text("窗口集中结算", "Concentrated swiping at a till"),
        family="credential",
        ledger="tills",
        subject="institution",
        why=Text(
            "一个结算窗口几分钟内结算的人数超过一名经办人能够办理的数量时提示",
            "Told where one till settles more patients within minutes than one clerk can serve",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；安岳县八条措施（2024-11-11）“多人集中刷卡”",
        advice=Text(
            "该经办人是否持他人医保凭证批量结算，或共用账号、断网后补传",
            "cards of others settled in one go, an account that several clerks share, or an upload after an outage",
        ),
        decided=("opter", "opter_type", "inf_time"),
    )

    window: int = parameter(
        600,
        "向前统计参保人数的时间",
        "length of the time in which persons are counted",
        unit="s",
        origin=assumption("与S01相同", "as S01"),
    )
    limit: int = parameter(
        20,
        "不同参保人达到该人数即触发",
        "number of distinct persons that sets the rule off",
        unit="persons",
        origin=assumption(
            "每名患者约50秒，10分钟约结算12人", "a clerk who takes 50 s a patient serves 12 in ten minutes"
        ),
    )
    baseline: bool = parameter(
        True,
        "人数上限是否提高到m+5√m；m为该窗口同时段平时人数",
        "whether the limit is raised to m + 5 * sqrt(m), where m is the usual number at this till at this time of day",
        unit="yes or no",
        origin=OWN_BASELINE,
    )
    quiet: int = ends_after(600)

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.window * SECOND

    @property
    def looks_back(self) -> int:
        """The days of the habit, ms."""
        return looks_back(self.card.ledger) if self.baseline else 0

    @property
    def guard(self) -> Guard:
        """As many settlements as persons."""
        return Guard(fewest=self.limit, distinct=("person", self.limit))

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Count the distinct persons in the window that ends with this settlement."""
        people = window.distinct("person")
        usual = own_usual_in(entry, window, reference, self.span, self.card.ledger) if self.baseline else None
        return burst(self.card, window.entries, people, self.limit, usual)

    def scene(self, episode: Episode) -> Scene:
        """From the first of these settlements on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many persons at which till, in how long, against the limit and the habit."""
        found, length = episode.peak, span_text(self.window)
        till, limits = found.evidence[-1].decided["opter"], against(found, Text("该窗口平日同时段", "at this till"))
        return Text(
            f"经办人{till}的结算窗口任意{length.zh}内最多{found.value:g}名参保人门诊结算（{limits.zh}）",
            f"up to {found.value:g} outpatients settled at the till of operator {till} within {length.en} "
            f"({limits.en})",
        )
