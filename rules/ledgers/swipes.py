"""Cards swiped at pharmacies, by institution."""

from __future__ import annotations

from collections.abc import Iterator

from ..engine.entry import Entry, Role
from ..engine.ledger import Feed, Ledger
from ..reference import Reference
from ..times import HOUR, iso, to_ms
from ..wire.door import Event
from ..wire.fields import PreSettlement, Settlement
from ._common import Common, fen, yuan

PHARMACY = "41"


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


def swipes_of(event: Event, shared: Common) -> Iterator[Swipe]:
    """The card that was swiped, or may be: of a question the fund and the balance are not known."""
    body = event.body
    if not isinstance(body, Settlement | PreSettlement):
        return
    fund, balance = (body.fund, body.balance) if isinstance(body, Settlement) else (0.0, None)
    pre = isinstance(body, PreSettlement)
    yield Swipe(
        **shared,
        time=event.at,
        amount=fen(fund),
        total=fen(body.total),
        visit_type=body.visit_type,
        elsewhere=bool(body.insured_in and body.place and body.insured_in != body.place),
        credential=body.credential or "",
        balance=-1 if balance is None else fen(balance),
        operator=body.operator or "",
        operator_type=str(body.operator_type or ""),
        began=event.at if pre else min((to_ms(line.occurred) for line in body.lines), default=event.at),
    )


def _key(entry: Swipe, reference: Reference) -> tuple[str, ...] | None:
    counts = entry.transaction == "2102" or entry.visit_type == PHARMACY
    return (entry.institution,) if counts else None


SWIPES = Ledger("swipes", "institution", (Feed.of(Swipe, _key),), bin=HOUR)
