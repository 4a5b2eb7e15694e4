"""Sales of packs, by trace code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..engine.entry import Entry
from ..engine.ledger import SLOW, Feed, Ledger
from ..reference import Reference
from ..times import DAY
from ..wire.checks import codes_beside, is_set, stock_count
from ..wire.door import Event
from ..wire.fields import PreSettlement, Settlement, Stock
from ..wire.notation import is_bad_code
from ._common import common, through_fund


class Sale(Entry, frozen=True, tag="t"):
    """Of a trace code: one sale. stock: reported by 3505; number: by which stock calls the report.

    quantity: this code's part of what was sold, ten-thousandths, 0 where not sent; amount: its part of the line.
    bad: the code stands for no pack.
    """

    code: str
    split: bool
    item: str
    quantity: int
    stock: bool
    number: str = ""
    bad: bool = False

    @property
    def home(self) -> tuple[str, str]:
        """The code; of a code that stands for no pack the institution."""
        return ("institution", self.institution) if self.bad else ("token", self.code)

    @property
    def retraction_keys(self) -> list[str]:
        """Its message, settlement and code; the item of the settlement; of a stock report its number."""
        place = self.institution
        keys = [self.own_key, f"c:{place}:{self.code}"]
        if self.settlement:
            keys += [f"s:{place}:{self.settlement}", f"i:{place}:{self.settlement}:{self.item}"]
        if self.stock and self.number:
            keys.append(f"k:{place}:4:{self.number}")
        return keys

    @property
    def slot(self) -> str:
        """The code in one report of one settlement."""
        return f"{'o' if self.stock else 's'}:{self.institution}:{self.settlement or self.message}:{self.code}"


def sales_of(event: Event) -> Iterator[Sale]:
    """One sale for each code. The codes of one line (of one stock message) share its quantity and its amount."""
    body = event.body
    if not isinstance(body, Settlement | PreSettlement | Stock) or not body.trace_codes:
        return
    codes = body.trace_codes
    if isinstance(body, Stock) and body.transaction != "3505":
        return
    shared_fields = common(event)
    by_line = {line.line: line for line in getattr(body, "lines", ())}
    line_of = {traced.code: traced.line or "" for traced in codes}
    shared = Counter(line_of.values())
    beside = dict(codes_beside(body))
    sales = {}
    for traced in codes:
        line, stock = by_line.get(line_of[traced.code]), isinstance(body, Stock)
        count = stock_count(body) if isinstance(body, Stock) else line.count if line else None
        amount = 0 if line is None else through_fund(line, body)
        parts = len(line_of) if stock else shared[line_of[traced.code]]
        sales[traced.code] = Sale(
            **shared_fields,
            time=event.at,
            amount=round(amount / parts),
            line=traced.code,
            code=traced.code,
            split=is_set(traced.split),
            item=body.item if isinstance(body, Stock) else line.item if line else "",
            quantity=round((count or 0.0) / parts * 10_000),
            stock=stock,
            number=(body.number or "") if isinstance(body, Stock) else "",
            bad=is_bad_code(traced.code, *beside[traced.code]),
        )
    yield from sales.values()


def _key(entry: Sale, reference: Reference) -> tuple[str, ...] | None:
    return None if entry.bad else (entry.code,)


# A box may be brought back weeks after its sale and rightly be sold again; 90 d is our assumption.
SALES = Ledger("sales", "token", (Feed.of(Sale, _key, reach=90 * DAY, grace=SLOW),))
