"""Rule D10-DEL: many rows of stock are deleted on a day."""

from __future__ import annotations

from rules import (
    STOCK_DELETED,
    Arrival,
    Card,
    Episode,
    Names,
    Text,
    assumption,
    ends_after,
    parameter,
    reached,
)

from ._of_day import CountedOfDay


class StockRecordsDeleted(CountedOfDay[Arrival]):
    """An institution deletes many rows of stock on one day that it had reported before.

    Why: "篡改药品耗材进销存记录" (She county, 2025-04-30). Purchases and sales that were reported no longer agree with
    what lies on the shelf once rows of them are gone. A wrong lot is corrected now and then; who deletes twenty rows in
    a day rewrites the book. No number is published; twenty are our assumption.

    Counted are the standing deletions of one institution (3507) on the Beijing day of inf_time, up to the judged one,
    whichever kind of row they name. It is a finding, `warning`, from `limit` on.

    Honest county of 200,000 (`python -m pytest tests/honest/test_offices.py`, our assumptions: of 60 pharmacies five
    sell 400 times a day and correct one sale in fifty, which makes 0.04 alerts a month; and one a month takes back the
    rows of a wrong delivery note): 0.035 alerts a day. That is 1.0 alerts a month in 200,000.

    Known gaps: whoever changes a quantity (3502) instead of deleting a row is not seen; nor does the rule know whether
    purchases, sales and stock agree. Most institutions do not report their stock at all.

    Example:
        >>> from rules.testing import arrival, at, judge
        >>> def deleted(count):
        ...     return [arrival(at("09:00", seconds=900 * n), transaction="3507") for n in range(count)]
        >>> judge(StockRecordsDeleted(), deleted(19))
        []
        >>> [(found.value, found.severity) for found in judge(StockRecordsDeleted(), deleted(20))]
        [(20, 'warning')]

    """

    card = Card(
        id="D10-DEL",
        name=Text("大量删除进销存记录", "Stock records deleted"),
        family="billing",
        stage="post",
        ledger="deletions",
        subject="institution",
        why=Text(
            "大量删除已上报的进销存记录，账与实物可能不再相符",
            "Many reported rows of stock deleted: the book may no longer agree with the shelf",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；歙县专项整治方案（2025-04-30）“篡改药品耗材进销存记录”",
        advice=Text(
            "三日内调取被删除记录的原始报文，与购进票据、库存实物核对，问清删除原因及是否重新上报",
            "within three days the messages of the deleted rows beside delivery notes and the shelf: why were they "
            "deleted, were they reported anew",
        ),
    )

    limit: int = parameter(
        20,
        "同一日删除进销存记录达到该次数即触发",
        "number of rows deleted on one day that sets the rule off",
        unit="deletions",
        origin=assumption("大药店每日更正约八次", "a large pharmacy corrects about eight a day"),
    )
    quiet: int = ends_after(172_800, "相隔不超过两日的并入同一预警", "days at most two apart stay one alert")

    @property
    def measure(self) -> str:
        """Rows that were deleted."""
        return "deleted_stock_rows_of_a_day"

    def counts(self, entry: Arrival) -> bool:
        """Whether it deletes a row of stock."""
        return entry.transaction == STOCK_DELETED

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many of the worst day."""
        found, limit = episode.peak, reached(episode.peak.limit, Text("次", "deletions"))
        return Text(
            f"一日内删除已上报的进销存记录{found.value:g}次（{limit.zh}）",
            f"reported rows of stock were deleted {found.value:g} times on one day ({limit.en})",
        )
