"""Stays that begin at institutions whose agreement lapses at some time, by institution."""

from __future__ import annotations

from typing import ClassVar, cast

from ..engine.entry import Entry, Role
from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from ..wire.door import Event
from ..wire.fields import Admission
from ._common import Shared, diagnosis_of
from .agreements import WITHOUT_AGREEMENT, agreement_at


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


def _key(entry: Admitted, reference: Reference) -> tuple[str, ...] | None:
    """Kept whatever the day where a row of the institution has no agreement, or the register does not know the code.

    Also an admission under an agreement: sent again, it may take the place of one without.
    """
    if not reference.has("institutions"):
        return None
    lapses = any(row["status"] in WITHOUT_AGREEMENT for row in reference.rows("institutions", entry.institution))
    if lapses or not agreement_at(entry.institution, entry.time, reference):
        return (entry.institution,)
    return None


ADMISSIONS = Ledger("admissions", "institution", (Feed.of(Admitted, _key, reach=REACH_OF_STAYS, grace=SLOW),))
