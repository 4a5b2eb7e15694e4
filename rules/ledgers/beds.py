"""Who comes into hospital and who leaves it, by institution, where the register says how many beds are approved."""

from __future__ import annotations

from typing import cast

from ..engine.entry import Entry, Role
from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from ..wire.checks import is_set
from ..wire.door import Event
from ..wire.fields import Discharge, Settlement
from ._common import Shared
from .admissions import Admitted


class Departed(Entry, frozen=True, tag="h"):
    """At the institution: a patient left, by the discharge or by the final bill of the stay."""

    @property
    def role(self) -> Role:
        """A discharge or a bill."""
        return "bill" if self.settlement else "discharge"

    @property
    def last_counts(self) -> bool:  # type: ignore[override]  # a bill is as it was first sent, a discharge as it was last sent
        """Whether the latest statement counts."""
        return not self.settlement

    @property
    def retraction_keys(self) -> list[str]:
        """Its message, and the settlement or the discharge."""
        return super().retraction_keys if self.settlement else [self.own_key, f"d:{self.institution}:{self.visit}"]

    @property
    def slot(self) -> str:
        """The settlement or the discharge."""
        return super().slot or f"discharge:{self.institution}:{self.visit}"


def departed_in(event: Event, shared: Shared) -> list[bytes]:
    """The end of a stay that a discharge states, or the last bill of a stay."""
    body = cast("Discharge | Settlement", event.body)
    if isinstance(body, Settlement) and (body.transaction != "2304" or is_set(body.interim)):
        return []
    return [shared.write(Departed, (event.at,))]


def beds_at(institution: str, at: int, reference: Reference) -> float:
    """How many beds the register approves at a time, ms UTC; 0 where it does not say."""
    row = reference.row("institutions", institution, at) or {}
    return float(row.get("beds") or 0)


def _key(entry: Admitted | Departed, reference: Reference) -> tuple[str, ...] | None:
    """Kept where any row of the institution has beds."""
    has_beds = any(row.get("beds") for row in reference.rows("institutions", entry.institution))
    return (entry.institution,) if has_beds else None


BEDS = Ledger(
    "beds",
    "institution",
    (
        Feed.of(Admitted, _key, reach=REACH_OF_STAYS, grace=SLOW),
        Feed.of(Departed, _key, reach=REACH_OF_STAYS, grace=SLOW),
    ),
)
