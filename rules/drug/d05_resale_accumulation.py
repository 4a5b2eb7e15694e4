"""Rule D05: one drug from one institution after the other."""

from __future__ import annotations

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
    Text,
    Window,
    again,
    assumption,
    ends_after,
    evidence,
    of_row,
    parameter,
    reached,
)

from ._supply import dispensed


class ResaleAccumulation(Rule[Fill]):
    """A person gets the same substance at many institutions within a month.

    Why: "倒卖医保药品" (Anhui, 2024-04-10) and the professional buyers of "回流药" (She county, 2025-04-30). Who
    collects drugs for resale goes from shop to shop, so that no shop sees the whole. No number is published; published
    cases tell of tens of drugs and of years of supply in months. Four institutions in 30 days are our assumption.

    What a drug line, a substance, a dispensing and a returned dispensing are stands in docs/rules/supply.md. t is
    the first line of the dispensing that is judged. Counted are the institutions of it and of the dispensings that
    begin before it, without lines at or before t - `days`; returned ones are left out. It is a finding, `high`, if they
    are `limit` or more and the judged dispensing is the first of these days at its institution. How much was dispensed
    does not matter: what supply is not known of is counted too.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 2,140 refills a day,
    fetched when -5 to 10 days remain, one in twenty elsewhere): 0 alerts a day by four institutions, 0 by three.
    That is 0 alerts a month in 200,000.

    Known gaps: several persons of one household or one buyer with several cards. Substances that have no common code
    or group count apart. Painkillers and other drugs of every cold are counted as any.

    Example:
        >>> from rules.testing import at, fill, judge
        >>> def at_shops(count):
        ...     return [fill(at("10:00", day=7 * n), institution=f"P{n}") for n in range(count)]
        >>> judge(ResaleAccumulation(), at_shops(3))
        []
        >>> [found.value for found in judge(ResaleAccumulation(), at_shops(4))]
        [4]

    """

    card = Card(
        id="D05",
        name=Text("多机构囤购药品", "Drug from shop to shop"),
        family="drug",
        ledger="supply",
        subject="person",
        why=Text(
            "短期内辗转多家机构购买同一药品，可能囤药倒卖",
            "The same drug from one institution after the other within weeks may be bought for resale",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条、第四十一条；"
            "安徽省通知（2024-04-10）“倒卖医保药品”，歙县方案（2025-04-30）“回流药”"
        ),
        advice=Text(
            "5日内调取各机构的购药小票与监控，核对是否本人、病情所需用量，电话回访剩余药品去向，再查其近一年购药记录",
            "within 5 days the receipts and cameras of the institutions, the dose that the illness needs, by telephone "
            "where the drugs are; then the purchases of the last year",
        ),
        judges_pre=True,
        decided=("prd_days", "rxno"),
    )

    limit: int = parameter(
        4,
        "同一药品的配药机构达到该数即触发",
        "number of institutions of one substance that sets the rule off",
        unit="institutions",
        origin=assumption("正常续方一般固定在一两家机构", "honest refills come from one or two institutions"),
    )
    days: int = parameter(
        30,
        "统计配药机构的天数",
        "within how many days institutions are counted",
        unit="days",
        origin=assumption("约一次按月配药的周期", "about one monthly refill"),
    )
    quiet: int = ends_after(2_592_000, "30天：持续辗转购药只有一条预警", "30 days: who goes on buying stays one alert")

    @property
    def span(self) -> int:
        """The days in which institutions are counted, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """Lines at so many institutions."""
        return Guard(fewest=self.limit, distinct=("institution", self.limit))

    @property
    def ahead(self) -> int:
        """The rest of a dispensing's day, ms."""
        return DAY

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the institutions of the dispensing that begins with this line and of those before it."""
        found = dispensed(entry, window)
        if found is None or found[1].returned:
            return None
        before, now = found
        first = {one.institution: one for one in reversed([one for one in before if not one.returned])}
        if now.institution in first or len(first) + 1 < self.limit:
            return None
        lines = [line for one in (*reversed(first.values()), now) for line in one.lines]
        return Finding(
            measure="institutions",
            value=len(first) + 1,
            limit=self.limit,
            unit="institutions",
            severity="high",
            evidence=evidence(sorted(lines, key=lambda one: (one.time, one.id)), self.card),
        )

    def scene(self, episode: Episode) -> Scene:
        """The last institution of the longest row."""
        return of_row(episode.peak.evidence[-1])

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many institutions, which ones, against the limit."""
        found, times, days = episode.peak, again(episode), self.days
        drug, where = names.drug(found.evidence[-1]), names.institutions(found.evidence)
        limit = reached(found.limit, Text("家机构", "institutions"))
        return Text(
            f"1名参保人{days}天内在{found.value:g}家机构配{drug.zh}（{limit.zh}）：{where.zh}{times.zh}",
            f"a person got {drug.en} at {found.value:g} institutions within {days} d ({limit.en}): "
            f"{where.en}{times.en}",
        )
