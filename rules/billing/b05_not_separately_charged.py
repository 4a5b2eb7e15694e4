"""Rule B05: a material that the price of a service contains is charged by itself."""

from __future__ import annotations

from rules import Card, Text

from ._flagged import Flagged


class NotSeparatelyCharged(Flagged):
    """An institution charges a material by itself that the price of a service contains, again and again.

    Why: "将不可单独收费的一次性耗材进行收费" (Baoji city, 2024-09-27), and article 38 of the regulation. The service
    is paid with it; the line of the material is paid a second time.

    Judged are the lines with cnt and det_item_fee_sumamt above 0, of a settlement or uploaded before it (2204, 2301),
    of an item that has `separate` = `0` in the table `items`, by the row that is valid at fee_ocur_time. Counted are
    those of one institution and item in the `days` that end with the judged line, by fee_ocur_time. It is a finding,
    `warning`, from `fewest` on.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 70 institutions; a list
    of prices that changes twice a year; one institution in ten goes on charging a material for a week): 0.038 alerts a
    day. That is 1.2 alerts a month in 200,000.

    Known gaps: a material that is charged under the code of another one. An item without a row is not judged. Where an
    area lets one kind of hospital charge it, the table cannot say so. A line that is given back by another one still
    counts, until it is cancelled by its number or its batch (2205, 2302); a cancel of all lines of a visit does not
    reach it. What was charged before the table had the item is not seen: lines of other items are not sent to their
    institution.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, listed
        >>> reference = Reference()
        >>> reference.put("items", {"med_list_codg": "001", "separate": "0"})
        >>> def charged(count):
        ...     return [listed(at("09:00", day=day), item="001") for day in range(count)]
        >>> rule = NotSeparatelyCharged()
        >>> judge(rule, charged(2), reference)
        []
        >>> [(found.value, found.severity) for found in judge(rule, charged(3), reference)]
        [(3, 'warning')]

    """

    card = Card(
        id="B05",
        name=Text("单独收取不可单独收费的耗材", "Charged by itself"),
        family="billing",
        ledger="flagged",
        subject="institution",
        why=Text(
            "项目价格已包含该耗材，再单独收费等于重复收费",
            "The price of the service contains it: charged by itself it is paid twice",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“将不可单独收费的一次性耗材进行收费”",
        advice=Text(
            "三日内核对该耗材的收费依据与机构收费目录，计算多收金额，并查其他不可单独收费的耗材是否也在收取",
            "within three days on what the charge rests, and the price list of the institution; what was charged, "
            "and whether other materials of this kind are charged too",
        ),
        tables=("items",),
        decided=("items.separate",),
    )

    @property
    def flag(self) -> str:
        """Whether it is charged by itself."""
        return "separate"

    def sentence_of(self, service: Text, lines: str, sum_: str, limit: Text) -> Text:
        """Which item, how many lines, how much."""
        return Text(
            f"{self.days}天内单独收取不可单独收费的{service.zh}{lines}条明细，合计{sum_}元（{limit.zh}）",
            f"{service.en}, which may not be charged by itself, was charged in {lines} lines within {self.days} d, "
            f"{sum_} yuan in "
            f"all ({limit.en})",
        )
