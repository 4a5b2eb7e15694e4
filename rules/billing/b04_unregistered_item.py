"""Rule B04: an item that is not on the list of prices is charged again and again."""

from __future__ import annotations

from rules import Card, Text

from ._flagged import Flagged


class UnregisteredItem(Flagged):
    """An institution charges an item that is not on the area's list of prices, not once but again and again.

    Why: "增加收费项目" (Baoji city, 2024-09-27), and article 38 of the regulation. Only what is on the list of prices
    may be charged; an item that was abolished, or was never approved, may not.

    Judged are the lines with cnt and det_item_fee_sumamt above 0, of a settlement or uploaded before it (2204, 2301),
    of an item that has `registered` = `0` in the table `items`, by the row that is valid at fee_ocur_time. Counted are
    those of one institution and item in the `days` that end with the judged line, by fee_ocur_time. It is a finding,
    `warning`, from `fewest` on.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 70 institutions; a list
    of prices that changes twice a year; one institution in ten charges an abolished item for a week): 0.038 alerts a
    day. That is 1.2 alerts a month in 200,000.

    Known gaps: an item without a row is not judged: a code that the table does not know may be new. Whether this
    institution has the item in its own list (3301) is not in the messages. A line that is given back by another one
    still counts, until it is cancelled by its number or its batch (2205, 2302); a cancel of all lines of a visit does
    not reach it. What was charged before the table had the item is not seen: lines of other items are not sent to
    their institution.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, listed
        >>> reference = Reference()
        >>> reference.put("items", {"med_list_codg": "001", "registered": "0"})
        >>> def charged(count):
        ...     return [listed(at("09:00", day=day), item="001") for day in range(count)]
        >>> rule = UnregisteredItem()
        >>> judge(rule, charged(2), reference)
        []
        >>> [(found.value, found.severity) for found in judge(rule, charged(3), reference)]
        [(3, 'warning')]

    """

    card = Card(
        id="B04",
        name=Text("收取目录外项目", "Charged without being listed"),
        family="billing",
        ledger="flagged",
        subject="institution",
        why=Text(
            "收取价格目录中没有或已取消的项目，多收的部分由基金和参保人承担",
            "An item that the list of prices has not, or no longer: the fund and the patients pay what nobody approved",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“增加收费项目”",
        advice=Text(
            "三日内核对该项目的立项批文、取消日期与机构收费目录，计算多收金额，并查机构是否自立其他项目",
            "within three days the approval of the item, the day on which it was abolished, and the price list of "
            "the institution; what was charged, and whether it made up other items",
        ),
        tables=("items",),
        decided=("items.registered",),
    )

    @property
    def flag(self) -> str:
        """Whether it is on the list of prices."""
        return "registered"

    def sentence_of(self, service: Text, lines: str, sum_: str, limit: Text) -> Text:
        """Which item, how many lines, how much."""
        return Text(
            f"{self.days}天内收取未列入本地价格目录的{service.zh}{lines}条明细，合计{sum_}元（{limit.zh}）",
            f"{service.en}, which is not on the list of prices, was charged in {lines} lines within {self.days} d, "
            f"{sum_} yuan in all "
            f"({limit.en})",
        )
