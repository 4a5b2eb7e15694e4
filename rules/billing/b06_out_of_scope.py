"""Rule B06: what the fund does not pay is put into its scope."""

from __future__ import annotations

from rules import Card, Listed, Text

from ._flagged import Flagged


class OutOfScope(Flagged):
    """An institution puts an item into the scope of the fund that the fund does not pay, again and again.

    Why: "将不属于医疗保障基金支付范围的医药费用纳入医疗保障基金结算" (Baoji city, 2024-09-27), and article 38 of the
    regulation. The platform or the institution says of each line how much of it is in scope; of such an item it is
    nothing.

    Judged are the lines with cnt and `inscp_scp_amt` above 0, of a settlement or uploaded before it (2204, 2301), of
    an item that has `covered` = `0` in the table `items`, by the row that is valid at fee_ocur_time. Counted are those
    of one institution and item in the `days` that end with the judged line, by fee_ocur_time. It is a finding,
    `warning`, from `fewest` on.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 70 institutions; a
    catalogue that changes twice a year; one institution in ten goes on with an item for a week): 0.038 alerts a day.
    That is 1.2 alerts a month in 200,000.

    Known gaps: a line that does not state `inscp_scp_amt` is not judged: publish fee lines with their reply. Limits of
    payment by illness, second line or days of supply are not looked at, nor who is paid by work injury insurance. A
    line that is given back by another one still counts, until it is cancelled by its number or its batch (2205, 2302);
    a cancel of all lines of a visit does not reach it. What was charged before the table had the item is not seen:
    lines of other items are not sent to their institution.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, listed
        >>> reference = Reference()
        >>> reference.put("items", {"med_list_codg": "001", "covered": "0"})
        >>> def charged(count, in_scope=1_000):
        ...     return [listed(at("09:00", day=day), item="001", in_scope=in_scope) for day in range(count)]
        >>> rule = OutOfScope()
        >>> judge(rule, charged(2), reference)
        []
        >>> judge(rule, charged(3, 0), reference)
        []
        >>> [(found.value, found.severity) for found in judge(rule, charged(3), reference)]
        [(3, 'warning')]

    """

    card = Card(
        id="B06",
        name=Text("范围外费用纳入基金", "Out of scope of the fund"),
        family="billing",
        ledger="flagged",
        subject="institution",
        why=Text(
            "基金不予支付的项目计入了支付范围，由基金承担了不应承担的费用",
            "What the fund does not pay stands in its scope, so that the fund pays for it",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“将不属于医疗保障基金支付范围的医药费用纳入医疗保障基金结算”",
        advice=Text(
            "三日内核对该项目的目录属性、对照关系与各条明细的范围内金额，追回基金已付的部分",
            "within three days what the catalogue says of the item, to which code it was matched, and what of each "
            "line was in scope; what the fund paid is asked back",
        ),
        tables=("items",),
        decided=("inscp_scp_amt", "items.covered"),
    )

    @property
    def flag(self) -> str:
        """Whether it is paid by the fund."""
        return "covered"

    def amount_of(self, line: Listed) -> int:
        """What of a line is in scope of the fund, fen."""
        return line.in_scope

    def sentence_of(self, service: Text, lines: str, sum_: str, limit: Text) -> Text:
        """Which item, how many lines, how much."""
        return Text(
            f"{self.days}天内基金不予支付的{service.zh}有{lines}条明细计入支付范围，计{sum_}元（{limit.zh}）",
            f"{service.en}, which the fund does not pay, stood in its scope in {lines} lines within {self.days} d, "
            f"with {sum_} yuan ({limit.en})",
        )
