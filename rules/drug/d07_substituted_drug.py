"""Rule D07: the box that was scanned is another drug than the one that was charged."""

from __future__ import annotations

from itertools import takewhile

from rules import (
    DAY,
    Card,
    Episode,
    Evidence,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Sale,
    Scene,
    Text,
    Window,
    again,
    assumption,
    clock,
    ends_after,
    evidence,
    exceeded,
    is_own_code,
    of_row,
    parameter,
)


class SubstitutedDrug(Rule[Sale]):
    """One trace code stands under two drugs: in the bill under one, in the stock or in another sale under the other.

    Why: "串换药品" (Mei county forwarding Baoji city, 2024-09-27; She county, 2025-04-30). A trace code stands for one
    pack of one product. Where it is charged as one drug and leaves the stock as another, another drug was charged than
    was handed out. No number is published: the contradiction itself is the finding.

    Looked at are the standing sales of one good trace code, as they are settled (2102, 2207, 2304) and as they are
    reported from stock (3505), opened packs too. The item of a settlement is that of the line that names the code;
    where no line does, the sale is left out. An entry is a finding if an entry before it, at most `keep_days` before,
    has another substance (docs/rules/supply.md: two makers of one substance, and two codes of it, are the same). Of
    one moment the order is that of the messages' identities. Solvents have no substance and are left out. The value is
    the number of substances up to the entry; where they are more than `most`, the code stands for no pack, and nothing
    is told (D04 and D04-DATA speak of such codes).

    `high` if two entries of one institution contradict each other; else, and for codes of manufacturers' own,
    `warning`: then one of two institutions may have misread.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 10,000 boxes a day, one
    in 100,000 scanned against the wrong line): 0.1 alerts a day. That is 3 alerts a month in 200,000.

    Known gaps: an institution that reports no stock, or reports the charged drug there too. At a till that scans two
    boxes in the wrong order each of them is told.

    Example:
        >>> from rules.testing import at, judge, sale
        >>> other_maker, other_drug = "XC09AAA001A001010200002", "XA10BAE001A001010100001"
        >>> judge(SubstitutedDrug(), [sale(at("10:00")), sale(at("10:01"), stock=True, item=other_maker)])
        []
        >>> found = judge(SubstitutedDrug(), [sale(at("10:00")), sale(at("10:01"), stock=True, item=other_drug)])
        >>> [(one.value, one.severity) for one in found]
        [(2, 'high')]

    """

    card = Card(
        id="D07",
        name=Text("串换药品", "Substituted drug"),
        family="drug",
        ledger="sales",
        subject="trace_code",
        why=Text(
            "一个追溯码只对应一种药品；结算与出库登记为不同药品，可能以甲药名义结算乙药",
            "A trace code stands for one product; charged as one drug and handed out as another, it may be a swap",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条；"
            "眉县转发宝鸡市通知（2024-09-27）、歙县方案（2025-04-30）“串换药品”"
        ),
        advice=Text(
            "3日内核对该盒药的进货票据与实物品种、结算明细与销售小票，再看该机构同日有无同类情形，是否扫码时错位",
            "within 3 days the purchase note and the product of the pack, the bill and the receipt; then whether it "
            "was so more often that day, or two boxes were scanned in the wrong order",
        ),
        decided=("drug_trac_codg",),
    )

    keep_days: int = parameter(
        1096,
        "保留销售记录的天数",
        "how far back sales are remembered",
        unit="days",
        origin=assumption("与D04相同：药品常见有效期36个月", "as D04: the 36 months of a usual shelf life"),
    )
    most: int = parameter(
        2,
        "同一追溯码对应的药品多于该数时按数据错误处理，不提示",
        "a code that stands under more drugs than this is an error of the data and is not told",
        unit="drugs",
        origin=assumption("一盒药不会有三种品种", "no pack is three products"),
    )
    quiet: int = ends_after(2_592_000, "30天：同一盒药只有一条预警", "30 days: one pack is one alert")

    @property
    def span(self) -> int:
        """How far back sales are remembered, ms."""
        return self.keep_days * DAY

    @property
    def guard(self) -> Guard:
        """Two items under the code."""
        return Guard(fewest=2, distinct=("item", 2))

    def check(self, entry: Sale, window: Window[Sale], reference: Reference) -> Finding | None:
        """Compare the drug of this entry with those of the entries before it.

        Long because a drug of which no substance is known neither accuses nor hides another.
        """
        own = _substance(entry, reference)
        if not own:
            return None
        before = list(takewhile(lambda one: one.id != entry.id, window.entries))
        substances = {_substance(one, reference) for one in before} - {""}
        others = [one for one in before if _substance(one, reference) not in ("", own)]
        number = len(substances | {own})
        if not others or number > self.most:
            return None
        here = [one for one in others if one.institution == entry.institution]
        return Finding(
            measure="drugs_of_one_code",
            value=number,
            limit=1,
            unit="drugs",
            severity="high" if here and not is_own_code(entry.code) else "warning",
            evidence=evidence([(here or others)[-1], entry], self.card),
            details={"code": entry.code},
        )

    def scene(self, episode: Episode) -> Scene:
        """The entry that contradicts the one before it."""
        return of_row(episode.peak.evidence[-1])

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which two drugs the code stands for, where and when."""
        found, code, times = episode.peak, episode.peak.details["code"], again(episode)
        first, second = (_told(row, names) for row in found.evidence)
        limit = exceeded(found.limit, Text("种药品", "drug"))
        return Text(
            f"追溯码{code}对应{found.value:g}种药品（{limit.zh}）：{first.zh}，{second.zh}{times.zh}",
            f"trace code {code} stands for {found.value:g} drugs ({limit.en}): {first.en}, {second.en}{times.en}",
        )


def _substance(sale: Sale, reference: Reference) -> str:
    """What was sold; empty where that is not known, and of a solvent."""
    return reference.substance(sale.item, sale.time) if sale.item else ""


def _told(row: Evidence, names: Names) -> Text:
    at, where, drug = clock(row.time), names.of(row), names.drug(row)
    if row.role == "stock_sale":
        return Text(f"{at}在{where.zh}出库登记为{drug.zh}", f"reported from stock as {drug.en} {at} at {where.en}")
    return Text(f"{at}在{where.zh}结算为{drug.zh}", f"charged as {drug.en} {at} at {where.en}")
