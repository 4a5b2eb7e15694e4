"""The book of a drug's stock: D10 and D10-COUNT judge by these words.

Looked at are institutions with `stock_uploaded` = `1` in the table `institutions`, each row of stock and each line by
what the table says at its own time, and each drug there (med_list_codg) by itself. A count is the rows of 3501 of one
Beijing day together: each lot is a row. What comes in is 3503, and 3502 with inv_chg_type 101, 103, 106, 108 or 110;
what goes out is 3504, and 3502 with 102, 105, 107, 109 or 111; the sign of the quantity says nothing of any of these.
3502 with 104 (less than in the book) is left out: it says again what a count has found, often days later. 3502 of
another kind comes in where its quantity is positive, and else is left out. Settled are the lines of drugs of
settlements that carry their lines and of 2204, by fee_ocur_time and cnt, of which negative ones count against the
others; not those of stays (2301, 2304). A line is of a drug if its list_type begins with 1; where that is not sent, if
the item is no service, whose code has 15 digits and begins with 00. Sales and their returns (3505, 3506) are not
counted: what was sold for cash makes the stock smaller than this book, and larger only by the few packs that were sold
before a count and brought back after it.

The day of a count leaves open what was before it and what was after. What came in on that day counts as come in after
it; what went out or was settled on it counts as before. What comes in up to `wait_days` after the judged moment counts
too, for it may be uploaded late. Where a pack was opened from the day of the count on, also in these days, the rule
does not decide (counted as `packs are opened`): parts of packs are no packs. Opened is what has trdn_flag 1 in 3505,
3506, or a settlement whose message has the code's line; in a settlement at setl_time, whatever list_type that line has,
and also where a reversal takes the settlement back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from rules import (
    DAY,
    Guard,
    Listed,
    Moved,
    Rule,
    Text,
    Undecidable,
    Window,
    assumption,
    day_of,
    parameter,
)

Row = Listed | Moved
UNITS = Text("个计价单位", "units")


@dataclass(frozen=True, slots=True)
class Book:
    """What there was of a drug since a count, ten-thousandths of a unit.

    counts: the rows of the count. counted: what lay there; came, went: since; lines: what was settled since.
    """

    counts: Sequence[Moved]
    counted: int
    came: int
    went: int
    lines: Sequence[Listed]

    @property
    def supply(self) -> int:
        """All that could be settled."""
        return max(self.counted + self.came - self.went, 0)

    @property
    def settled(self) -> int:
        """How much was."""
        return sum(line.quantity for line in self.lines)

    @property
    def left(self) -> int:
        """What can still be there."""
        return max(self.supply - self.settled, 0)


class OfStock(Rule[Row]):
    """A rule on the book of one drug at one institution."""

    fewest: int = parameter(
        10,
        "相差的数量（cnt）须达到该数",
        "the difference, by cnt, must reach this",
        unit="units",
        origin=assumption("几盒之差可能是漏扫、破损", "some packs may be broken, or were not scanned"),
    )
    wait_days: int = parameter(
        7,
        "其后这么多天内入库的仍算；到期才提示",
        "what comes in so long after it still counts; it is told only then",
        unit="days",
        origin=assumption("货到后一周内补录入库", "a delivery is entered within a week"),
    )
    keep_days: int = parameter(
        180,
        "向前查找盘点的天数",
        "how far back a count is looked for",
        unit="days",
        origin=assumption("至少每半年盘点一次", "stock is counted twice a year at least"),
    )

    @property
    def span(self) -> int:
        """How far back the book is read, ms."""
        return self.keep_days * DAY

    @property
    def ahead(self) -> int:
        """How far ahead what comes in is looked for, ms."""
        return self.wait_days * DAY

    @property
    def guard(self) -> Guard:
        """A count, and something beside it."""
        return Guard(fewest=2, sum_over=("counts", 0))

    def counts_of(self, window: Window[Row], day: int) -> Sequence[Moved]:
        """The rows of the count of a day (its first moment, ms UTC), those behind the end of the window too."""
        return [row for row in window.of_day(day) if _is_count(row)]

    def last_count(self, window: Window[Row], at: int, before: int) -> int | None:
        """The day of the last count before a day, and whole in the window that ends at a moment; all ms UTC."""
        days = (day_of(row.time) for row in reversed(window.entries) if _is_count(row))
        return next((day for day in days if at - self.span < day < before), None)

    def book(self, window: Window[Row], counted_on: int, until: int) -> Book:
        """The book from a count on, up to a moment (ms UTC); raises Undecidable where packs are opened.

        Long because a row counts by what it is, and the days of the count and the wait by what it does.
        """
        rows = [*window.since(counted_on), *window.after(self.ahead)]
        if any(isinstance(row, Moved) and row.sort == "opened" for row in rows):
            raise Undecidable("packs are opened")
        counts = [row for row in rows if _is_count(row) and row.time < counted_on + DAY]
        moves = [row for row in rows if isinstance(row, Moved) and row.sort == "moved"]
        return Book(
            counts=counts,
            counted=sum(row.quantity for row in counts),
            came=sum(row.quantity for row in moves if row.quantity > 0),
            went=-sum(row.quantity for row in moves if row.quantity < 0 and counted_on + DAY <= row.time <= until),
            lines=[row for row in rows if isinstance(row, Listed) and counted_on + DAY <= row.time <= until],
        )


def _is_count(row: Row) -> TypeGuard[Moved]:
    return isinstance(row, Moved) and row.counts > 0
