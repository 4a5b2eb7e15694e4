"""What is suspicious. Here stands what the author of a rule imports, and nothing else: `from rules import Card, Rule`.

Rules are pure: no I/O, no clock.
"""

from .engine.card import Card
from .engine.codes import code_text
from .engine.entry import Entry
from .engine.episode import Episode
from .engine.finding import Evidence, Finding, Severity, Undecidable, evidence
from .engine.guard import Guard
from .engine.names import Names
from .engine.parameter import Origin, assumption, ends_after, parameter, precedent, published
from .engine.rule import DayRule, Rule
from .engine.scene import Scene, again, of_burst, of_days, of_row
from .engine.text import Text, above, exceeded, listed, period, reached, span_text, yuan
from .engine.window import Window
from .ledgers import (
    BILL,
    DELETION,
    PHARMACY,
    REVERSAL,
    Admitted,
    Arrival,
    Beside,
    Billed,
    Brought,
    Claimed,
    Departed,
    Dispensed,
    Fill,
    Growing,
    Here,
    Lead,
    Listed,
    Moved,
    Ordered,
    Overpriced,
    Received,
    Registered,
    Sale,
    Stay,
    Swipe,
    Use,
    Visit,
    Waiting,
    Written,
    frozen_after,
    when_died,
    withheld,
    withheld_between,
)
from .ledgers.agreements import WITHOUT_AGREEMENT, agreement_at
from .ledgers.away import is_away
from .ledgers.beds import beds_at
from .ledgers.deletions import STOCK_DELETED
from .ledgers.late_uploads import is_late
from .ledgers.leads import CONFIRMED
from .ledgers.newcomers import insured_since
from .ledgers.outsiders import is_outsider
from .ledgers.places import is_in_person, is_online, kilometres, works_here
from .ledgers.unlicensed import is_licensed, needed_equipment
from .ledgers.unrecognised import BY_ENTITLEMENT
from .ledgers.unregistered import INVALID, against
from .ledgers.whole_stays import (
    BY_NATURE,
    TRANSFER,
    WholeStay,
    counted,
    over_new_year,
    pieces_within,
    related,
    stays_among,
    stays_in,
)
from .reference import Reference
from .times import DAY, HOUR, MINUTE, SECOND, clock, day_of, hour_of_day, year_of
from .wire.notation import is_own_code

__all__ = [
    "BILL",
    "BY_ENTITLEMENT",
    "BY_NATURE",
    "CONFIRMED",
    "DAY",
    "DELETION",
    "HOUR",
    "INVALID",
    "MINUTE",
    "PHARMACY",
    "REVERSAL",
    "SECOND",
    "STOCK_DELETED",
    "TRANSFER",
    "WITHOUT_AGREEMENT",
    "Admitted",
    "Arrival",
    "Beside",
    "Billed",
    "Brought",
    "Card",
    "Claimed",
    "DayRule",
    "Departed",
    "Dispensed",
    "Entry",
    "Episode",
    "Evidence",
    "Fill",
    "Finding",
    "Growing",
    "Guard",
    "Here",
    "Lead",
    "Listed",
    "Moved",
    "Names",
    "Ordered",
    "Origin",
    "Overpriced",
    "Received",
    "Reference",
    "Registered",
    "Rule",
    "Sale",
    "Scene",
    "Severity",
    "Stay",
    "Swipe",
    "Text",
    "Undecidable",
    "Use",
    "Visit",
    "Waiting",
    "WholeStay",
    "Window",
    "Written",
    "above",
    "again",
    "against",
    "agreement_at",
    "assumption",
    "beds_at",
    "clock",
    "code_text",
    "counted",
    "day_of",
    "ends_after",
    "evidence",
    "exceeded",
    "frozen_after",
    "hour_of_day",
    "insured_since",
    "is_away",
    "is_in_person",
    "is_late",
    "is_licensed",
    "is_online",
    "is_outsider",
    "is_own_code",
    "kilometres",
    "listed",
    "needed_equipment",
    "of_burst",
    "of_days",
    "of_row",
    "over_new_year",
    "parameter",
    "period",
    "pieces_within",
    "precedent",
    "published",
    "reached",
    "related",
    "span_text",
    "stays_among",
    "stays_in",
    "when_died",
    "withheld",
    "withheld_between",
    "works_here",
    "year_of",
    "yuan",
]
