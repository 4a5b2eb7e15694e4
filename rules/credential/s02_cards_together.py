"""Rule S02: the same cards are swiped together at one pharmacy, day after day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rules import (
    DAY,
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
    day_of,
    ends_after,
    evidence,
    of_burst,
    parameter,
    reached,
    span_text,
)

Times = Mapping[str, Sequence[int]]
"""Person -> when the card was swiped, ms UTC."""


class CardsTogether(Rule[Swipe]):
    """Four cards are swiped at one pharmacy within minutes, as they were on two days shortly before.

    Why: "聚敛参保人医保卡，通过空刷套刷等方式骗保" and "组织或参与空刷套刷医保基金" (She county, 2025-04-30). Cards
    that lie in one drawer go through the till together, again and again. Customers who do not know each other do not
    meet three times. No number is published; the figures are our assumption.

    Looked at are the standing settlements of one pharmacy (2102, or med_type 41). Two cards are together on a day if
    they settle less than `together` seconds apart on it. The companions of the judged settlement are the cards in
    (t - `together`, t] that were together with its card on at least `fewest_days` - 1 of the `days` Beijing days before
    that of t. Counted are the judged card and its companions; where the table `households` has the persons, those of
    one household, or of one care home, count as one. It is a finding from `limit` on: `high`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_cards.py`, our assumption: 20 groups of four
    neighbours go to the pharmacy together, each about once a month): 0.053 alerts a day. That is 1.6 alerts a month in
    200,000.

    Known gaps: without the table `households` a family that collects for four or more is told. Cards that are swiped
    more than minutes apart, or at several pharmacies in turn. On the first days of the monitor there is no past.

    Example:
        >>> from rules.testing import at, judge, swipe
        >>> def drawer(cards, days=(0, 4, 9)):
        ...     times = [(n, at("10:00", day=day, seconds=60 * n)) for day in days for n in range(cards)]
        ...     return [swipe(time, f"p{n}") for n, time in times]
        >>> judge(CardsTogether(), drawer(3))
        []
        >>> judge(CardsTogether(), drawer(4, days=(0, 9)))
        []
        >>> [(found.value, found.severity) for found in judge(CardsTogether(), drawer(4))]
        [(4, 'high')]

    """

    card = Card(
        id="S02",
        name=Text("多卡结伴刷卡", "Cards that come together"),
        family="credential",
        ledger="swipes",
        subject="institution",
        why=Text(
            "被人收集的医保凭证会一次又一次地同时出现：同一批卡多日在同一药店前后几分钟内刷卡",
            "Cards that somebody has collected appear together again and again: the same ones within minutes, on "
            "several days",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；"
            "歙县方案（2025-04-30）“聚敛参保人医保卡，通过空刷套刷等方式骗保”“组织或参与空刷套刷医保基金”"
        ),
        advice=Text(
            "5日内调取这几日收银监控，核对是否同一人持多卡结算、药品是否出库，并电话回访持卡人凭证是否在本人手中",
            "within 5 days the video of these days: did one person hold the cards, did the drugs leave; then a call to "
            "the card-holders, whether they have their cards",
        ),
        decided=("balc", "mdtrt_cert_type"),
    )

    together: int = parameter(
        300,
        "两张卡前后相隔不到该时间视为同时刷卡",
        "two cards that settle less than this apart are together",
        unit="s",
        origin=assumption("一人持多卡，逐张结算约需数分钟", "one person with several cards needs a few minutes"),
    )
    limit: int = parameter(
        4,
        "同时出现的卡达到该数即触发",
        "number of cards that come together which sets the rule off",
        unit="persons",
        origin=assumption("两三张卡多为夫妻或邻居", "two or three are a couple, or neighbours"),
    )
    fewest_days: int = parameter(
        3,
        "同时出现达到该天数才计入，含当日",
        "on so many days at least the cards come together, that of the settlement among them",
        unit="days",
        origin=assumption("素不相识的顾客不会多日巧遇", "strangers do not meet three times"),
    )
    days: int = parameter(
        14,
        "向前查看的天数",
        "on how many days before it is looked at",
        unit="days",
        origin=assumption("两周；更久须多留存数据", "two weeks; more of them take more memory"),
    )
    quiet: int = ends_after(604_800, "一周：反复出现只有一条预警", "a week: who comes again is one alert")

    @property
    def span(self) -> int:
        """The day, and those before it, ms."""
        return (self.days + 1) * DAY

    @property
    def shown(self) -> int:
        """Within how much time cards are together, ms."""
        return self.together * SECOND

    @property
    def guard(self) -> Guard:
        """As many settlements within minutes."""
        return Guard(fewest=self.limit, within=self.shown)

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Count the cards of these minutes that were together with this one before."""
        recent = window.last(self.shown)
        if len({one.person for one in recent}) < self.limit:
            return None
        today = day_of(entry.time)
        before = window.cached(today, lambda: self._times_before(window, today))
        known = {one.person for one in recent if self._is_companion(entry.person, one.person, before)}
        ring = [one for one in recent if one.person in known or one.person == entry.person]
        cards = len({circle_of(one, reference) for one in ring})
        if cards < self.limit:
            return None
        return Finding(
            measure="cards_together",
            value=cards,
            limit=self.limit,
            unit="persons",
            severity="high",
            evidence=evidence(ring, self.card),
        )

    def _times_before(self, window: Window[Swipe], today: int) -> Times:
        """When each card was swiped on the days before this one; the same for the whole day."""
        times: defaultdict[str, list[int]] = defaultdict(list)
        for one in window.since(today - self.days * DAY):
            if one.time >= today:
                break
            times[one.person].append(one.time)
        return times

    def _is_companion(self, person: str, other: str, before: Times) -> bool:
        """Whether two cards were together on enough of the days before."""
        if person == other or person not in before or other not in before:
            return False
        near = {
            day_of(one)
            for one in before[person]
            for another in before[other]
            if abs(one - another) < self.shown and day_of(one) == day_of(another)
        }
        return len(near) >= self.fewest_days - 1

    def scene(self, episode: Episode) -> Scene:
        """From the first of these settlements on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many cards, within how much time, and on how many days before."""
        found, length, again = episode.peak, span_text(self.together), self.fewest_days - 1
        limit = reached(found.limit, Text("张", "cards"))
        return Text(
            f"{length.zh}内{found.value:g}张医保卡前后刷卡（{limit.zh}），且此前{self.days}天内至少{again}天也曾同时刷卡",
            f"{found.value:g} cards were swiped within {length.en} ({limit.en}), as they were together on at least "
            f"{again} of the {self.days} d before",
        )


def circle_of(one: Swipe, reference: Reference) -> str:
    """The care home or the household of the person, else the person."""
    row = reference.row("households", one.person, one.time) or {}
    return row.get("care_home") or row.get("household") or one.person
