"""Rule D02: more days' supply than one dispensing, or three months, may be."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Fill,
    Finding,
    Names,
    Reference,
    Scene,
    Text,
    Window,
    above,
    again,
    assumption,
    ends_after,
    evidence,
    of_row,
    parameter,
)

from ._supply import DaysAllowed, Dispensing, allowed_and_pack, at_least, dispensed, doubt, doubt_of, told_days


class OverQuantity(DaysAllowed):
    """A person gets more days' supply of a substance than the kind of visit allows, or than 90 days can use.

    Why: "超量开药" (Mei county forwarding Baoji city, 2024-09-27), "超量购药" (She county, 2025-04-30). The days of
    one dispensing follow the prescription rules: ordinary 7, emergency 3 (处方管理办法, art. 19), long-term at most
    12 weeks (长期处方管理规范（试行）, 2021-08-10, art. 12). The 30 % is our assumption.

    What a drug line, a substance, a dispensing, its supply, one pack and the days allowed are stands in
    docs/rules/supply.md. A dispensing is judged by two measures:
    - alone: its supply is more than the days allowed and one pack, for packs are not broken;
    - in sum: the supply of it and of the dispensings that begin before it, without lines at or before t - `days`, is
      more than `days` * (100 + `over_percent`) % (117 days) and what may be on top. t is its first line. On top may
      be the supply of the judged dispensing, for it is for the days to come, but at most the days allowed or one
      pack, whichever is longer. So five packs of 28 days in 84 days on med_type 11 are 140 days, and 117 + 28 = 145
      are allowed.
    Without what is on top everybody who rightly fetches 12 weeks' supply every 12 weeks would be reported (168 days in
    90), and many of those who fetch packs of 30 days (120 in 90). Where both measures are exceeded, the one that
    exceeds its limit by the larger factor is told. `warning`, above twice the limit `high`.

    2204 carries no med_type: let the publisher send the med_type of the visit (2203A) with its lines. The person's own
    pace is of no use here: by it, what a person gets in 90 days always lasts about 90 days.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 2,140 refills a day of
    28, 30 or 84 days, fetched when -5 to 10 days remain): 0 alerts a day by either; 350 by 117 days with nothing on
    top. That is 0 alerts a month in 200,000.

    Known gaps: one cnt is taken for one pack: where cnt counts tablets and no prd_days is sent, supply is too long;
    where prd_days is sent and the table is not loaded, one tablet is taken for the pack. A pharmacy that puts an item
    without rxno beside the others of one visit has no limit for that substance.

    Example:
        >>> from rules.testing import HOSPITAL, at, fill, judge
        >>> rule = OverQuantity()
        >>> week = {"visit_type": "11", "institution": HOSPITAL, "quantity": 20_000}
        >>> judge(rule, [fill(at("10:00"), days=10, **week)])
        []
        >>> [(found.value, found.limit) for found in judge(rule, [fill(at("10:00"), days=16, **week)])]
        [(16.0, 15.0)]
        >>> [found.value for found in judge(rule, [fill(at("10:00", day=day), days=39) for day in (0, 40, 80, 89)])]
        [156.0]

    """

    card = Card(
        id="D02",
        name=Text("超量配药", "Over-quantity"),
        family="drug",
        ledger="supply",
        subject="person",
        why=Text(
            "一次或一段时间内的配药量超过该类门诊允许或本人能够使用的数量",
            "More is dispensed, at once or over months, than the kind of visit allows or a person can use",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条；"
            "眉县转发宝鸡市通知（2024-09-27）“超量开药”，歙县方案（2025-04-30）“超量购药”"
        ),
        advice=Text(
            "处方天数与用法用量、是否长期处方、是否代他人或为转卖配药",
            "the prescribed days and dose, whether it is a long-term prescription, whether bought for others or for "
            "resale",
        ),
        judges_pre=True,
        institution_facing=True,
        renamed={"more_percent": "over_percent"},
        decided=("prd_days", "med_type", "rxno", "drugs.pack_units", "drugs.daily_units"),
    )

    days: int = parameter(
        90,
        "累计用量的天数",
        "over how many days supply is added up",
        unit="days",
        origin=assumption("不短于最长12周的处方", "no shorter than the longest prescription of 12 weeks"),
    )
    over_percent: int = parameter(
        30,
        "累计用量须超过days的用量再加该比例",
        "the sum must exceed the supply for `days` by more than this",
        unit="%",
        origin=assumption("容许提前续方和备药", "leaves room for early refills and a reserve"),
    )
    quiet: int = ends_after(
        2_592_000, "30天：每月来一次的人只有一条预警", "30 days: a person who comes every month stays one alert"
    )

    @property
    def span(self) -> int:
        """The days of the sum, ms."""
        return self.days * DAY

    @property
    def ahead(self) -> int:
        """The rest of a dispensing's day, ms."""
        return DAY

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:
        """Judge the dispensing that begins with this line, by itself and with those before it."""
        found = dispensed(entry, window)
        if found is None or found[1].returned:
            return None
        before, now = found
        supplies = [one.supply(reference) for one in (*before, now)]
        allowed, pack, supply = self.allowed(now.lines), now.pack(reference), at_least(supplies[-1:])
        alone = None if allowed is None else self._alone(now, supply, allowed, pack)
        most, added = self.span * (100 + self.over_percent) // 100, min(supply, max(allowed or 0, pack))
        summed = self._finding([*before, now], at_least(supplies), most + added, most=most, added=added)
        findings = [one for one in (alone, summed) if one is not None]
        if not findings:
            self.must_be_decidable(supplies, now.lines, supply - pack)
        return max(findings, key=lambda one: one.value / one.limit, default=None)

    def _alone(self, now: Dispensing, supply: int, allowed: int, pack: int) -> Finding | None:
        return self._finding([now], supply, allowed + pack, allowed=allowed, pack=pack)

    def _finding(self, seen: list[Dispensing], supply: int, limit: int, **details: int) -> Finding | None:
        """details: what the limit is made of, ms."""
        if supply <= limit:
            return None
        lines = [line for one in seen for line in one.lines]
        return Finding(
            measure="days_of_supply",
            value=round(supply / DAY, 1),
            limit=round(limit / DAY, 1),
            unit="days",
            severity="high" if supply > 2 * limit else "warning",
            evidence=evidence(lines, self.card),
            details={name: told_days(time) for name, time in details.items()}
            | {"dispensings": str(len(seen))}
            | doubt(lines),
        )

    def scene(self, episode: Episode) -> Scene:
        """The dispensing that exceeded the limit by most."""
        return of_row(episode.peak.evidence[-1])

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many days' supply, in one dispensing or in the days of the sum, against the limit."""
        found, details, times, doubts = episode.peak, episode.peak.details, again(episode), doubt_of(episode.peak)
        drug, value = names.drug(found.evidence[-1]), above(found.value, found.limit)
        if "pack" in details:
            most = allowed_and_pack(found)
            return Text(
                f"1名参保人一次配{drug.zh}共{value.zh}天用量（提示阈值：超过{most.zh}）{times.zh}{doubts.zh}",
                f"a person got {value.en} days' supply of {drug.en} in one dispensing "
                f"(threshold: more than {most.en}){times.en}{doubts.en}",
            )
        where, number, days = names.institutions(found.evidence), details["dispensings"], self.days
        limit, usual, added = f"{found.limit:g}", details["most"], details["added"]
        return Text(
            f"1名参保人{days}天内{number}次配{drug.zh}共{value.zh}天用量（提示阈值：超过{limit}天，"
            f"即{days}天内最多{usual}天，另加本次可配{added}天），配药机构：{where.zh}{times.zh}{doubts.zh}",
            f"a person got {value.en} days' supply of {drug.en} in {number} dispensings within {days} d "
            f"(threshold: more than {limit} days, which is {usual} within {days} d and {added} for this time), "
            f"at {where.en}{times.en}{doubts.en}",
        )
