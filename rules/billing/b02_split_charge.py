"""Rule B02: a service is charged in parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

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
    evidence,
    reached,
    yuan,
)


class SplitCharge(Rule[Fill]):
    """The parts of a service are charged one by one on a day of a visit, so many that they are the whole.

    Why: "分解收费、重复收费、超标准收费" (Baoji city, 2024-09-27; She county, 2025-04-30). A group of laboratory tests
    has a price of its own; its tests one by one cost more.

    Judged is a line that charges something (cnt above 0), of a settlement or uploaded before it (2204, 2301), of an
    item that has `part_of` in the table `items`, by the row that is valid at fee_ocur_time. Looked at are the lines of
    the same person, institution, mdtrt_id and `part_of` on the Beijing day of fee_ocur_time, also those that come
    after it on that day. Counted are the different items whose cnt adds up to more than 0. It is a finding, `warning`,
    if they are as many as `parts` of the item that `part_of` names, or more; without `parts` there is none.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: of 60,000 groups of
    tests a year one in 2,000 is ordered test by test, by two doctors of one day): 0.08 alerts a day. That is 2.5
    alerts a month in 200,000.

    Known gaps: parts that are charged on two days, or in two visits. A service that is split into parts which the
    table does not name. The whole and a part of it on one day are no finding here.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import HOSPITAL, at, fill, judge
        >>> reference = Reference()
        >>> reference.put("items", {"med_list_codg": "001", "parts": "3"})
        >>> for part in ("002", "003", "004"):
        ...     reference.put("items", {"med_list_codg": part, "part_of": "001"})
        >>> def tested(*items):
        ...     line = {"institution": HOSPITAL, "transaction": "2204", "visit": "v1", "quantity": 10_000}
        ...     return [fill(at("09:00", seconds=n), item=item, **line) for n, item in enumerate(items)]
        >>> judge(SplitCharge(), tested("002", "003", "003"), reference)
        []
        >>> [(one.value, one.severity) for one in judge(SplitCharge(), tested("002", "003", "004"), reference)][-1]
        (3, 'warning')

    """

    card = Card(
        id="B02",
        name=Text("分解收费", "Charged in parts"),
        family="billing",
        ledger="bundles",
        subject="person",
        why=Text(
            "组合项目拆成子项目逐项收费，合计高于组合项目的价格",
            "A service that has a price of its own is charged part by part, which costs more",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“分解收费、重复收费、超标准收费”",
        advice=Text(
            "三日内核对医嘱与检验申请单，是否按组合开立却分项收费，计算差额，并核查该机构同一组合的其他病例",
            "within three days the orders: ordered as a whole and charged in parts? the difference, and other patients "
            "of this institution with the same service",
        ),
        tables=("items",),
        decided=("items.part_of",),
    )

    quiet: int = ends_after(604_800, "一次就诊期间的只有一条预警", "those of one visit are one alert")

    @property
    def span(self) -> int:
        """A day, ms."""
        return DAY

    @property
    def ahead(self) -> int:
        """The rest of that day, ms."""
        return DAY

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:
        """Count the parts of the day of this line."""
        whole = _whole_of(entry, reference)
        parts = (reference.row("items", whole, entry.time) or {}).get("parts") if entry.quantity > 0 else None
        if not parts:
            return None
        visit = (entry.institution, entry.visit)
        today = [one for one in window.of_day(day_of(entry.time)) if (one.institution, one.visit) == visit]
        charged = _charged(today)
        if len(charged) < float(parts):
            return None
        lines = [one for one in today if one.item in charged]
        return Finding(
            measure="parts_charged_on_a_day",
            value=len(charged),
            limit=float(parts),
            unit="items",
            severity="warning",
            evidence=evidence(lines, self.card),
            details={"sum": yuan(sum(one.total for one in lines))},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many parts, one of them, and how much they cost."""
        found, limit = episode.peak, reached(episode.peak.limit, Text("项", "parts"))
        part, total = names.service(found.evidence[-1]), found.details["sum"]
        return Text(
            f"1名参保人一次就诊中，同一组合的{found.value:g}个子项目（如{part.zh}）在同一日逐项收费，合计{total}元（{limit.zh}）",
            f"{found.value:g} parts of one service (such as {part.en}) were charged one by one on a day of a visit, "
            f"{total} yuan in all ({limit.en})",
        )


def _whole_of(line: Fill, reference: Reference) -> str:
    return (reference.row("items", line.item, line.time) or {}).get("part_of") or ""


def _charged(lines: Iterable[Fill]) -> set[str]:
    """The items that were not given back."""
    amounts: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        amounts[line.item] += line.quantity
    return {item for item, amount in amounts.items() if amount > 0}
