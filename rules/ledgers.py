"""What is remembered: the entries that an event leaves, and the ledgers that keep them.

A ledger is shared by rules; an event costs by the ledgers that it touches, not by the rules that read them.
"""

from __future__ import annotations

from typing import ClassVar, cast

import msgspec

from .engine.entry import Entry
from .engine.item import Tick, Turn
from .engine.ledger import GRACE, Ledger
from .engine.retraction import REACH_OF_MESSAGE_REVERSAL, Retraction
from .reference import Reference
from .times import DAY, HOUR, day_of, parse

PHARMACY = "41"
WITHOUT_AGREEMENT = ("suspended", "terminated")
"""Status of an institution, in the register, of which nothing may be settled."""
OUTPATIENT = frozenset({"11", "12", "13", "14", "15", "16", "18", "19", "51", "53"})


class Arrival(Entry, frozen=True, tag="m"):
    """At the institution: that a message came.

    targets: keys by which it can be taken back. takes: keys that it takes back itself. of_transaction: of a message
    reversal, which messages it names.
    """

    targets: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    of_transaction: str = ""
    lasting: ClassVar[bool] = True

    @property
    def retraction_keys(self) -> list[str]:
        """Those by which others see that there was something to take back."""
        return [self.own_key, *self.targets]

    @property
    def slot(self) -> str:
        """The msgid."""
        return self.message

    def is_named_by(self, taker: Arrival) -> bool:
        """Whether a retraction that came means this message."""
        if taker.person and self.person and taker.person != self.person:
            return False
        return not taker.of_transaction or taker.of_transaction == self.transaction


class Swipe(Entry, frozen=True, tag="w"):
    """At the institution: a card was swiped and a settlement stands.

    amount: fund_pay_sumamt, total: medfee_sumamt, balance: of the account afterwards; fen, balance -1 where unknown.
    elsewhere: insured in another county than that of the place of care.
    """

    total: int
    visit_type: str
    elsewhere: bool
    credential: str
    balance: int
    operator: str
    operator_type: str
    began: int


class Admitted(Entry, frozen=True, tag="i"):
    """At the institution: a stay began."""

    last_counts: ClassVar[bool] = True

    @property
    def retraction_keys(self) -> list[str]:
        """Its message and the admission."""
        return [self.own_key, f"a:{self.institution}:{self.visit}"]

    @property
    def slot(self) -> str:
        """The admission."""
        return f"admission:{self.institution}:{self.visit}"


class Visit(Entry, frozen=True, tag="v"):
    """Of the person: a settlement, where and how.

    circulated, prescriptions: of its own lines. served: time of the last of them, else its own time, ms UTC.
    shared: paid from the account of the family; of a question this is not known.
    """

    visit_type: str
    county: str
    credential: str
    operator_type: str
    circulated: bool
    prescriptions: tuple[str, ...]
    served: int = 0
    shared: bool = False
    batch: str = ""

    @property
    def retraction_keys(self) -> list[str]:
        """Its message and settlement; by the visit those find it that take back what no bill has settled."""
        keys = super().retraction_keys
        return [*keys, self.paid_by] if self.paid_by else keys

    @property
    def paid_by(self) -> str:
        """The bills of its visit; of a stay the settled piece of the stay is the bill."""
        return f"p:{self.institution}:{self.visit}" if self.visit and self.transaction != "2304" else ""

    @property
    def batch_of_lines(self) -> str:
        """The batch that it settles."""
        return self.batch


class Fill(Entry, frozen=True, tag="f"):
    """Of the person: one fee line.

    quantity: cnt, ten-thousandths; amount: the fund's share, before it is settled what is in scope.
    list_type: drug, service or material if sent.
    days: prd_days in ms, 0 where not sent or beyond what the field holds (4,2: under 100 days).
    """

    item: str
    quantity: int
    days: int
    visit_type: str
    prescription: str
    physician: str
    list_type: str = ""
    batch: str = ""
    last_counts: ClassVar[bool] = True

    @property
    def retraction_keys(self) -> list[str]:
        """Its message, settlement, line, batch and visit."""
        place, visit, keys = self.institution, self.visit, super().retraction_keys
        if not visit:
            return keys
        if self.batch:
            keys.append(f"b:{place}:{visit}:{self.batch}")
        return [*keys, f"l:{place}:{visit}:{self.line}", f"v:{place}:{visit}"]

    @property
    def longest_reach(self) -> int:
        """Of a stay as of the stay itself, else as of the settlement (contract, section 3), ms."""
        return 63 * DAY if self.transaction == "2301" else 72 * HOUR

    @property
    def slot(self) -> str:
        """The line of the visit."""
        return f"l:{self.institution}:{self.visit}:{self.line}" if self.visit else ""

    @property
    def paid_by(self) -> str:
        """The bills of its visit."""
        return f"p:{self.institution}:{self.visit}" if self.visit else ""

    @property
    def batch_of_lines(self) -> str:
        """The batch that it was sent in."""
        return self.batch


