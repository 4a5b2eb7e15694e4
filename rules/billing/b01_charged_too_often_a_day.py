"""Rule B01: a service is charged more often on a day than it can be."""

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
    day_of,
    ends_after,
    exceeded,
)

from ._charged import TIMES, cap_of, charged


class ChargedTooOftenADay(Rule[Fill]):
    """A service is charged in one visit more often on a day than the table of items allows.

    Why: "分解收费、重复收费、超标准收费" (Baoji city, 2024-09-27; She county, 2025-04-30). A bed, the care of a day or
    oxygen by the hour cannot be there twice: the second line is charged for nothing.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: of 36,000 stays a year
    one in 2,000 has a line too many that nobody corrects on the same day): 0.049 alerts a day. That is 1.5 alerts a
    month in 200,000.

    Judged is a line that charges something (cnt above 0), of a settlement or uploaded before it (2204, 2301), of an
    item that has `most_per_day` in the table `items`, by the row that is valid at fee_ocur_time. Added up is cnt of all
    lines of the same person, institution, mdtrt_id and item on the Beijing day of fee_ocur_time, also of those that
    come after it on that day; what was given back on it counts off. It is a finding, `warning`, if the sum is above
    `most_per_day`.

    Known gaps: the same service under two codes, and a service that contains another one. What was given back on a
    later day. A patient who changes beds on a day, where both wards charge it.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import HOSPITAL, at, fill, judge
        >>> reference = Reference()
        >>> reference.put("items", {"med_list_codg": "001", "most_per_day": "1"})
        >>> def bed(hour, **fields):
        ...     line = {"institution": HOSPITAL, "transaction": "2301", "item": "001", "quantity": 10_000}
        ...     return fill(at(hour), **line | {"visit": "v1"} | fields)
        >>> rule = ChargedTooOftenADay()
        >>> judge(rule, [bed("00:00"), bed("23:59", visit="v2")], reference)
        []
        >>> [(one.value, one.severity) for one in judge(rule, [bed("00:00"), bed("23:59")], reference)]
        [(2.0, 'warning'), (2.0, 'warning')]

    """

    card = Card(
        id="B01",
        name=Text("一日内重复收费", "Charged too often a day"),
        family="billing",
        ledger="capped",
        subject="person",
        why=Text(
            "床位、护理等项目一日只能收取规定次数，多收的部分没有提供服务",
            "A bed or a day's care can be charged only so often a day: the rest was never there",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“分解收费、重复收费、超标准收费”",
        advice=Text(
            "三日内核对当日医嘱、执行记录与床位记录，是否重复计费或转科重复收取，并核查该机构同一项目的其他病例",
            "within three days the orders, the records and the bed of that day: charged twice, or by two wards; then "
            "other patients of this institution with the same item",
        ),
        tables=("items",),
        decided=("items.most_per_day",),
    )

    quiet: int = ends_after(
        604_800, "一次住院期间接连多收的只有一条预警", "one stay with too much every day is one alert"
    )

    @property
    def span(self) -> int:
        """A day, ms."""
        return DAY

    @property
    def ahead(self) -> int:
        """The rest of that day, ms."""
        return DAY

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:
        """Add up the day of this line."""
        most = cap_of(entry, "most_per_day", reference)
        if most is None:
            return None
        same = (entry.institution, entry.visit, entry.item)
        today = window.of_day(day_of(entry.time))
        lines = [one for one in today if (one.institution, one.visit, one.item) == same]
        return charged(self.card, lines, most, "charged_on_a_day")

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which service, how often."""
        found, limit = episode.peak, exceeded(episode.peak.limit, TIMES)
        service = names.service(found.evidence[-1])
        return Text(
            f"1名参保人一次就诊中，{service.zh}一日内收费{found.value:g}次（{limit.zh}）",
            f"{service.en} was charged {found.value:g} times on one day of a visit ({limit.en})",
        )
