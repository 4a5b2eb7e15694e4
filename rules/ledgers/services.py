"""What a person got after the day of death in the register."""

from __future__ import annotations

from ..engine.entry import Entry
from ..engine.ledger import SLOW, Feed, Ledger
from ..reference import Reference
from ..times import DAY, parse
from .stays import Stay
from .supply import BILLED_BY, Fill
from .visits import Visit


def when_died(entry: Entry, reference: Reference) -> int | None:
    """The moment after which the register of deaths stands against an entry: the day of death plus one, ms UTC.

    None where it does not name the person, or where its row was closed by then: somebody was registered by mistake.
    """
    row = reference.latest("deaths", entry.person, entry.time) if entry.person else None
    return None if row is None else parse(row["die_date"]) + DAY


def _key(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    """Kept only for persons whom the register of deaths names, and of those only what comes after the death.

    Outpatient lines from before it stay too: they tell that a bill settled afterwards is an earlier one.
    """
    died = when_died(entry, reference)
    if died is None or (isinstance(entry, Stay) and entry.piece != "admission"):
        return None
    is_bill = isinstance(entry, Fill) and entry.transaction == "2204"
    return (entry.person,) if is_bill or entry.time > died else None


SERVICES = Ledger(
    "services",
    "person",
    (Feed.of(Visit, _key), Feed.of(Fill, _key, grace=60 * DAY, reach=63 * DAY), Feed.of(Stay, _key, grace=SLOW)),
    needs=BILLED_BY,
)