class Stay(Entry, frozen=True, tag="s"):
    """Of the person: one piece of a stay. piece: admission, discharge or settlement.

    diagnosis: main diagnosis (ICD-10) where the piece names one. way: of the discharge. interim: of the settlement.
    discharged: the discharge as the settlement states it (dscg_time), ms UTC, 0 where it does not.
    """

    piece: str
    visit_type: str
    diagnosis: str
    way: str
    interim: bool
    discharged: int = 0
    batch: str = ""

    @property
    def last_counts(self) -> bool:  # type: ignore[override]  # a bill is as it was first sent, the rest as it was last sent
        """Whether the latest statement counts."""
        return self.piece != "settlement"

    @property
    def retraction_keys(self) -> list[str]:
        """Its message; its settlement, or the admission or discharge of the visit."""
        if self.piece != "settlement":
            return [self.own_key, f"{self.piece[0]}:{self.institution}:{self.visit}"]
        return [self.own_key, f"s:{self.institution}:{self.settlement}", self.paid_by]

    @property
    def slot(self) -> str:
        """The piece of the visit; of a bill the settlement."""
        named = self.settlement if self.piece == "settlement" else self.visit
        return f"{self.piece}:{self.institution}:{named}"

    @property
    def paid_by(self) -> str:
        """Of a bill: those of its visit."""
        return f"p:{self.institution}:{self.visit}" if self.piece == "settlement" else ""

    @property
    def batch_of_lines(self) -> str:
        """The batch that a bill settles."""
        return self.batch


class Sale(Entry, frozen=True, tag="t"):
    """Of a trace code: one sale. stock: reported by 3505; number: by which stock calls the report.

    quantity: this code's part of what was sold, ten-thousandths, 0 where not sent; amount: its part of the line.
    bad: the code stands for no pack.
    """

    code: str
    split: bool
    item: str
    quantity: int
    stock: bool
    number: str = ""
    bad: bool = False

    @property
    def retraction_keys(self) -> list[str]:
        """Its message, settlement and code; the item of the settlement; of a stock report its number."""
        place = self.institution
        keys = [self.own_key, f"c:{place}:{self.code}"]
        if self.settlement:
            keys += [f"s:{place}:{self.settlement}", f"i:{place}:{self.settlement}:{self.item}"]
        if self.stock and self.number:
            keys.append(f"k:{place}:4:{self.number}")
        return keys

    @property
    def slot(self) -> str:
        """The code in one report of one settlement."""
        return f"{'o' if self.stock else 's'}:{self.institution}:{self.settlement or self.message}:{self.code}"


AnyEntry = Arrival | Swipe | Admitted | Visit | Fill | Stay | Sale


