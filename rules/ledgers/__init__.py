"""The ledgers: which entries are kept, under which key; one file a ledger."""

from collections.abc import Iterable

from ..engine.arrival import Arrival
from ..engine.ledger import Ledger, kept
from ..engine.watch import Watch, able_of
from ..reference import Reference
from .admissions import ADMISSIONS, Admitted
from .agencies import AGENCIES, Claimed
from .agreements import AGREEMENTS
from .away import AWAY
from .bad_codes import BAD_CODES
from .beds import BEDS, Departed
from .brokers import BROKERS, Brought
from .bundles import BUNDLES
from .capped import CAPPED
from .care_homes import CARE_HOMES
from .claims import CLAIMS
from .cosmetic import COSMETIC
from .credentials import CREDENTIALS
from .deletions import DELETIONS
from .employers import EMPLOYERS
from .flagged import FLAGGED
from .households import HOUSEHOLDS
from .inside import AnyEntry, Inside, Record
from .insured import INSURED, withheld, withheld_between
from .key_drugs import KEY_DRUGS
from .late_uploads import LATE_UPLOADS
from .leads import OF_LEADS, Beside, Growing, Here, Lead, Waiting
from .listed import Listed, listed_items
from .messages import MESSAGES
from .minor_admissions import MINOR_ADMISSIONS
from .newcomers import NEWCOMERS
from .orders import ORDERS, Ordered
from .outsiders import OUTSIDERS
from .overpriced import OVERPRICED, Overpriced
from .performed import PERFORMED
from .physicians import PHYSICIANS, Written
from .prescriptions import PRESCRIPTIONS, Use
from .procured import PROCURED
from .received import RECEIVED, Dispensed, Received, stocks_read
from .rounded import ROUNDED
from .sales import SALES, Sale
from .sent_out import SENT_OUT
from .services import SERVICES, Registered, when_died
from .spending import SPENDING
from .stay_bills import BILL, DELETION, REVERSAL, STAY_BILLS, Billed
from .stays import STAYS, Stay
from .stays_at import STAYS_AT
from .stock_book import STOCK_BOOK, Moved, books_read
from .supply import SUPPLY, Fill
from .swipes import PHARMACY, SWIPES, Swipe
from .targets import TARGETS
from .telephones import TELEPHONES
from .therapies import THERAPIES
from .tills import TILLS
from .traced import TRACED
from .unassisted import UNASSISTED
from .unlicensed import UNLICENSED
from .unrecognised import UNRECOGNISED
from .unregistered import UNREGISTERED
from .villages import VILLAGES
from .visits import VISITS, Visit
from .whereabouts import WHEREABOUTS

__all__ = [
    "BILL",
    "DELETION",
    "LEDGERS",
    "LEDGERS_OF_LEADS",
    "PHARMACY",
    "REVERSAL",
    "Admitted",
    "AnyEntry",
    "Arrival",
    "Beside",
    "Billed",
    "Brought",
    "Claimed",
    "Departed",
    "Dispensed",
    "Fill",
    "Growing",
    "Here",
    "Inside",
    "Lead",
    "Listed",
    "Moved",
    "Ordered",
    "Overpriced",
    "Received",
    "Record",
    "Registered",
    "Sale",
    "Stay",
    "Swipe",
    "Use",
    "Visit",
    "Waiting",
    "Written",
    "frozen_after",
    "kinds_read",
    "when_died",
    "withheld",
    "withheld_between",
]

LEDGERS: tuple[Ledger, ...] = (
    MESSAGES,
    TARGETS,
    SWIPES,
    TILLS,
    SPENDING,
    CREDENTIALS,
    EMPLOYERS,
    TRACED,
    ROUNDED,
    LATE_UPLOADS,
    DELETIONS,
    STAY_BILLS,
    OVERPRICED,
    FLAGGED,
    COSMETIC,
    PROCURED,
    RECEIVED,
    STOCK_BOOK,
    PERFORMED,
    UNLICENSED,
    KEY_DRUGS,
    SENT_OUT,
    AGREEMENTS,
    ADMISSIONS,
    MINOR_ADMISSIONS,
    BEDS,
    OUTSIDERS,
    BAD_CODES,
    VISITS,
    SERVICES,
    INSURED,
    AWAY,
    UNRECOGNISED,
    UNASSISTED,
    CLAIMS,
    NEWCOMERS,
    SUPPLY,
    THERAPIES,
    CAPPED,
    BUNDLES,
    STAYS,
    STAYS_AT,
    WHEREABOUTS,
    TELEPHONES,
    HOUSEHOLDS,
    VILLAGES,
    CARE_HOMES,
    BROKERS,
    AGENCIES,
    SALES,
    PRESCRIPTIONS,
    PHYSICIANS,
    ORDERS,
    UNREGISTERED,
)
LEDGERS_OF_LEADS: tuple[Ledger, ...] = (MESSAGES, *OF_LEADS)
"""The ledgers of the engine of rules over leads. It keeps no message, but an engine asks which have come."""


def frozen_after(name: str) -> int:
    """How long after its business time an entry of this ledger may still come or change, ms (`Ledger.frozen_after`)."""
    return next(ledger.frozen_after for ledger in LEDGERS if ledger.name == name)


def kinds_read(watches: Iterable[Watch], reference: Reference) -> frozenset[str]:
    """The kinds of entries that are kept where these rules and tables are in force, by the names of their classes.

    Where lines of listed items are among them, also those items; where boxes or rows of stock are, also their
    institutions.
    """
    read = {watch.rule.card.ledger for watch in able_of(watches, reference)[0]}
    ledgers = {one.name: one for one in LEDGERS}
    some = kept(ledgers, read & ledgers.keys())
    kinds = frozenset(feed.entry.__name__ for one in some for feed in one.feeds)
    items = listed_items(reference) if Listed.__name__ in kinds else frozenset()
    stocks = stocks_read(reference) if Dispensed.__name__ in kinds else frozenset()
    books = books_read(reference) if Moved.__name__ in kinds else frozenset()
    return kinds | items | stocks | books
