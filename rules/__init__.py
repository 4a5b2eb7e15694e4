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
from .engine.scene import Scene, again, of_burst, of_row
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
    Fill,
    Lead,
    Listed,
    Ordered,
    Overpriced,
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
)
from .ledgers.agreements import WITHOUT_AGREEMENT, agreement_at
from .ledgers.away import is_away
from .ledgers.deletions import STOCK_DELETED
from .ledgers.late_uploads import is_late
from .ledgers.leads import CONFIRMED
from .ledgers.newcomers import insured_since
from .ledgers.places import is_in_person, is_online, kilometres, works_here
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
    "Entry",
    "Episode",
    "Evidence",
    "Fill",
    "Finding",
    "Guard",
    "Lead",
    "Listed",
    "Names",
    "Ordered",
    "Origin",
    "Overpriced",
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
    "is_online",
    "is_own_code",
    "kilometres",
    "listed",
    "of_burst",
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
    "works_here",
    "year_of",
    "yuan",
]