class Record(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """The entries of one event under one key; what travels inside.

    appended: when the broker took the event, ms; in a file its inf_time.
    """

    space: str
    key: str
    entries: list[AnyEntry]
    appended: int = 0


Inside = Record | Retraction | Tick | Turn
"""What the one topic inside carries."""


def _swipe_pharmacy(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    swipe = cast("Swipe", entry)
    counts = swipe.transaction == "2102" or swipe.visit_type == PHARMACY
    return (swipe.institution,) if counts else None


def _till(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    swipe = cast("Swipe", entry)
    counts = swipe.transaction == "2207" and swipe.operator_type == "1" and bool(swipe.operator)
    return (swipe.institution, swipe.operator) if counts else None


def _spending(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    swipe = cast("Swipe", entry)
    # 140101 and the like are kinds of their first two digits.
    return (swipe.institution,) if swipe.visit_type[:2] in OUTPATIENT else None


def _without_agreement(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    """A stay counts when it begins, not when it is settled: those admitted before may be ended."""
    swipe = cast("Swipe", entry)
    if swipe.transaction == "2304":
        return None
    return _lapsed(entry, swipe.began, reference)


def _admitted_without_agreement(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    return _lapsed(entry, entry.time, reference)


def _lapsed(entry: Entry, served: int, reference: Reference) -> tuple[str, ...] | None:
    """Kept only where the register has no agreement in force at the time of service, or does not know the code."""
    if not reference.has("institutions"):
        return None
    row = reference.row("institutions", entry.institution, served)
    if row is not None and row.get("status") not in WITHOUT_AGREEMENT:
        return None
    return (entry.institution, str(day_of(entry.time)))


def _after_death(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    """Kept only for persons whom the register of deaths names, and of those only what comes after the death.

    Outpatient lines from before it stay too: they tell that a bill settled afterwards is an earlier one.
    """
    died = when_died(entry, reference)
    if died is None or (isinstance(entry, Stay) and entry.piece != "admission"):
        return None
    is_bill = isinstance(entry, Fill) and entry.transaction == "2204"
    return (entry.person,) if is_bill or entry.time > died else None


def _prescribed(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    """Of what a hospital prescribes to an outpatient: the lines that name their prescription."""
    fill = cast("Fill", entry)
    return (entry.person,) if fill.transaction == "2204" and fill.prescription else None


def _visits(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person,)


def _visits_at(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    return (entry.person, entry.institution)


def _supply(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    fill = cast("Fill", entry)
    if fill.transaction == "2301" or fill.visit_type.startswith("2") or not _is_drug(fill, reference):
        return None
    substance = reference.substance(fill.item, fill.time)
    return (entry.person, substance) if substance else None


def _is_drug(fill: Fill, reference: Reference) -> bool:
    """Not a service, a material or care: by list_type 1xx, else by the code (services: 15 digits from 00 on)."""
    if fill.list_type:
        return fill.list_type.startswith("1")
    is_service = len(fill.item) == 15 and fill.item.startswith("00")
    return not is_service or reference.row("drugs", fill.item, fill.time) is not None


def _token(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    sale = cast("Sale", entry)
    return None if sale.bad else (sale.code,)


def _bad_code(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,) if cast("Sale", entry).bad else None


def _institution(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,)


def _long_remembered(entry: Entry, reference: Reference) -> tuple[str, ...] | None:
    """What may be taken back weeks later: stays, inpatient lines, and what names trace codes."""
    arrival = cast("Arrival", entry)
    is_long = arrival.transaction in ("2301", "2401", "2402", "3505")
    return (entry.institution,) if is_long or any(key.startswith("c:") for key in arrival.targets) else None


SLOW = 15 * DAY
"""Grace of admissions, discharges and stock: they come from nightly and weekly batches (contract, section 2)."""

BILLS = 2 * GRACE + REACH_OF_MESSAGE_REVERSAL
"""How long before a retraction a bill may lie on which it depends what that takes back, ms: a line is cancelled within
72 h, and its cancel taken back within 72 h; the bill came after the line, at most the grace after its own time."""

BILLS_OF_STAYS = 63 * DAY + GRACE + REACH_OF_MESSAGE_REVERSAL
"""The same for lines of stays."""

LEDGERS: tuple[Ledger, ...] = (
    Ledger("messages", "institution", Arrival, _institution),
    Ledger("targets", "institution", Arrival, _long_remembered, reach=90 * DAY),
    Ledger("swipes", "institution", Swipe, _swipe_pharmacy, bin=HOUR),
    Ledger("tills", "institution", Swipe, _till, bin=HOUR),
    Ledger("spending", "institution", Swipe, _spending, bin=DAY),
    Ledger("agreements", "institution", Swipe, _without_agreement),
    Ledger("agreements", "institution", Admitted, _admitted_without_agreement, grace=SLOW),
    Ledger("bad_codes", "institution", Sale, _bad_code, grace=SLOW),
    # Longer than its rules need: a cancel of what was not settled asks for the bills of its visit.
    Ledger("visits", "person", Visit, _visits, grace=BILLS),
    Ledger("visits", "person", Fill, _prescribed),
    Ledger("services", "person", Visit, _after_death),
    Ledger("services", "person", Fill, _after_death, grace=60 * DAY, reach=63 * DAY),
    Ledger("services", "person", Stay, _after_death, grace=SLOW),
    Ledger("supply", "person", Fill, _supply),
    Ledger("stays", "person", Stay, _visits, reach=63 * DAY, grace=BILLS_OF_STAYS),
    Ledger("stays_at", "person", Stay, _visits_at, reach=63 * DAY, grace=SLOW),
    # A box may be brought back weeks after its sale and rightly be sold again; 90 d is our assumption.
    Ledger("sales", "token", Sale, _token, reach=90 * DAY, grace=SLOW),
)


def frozen_after(name: str) -> int:
    """How long after its business time an entry of this ledger may still come or change, ms (`Ledger.frozen_after`)."""
    return max(ledger.frozen_after for ledger in LEDGERS if ledger.name == name)


def when_died(entry: Entry, reference: Reference) -> int | None:
    """The moment after which the register of deaths stands against an entry: the day of death plus one, ms UTC.

    None where it does not name the person, or where its row was closed by then: somebody was registered by mistake.
    """
    row = reference.latest("deaths", entry.person, entry.time) if entry.person else None
    return None if row is None else parse(row["die_date"]) + DAY
