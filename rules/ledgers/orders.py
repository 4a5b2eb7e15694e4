"""What outpatients are charged for, by the physician who ordered it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, cast

from ..engine.entry import Entry, Role
from ..engine.ledger import REACH, Feed, Ledger
from ..reference import Reference
from ..times import to_ms
from ..wire.door import Event
from ..wire.fields import FeeLines, Line
from ._common import Shared, fen, through_fund
from .physicians import SHORTEST_CODE


class Ordered(Entry, frozen=True, tag="d"):
    """Of the physician: one line of an outpatient.

    Its time is fee_ocur_time. quantity: cnt, ten-thousandths. amount: what is in scope of the fund, at most, total: the
    whole line, fen. department: who orders (bilg_dept_codg), empty where it is not sent.
    """

    physician: str
    item: str
    quantity: int
    total: int
    batch: str = ""
    department: str = ""
    last_counts: ClassVar[bool] = True

    @property
    def role(self) -> Role:
        """A fee line."""
        return "fee_line"

    @property
    def billed(self) -> int:
        """The sum of the line."""
        return self.total

    @property
    def sold(self) -> tuple[str, int]:
        """The item and its quantity."""
        return (self.item, self.quantity)

    def stated(self, field: str) -> str:
        """Also who ordered it, and for which department."""
        found = {"bilg_dr_codg": self.physician, "bilg_dept_codg": self.department}
        return found.get(field) or super().stated(field)

    @property
    def home(self) -> tuple[str, str]:
        """The physician."""
        return ("physician", self.physician)

    @property
    def retraction_keys(self) -> list[str]:
        """Its message, line and batch. Not its visit: what no bill has settled is known at the person alone."""
        visit = f"{self.institution}:{self.visit}"
        keys = [*super().retraction_keys, f"l:{visit}:{self.line}"]
        return [*keys, f"b:{visit}:{self.batch}"] if self.batch else keys

    @property
    def longest_reach(self) -> int:
        """72 h, ms."""
        return REACH

    @property
    def slot(self) -> str:
        """The line of the visit."""
        return f"l:{self.institution}:{self.visit}:{self.line}"

    @property
    def batch_of_lines(self) -> str:
        """The batch that it was sent in."""
        return self.batch


def ordered_in(event: Event, shared: Shared) -> Iterator[tuple[str, bytes]]:
    """The lines of an outpatient that give something and name a physician, with her code; not those of stays (2301)."""
    body = cast("FeeLines", event.body)
    for line in body.lines if body.transaction == "2204" else ():
        physician = line.physician or ""
        if line.count > 0 and is_of_a_person(physician):
            own = (*charged(line, body.batch or ""), to_ms(line.occurred))
            yield physician, shared.write(Ordered, own, line.line, through_fund(line, body))


def charged(line: Line, batch: str) -> tuple[object, ...]:
    """What an entry says of a line, up to its department."""
    quantity, total = round(line.count * 10_000), fen(line.amount)
    return (line.physician or "", line.item, quantity, total, batch, line.department or "")


def is_of_a_person(code: str) -> bool:
    """Whether a code can be that of one physician: long enough, and not one character again and again."""
    return len(code) >= SHORTEST_CODE and len(set(code[1:])) > 1


def _key(entry: Ordered, reference: Reference) -> tuple[str, ...] | None:
    return (entry.physician,)


ORDERS = Ledger("orders", "physician", (Feed.of(Ordered, _key),))
