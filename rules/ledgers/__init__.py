"""The ledgers: which entries are kept, under which key; one file a ledger."""

from ..engine.arrival import Arrival
from ..engine.ledger import Ledger
from .admissions import ADMISSIONS, Admitted
from .agreements import AGREEMENTS
from .bad_codes import BAD_CODES
from .inside import AnyEntry, Inside, Record
from .messages import MESSAGES
from .sales import SALES, Sale
from .services import SERVICES, Registered, when_died
from .spending import SPENDING
from .stays import STAYS, Stay
from .stays_at import STAYS_AT
from .supply import SUPPLY, Fill
from .swipes import PHARMACY, SWIPES, Swipe
from .targets import TARGETS
from .tills import TILLS
from .visits import VISITS, Visit

__all__ = [
    "LEDGERS",
    "PHARMACY",
    "Admitted",
    "AnyEntry",
    "Arrival",
    "Fill",
    "Inside",
    "Record",
    "Registered",
    "Sale",
    "Stay",
    "Swipe",
    "Visit",
    "frozen_after",
    "when_died",
]

LEDGERS: tuple[Ledger, ...] = (
    MESSAGES,
    TARGETS,
    SWIPES,
    TILLS,
    SPENDING,
    AGREEMENTS,
    ADMISSIONS,
    BAD_CODES,
    VISITS,
    SERVICES,
    SUPPLY,
    STAYS,
    STAYS_AT,
    SALES,
)


def frozen_after(name: str) -> int:
    """How long after its business time an entry of this ledger may still come or change, ms (`Ledger.frozen_after`)."""
    return next(ledger.frozen_after for ledger in LEDGERS if ledger.name == name)
