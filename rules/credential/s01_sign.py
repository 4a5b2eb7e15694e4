"""Rule S01-SIGN: a few cards swiped in one pharmacy within minutes that have something in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from rules import (
    DAY,
    HOUR,
    SECOND,
    Card,
    Episode,
    Evidence,
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
    hour_of_day,
    listed,
    of_burst,
    parameter,
    span_text,
    yuan,
)

from ._burst import against, burst
from ._habit import crowd

TYPED = "02"
"""mdtrt_cert_type of an identity card: its number can be typed in without the card."""

SIGNS = ("amount", "elsewhere", "typed", "drained")
"""The same total, insured in another county, on an identity card, the account left nearly empty."""
MOST_COUNTIES = 5
"""So many are named in the sentence."""


class Sign(Rule[Swipe]):
    """Six persons who all share one sign settle at one pharmacy within ten minutes.

    Why: "多人集中刷卡" (Anyue county, eight measures, 2024-11-11) and "聚敛参保人医保卡，通过空刷套刷等方式骗保"
    (She county, 2025-04-30): a few cards are hard to tell from customers by their number alone, but collected cards
    resemble one another. The figures are our assumption.

    Honest county of 200,000 (`python -m tests.honest.test_traffic`, our assumption: customers come independently):
    a shop of 50 / 150 / 400 settlements a day opens so many alerts a day for a sign, by the share of its
    settlements that bear the sign: 5 %: 0 / 0 / 0.002; 10 %: 0 / 0.001 / 0.01; 20 %: 0 / 0.004 / 0.06; 60 %: 0.006
    / 0.05 / 0.02. On a day with twice the customers, of whom 20 % bear it: 0 / 0.13 / 1.7, and 0 / 0.04 / 0.03
    where the calendar has it as a pension or campaign day. In the 60 shops of S01, of whose settlements 10 to 20 %
    bear a sign, that is 1 to 5 alerts a month in 200,000.

    For each sign that the judged settlement bears, the distinct persons of the settlements in (t - `window`, t] that
    bear it too are counted. The signs are
    - `amount`: medfee_sumamt above 0 that differs from that of the judged settlement by at most `amount_percent` % of
      the latter;
    - `elsewhere`: insuplc_admdvs and mdtrtarea_admvs are both sent and differ;
    - `typed`: mdtrt_cert_type 02;
    - `drained`: balc is sent and below `balance` yuan.

    It is a finding if they are as many as the limit: the larger of `limit` and m + 5 * sqrt(m). m is the usual number
    of settlements with this sign, from the `habit_days` Beijing days before that of t: in the hour of day of t and its
    two neighbours those with the sign are added up over these days and divided by the number of days among them that
    have any settlement; the largest of the three, times `window` / 1 hour. Twice as much on a day of kind `pension` or
    `campaign` in the calendar. Where these days have no settlement, m is not known and `limit` stands alone. Of several
    signs the one whose count exceeds its limit by the larger factor is told. The severity is that of S01, but instead
    of half of the persons insured elsewhere the signs `amount` and `elsewhere` make a `warning` `high`.

    Known gaps: after days without traffic, and on the first day of the monitor, what is usual is not known: a shop of
    400 a day of which most bear a sign opens some 10 to 20 alerts that day. A balance of 0 may also mean that there is
    no account. Cards that are collected in the same way every day become the habit.

    Example:
        >>> from msgspec.structs import replace
        >>> from rules.testing import at, judge, swipe
        >>> cards = [swipe(at("10:00", seconds=90 * n), f"p{n}", total=2_000 + 700 * n) for n in range(6)]
        >>> typed = [replace(one, credential="02") for one in cards]
        >>> judge(Sign(), typed[:5])
        []
        >>> [(found.value, found.details["sign"]) for found in judge(Sign(), typed)]
        [(6, 'typed')]

    """

    card = Card(
        id="S01-SIGN",
        name=Text("同特征集中刷卡", "Concentrated swiping with a shared sign"),
        family="credential",
        ledger="swipes",
        subject="institution",
        why=Text(
            "收集来的医保卡常有共同特征：总费用相同、均为异地参保、均用身份证、账户被刷空；人数较少也提示",
            "Collected cards resemble one another: the same total, insured elsewhere, on an identity card, left empty",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；安岳县八条措施（2024-11-11）“多人集中刷卡”；"
            "歙县专项整治方案（2025-04-30）“聚敛参保人医保卡，通过空刷套刷等方式骗保”"
        ),
        advice=Text(
            "是否收集医保凭证空刷套刷、集中代购，或单位、家庭、旅行团等统一购药",
            "cards collected to draw money, purchases for others, or one order for a family, a firm or a tour group",
        ),
        decided=("medfee_sumamt", "insuplc_admdvs", "mdtrtarea_admvs", "mdtrt_cert_type", "balc", "inf_time"),
    )

    window: int = parameter(
        600,
        "向前统计参保人数的时间",
        "length of the time in which persons are counted",
        unit="s",
        origin=assumption("与S01相同", "as S01"),
    )
    limit: int = parameter(
        6,
        "具有同一特征的不同参保人达到该人数即触发",
        "number of distinct persons with the same sign that sets the rule off",
        unit="persons",
        origin=assumption(
            "日均50至400笔的正常药店每店每日预警不超过0.06条",
            "an honest shop of 50 to 400 settlements a day opens at most 0.06 alerts a day",
        ),
    )
    amount_percent: int = parameter(
        1,
        "总费用相差不超过该比例视为相同",
        "totals that differ by at most this much count as equal",
        unit="%",
        origin=assumption("容许找零差异", "leaves room for rounding"),
    )
    balance: int = parameter(
        5,
        "账户余额不足该金额视为已刷空",
        "an account with less than this counts as nearly empty",
        unit="yuan",
        origin=assumption("余额已不足以购药", "too little to buy a drug with"),
    )
    habit_days: int = parameter(
        3,
        "平时人数m取自此前多少天；上限提高到m+5√m，特征少见的店不受影响",
        "number of earlier days from which m is read, the usual number for the sign at this time of day; the limit is "
        "raised to m + 5 * sqrt(m), which changes nothing where the sign is rare",
        unit="days",
        origin=assumption("仅用于判断该特征在本店是否常见", "enough to see whether the sign is common there"),
    )
    quiet: int = ends_after(600)

    @property
    def span(self) -> int:
        """The window, and the days before it from which the habit is read, ms."""
        return self.shown + (self.habit_days + 1) * DAY

    @property
    def guard(self) -> Guard:
        """As many swipes as persons within the minutes that are counted."""
        return Guard(fewest=self.limit, within=self.shown)

    @property
    def shown(self) -> int:
        """The window in ms."""
        return self.window * SECOND

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Count, for each sign that this swipe bears, the distinct persons of the window who share it."""
        recent = list(window.last(self.shown))
        judged = [self._judge(sign, entry, recent, window, reference) for sign in SIGNS]
        found = [one for one in judged if one is not None]
        return max(found, key=lambda one: one.value / one.limit, default=None)

    def _judge(
        self, sign: str, swipe: Swipe, recent: list[Swipe], window: Window[Swipe], reference: Reference
    ) -> Finding | None:
        sharing = [one for one in recent if self._shares(sign, one, swipe)]
        people = len({one.person for one in sharing})
        if people < self.limit or not self._shares(sign, swipe, swipe):
            return None
        usual = self._usual(sign, swipe, window)
        usual = None if usual is None else usual * crowd(swipe, reference)
        found = burst(self.card, sharing, people, self.limit, usual, sign=sign)
        # Equal amounts and persons from elsewhere raise S01 to high too; our assumption.
        if found is not None and found.severity == "warning" and sign in ("amount", "elsewhere"):
            return replace(found, severity="high")
        return found

    def _shares(self, sign: str, one: Swipe, swipe: Swipe) -> bool:
        """Whether a swipe bears the sign; equal amounts are those close to that of the swipe that is judged."""
        if sign == "amount":
            return one.total > 0 and 100 * abs(one.total - swipe.total) <= self.amount_percent * swipe.total
        if sign == "elsewhere":
            return one.elsewhere
        if sign == "typed":
            return one.credential == TYPED
        return 0 <= one.balance < self.balance * 100

    def _usual(self, sign: str, swipe: Swipe, window: Window[Swipe]) -> float | None:
        """How many swipes with this sign are usual in the window; None where there was no swipe in the days before."""
        today, hour = day_of(swipe.time), hour_of_day(swipe.time)
        key = (sign, today, hour, swipe.total if sign == "amount" else 0)
        mean = window.cached(key, lambda: self._mean(sign, swipe, self._past(window, today), hour))
        return mean * self.shown / HOUR if mean >= 0 else None

    def _past(self, window: Window[Swipe], today: int) -> list[Swipe]:
        """The swipes of the days before this one from which the habit is read; the same for the whole day."""
        since = window.since(today - self.habit_days * DAY)
        return window.cached(today, lambda: [one for one in since if one.time < today])

    def _mean(self, sign: str, swipe: Swipe, past: Sequence[Swipe], hour: int) -> float:
        """Swipes with this sign an hour, in the busiest of three neighbouring hours; -1 where nothing is known."""
        if not past:
            return -1
        by_hour = Counter(hour_of_day(one.time) for one in past if self._shares(sign, one, swipe))
        open_days = len({day_of(one.time) for one in past})
        return max(by_hour[(hour + near) % 24] for near in (-1, 0, 1)) / open_days

    def scene(self, episode: Episode) -> Scene:
        """From the first of these settlements on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many persons, in how long, what they share, against the limit and the habit."""
        found, length = episode.peak, span_text(self.window)
        shared = self._shared(found.details["sign"], found.evidence)
        limits = against(found, Text("该机构平日同时段此类结算", "of this kind here"))
        return Text(
            f"任意{length.zh}内最多{found.value:g}名参保人刷卡结算，{shared.zh}（{limits.zh}）",
            f"up to {found.value:g} insured persons settled within {length.en}, {shared.en} ({limits.en})",
        )

    def _shared(self, sign: str, rows: Sequence[Evidence]) -> Text:
        """What the settlements have in common, with the amounts or the counties that it is about."""
        if sign == "amount":
            totals = [one.total for one in rows]
            least, most = yuan(min(totals)), yuan(max(totals))
            if least == most:
                return Text(f"总费用均为{least}元", f"each with a total of {least} yuan")
            percent = self.amount_percent
            return Text(
                f"总费用均在{least}元至{most}元之间（与最后一笔相差不超过{percent}%）",
                f"each with a total of {least} to {most} yuan (within {percent} % of the last one)",
            )
        if sign == "elsewhere":
            counties = sorted({one.decided["insuplc_admdvs"] for one in rows})
            named = listed([Text(one, one) for one in counties], MOST_COUNTIES)
            return Text(f"均为异地参保（参保地{named.zh}）", f"all insured elsewhere ({named.en})")
        if sign == "typed":
            return Text("均以居民身份证为就诊凭证（凭证类型02）", "all on an identity card (credential type 02)")
        return Text(
            f"结算后账户余额均不足{self.balance}元", f"all left with less than {self.balance} yuan on the account"
        )
