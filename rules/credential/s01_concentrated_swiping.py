"""Rule S01: many cards swiped in one pharmacy within minutes."""

from __future__ import annotations

from msgspec.structs import replace

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

from ._burst import HERE, OWN_BASELINE, against, burst
from ._habit import looks_back, usual_in


class ConcentratedSwiping(Rule[Swipe]):
    """More distinct persons settle at one pharmacy within the window than its size explains.

    Why: "多人集中刷卡" (Anyue county, eight measures, 2024-11-11) names it first: hoarded cards are swiped in one
    go. No published number exists; the figures are our assumption.

    Honest county of 200,000 (`python -m tests.honest.test_traffic`, our assumption: customers come independently):
    a shop of 50 / 150 / 400 settlements a day opens 0.002 / 0.041 / 0.015 alerts a day; on a day with twice the
    customers 0.14 / 2.9 / 7.2, and 0.018 / 0.015 / 0.008 where the calendar has it as a pension or campaign day. In
    60 shops, of which 45 have 50, 13 have 150 and 2 have 400 settlements a day, that is 20 alerts a month in
    200,000.

    Counted are the distinct persons with a settlement of a pharmacy (2102, or med_type 41) at the institution in
    (t - `window`, t]. It is a finding if they are as many as the limit, which what is usual raises
    (docs/rules/usual.md). `info` if at least half of these settlements were uploaded more than five minutes after
    their setl_time: a backlog. Else `high` if the persons are at least twice the limit, or at least half of the
    settlements are of persons insured elsewhere (insuplc_admdvs and mdtrtarea_admvs are both sent and differ). Else
    `warning`.

    Known gaps: a shop that does the same every day makes it its habit. A burst of 8 extra cards in a shop of 400 a day
    is seen in 5 % of cases (15 extra: 98 %); S01-SIGN keeps the low limit where there is a second sign.

    Example:
        >>> from rules.testing import at, judge, swipe
        >>> rule = ConcentratedSwiping()
        >>> swipes = [swipe(at("10:00", seconds=40 * n), person=f"p{n}") for n in range(8)]
        >>> judge(rule, swipes[:7])
        []
        >>> [found.value for found in judge(rule, swipes)]
        [8]

    """

    card = Card(
        id="S01",
        name=Text("集中刷卡", "Concentrated swiping"),
        family="credential",
        ledger="swipes",
        subject="institution",
        why=Text(
            "收集来的医保卡往往在一家药店几分钟内集中刷卡；人数明显多于该店客流时提示",
            "Collected cards are swiped at one shop within minutes: more persons than its customers explain",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；安岳县八条措施（2024-11-11）“多人集中刷卡”",
        advice=Text(
            "是否集中代购、收集医保卡刷卡或断网后补传",
            "cards collected or bought for others, or an upload after an outage",
        ),
        decided=("insuplc_admdvs", "mdtrtarea_admvs", "inf_time"),
    )

    window: int = parameter(
        600,
        "向前统计参保人数的时间",
        "length of the time in which persons are counted",
        unit="s",
        origin=assumption(
            "文件未公布数值；参照正常药店客流设定", "no number is published; set by the customers of honest shops"
        ),
    )
    limit: int = parameter(
        8,
        "不同参保人达到该人数即触发",
        "number of distinct persons that sets the rule off",
        unit="persons",
        origin=assumption(
            "日均50至400笔的正常药店每店每日预警不超过0.05条",
            "an honest shop of 50 to 400 settlements a day opens at most 0.05 alerts a day",
        ),
    )
    baseline: bool = parameter(
        True,
        "人数上限是否提高到m+5√m；m为本店同时段平时人数",
        "whether the limit is raised to m + 5 * sqrt(m), where m is the usual number at this shop at this time of day",
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
        """As many swipes as persons."""
        return Guard(fewest=self.limit, distinct=("person", self.limit))

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Count the distinct persons in the window that ends with this swipe."""
        people = window.distinct("person")
        usual = usual_in(entry, window, reference, self.span, self.card.ledger) if self.baseline else None
        found = burst(self.card, window.entries, people, self.limit, usual)
        if found is None or found.severity != "warning":
            return found
        away = sum(one.elsewhere for one in window.entries)
        return replace(found, severity="high") if 2 * away >= window.count else found

    def scene(self, episode: Episode) -> Scene:
        """From the first of these settlements on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many persons, in how long, against the limit and the habit."""
        found, length = episode.peak, span_text(self.window)
        limits = against(found, HERE)
        return Text(
            f"任意{length.zh}内最多{found.value:g}名参保人刷卡结算（{limits.zh}）",
            f"up to {found.value:g} insured persons settled within {length.en} ({limits.en})",
        )
