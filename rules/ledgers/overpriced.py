"""Fee lines at a price above the limit that they state themselves, by institution and item."""

from __future__ import annotations

from typing import cast

from ..engine.ledger import REACH, REACH_OF_STAYS, Feed, Ledger
from ..reference import Reference
from ..times import DAY, to_ms
from ..wire.door import Event
from ..wire.fields import FeeLines, Line, Settlement
from ._common import Shared, through_fund
from .orders import Ordered, charged
from .supply import OF_STAYS, reads_as_drug

PARTS = 10_000
"""A price in these parts of a yuan is an integer."""


class Priced(Ordered, frozen=True):
    """At the institution: one fee line with its price.

    price, most: pric and pric_uplmt_amt, 0 where no limit is stated, ten-thousandths of a yuan. is_drug: by list_type,
    else by the code. paid: when the settlement was that carries the line, ms, 0 where none.
    """

    price: int = 0
    most: int = 0
    is_drug: bool = False
    paid: int = 0

    @property
    def home(self) -> tuple[str, str]:
        """The institution."""
        return ("institution", self.institution)

    @property
    def longest_reach(self) -> int:
        """Of a stay as of the stay itself, else 72 h: after the line, or after the settlement that carries it, ms."""
        reach = REACH_OF_STAYS if self.transaction in OF_STAYS else REACH
        return reach + max(self.paid - self.time, 0)

    def stated(self, field: str) -> str:
        """Also the price and its limit."""
        if field in ("pric", "pric_uplmt_amt"):
            return f"{(self.price if field == 'pric' else self.most) / PARTS:g}"
        return super().stated(field)


class Overpriced(Priced, frozen=True, tag="l"):
    """At the institution: one fee line with pric above pric_uplmt_amt."""


def overpriced_in(event: Event, shared: Shared) -> list[bytes]:
    """The lines of which the price is above the limit; a limit of 0 is none."""
    body = cast("Settlement | FeeLines", event.body)
    paid, batch = event.at if isinstance(body, Settlement) else 0, body.batch or ""
    return [
        shared.write(
            Overpriced, (*charged(line, batch), *prices(line), paid, to_ms(line.occurred)),
            line.line, through_fund(line, body),
        )
        for line in body.lines
        if line.count > 0 and 0 < (line.price_limit or 0) < line.price
    ]  # fmt: skip


def prices(line: Line) -> tuple[int, int, bool]:
    """The price, its limit, and whether it is of a drug."""
    return (
        round(line.price * PARTS),
        round((line.price_limit or 0) * PARTS),
        reads_as_drug(line.list_type or "", line.item),
    )


def _key(entry: Overpriced, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution, entry.item)


OVERPRICED = Ledger("overpriced", "institution", (Feed.of(Overpriced, _key, reach=REACH_OF_STAYS, grace=60 * DAY),))
