"""What a person got after the day of death in the register, and what tells when a visit began."""

from __future__ import annotations

from typing import ClassVar

from ..engine.entry import Entry
from ..engine.ledger import REACH_OF_STAYS, SLOW, Feed, Ledger
from ..reference import Reference
from ..times import DAY, parse
from ..wire.door import Event
from ._common import Shared
from .stays import Stay
from .supply import BILLED_BY, Fill
from .visits import Visit


class Registered(Entry, frozen=True, tag="o"):
    """Of the person: an outpatient visit began."""

    last_counts: ClassVar[bool] = True

    @property
    def home(self) -> tuple[str, str]:
        """The person."""
        return ("person", self.person)

    @property
    def retraction_keys(self) -> list[str]:
        """Its message and the registration."""
        return [self.own_key, f"r:{self.institution}:{self.visit}"]

    @property
    def slot(self) -> str:
        """The registration."""
        return f"registration:{self.institution}:{self.visit}"


def registered_of(event: Event, shared: Shared) -> list[bytes]:
    """The visit that a registration begins."""
    return [shared.write(Registered, (event.at,))]


def when_died(entry: Entry, reference: Reference) -> int | None:
    """The moment after which the register of deaths stands against an entry: the day of death plus one, ms UTC.

    None where no row that is valid at the entry's time names the person.
    """
    row = reference.row("deaths", entry.person, entry.time) if entry.person else None
    return None if row is None else parse(row["die_date"]) + DAY


def _key(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    """Kept only for persons whom the register of deaths names, and of those only what comes after the death.

    What tells when a visit began is kept from before it too: registrations, admissions and outpatient lines.
    """
    if not entry.person or reference.latest("deaths", entry.person, entry.time) is None:
        return None
    if isinstance(entry, Stay) and entry.piece != "admission":
        return None
    if isinstance(entry, Registered | Stay) or (isinstance(entry, Fill) and entry.transaction == "2204"):
        return (entry.person,)
    died = when_died(entry, reference)
    return (entry.person,) if died is not None and entry.time > died else None


SERVICES = Ledger(
    "services",
    "person",
    (
        Feed.of(Visit, _key, reach=REACH_OF_STAYS),
        Feed.of(Fill, _key, reach=REACH_OF_STAYS, grace=60 * DAY),
        Feed.of(Stay, _key, reach=REACH_OF_STAYS, grace=SLOW),
        Feed.of(Registered, _key),
    ),
    needs=BILLED_BY,
)
