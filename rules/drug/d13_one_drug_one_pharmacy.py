"""Rule D13: the prescriptions of one physician are mostly for one drug, and sold at one pharmacy."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    Written,
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
)


class OneDrugOnePharmacy(Rule[Written]):
    """A pharmacy sells one drug on very many prescriptions of one physician, who hardly prescribes anything else.

    Why: "与医药企业勾结伪造药品处方骗保" (She county, 2025-04-30). Prescriptions that are forged for a drug's sake
    have one prescriber, one drug and one pharmacy. No number is published; the figures are our assumption.

    What a prescription of a physician is stands in docs/rules/prescribing.md. Of the distinct prescriptions of one
    physician in (t - `days`, t] those count that the pharmacy of the judged settlement sold, with a line of the same
    substance (docs/rules/supply.md) as one of that settlement. It is a finding if they are `limit` or more, and at
    least `least_percent` % of all of these distinct prescriptions: `high`. Drugs with `dual_channel` 1 in the table
    `drugs` at setl_time, and solvents, are not judged: few pharmacies may sell the first, and few physicians prescribe
    them.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: five specialists with 50
    prescriptions a month each, nine in ten of them sold next door, and every other one for the same drug): 0.004 alerts
    a day. That is 0.1 alerts a month in 200,000.

    Known gaps: a county sees the prescriptions that its own pharmacies sold. Forgers who use the codes of many
    physicians, or several pharmacies. A drug that has several codes and no common group counts apart.

    Example:
        >>> from rules.testing import at, judge, written
        >>> def sold(count, others=0):
        ...     more = [written(at("09:00", seconds=600 * n), f"RX{n}", items=("other",)) for n in range(others)]
        ...     drug = [written(at("10:00", day=n % 25), f"RX9{n}") for n in range(count)]
        ...     return [*more, *drug]
        >>> judge(OneDrugOnePharmacy(), sold(29))
        []
        >>> judge(OneDrugOnePharmacy(), sold(30, others=21))
        []
        >>> [(found.value, found.severity) for found in judge(OneDrugOnePharmacy(), sold(30, others=20))]
        [(30, 'high')]

    """

    card = Card(
        id="D13",
        name=Text("处方集中于一店一药", "One drug at one pharmacy"),
        family="drug",
        ledger="physicians",
        subject="physician",
        why=Text(
            "为销售某一药品伪造的处方，往往出自同一医师、同一药品、同一药店",
            "Prescriptions that are forged to sell a drug have one prescriber, one drug and one pharmacy",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；歙县方案（2025-04-30）“与医药企业勾结伪造药品处方骗保”",
        advice=Text(
            "10日内抽查其中处方，向开方机构核对就诊记录与医师签名，电话回访患者是否就诊、领药，再查该药的购进渠道与促销往来",
            "within 10 days some of these prescriptions at the hospital: was the patient seen, is it her signature; a "
            "call to the patients; then where the drug came from, and who promotes it",
        ),
        decided=("rxno", "bilg_dr_codg", "med_list_codg", "drugs.dual_channel"),
    )

    limit: int = parameter(
        30,
        "同一医师、同一药店、同一药品的处方达到该张数即触发",
        "number of prescriptions of one physician for one drug at one pharmacy that sets the rule off",
        unit="prescriptions",
        origin=assumption("平均每天一张", "one a day"),
    )
    least_percent: int = parameter(
        60,
        "这些处方至少占该医师在药店结算处方的比例",
        "least part that they are of all prescriptions of the physician that pharmacies sold",
        unit="%",
        origin=assumption("专科医师也开具多种药品", "a specialist prescribes several drugs, too"),
    )
    days: int = parameter(
        30,
        "统计处方的天数",
        "within how many days prescriptions are counted",
        unit="days",
        origin=assumption("一个月", "a month"),
    )
    quiet: int = ends_after(2_592_000, "30天：持续开具只有一条预警", "30 days: what goes on is one alert")

    @property
    def span(self) -> int:
        """The days in which prescriptions are counted, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many prescriptions."""
        return Guard(fewest=self.limit, distinct=("number", self.limit))

    def check(self, entry: Written, window: Window[Written], reference: Reference) -> Finding | None:
        """Count the prescriptions of this pharmacy for each drug of this settlement."""
        total = window.distinct("number")
        here = [one for one in window.entries if one.institution == entry.institution]
        if not self._is_enough(here, total):
            return None
        by_drug = {item: self._of_drug(drug, here, reference) for item, drug in substances(entry, reference).items()}
        item, sales = max(by_drug.items(), key=lambda one: len({sale.number for sale in one[1]}), default=("", []))
        if not self._is_enough(sales, total):
            return None
        count = len({one.number for one in sales})
        return Finding(
            measure="prescriptions_of_one_drug",
            value=count,
            limit=self.limit,
            unit="prescriptions",
            severity="high",
            evidence=evidence(sales, self.card),
            details={"item": item, "percent": f"{100 * count / total:.0f}"},
        )

    def _is_enough(self, sales: Sequence[Written], total: int) -> bool:
        """Whether these sales are on so many prescriptions, and so large a part of all."""
        count = len({one.number for one in sales})
        return count >= self.limit and 100 * count >= self.least_percent * total

    def _of_drug(self, drug: str, sales: Sequence[Written], reference: Reference) -> list[Written]:
        """The sales with a line of this substance."""
        return [one for one in sales if drug in substances(one, reference).values()]

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many prescriptions, of which drug, at which pharmacy, and which part of all."""
        found = episode.peak
        row, percent = found.evidence[-1], found.details["percent"]
        drug, place = names.drug(replace(row, item=found.details["item"])), names.of(row)
        limit = reached(found.limit, Text("张", "prescriptions"))
        return Text(
            f"同一医师{self.days}天内有{found.value:g}张处方在{place.zh}配{drug.zh}"
            f"（{limit.zh}，且占比{self.least_percent}%及以上），占其在药店结算处方的{percent}%",
            f"{found.value:g} prescriptions of one physician for {drug.en} were sold at {place.en} within "
            f"{self.days} d ({limit.en}, and {self.least_percent} % or more), {percent} % of all of hers that "
            "pharmacies sold",
        )


def substances(sale: Written, reference: Reference) -> dict[str, str]:
    """The items of a sale that are judged, each with its substance."""
    found = {}
    for item in sale.items:
        row = reference.row("drugs", item, sale.time) or {}
        substance = reference.substance(item, sale.time)
        if substance and row.get("dual_channel") != "1":
            found[item] = substance
    return found
