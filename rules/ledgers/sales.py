"""Sales of packs, by trace code."""

from __future__ import annotations

from typing import NamedTuple, cast

from ..engine.entry import Entry, Role
from ..engine.ledger import REACH_OF_CODES, SLOW, Feed, Ledger
from ..engine.marks import NARROWED_BY, marks_of, number_of
from ..reference import Reference
from ..wire.checks import is_set, stock_count
from ..wire.door import Event
from ..wire.fields import PreSettlement, Settlement, Stock, TraceCode
from ._common import Shared, through_fund


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
    def role(self) -> Role:
        """A sale that was settled, or one that was reported from stock."""
        return "stock_sale" if self.stock else "sale"

    @property
    def sold(self) -> tuple[str, int]:
        """The item and this code's part of its quantity."""
        return (self.item, self.quantity)

    def stated(self, field: str) -> str:
        """Also the code, and whether the pack was opened."""
        found = {"drug_trac_codg": self.code, "trdn_flag": "1" if self.split else ""}
        return found.get(field) or super().stated(field)

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
            settlement = f"s:{place}:{self.settlement}"
            keys += [settlement, f"{settlement}{NARROWED_BY}{self.item}"]
        if self.stock and self.number:
            keys.append(f"k:{place}:4:{self.number}")
        return keys

    @property
    def marks(self) -> set[int]:
        """Those of its keys; the item of the settlement is found by the settlement."""
        place = self.institution
        if self.stock or not self.settlement:
            return marks_of(self.retraction_keys)
        return {number_of(self.own_key), number_of(f"c:{place}:{self.code}"), number_of(f"s:{place}:{self.settlement}")}

    @property
    def slot(self) -> str:
        """The code in one report of one settlement."""
        return f"{'o' if self.stock else 's'}:{self.institution}:{self.settlement or self.message}:{self.code}"


class Sold(NamedTuple):
    """What one trace code stands for of what was sold. bad: for no pack. quantity: ten-thousandths; amount: fen."""

    code: TraceCode
    bad: bool
    item: str
    quantity: int
    amount: int


_NO_LINE = ("", 0, 0)


def sold_in(event: Event) -> list[Sold]:
    """What an event sells, by code; of a code that stands twice the later. Other stock than sales sells nothing.

    The codes of one line (of one stock message) share its quantity and its amount.
    """
    body = cast("Settlement | PreSettlement | Stock", event.body)
    traced = {one.code: one for one in body.trace_codes}
    if not isinstance(body, Stock):
        return _sold_by_lines(body, traced, frozenset(event.bad_codes)) if traced else []
    if body.transaction != "3505" or not traced:
        return []
    quantity = round((stock_count(body) or 0.0) / len(traced) * 10_000)
    bad = frozenset(event.bad_codes)
    return [Sold(one, code in bad, body.item, quantity, 0) for code, one in traced.items()]


def _sold_by_lines(body: Settlement | PreSettlement, traced: dict[str, TraceCode], bad: frozenset[str]) -> list[Sold]:
    sharing: dict[str, int] = {}
    for one in traced.values():
        name = one.line or ""
        sharing[name] = sharing.get(name, 0) + 1
    parts: dict[str, tuple[str, int, int]] = {}
    for line in body.lines:
        if codes := sharing.get(line.line):
            amount = round(through_fund(line, body) / codes)
            parts[line.line] = (line.item, round(line.count / codes * 10_000), amount)
    return [Sold(one, code in bad, *parts.get(one.line or "", _NO_LINE)) for code, one in traced.items()]


def sale_of(event: Event, sold: Sold, shared: Shared, kind: type[Sale] = Sale) -> bytes:
    """The sale of one code."""
    body, code = event.body, sold.code.code
    own = (
        code,
        is_set(sold.code.split),
        sold.item,
        sold.quantity,
        isinstance(body, Stock),
        (body.number or "") if isinstance(body, Stock) else "",
        sold.bad,
        event.at,
    )
    return shared.write(kind, own, code, sold.amount)


def _key(entry: Sale, reference: Reference) -> tuple[str, ...] | None:
    return None if entry.bad else (entry.code,)


SALES = Ledger("sales", "token", (Feed.of(Sale, _key, reach=REACH_OF_CODES, grace=SLOW),))
