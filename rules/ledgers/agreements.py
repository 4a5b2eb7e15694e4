"""What an institution does without an agreement in force, by institution and day."""

from __future__ import annotations

from typing import ClassVar, cast

from ..engine.entry import Entry, Role
from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from ..times import day_of
from ..wire.door import Event
from ..wire.fields import Admission
from ._common import Shared, diagnosis_of
from .swipes import Swipe

WITHOUT_AGREEMENT = ("suspended", "terminated")
"""Status of an institution, in the register, of which nothing may be settled."""


class Admitted(Entry, frozen=True, tag="i"):
    """At the institution: a stay began. diagnosis: main diagnosis (ICD-10); telephone: of the contact, a pseudonym.

    Both are empty where the admission does not state them.
    """

    visit_type: str
    diagnosis: str = ""
    telephone: str = ""
    last_counts: ClassVar[bool] = True

    @property
    def role(self) -> Role:
        """An admission."""
        return "admission"

    def stated(self, field: str) -> str:
        """Also the kind of stay, its diagnosis and the telephone."""
        found = {"med_type": self.visit_type, "dscg_maindiag_code": self.diagnosis, "tel": self.telephone}
        return found.get(field) or super().stated(field)

    @property
    def retraction_keys(self) -> list[str]:
        """Its message and the admission."""
        return [self.own_key, f"a:{self.institution}:{self.visit}"]

    @property
    def slot(self) -> str:
        """The admission."""
        return f"admission:{self.institution}:{self.visit}"


def admitted_of(event: Event, shared: Shared) -> list[bytes]:
    """The stay that an admission begins."""
    return [shared.write(Admitted, own_of_admission(event))]


def own_of_admission(event: Event) -> tuple[object, ...]:
    """The own fields of the entry of an admission, and its time."""
    body = cast("Admission", event.body)
    return (body.visit_type, diagnosis_of(body), body.telephone or "", event.at)


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    """A stay counts when it begins, not when it is settled: those admitted before may be ended."""
    if entry.transaction == "2304":
        return None
    return _lapsed(entry, entry.began, reference)


def _key_of_admission(entry: Admitted, reference: Reference) -> tuple[str, ...] | None:
    return _lapsed(entry, entry.time, reference)


def _lapsed(entry: Entry, served: int, reference: Reference) -> tuple[str, ...] | None:
    """Kept only where the register has no agreement in force at the time of service, or does not know the code."""
    if not reference.has("institutions"):
        return None
    row = reference.row("institutions", entry.institution, served)
    if row is not None and row.get("status") not in WITHOUT_AGREEMENT:
        return None
    return (entry.institution, str(day_of(served)))


AGREEMENTS = Ledger(
    "agreements",
    "institution",
    (Feed.of(Swipe, _key), Feed.of(Admitted, _key_of_admission, reach=REACH_OF_STAYS, grace=SLOW)),
)
