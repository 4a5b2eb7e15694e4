"""Rule D19: a drug is sold above its price limit again and again."""

from __future__ import annotations

from rules import Card, Text

from ._overpriced import AboveLimit


class DrugAboveLimit(AboveLimit):
    """An institution charges a drug above its price limit, not once but again and again.

    Why: "药品乱收费" (Anyue county, 2024-11-11), and article 38 of the regulation. The platform answers every line
    with the limit of its price; one line above it may be a slip, three in a week are a price.

    Judged are the lines of drugs with cnt above 0, of a settlement or uploaded before it (2204, 2301), that state a
    limit (`pric_uplmt_amt`, as the platform answers it; 999999 and 0 stand for none) and whose `pric` exceeds it by
    more than `over_percent`. Counted are those of one institution and item in the `days` that end with the judged
    line, by fee_ocur_time. It is a finding, `warning`, from `fewest` on.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 70
    institutions and four lists of prices a year; one institution in ten forgets a drug for a week): 0.077 alerts
    a day. That is 2.3 alerts a month in 200,000.

    Known gaps: where neither the message nor its reply states a limit, nothing is seen. A line that is sent again
    under its number at a lower price still counts, until it is cancelled by its number or its batch (2205, 2302); a
    cancel of all lines of a visit does not reach it. A limit by the level of the hospital is the one that the
    platform states.

    Example:
        >>> from rules.testing import at, judge, overpriced
        >>> def charged(count, price):
        ...     days = [at("09:00", day=n) for n in range(count)]
        ...     return [overpriced(day, price=price, most=1_000_000, is_drug=True) for day in days]
        >>> judge(DrugAboveLimit(), charged(2, 1_200_000))
        []
        >>> judge(DrugAboveLimit(), charged(3, 1_005_000))
        []
        >>> [(found.value, found.severity) for found in judge(DrugAboveLimit(), charged(3, 1_006_000))]
        [(3, 'warning')]

    """

    card = Card(
        id="D19",
        name=Text("药品超限价", "Drug above its limit"),
        family="billing",
        ledger="overpriced",
        subject="institution",
        why=Text(
            "多次以高于限价的单价销售药品，超出部分不应由基金和参保人承担",
            "A drug above its limit again and again: neither the fund nor the patient owes the difference",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；安岳县八条措施（2024-11-11）“药品乱收费”",
        advice=Text(
            "三日内核对该药品的限价、执行日期与购进价格，计算多收金额，并查其他药品是否也超限价",
            "within three days the limit, the day from which it holds and what the institution paid; what was charged "
            "too much, and whether other drugs are above theirs",
        ),
        decided=("pric", "pric_uplmt_amt"),
    )

    @property
    def of_drugs(self) -> bool:
        """Of drugs."""
        return True
