"""Leads: what rules over leads remember of an alert, of what was said of it, and of who took it.

No message leaves these entries: they are made of revisions of alerts, of dispositions and of work on alerts, outside of
the engines that judge messages. Each change of a lead is its entry again, which takes the place of the one before.
"""

from __future__ import annotations

from typing import ClassVar

from ..engine.entry import Entry, Role
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import DAY

REACH_OF_LEADS = 366 * DAY
"""So long after a lead a disposition of it still counts. Our assumption: a year, the span of the longest rule."""

CONFIRMED = "confirmed"
HELD = frozenset({"confirmed", "referred"})
"""Dispositions by which a lead was found to hold."""
WRONG = frozenset({"false_positive", "data_error"})
"""Dispositions by which what a lead says did not happen."""
DISMISSED = WRONG | {"explained"}
"""Dispositions by which a lead says nothing of whom it is about."""
GROWTH = "B15"
"""The rule whose leads say that outpatient spending grows."""


class Lead(Entry, frozen=True, tag="ld"):
    """A lead about somebody, as it stands. time: its first trigger; message: its id; amount: fen at risk.

    rule: its id. kind, subject: whom it is about. severity: 0 to 3. stands: it was not withdrawn. said: what was said
    of it last, empty where nothing was; said_at: when, ms UTC.
    """

    rule: str
    kind: str
    subject: str
    severity: int
    stands: bool = True
    said: str = ""
    said_at: int = 0

    replaces: ClassVar[bool] = True
    lasting: ClassVar[bool] = True

    @property
    def role(self) -> Role:
        """A lead."""
        return "lead"

    def stated(self, field: str) -> str:
        """Also its id, its rule, and what was said of it: as an alert and its feedback call them."""
        found = {"alert_id": self.message, "rule_id": self.rule, "disposition": self.said}
        return found.get(field) or super().stated(field)

    @property
    def speaks(self) -> bool:
        """Whether it says something of whom it is about: it was not withdrawn, and nobody found it wrong."""
        return self.stands and self.said not in DISMISSED

    @property
    def holds(self) -> bool:
        """Whether somebody found that it is as it says."""
        return self.said in HELD

    @property
    def number(self) -> str:
        """The number of its rule in the catalogue: S01 of S01-GAP, for variants find the same thing."""
        return self.rule.partition("-")[0]


class Beside(Lead, frozen=True, tag="lb"):
    """A person in a lead, with the others whom its evidence names."""

    others: tuple[str, ...] = ()


class Here(Lead, frozen=True, tag="lh"):
    """A lead at an institution. persons: whom its evidence names there; none where it rests on totals."""

    persons: tuple[str, ...] = ()


class Growing(Lead, frozen=True, tag="lg"):
    """A lead that outpatient spending grows at an institution, in its place of care."""

    @property
    def happened(self) -> bool:
        """Whether the spending grew as it says, for whatever reason."""
        return self.stands and self.said not in WRONG


class Waiting(Lead, frozen=True, tag="lw"):
    """A lead as it waits for people. time: when it was found.

    judged_at: when somebody first said what it is, or when it was withdrawn; 0: not yet. taken_at: the same, or when it
    was first assigned to somebody. due: the first moment after the day until which it is to be judged. All ms UTC.
    """

    taken_at: int = 0
    judged_at: int = 0
    due: int = 0


def _of_actor(entry: Lead, reference: Reference) -> tuple[str, ...] | None:
    is_somebody = entry.kind in ("person", "physician", "institution")
    return (entry.subject, entry.kind) if is_somebody else None


def _of_rule(entry: Lead, reference: Reference) -> tuple[str, ...] | None:
    key = _of_actor(entry, reference)
    return (*key, entry.rule) if key else None


def _of_person(entry: Beside, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person,)


def _of_institution(entry: Here | Waiting, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,)


def _of_place(entry: Growing, reference: Reference) -> tuple[str, ...] | None:
    return (entry.place,) if entry.place else None


REPEATS = Ledger("repeats", "lead", (Feed.of(Lead, _of_rule, reach=REACH_OF_LEADS),))
ACTORS = Ledger("actors", "lead", (Feed.of(Lead, _of_actor, reach=REACH_OF_LEADS),))
COMPANY = Ledger("company", "person", (Feed.of(Beside, _of_person, reach=REACH_OF_LEADS),))
WAITS = Ledger("waits", "institution", (Feed.of(Waiting, _of_institution, reach=REACH_OF_LEADS),))

LEADS_AT = Ledger("leads_at", "institution", (Feed.of(Here, _of_institution, reach=REACH_OF_LEADS),))
GROWING = Ledger("growing", "group", (Feed.of(Growing, _of_place, reach=REACH_OF_LEADS),))

OF_LEADS = (REPEATS, ACTORS, COMPANY, WAITS, LEADS_AT, GROWING)
"""The ledgers of leads: kept by the engine of rules over leads, and by no other."""
