"""Rule D10-COUNT: a count finds more of a drug than the book leaves."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Moved,
    Names,
    Reference,
    Text,
    Window,
    assumption,
    clock,
    day_of,
    ends_after,
    evidence,
    parameter,
    reached,
)

from ._stock import UNITS, Book, OfStock, Row
from ._supply import UNIT


class StillOnShelf(OfStock):
    """A count finds more of a drug than can be left of what was counted before and came in since.

    Why: "药品、耗材进销存不符" (Mei county forwarding Baoji city, 2024-09-27), "虚假购药" (Anhui, 2024-04-10). What was
    settled and still lies on the shelf was handed out to nobody. The notices set no number; the figures are our
    assumption.

    What the book of a drug's stock is stands in docs/rules/stock.md. A count is judged at its last row, by (time, id):
    by the last count at least `days` before its day, the whole of which lies in the last `keep_days`. Of its own rows
    with one fixmedins_bchno those of the last upload count, for a count may be sent again. What was settled and what
    went out between, on neither of the two days, is taken from what was counted then and came in since; less than
    nothing is nothing. It is a finding if anything was settled between, on balance, and the count is more than what is
    left, by at least `fewest` and by more than `over_percent` of what was settled between: `warning`; `high` from
    `high_percent` on. It is told `wait_days` after the count.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 20 institutions that upload
    their stock count 40 drugs each every month, and one count in 1,000 is wrong by so much; and one institution a year
    forgets to upload a delivery for more than a week before a count, which half of its drugs show): 0.081 alerts a day.
    That is 2.5 alerts a month in 200,000.

    Known gaps: a count that repeats the book instead of the shelf is always right. What was sold for cash hides as much
    that was settled on paper. Drugs that come in again within `wait_days` after the count. Lines of stays. A drug of
    which one pack is reported as opened is not judged. Where each lot is sent by itself and all with one
    fixmedins_bchno, the last one alone is the count. Accused are also hospitals that do not cancel (2205) lines of 2204
    that were not paid; institutions that buy under another med_list_codg than they count, or in larger units; those to
    which a branch lent a lot that nobody recorded; and those that counted the drug in several places on different days,
    or that the table left out for a time in which it came in. What is deleted (3507) more than 72 h after its own time
    still counts, also where it was uploaded later than that.

    Example:
        >>> from rules.testing import at, counted, judge, listed
        >>> def shop(found):
        ...     sold = [listed(at("10:00", day=n), institution="P1", quantity=10_000) for n in range(1, 31)]
        ...     return [counted(at("00:00"), 40), *sold, counted(at("00:00", day=31), found)]
        >>> judge(StillOnShelf(), shop(19))
        []
        >>> [(found.value, found.limit, found.severity) for found in judge(StillOnShelf(), shop(20))]
        [(20.0, 20.0, 'warning')]

    """

    card = Card(
        id="D10-COUNT",
        name=Text("已结算药品仍在架上", "Settled and still on the shelf"),
        family="drug",
        stage="post",
        ledger="stock_book",
        subject="institution",
        why=Text(
            "盘点数多于账面结存：已经医保结算的药品可能没有发出，仍在架上",
            "More is counted than the book leaves: what was settled may never have been handed out",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条；眉县转发宝鸡市通知（2024-09-27）“药品、耗材进销存不符”，"
            "安徽省通知（2024-04-10）“虚假购药”"
        ),
        advice=Text(
            "10日内复盘该药实物，抽查两次盘点之间的结算，电话回访其中几名参保人是否领到药品，并核对是否漏传购进",
            "within 10 days count again; a call to some of those for whom it was settled between the counts, whether "
            "they got it; whether the upload of a purchase is missing",
        ),
        tables=("institutions",),
    )

    days: int = parameter(
        30,
        "与至少这么多天以前的盘点比较",
        "it is held against a count at least so long before",
        unit="days",
        origin=assumption("太近的盘点之间结算太少", "between two close counts little is settled"),
    )
    over_percent: int = parameter(
        5,
        "同时须超过其间结算数量的该百分比",
        "it must also be more than this share of what was settled between",
        unit="%",
        origin=assumption("盘点误差一般不超过5%", "counts are wrong by 5 % at most"),
    )
    high_percent: int = parameter(
        50,
        "多出的数量达到其间结算数量的该百分比，严重程度为high",
        "from this share of what was settled between on it is `high`",
        unit="%",
        origin=assumption("结算的一半没有发出", "half of what was settled was not handed out"),
    )
    quiet: int = ends_after(2_592_000, "30天内的并入同一预警", "those of 30 days stay one alert")

    def check(self, entry: Row, window: Window[Row], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Hold a count against what is left of an earlier one."""
        if not entry.counts:
            return None
        day = day_of(entry.time)
        every = self.counts_of(window, day)
        if entry.id != every[-1].id:
            return None
        counted_on = self.last_count(window, entry.time, day - self.days * DAY + 1)
        if counted_on is None:
            return None
        rows = _last_sent(every)
        book, counted = self.book(window, counted_on, day - 1), sum(row.quantity for row in rows)
        more = counted - book.left
        is_much = more >= self.fewest * UNIT and more * 100 > book.settled * self.over_percent
        return self._finding(rows, entry.time, book) if is_much and book.settled > 0 else None

    def _finding(self, rows: Sequence[Moved], at: int, book: Book) -> Finding:
        settled, counted = book.settled, sum(row.quantity for row in rows)
        more = counted - book.left
        least = book.left + max(self.fewest * UNIT, settled * self.over_percent / 100)
        return Finding(
            measure="units_counted",
            value=counted / UNIT,
            limit=round(least / UNIT, 1),
            usual=round(book.left / UNIT, 1),
            unit="units",
            severity="high" if more * 100 >= settled * self.high_percent else "warning",
            evidence=evidence([*book.counts, *rows], self.card),
            due=at + self.ahead,
            amount=round(sum(line.amount for line in book.lines) * min(more / settled, 1)),
            details={
                "on": clock(at, "%Y-%m-%d"),
                "since": clock(book.counts[0].time, "%Y-%m-%d"),
                "before": f"{book.counted / UNIT:g}",
                "came": f"{book.came / UNIT:g}",
                "went": f"{book.went / UNIT:g}",
                "settled": f"{settled / UNIT:g}",
            },
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which drug, how much was counted, and how the book came to less."""
        found, limit = episode.peak, reached(episode.peak.limit, UNITS)
        drug, left = names.drug(found.evidence[-1]), f"{found.usual or 0:g}"
        of = found.details
        return Text(
            f"{of['on']}盘点{drug.zh}{found.value:g}个计价单位（{limit.zh}），账面应剩{left}："
            f"{of['since']}盘点{of['before']}，其后入库{of['came']}、出库{of['went']}、医保结算{of['settled']}",
            f"the count of {of['on']} found {found.value:g} units of {drug.en} ({limit.en}) where the book leaves "
            f"{left}: {of['before']} counted on {of['since']}, {of['came']} came in since, {of['went']} went out and "
            f"{of['settled']} were settled",
        )


def _last_sent(rows: Sequence[Moved]) -> list[Moved]:
    """Those that count: of the rows with one number those of the message that was uploaded last."""
    last = {row.number: _sent(row) for row in sorted(rows, key=_sent)}
    return [row for row in rows if not row.number or last[row.number] == _sent(row)]


def _sent(row: Moved) -> tuple[int, int, str]:
    return (row.uploaded, row.answered, row.message)
