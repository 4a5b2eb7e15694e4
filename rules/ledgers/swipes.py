"""Cards swiped at pharmacies, by institution."""

from __future__ import annotations

from typing import cast

from ..engine.entry import Entry, Role
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import HOUR, iso, to_ms
from ..wire.door import Event
from ..wire.fields import PreSettlement, Settlement
from ._common import Shared, fen, yuan

PHARMACY = "41"


class Swipe(Entry, frozen=True, tag="w"):
    """At the institution: a card was swiped and a settlement stands.

    amount: fund_pay_sumamt, total: medfee_sumamt, balance: of the account afterwards; fen, balance -1 where unknown.
    elsewhere: insured in another county than that of the place of care. traced: whether it names any trace code; None
    where it sells no drug.
    """

    total: int
    visit_type: str
    elsewhere: bool
    credential: str
    balance: int
    operator: str
    operator_type: str
    began: int
    traced: bool | None = None

    @property
    def role(self) -> Role:
        """A settlement."""
        return "settlement"

    @property
    def billed(self) -> int:
        """The bill."""
        return self.total

    def stated(self, field: str) -> str:
        """Also the sum, the credential, the balance, who settled it, and when its first line was."""
        found = {
            "medfee_sumamt": yuan(self.total),
            "mdtrt_cert_type": self.credential,
            "balc": yuan(self.balance) if self.balance >= 0 else "",
            "opter": self.operator,
            "opter_type": self.operator_type,
            "fee_ocur_time": iso(self.began) if self.began != self.time else "",
        }
        return found.get(field) or super().stated(field)


def swipes_of(event: Event, shared: Shared) -> list[bytes]:
    """The card that was swiped, or may be: of a question the fund and the balance are not known."""
    body = cast("Settlement | PreSettlement", event.body)
    fund, balance, began = 0, -1, event.at
    if isinstance(body, Settlement):
        fund = fen(body.fund)
        if body.balance is not None:
            balance = fen(body.balance)
        if body.lines:
            began = min([to_ms(line.occurred) for line in body.lines])
    own = (
        fen(body.total),
        body.visit_type,
        bool(body.insured_in and body.place and body.insured_in != body.place),
        body.credential or "",
        balance,
        body.operator or "",
        body.operator_type or "",
        began,
        _traced(body),
        event.at,
    )
    return [shared.write(Swipe, own, amount=fund)]


def _traced(body: Settlement | PreSettlement) -> bool | None:
    """Whether any trace code stands beside the drugs; a line without list_type is one."""
    sells_drugs = any(line.count > 0 and (line.list_type or "1").startswith("1") for line in body.lines)
    return bool(body.trace_codes) if sells_drugs else None


def is_at_pharmacy(entry: Swipe) -> bool:
    """Whether a pharmacy settled: by the transaction, or by med_type."""
    return entry.transaction == "2102" or entry.visit_type == PHARMACY


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    return (entry.institution,) if is_at_pharmacy(entry) else None


SWIPES = Ledger("swipes", "institution", (Feed.of(Swipe, _key),), bin=HOUR)
