"""A finding: what a check saw, and the entries that prove it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from .card import Card
from .entry import Entry, Role

Severity = Literal["info", "warning", "high", "critical"]


SEVERITIES: tuple[Severity, ...] = ("info", "warning", "high", "critical")


class Evidence(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry that proves a finding: all that a row of the alert says of it, for the entry may be gone by then.

    It follows from the entry and the rule alone, so that an entry is the same evidence of every finding. amount: the
    fund's share; total: the bill, 0 where it is none; fen. quantity: of the item, ten-thousandths. decided: what the
    rule decided on, by its name in the interface.
    """

    time: int
    identity: int
    line: str
    message: str
    settlement: str
    person: str
    amount: int
    role: Role
    transaction: str
    visit: str
    institution: str
    name: str
    total: int
    item: str
    quantity: int
    decided: dict[str, str] = {}

    @property
    def id(self) -> tuple[int, str]:
        """The id of the entry that this was made from."""
        return (self.identity, self.line)


class Finding(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a check saw: a measure against its limit, and the entries that prove it.

    measure: its name; value and limit share a unit; usual: what is normal for this subject, where known.
    due: the finding holds only from the tick at this time on (ms): something was still awaited before.
    rises_to, rises_at: a higher severity that it takes at that tick if it still holds.
    amount: fen at risk that no evidence lists (a rule over sums).
    details: what else the sentence says, by name; never a person.
    tag: whose thresholds these are, where not everybody's.
    """

    measure: str
    value: float
    limit: float
    unit: str
    severity: Severity
    evidence: list[Evidence]
    usual: float | None = None
    due: int = 0
    rises_to: Severity | None = None
    rises_at: int = 0
    amount: int = 0
    details: dict[str, str] = {}
    tag: str = ""

    def severity_at(self, tick: int) -> Severity:
        """How severe the finding is once this tick has passed."""
        return self.rises_to if self.rises_to is not None and tick >= self.rises_at else self.severity


class Undecidable(Exception):  # noqa: N818 - an answer of a check, not an error of the program
    """A check lacks what it needs to decide; counted by the argument (a short reason), no finding."""


def evidence(entries: Iterable[Entry], card: Card) -> list[Evidence]:
    """The entries as evidence of the rule that has this card, in order."""
    fields = [name for name in card.decided if "." not in name]
    return [_evidence(one, fields) for one in entries]


def _evidence(entry: Entry, fields: Iterable[str]) -> Evidence:
    item, quantity = entry.sold
    stated = ((name, entry.stated(name)) for name in fields)
    return Evidence(
        entry.time, entry.identity, entry.line, entry.message, entry.settlement, entry.person, entry.amount,
        entry.role, entry.transaction, entry.visit, entry.institution, entry.name, entry.billed, item, quantity,
        {name: value for name, value in stated if value},
    )  # fmt: skip
