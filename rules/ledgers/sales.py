"""Sales of packs, by trace code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ..engine.entry import Entry
from ..engine.ledger import REACH_OF_CODES, SLOW, Feed, Ledger
from ..engine.retraction import NARROWED_BY
from ..reference import Reference
from ..wire.checks import codes_beside, is_set, stock_count
from ..wire.door import Event
from ..wire.fields import Line, PreSettlement, Settlement, Stock
from ..wire.notation import is_bad_code
from ._common import Common, through_fund


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
            settlement = f"s:{place}:{self.settlement}"
            keys += [settlement, f"{settlement}{NARROWED_BY}{self.item}"]
        if self.stock and self.number:
            keys.append(f"k:{place}:4:{self.number}")
        return keys

    @property
    def slot(self) -> str:
        """The code in one report of one settlement."""
        return f"{'o' if self.stock else 's'}:{self.institution}:{self.settlement or self.message}:{self.code}"


class _Part(NamedTuple):
    """What one code stands for of what was sold. quantity: ten-thousandths; amount: fen."""

    item: str
    quantity: int
    amount: int


def sales_of(event: Event, shared: Common) -> Iterator[Sale]:
    """One sale for each code. The codes of one line (of one stock message) share its quantity and its amount."""
    body = event.body
    if not isinstance(body, Settlement | PreSettlement | Stock) or not body.trace_codes:
        return
    if not isinstance(body, Stock):
        yield from _sales(event, shared, body, _parts_of_lines(body))
    elif body.transaction == "3505":
        yield from _sales(event, shared, body, _parts_of_report(body), stock=True, number=body.number or "")


def _sales(
    event: Event, shared: Common, body: Settlement | PreSettlement | Stock, parts: dict[str, _Part], *,
    stock: bool = False, number: str = "",
) -> Iterator[Sale]:  # fmt: skip
    beside = dict(codes_beside(body))
    traced = {one.code: one for one in body.trace_codes}
    for code, part in parts.items():
        yield Sale(
            **shared,
            time=event.at,
            amount=part.amount,
            line=code,
            code=code,
            split=is_set(traced[code].split),
            item=part.item,
            quantity=part.quantity,
            stock=stock,
            number=number,
            bad=is_bad_code(code, *beside[code]),
        )


def _parts_of_lines(body: Settlement | PreSettlement) -> dict[str, _Part]:
    by_line = {line.line: line for line in body.lines}
    line_of = {traced.code: traced.line or "" for traced in body.trace_codes}
    sharing = Counter(line_of.values())
    return {code: _part_of_line(body, by_line.get(name), sharing[name]) for code, name in line_of.items()}


def _part_of_line(body: Settlement | PreSettlement, line: Line | None, codes: int) -> _Part:
    if line is None:
        return _Part("", 0, 0)
    return _Part(line.item, round(line.count / codes * 10_000), round(through_fund(line, body) / codes))


def _parts_of_report(body: Stock) -> dict[str, _Part]:
    codes = dict.fromkeys(traced.code for traced in body.trace_codes)
    quantity = round((stock_count(body) or 0.0) / len(codes) * 10_000)
    return {code: _Part(body.item, quantity, 0) for code in codes}


def _key(entry: Sale, reference: Reference) -> tuple[str, ...] | None:
    return None if entry.bad else (entry.code,)


SALES = Ledger("sales", "token", (Feed.of(Sale, _key, reach=REACH_OF_CODES, grace=SLOW),))
