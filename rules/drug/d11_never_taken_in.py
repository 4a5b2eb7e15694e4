"""Rule D11: an institution sells boxes that it never took in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from rules import (
    DAY,
    Card,
    Dispensed,
    Episode,
    Finding,
    Guard,
    Names,
    Received,
    Reference,
    Rule,
    Text,
    Window,
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
)


class NeverTakenIn(Rule[Dispensed | Received]):
    """An institution that uploads what it buys sells several boxes of a drug whose codes never came in.

    Why: "非法采购药品" and "依法检查药品来源" (Anyue county, 2024-11-11). A box from a licensed supplier is in the
    purchase that the institution uploads, with its trace code. One that is sold and never came in was bought elsewhere:
    from patients, from a dealer, or from another place's stock.

    Looked at are institutions with `traced_purchases` = `1` in the table `institutions`, by the row that is valid then:
    by institution and med_list_codg the trace codes of settlements whose message has the code's line (2102) and of 3505
    that stand, and those of 3503, and of 3501 and 3502 too. Codes that stand for no pack are left out. A code came in
    if one of these rows within the `keep_days` before the judged sale, or up to `wait_days` after it, has it. A sale of
    a code that did not come in is judged: all different codes that were sold in the `days` that end with it. It is a
    finding, `warning`, if at least `fewest` of them did not come in and these are more than `over_percent` of them, and
    the drug came in again after the first of these sales. It opens `wait_days` after the sale, for a purchase may be
    uploaded so late.

    The institution must be one that does upload the drug's purchases: of the different codes that it sold in the
    `habit_days` before these `days` there must be at least `enough`, and at least `usual_percent` of them came in.
    So what was on the shelf when the monitor began is not held against anybody.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 20 institutions that upload
    what they buy, each with 40 drugs that sell so often; for one in 50 of these a year a lot comes from a branch
    unrecorded, or several loans come together; and one institution a year forgets the uploads of more than 15 days,
    which half of its drugs show): 0.099 alerts a day. That is 3 alerts a month in 200,000.

    Known gaps: drugs that sell too seldom, and those that never came in through the interface: all of them bought
    elsewhere is not told from never uploaded. Where the drug comes in no more, it is taken for an upload that ended. A
    hospital that reports no 3505: 2207 and 2304 name codes and no items. Purchases that name the codes of cartons. A
    purchase that is made up, or a count (3501) that has the code, makes a box honest. Purchases of the chain under
    another institution's code. One or two boxes a month. A code that is sold under another med_list_codg than it was
    bought. A purchase that is deleted more than 72 h after it. Boxes that lay on the shelf for longer than `keep_days`.

    Example:
        >>> from rules.testing import at, dispensed, judge, received
        >>> def shop(unknown):
        ...     bought = [f"8123456{n:013d}" for n in range(40)]
        ...     codes = bought[:30] + [f"8999999{n:013d}" for n in range(unknown)]
        ...     sold = [dispensed(at("10:00", day=2 * n), code) for n, code in enumerate(codes)]
        ...     return [received(at("08:00"), bought[:30]), *sold, received(sold[-1].time + 1, bought[30:])]
        >>> judge(NeverTakenIn(), shop(4))
        []
        >>> [(found.value, found.limit, found.severity) for found in judge(NeverTakenIn(), shop(5))]
        [(5, 5, 'warning')]

    """

    card = Card(
        id="D11",
        name=Text("售出药品无入库记录", "Sold and never taken in"),
        family="drug",
        stage="post",
        ledger="received",
        subject="institution",
        why=Text(
            "机构平时随追溯码上传购进，而售出的多盒药品没有入库记录：可能从非法渠道购进，或为回流药",
            "It uploads what it buys by trace code, and sells boxes that never came in: from an unlawful source, or "
            "bought back from patients",
        ),
        basis="《中华人民共和国药品管理法》第五十五条、第五十六条；《医疗保障基金使用监督管理条例》第三十八条；"
        "安岳县八条措施（2024-11-11）“非法采购药品”“依法检查药品来源”",
        advice=Text(
            "10日内核对这些追溯码的购进票据、供货单位与随货同行单，是否分店调拨、补录遗漏或编码对照有误，并盘点该药库存",
            "within 10 days the invoices, suppliers and delivery notes of these codes; whether a branch lent them, an "
            "upload is missing, or the item's code was mapped wrongly; and count the stock of the drug",
        ),
        tables=("institutions",),
        decided=("drug_trac_codg",),
    )

    fewest: int = parameter(
        5,
        "统计天数内售出而无入库记录的不同追溯码达到该数即触发",
        "number of different codes sold without having come in that sets the rule off",
        unit="codes",
        origin=assumption("一两盒可能是扫错、借药未记", "one or two may be misread, or lent by a neighbour"),
    )
    over_percent: int = parameter(
        20,
        "同时须超过该药同期售出追溯码的该百分比",
        "they must also be more than this share of all codes of the drug sold in these days",
        unit="%",
        origin=assumption("为平时允许的一成的两倍", "twice the tenth that is usual"),
    )
    days: int = parameter(
        30,
        "统计天数",
        "length of the window",
        unit="days",
        origin=assumption("约一个月的销售", "about a month of sales"),
    )
    habit_days: int = parameter(
        90,
        "此前用来看平时是否上传购进的天数",
        "days before these from which it is seen whether purchases are uploaded as a rule",
        unit="days",
        origin=assumption("约一个季度", "about a quarter"),
    )
    enough: int = parameter(
        10,
        "此前售出的不同追溯码不足该数，不判断",
        "with fewer different codes sold before, it is not judged",
        unit="codes",
        origin=assumption("更少的看不出平时如何", "fewer do not show what is usual"),
    )
    usual_percent: int = parameter(
        90,
        "此前售出的追溯码中有入库记录的不足该百分比，不判断",
        "if fewer of the codes sold before had come in, it is not judged",
        unit="%",
        origin=assumption("旧库存、扫错、调拨未记可占一成", "old stock, misread codes and loans may be a tenth"),
    )
    wait_days: int = parameter(
        15,
        "售出后这么多天内入库的仍算；到期才提示",
        "a code that comes in so long after its sale still counts; it is told only then",
        unit="days",
        origin=assumption("进销存数据迟传15天以内的仍接收", "stock that is uploaded up to 15 days late is accepted"),
    )
    keep_days: int = parameter(
        365,
        "入库记录保留的天数",
        "how long what came in is remembered",
        unit="days",
        origin=assumption("绝大多数药品一年内售完", "nearly all boxes are sold within a year"),
    )
    quiet: int = ends_after(2_592_000, "30天内的并入同一预警", "those of 30 days stay one alert")

    @property
    def span(self) -> int:
        """How long what came in is remembered, ms."""
        return self.keep_days * DAY

    @property
    def shown(self) -> int:
        """The days that are counted, ms."""
        return self.days * DAY

    @property
    def ahead(self) -> int:
        """How far ahead the row that takes a box in is looked for, ms."""
        return self.wait_days * DAY

    @property
    def guard(self) -> Guard:
        """As many sales, of these days and before."""
        return Guard(fewest=self.fewest + self.enough)

    def check(
        self,
        entry: Dispensed | Received,
        window: Window[Dispensed | Received],
        reference: Reference,  # noqa: ARG002 - as every rule
    ) -> Finding | None:
        """Look for what came in of the boxes that were sold up to this sale.

        Long because each question is asked only where the cheaper ones before it leave a doubt.
        """
        if isinstance(entry, Received):
            return None
        number = entry.code_number
        if any(number in row.codes for row in self._rows(window)):  # nearly all came in
            return None
        known = {code: row.time for row in self._rows(window) for code in row.codes}
        sold = _boxes(window.last(self.days * DAY))
        missing = [one for one in sold if one.code_number not in known]
        if not self._is_much(missing, sold):
            return None
        before = self._before(entry, window)
        came_in = [one for one in before if one.code_number in known]
        if not self._is_unusual(came_in, before) or max(known.values(), default=0) <= missing[0].time:
            return None
        return Finding(
            measure="codes_never_taken_in",
            value=len(missing),
            limit=self.fewest,
            unit="codes",
            severity="warning",
            evidence=evidence(missing, self.card),
            due=entry.time + self.wait_days * DAY,
            details={"sold": f"{len(sold)}", "before": f"{len(before)}", "came_in": f"{len(came_in)}"},
        )

    def _rows(self, window: Window[Dispensed | Received]) -> Iterator[Received]:
        """What takes boxes in, in order."""
        return (one for one in chain(window.entries, window.after(self.ahead)) if isinstance(one, Received))

    def _before(self, entry: Dispensed, window: Window[Dispensed | Received]) -> Sequence[Dispensed]:
        """What was sold in the days before those that are judged."""
        end = entry.time - self.days * DAY
        return _boxes(one for one in window.since(end - self.habit_days * DAY + 1) if one.time <= end)

    def _is_much(self, missing: Sequence[Dispensed], sold: Sequence[Dispensed]) -> bool:
        """Whether enough boxes did not come in, and a large enough part of those that were sold."""
        return len(missing) >= self.fewest and len(missing) * 100 > len(sold) * self.over_percent

    def _is_unusual(self, came_in: Sequence[Dispensed], before: Sequence[Dispensed]) -> bool:
        """Whether enough boxes were sold before, and nearly all of them came in."""
        return len(before) >= self.enough and len(came_in) * 100 >= len(before) * self.usual_percent

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which drug, how many boxes of how many, and how it was before."""
        found, limit = episode.peak, reached(episode.peak.limit, Text("个追溯码", "trace codes"))
        drug = names.drug(found.evidence[-1])
        sold, before, came_in = (found.details[name] for name in ("sold", "before", "came_in"))
        return Text(
            f"{self.days}天内售出{drug.zh}，共{sold}个追溯码，其中{found.value:g}个没有购进、盘点或调入记录（{limit.zh}，"
            f"且超过{self.over_percent}%）；此前{self.habit_days}天售出{before}个，有记录的{came_in}个",
            f"of {sold} trace codes of {drug.en} sold within {self.days} d, {found.value:g} were never bought, counted "
            f"or moved in ({limit.en}, and more than {self.over_percent} %); of {before} sold in the "
            f"{self.habit_days} d before, {came_in} were",
        )


def _boxes(entries: Iterable[Dispensed | Received]) -> Sequence[Dispensed]:
    """The sales among these, one for each code: as it was settled first, else as it was reported."""
    boxes: dict[str, Dispensed] = {}
    for one in entries:
        if isinstance(one, Dispensed):
            known = boxes.get(one.code)
            if known is None or (known.stock and not one.stock):
                boxes[one.code] = one
    return sorted(boxes.values(), key=lambda one: (one.time, one.id))
