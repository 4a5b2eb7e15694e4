"""Rule D01: a refill while much of the earlier supply must still be there."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    DAY,
    Card,
    Episode,
    Fill,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Severity,
    Text,
    Undecidable,
    Window,
    above,
    again,
    assumption,
    clock,
    ends_after,
    evidence,
    exceeded,
    of_row,
    parameter,
)

from ._supply import Dispensing, Supply, dispensed, doubt, doubt_of, own_pace, told_days

WEEK = 7 * DAY
RESERVE = assumption(
    "按2140次正常续方测算，多数人余药不超过10天；未见公布数值",
    "of 2,140 honest refills a day nearly all leave 10 days or fewer; no number is published",
)
"""Origin of what a person may keep in reserve."""
_Fills = Sequence[tuple[Dispensing, Supply]]
"""Earlier dispensings with their supply."""


class EarlyRefill(Rule[Fill]):
    """A person gets a substance again while much more of it is left than people keep in reserve.

    Why: "重复开药" (Mei county forwarding Baoji city, 2024-09-27) and the wandering buyers of "回流药" (She county,
    2025-04-30). No published number exists; the figures are our assumption.

    What a drug line, a substance, a dispensing and its supply are stands in docs/rules/supply.md. t is the first
    line of the dispensing that is judged. Looked at are those that begin before it; lines at or before
    t - `history_days` are left out.

    Supply covers time, one dispensing after the other: covered = max(covered, time) + supply. What is covered beyond t,
    before the judged dispensing is added, remains. The last fill is the latest one that is not returned. Remaining
    supply is more than a reserve of `days` and `percent` if it is more than `days` and more than `percent` of the
    supply of the last fill. It is a finding when
    - more remains than `over_days` and `over_percent`: `warning`, at another institution than the last fill `high`; or
    - at another institution, more remains than `over_days_elsewhere` and `over_percent_elsewhere`: `info`, and `high`
      if the last fill is at most a week ago and at least half of it remains; or
    - at least that remains, and this is at least the `repeats`-th early fill in (t - `repeat_days`, t]: `warning`. A
      fill is early when the fill before it, taken by itself, lasts longer than until then by more than
      `over_days_elsewhere` and `over_percent_elsewhere`. (A reserve that is merely kept makes no fill early: else 4 %
      of all honest refills would be a third one.)
    The severity is the highest of these that hold, the limit that is told that of the first one.

    The own pace of a person is used where no prd_days is sent, before the drug table: how long one cnt of this item
    lasts. It is known from three or more earlier dispensings of the item with a positive quantity: of the numbers (time
    to the next of them) / quantity the shortest that is at least a third of their lower median. (By the median itself 7
    of 100 honest refills would alert.) Where nothing is known of the last fill, the rule does not decide.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 2,140 refills a day,
    fetched when -5 to 10 days remain, so that 27 % come with more than 6; one in twenty elsewhere): by the wide
    limit and by the third early fill 0 alerts a day; elsewhere 44 a day, there and back again, which is why those
    are `info`. That is 1,320 alerts a month in 200,000, all of them `info`. Were prd_days never sent, there would be
    5 a day, all `info`.

    Known gaps: the supply of two strengths that are taken together is added up as if one is taken after the other. A
    person who has always come too early has a fast own pace. Lines of a visit of which only the settlement was reversed
    (2208 without 2205) count.

    Example:
        >>> from rules.testing import at, fill, judge
        >>> rule = EarlyRefill()
        >>> judge(rule, [fill(at("10:00"), days=30), fill(at("10:00", day=15), days=30)])
        []
        >>> judge(rule, [fill(at("10:00"), days=30), fill(at("09:00", day=15), days=30)])[0].limit
        15.0

    """

    card = Card(
        id="D01",
        name=Text("提前重复配药", "Early refill"),
        family="drug",
        ledger="supply",
        subject="person",
        why=Text(
            "上次所配药品尚余很多又再次配药，可能重复开药、囤药转卖",
            "A drug is dispensed again while much of it must be left: prescribed twice, or hoarded for resale",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；眉县转发宝鸡市通知（2024-09-27）“重复开药”",
        advice=Text(
            "是否调整剂量、外出备药、遗失补配，或超量囤药转卖",
            "a changed dose, travel, a lost pack, or hoarding for resale",
        ),
        judges_pre=True,
        institution_facing=True,
        renamed={
            "wide_days": "over_days",
            "wide_percent": "over_percent",
            "near_days": "over_days_elsewhere",
            "near_percent": "over_percent_elsewhere",
        },
        decided=("prd_days", "drugs.pack_units", "drugs.daily_units"),
    )

    over_days: int = parameter(
        14,
        "再次配药时剩余用量超过该天数即触发（不论机构）；与over_percent取较大者",
        "at any institution, more days than this must remain; the larger of this and over_percent counts",
        unit="days",
        origin=RESERVE,
    )
    over_percent: int = parameter(
        50,
        "再次配药时剩余用量超过上次配药的该比例即触发（不论机构）；与over_days取较大者",
        "at any institution, more of the last fill than this must remain; the larger of this and over_days counts",
        unit="%",
        origin=RESERVE,
    )
    over_days_elsewhere: int = parameter(
        6,
        "在另一机构配药时剩余用量超过该天数即触发，也用于判断一次配药是否提前；与over_percent_elsewhere取较大者",
        "at another institution, more days than this must remain; a fill is early by the same measure; the larger "
        "of this and over_percent_elsewhere counts",
        unit="days",
        origin=RESERVE,
    )
    over_percent_elsewhere: int = parameter(
        20,
        "在另一机构配药时剩余用量超过上次配药的该比例即触发，也用于判断是否提前；与over_days_elsewhere取较大者",
        "at another institution, more of the last fill than this must remain; a fill is early by the same measure; "
        "the larger of this and over_days_elsewhere counts",
        unit="%",
        origin=RESERVE,
    )
    repeats: int = parameter(
        3,
        "提前配药达到该次数即触发",
        "number of early fills that sets the rule off",
        unit="fills",
        origin=assumption("偶尔提前一两次属正常", "one or two early fills are normal"),
    )
    repeat_days: int = parameter(
        90,
        "统计提前配药次数的天数",
        "number of days in which early fills are counted",
        unit="days",
        origin=assumption("约三次按月配药", "about three monthly fills"),
    )
    history_days: int = parameter(
        180,
        "向前累计用量的天数",
        "how far back supply is added up",
        unit="days",
        origin=assumption(
            "可容纳两张最长处方（各90天），以及repeat_days三个月及其前一次配药",
            "holds two of the longest prescriptions (90 days), and the three months of repeat_days with a fill before",
        ),
    )
    quiet: int = ends_after(
        2_592_000, "30天：每月来一次的人只有一条预警", "30 days: a person who comes every month stays one alert"
    )

    @property
    def span(self) -> int:
        """How far back supply is added up, ms."""
        return self.history_days * DAY

    @property
    def guard(self) -> Guard:
        """A fill and the one before it."""
        return Guard(fewest=2)

    @property
    def ahead(self) -> int:
        """The rest of a dispensing's day, ms."""
        return DAY

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:
        """Judge the dispensing that begins with this line against what was dispensed before."""
        found = dispensed(entry, window)
        if found is None or not found[0] or found[1].returned:
            return None
        before, now = found
        pace = own_pace(before)
        fills = [(one, one.supply(reference, pace)) for one in before]
        finding = self._judge(fills, now)
        if finding is None and not all(supply.is_known for _, supply in fills):
            raise Undecidable("supply unknown")
        return finding

    def _judge(self, fills: _Fills, now: Dispensing) -> Finding | None:
        """Hold a dispensing against what the person still has of the earlier ones.

        Long because the three conditions of the page share their figures, and severity and limit follow from which of
        them holds.
        """
        taken = [pair for pair in fills if not pair[0].returned]
        if not taken or not taken[-1][1].known:
            return None
        last, supply = taken[-1][0], taken[-1][1].known
        remaining = _remaining(fills, now.time)
        wide = remaining > self._reserve(self.over_days, self.over_percent, supply)
        near = remaining > self._reserve(self.over_days_elsewhere, self.over_percent_elsewhere, supply)
        elsewhere = now.institution != last.institution
        early = self._early(taken, now) if near else []
        if not (wide or (near and elsewhere) or len(early) >= self.repeats):
            return None
        limit = (self.over_days, self.over_percent) if wide else (self.over_days_elsewhere, self.over_percent_elsewhere)
        proof = {line.id: line for one in (last, *early, now) for line in one.lines}
        return Finding(
            measure="remaining_supply",
            value=round(remaining / DAY, 1),
            limit=round(self._reserve(*limit, supply) / DAY, 1),
            unit="days",
            severity=_severity(
                wide=wide or (elsewhere and now.time - last.time <= WEEK and 2 * remaining >= supply),
                elsewhere=elsewhere,
                repeated=len(early) >= self.repeats,
            ),
            evidence=evidence(sorted(proof.values(), key=lambda one: (one.time, one.id)), self.card),
            details={
                "last": told_days(supply),
                "since": str(last.time),
                "early": str(len(early)) if len(early) >= self.repeats else "",
            }
            | doubt(line for one, _ in fills for line in one.lines),
        )

    def _reserve(self, days: int, percent: int, supply: int) -> int:
        """The larger of so many days and so much of a fill, ms."""
        return max(days * DAY, supply * percent // 100)

    def _early(self, taken: _Fills, now: Dispensing) -> list[Dispensing]:
        """The early fills of the last `repeat_days`, where this is one of them; else none."""
        after = [one for one, _ in taken[1:]] + [now]
        early = [
            one
            for (last, supply), one in zip(taken, after, strict=True)
            if last.time + supply.known - one.time
            > self._reserve(self.over_days_elsewhere, self.over_percent_elsewhere, supply.known)
            and one.time > now.time - self.repeat_days * DAY
        ]
        return early if now in early else []

    def scene(self, episode: Episode) -> Scene:
        """The refill of which most was left."""
        return of_row(episode.peak.evidence[-1])

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How much is left of what was dispensed before, when and where that was, against the limit."""
        found, details = episode.peak, episode.peak.details
        last = next(one for one in found.evidence if str(one.time) == details["since"])
        drug, where, day = names.drug(found.evidence[-1]), names.of(last), clock(last.time, "%Y-%m-%d")
        limit, left = exceeded(found.limit, Text("天", "days")), above(found.value, found.limit)
        times, early, doubts = again(episode), self._number(details["early"]), doubt_of(found)
        return Text(
            f"1名参保人再次配{drug.zh}，此前各次所配合计预计还可用{left.zh}天（{limit.zh}；"
            f"上次于{day}在{where.zh}配{details['last']}天量）{early.zh}{times.zh}{doubts.zh}",
            f"a person got {drug.en} again while the earlier fills together still last {left.en} days ({limit.en}; "
            f"the last fill on {day} at {where.en} was for {details['last']} days){early.en}{times.en}{doubts.en}",
        )

    def _number(self, early: str) -> Text:
        """That it was one of several early fills; empty where that did not count."""
        if not early:
            return Text("", "")
        days = self.repeat_days
        return Text(f"，{days}天内第{early}次提前配药", f", early fill number {early} in {days} days")


def _remaining(fills: _Fills, time: int) -> int:
    """For how long beyond this time the fills last at least, one after the other, ms; negative where nothing is left.

    A line of unknown supply covers nothing. A return of unknown supply leaves nothing of what came before it.
    """
    covered = -(1 << 62)
    for one, supply in fills:
        covered = one.time if supply.takes_unknown else max(covered, one.time) + supply.known
    return covered - time


def _severity(*, wide: bool, elsewhere: bool, repeated: bool) -> Severity:
    """wide: much is left."""
    if wide:
        return "high" if elsewhere else "warning"
    return "warning" if repeated else "info"
