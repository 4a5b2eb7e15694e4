"""Rule B03: a service is charged above its price limit again and again."""

from __future__ import annotations

from rules import Card, Text

from ._overpriced import AboveLimit


class PriceAboveLimit(AboveLimit):
    """An institution charges a service or a material above its price limit, not once but again and again.

    Why: "擅自提高收费标准" and "超标准收费" (Baoji city, 2024-09-27; She county, 2025-04-30), and article 38 of
    the regulation. The platform answers every line with the limit of its price; one line above it may be a slip, three
    in a week are a price.

    Judged are the lines of services and materials with cnt above 0, of a settlement or uploaded before it (2204,
    2301), that state a limit (`pric_uplmt_amt`, as the platform answers it; 999999 and 0 stand for none) and whose
    `pric` exceeds it by more than `over_percent`. Counted are those of one institution and item in the `days` that
    end with the judged line, by fee_ocur_time. It is a finding, `warning`, from `fewest` on.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 70
    institutions and two lists of prices a year; one institution in ten forgets an item for a week): 0.038 alerts
    a day. That is 1.2 alerts a month in 200,000.

    Known gaps: where neither the message nor its reply states a limit, nothing is seen. A line that is sent again
    under its number at a lower price still counts, until it is cancelled by its number or its batch (2205, 2302); a
    cancel of all lines of a visit does not reach it. A limit by the level of the hospital is the one that the
    platform states.

    Example:
        >>> from rules.testing import at, judge, overpriced
        >>> def charged(count, price):
        ...     days = [at("09:00", day=n) for n in range(count)]
        ...     return [overpriced(day, price=price, most=1_000_000) for day in days]
        >>> judge(PriceAboveLimit(), charged(2, 1_200_000))
        []
        >>> judge(PriceAboveLimit(), charged(3, 1_005_000))
        []
        >>> [(found.value, found.severity) for found in judge(PriceAboveLimit(), charged(3, 1_006_000))]
        [(3, 'warning')]

    """

    card = Card(
        id="B03",
        name=Text("超限价收费", "Price above its limit"),
        family="billing",
        ledger="overpriced",
        subject="institution",
        why=Text(
            "多次以高于限价的单价收费，超出部分不应由基金和参保人承担",
            "A price above the limit again and again: neither the fund nor the patient owes the difference",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“擅自提高收费标准”“超标准收费”",
        advice=Text(
            "三日内核对该项目的限价、执行日期与机构收费目录，计算多收金额，并查其他项目是否也超限价",
            "within three days the limit, the day from which it holds and the price list of the institution; what was "
            "charged too much, and whether other items are above theirs",
        ),
        decided=("pric", "pric_uplmt_amt"),
    )

    @property
    def of_drugs(self) -> bool:
        """Of services and materials."""
        return False
