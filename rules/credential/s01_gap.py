"""Rule S01-GAP: one card after the other at one pharmacy, with hardly a pause."""

from __future__ import annotations

from math import ceil

from rules import (
    MINUTE,
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


class Gap(Rule[Swipe]):
    """A run of swipes at one pharmacy, each within two minutes of the one before, has more persons than usual.

    Why: "多人集中刷卡" (Anyue county, eight measures, 2024-11-11): a person who holds many cards swipes them one
    after the other, for longer than ten minutes or for less. No published number exists; the figures are our
    assumption.

    Honest county of 200,000 (`python -m tests.honest.test_traffic`, our assumption: customers come independently):
    a shop of 50 / 150 / 400 settlements a day opens 0.0001 / 0.014 / 0.007 alerts a day; on a day with twice the
    customers 0.02 / 1.1 / 4.8, and 0.004 / 0.02 / 0 where the calendar has it as a pension or campaign day. Without
    the pause that is added to the length of a run the largest of them would open 0.27 on an ordinary day. In the 60
    shops of S01, that is 6 alerts a month in 200,000.

    The run is the settlements of a pharmacy (2102, or med_type 41) at the institution before and with the judged one,
    at most `longest` before it, with no pause of more than `gap` between two of them. It is a finding if its distinct
    persons are as many as the limit, which what is usual raises (docs/rules/usual.md); the length of time
    for that is from the first settlement of the run to the judged one, and `gap` more. The severity is that of S01,
    but for persons who are insured elsewhere.

    Known gaps: a pause of three minutes ends a run. A shop that does the same every day makes it its habit. While only
    half of the 28 days have traffic, the habit is half of what it will be.

    Example:
        >>> from rules.testing import at, judge, swipe
        >>> run = [swipe(at("10:00", seconds=120 * n), person=f"p{n}") for n in range(8)]
        >>> judge(Gap(), run[:7])
        []
        >>> judge(Gap(), [*run[:4], *(swipe(one.time + 1_000, one.person) for one in run[4:])])
        []
        >>> [found.value for found in judge(Gap(), run)]
        [8]

    """

    card = Card(
        id="S01-GAP",
        name=Text("连续刷卡", "Run of swipes"),
        family="credential",
        ledger="swipes",
        subject="institution",
        why=Text(
            "持有多张医保卡的人会一张接一张连续刷卡；几乎没有间隔的刷卡人数过多时提示",
            "Whoever holds many cards swipes one after the other: too many persons with hardly a pause",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；安岳县八条措施（2024-11-11）“多人集中刷卡”",
        advice=Text(
            "是否一人持多张医保凭证连续刷卡，或排队高峰、断网后补传",
            "one person with many cards, or a queue, or an upload after an outage",
        ),
        decided=("inf_time",),
    )

    gap: int = parameter(
        120,
        "相邻两次刷卡的最长间隔（含）",
        "the longest pause between two swipes of a run; a pause of exactly this length is still in it",
        unit="s",
        origin=assumption("逐张刷卡每张不到2分钟", "a person with many cards needs less than two minutes for each"),
    )
    limit: int = parameter(
        8,
        "不同参保人达到该人数即触发",
        "number of distinct persons that sets the rule off",
        unit="persons",
        origin=assumption(
            "日均50至400笔的正常药店每店每日预警不超过0.02条",
            "an honest shop of 50 to 400 settlements a day opens at most 0.02 alerts a day",
        ),
    )
    longest: int = parameter(
        7_200,
        "一次连续刷卡最多向前追溯的时间",
        "how far back a run is followed at most",
        unit="s",
        origin=assumption("限制计算量", "bounds the work"),
    )
    baseline: bool = parameter(
        True,
        "人数上限是否提高到m+5√m；m为本店同时段、同样时长（加一次间隔）的平时人数",
        "whether the limit is raised to m + 5 * sqrt(m), where m is the usual number at this shop and time of day in "
        "the length of the run and one pause",
        unit="yes or no",
        origin=OWN_BASELINE,
    )
    quiet: int = ends_after(600)

    @property
    def span(self) -> int:
        """The longest run that is looked at, ms."""
        return self.longest * SECOND

    @property
    def looks_back(self) -> int:
        """The days of the habit, ms."""
        return looks_back(self.card.ledger) if self.baseline else 0

    @property
    def guard(self) -> Guard:
        """As many swipes as persons, with no longer pauses between them than a run has."""
        return Guard(fewest=self.limit, within=max(self.limit - 1, 0) * self.gap * SECOND + 1)

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Count the distinct persons of the run that this swipe continues."""
        run = window.run(self.gap * SECOND)
        people = len({one.person for one in run}) if len(run) >= self.limit else 0
        if people < self.limit:
            return None
        length = entry.time - run[0].time
        # One pause more: that a run begins with a swipe is no chance, and without it short runs are always "too dense".
        usual = self._usual(entry, window, reference, length + self.gap * SECOND)
        return burst(self.card, run, people, self.limit, usual, minutes=str(ceil(length / MINUTE)))

    def _usual(self, entry: Swipe, window: Window[Swipe], reference: Reference, length: int) -> float | None:
        return usual_in(entry, window, reference, length, self.card.ledger) if self.baseline else None

    def scene(self, episode: Episode) -> Scene:
        """From the first of these settlements on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many persons, without which pause, in how long, against the limit and the habit."""
        found, pause = episode.peak, span_text(self.gap)
        minutes, limits = found.details["minutes"], against(found, HERE)
        return Text(
            f"{minutes}分钟内有{found.value:g}名参保人连续刷卡结算，相邻两次间隔均不超过{pause.zh}（{limits.zh}）",
            f"{found.value:g} insured persons settled within {minutes} min, never over {pause.en} apart ({limits.en})",
        )
