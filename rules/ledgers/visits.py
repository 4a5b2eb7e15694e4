"""Settlements of a person, where and how, and the lines that a hospital prescribed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ..engine.entry import Entry
from ..engine.ledger import GRACE, REACH, REACH_OF_STAYS, Feed, Ledger
from ..engine.retraction import REACH_OF_MESSAGE_REVERSAL
from ..reference import Reference
from ..times import to_ms
from ..wire.checks import is_set
from ..wire.door import Event
from ..wire.fields import PreSettlement, Settlement
from ._common import Common, fen
from .supply import Fill


class Visit(Entry, frozen=True, tag="v"):
    """Of the person: a settlement, where and how.

    circulated, prescriptions: of its own lines. served: time of the last of them, else its own time, ms UTC.
    shared: paid from the account of the family; of a question this is not known.
    """

    visit_type: str
    county: str
    credential: str
    operator_type: str
    circulated: bool
    prescriptions: tuple[str, ...]
    served: int = 0
    shared: bool = False
    batch: str = ""
    is_asked_about: ClassVar[bool] = True

    @property
    def home(self) -> tuple[str, str]:
        """The person."""
        return ("person", self.person)

    @property
    def retraction_keys(self) -> list[str]:
        """Its message and settlement; by the visit those find it that take back what no bill has settled."""
        keys = super().retraction_keys
        return [*keys, self.paid_by] if self.paid_by else keys

    @property
    def longest_reach(self) -> int:
        """Of the bill of a stay as of the stay itself, ms."""
        return REACH_OF_STAYS if self.transaction == "2304" else REACH

    @property
    def paid_by(self) -> str:
        """The bills of its visit; of a stay the settled piece of the stay is the bill."""
        return f"p:{self.institution}:{self.visit}" if self.visit and self.transaction != "2304" else ""

    @property
    def batch_of_lines(self) -> str:
        """The batch that it settles."""
        return self.batch


def visits_of(event: Event, shared: Common) -> Iterator[Visit]:
    """The settlement, or the question that asks for one."""
    body = event.body
    if not isinstance(body, Settlement | PreSettlement):
        return
    fund, from_family = (body.fund, body.from_family) if isinstance(body, Settlement) else (0.0, None)
    pre = isinstance(body, PreSettlement)
    yield Visit(
        **shared,
        time=event.at,
        amount=fen(fund),
        visit_type=body.visit_type,
        county=body.place or "",
        credential=body.credential or "",
        operator_type=str(body.operator_type or ""),
        circulated=any(is_set(line.circulated) for line in body.lines),
        prescriptions=tuple(sorted({line.prescription for line in body.lines if line.prescription})),
        served=event.at if pre else max((to_ms(line.occurred) for line in body.lines), default=event.at),
        shared=pre or (from_family or 0.0) > 0,
        batch=getattr(body, "batch", None) or "",
    )


def _key(entry: Visit, reference: Reference) -> tuple[str, ...] | None:
    """Not the bill of a stay: it does not say where the person was, and `stays` keeps it."""
    return (entry.person,) if entry.transaction != "2304" else None


def _key_of_line(entry: Fill, reference: Reference) -> tuple[str, ...] | None:
    """Of what a hospital prescribes to an outpatient: the lines that name their prescription."""
    return (entry.person,) if entry.transaction == "2204" and entry.prescription else None


BILLS = 2 * GRACE + REACH_OF_MESSAGE_REVERSAL
"""How long before a retraction a bill may lie on which it depends what that takes back, ms: a line is cancelled within
72 h, and its cancel taken back within 72 h; the bill came after the line, at most the grace after its own time."""

VISITS = Ledger(
    "visits",
    "person",
    # Longer than its rules need: a cancel of what was not settled asks for the bills of its visit.
    (Feed.of(Visit, _key, grace=BILLS), Feed.of(Fill, _key_of_line)),
    needs=("stays",),
)
