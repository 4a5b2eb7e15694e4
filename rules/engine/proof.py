"""A proof: a row of the evidence of an alert, as it is published."""

from __future__ import annotations

import msgspec

from ..reference import Reference
from ..times import iso, parse
from .card import Card
from .entry import Role
from .finding import Evidence


class Proof(msgspec.Struct, frozen=True):
    """A row of evidence: one entry that proves the alert.

    amount: the fund's share; total: the bill, of a fee line its sum, null where nothing is billed; yuan. item_name: by
    the table `drugs`. quantity: of the item. decided: the fields and the columns of tables on which the rule decided.
    """

    role: Role
    infno: str
    msgid: str
    setl_id: str
    mdtrt_id: str
    line: str
    event_time: str
    fixmedins_code: str
    fixmedins_name: str
    person: str
    amount: float
    total: float | None
    item: str
    item_name: str
    quantity: float | None
    decided: dict[str, str]


def proof_of(one: Evidence, card: Card, reference: Reference) -> Proof:
    """The row of a piece of evidence; what tables say is looked up as it is written."""
    return Proof(
        role=one.role,
        infno=one.transaction,
        msgid=one.message,
        setl_id=one.settlement,
        mdtrt_id=one.visit,
        line=one.line,
        event_time=iso(one.time),
        fixmedins_code=one.institution,
        fixmedins_name=one.name,
        person=one.person,
        amount=one.amount / 100,
        total=one.total / 100 if one.total else None,
        item=one.item,
        item_name=_in_table(one, "drugs", "name", reference) or _in_table(one, "items", "name", reference),
        quantity=one.quantity / 10_000 if one.item else None,
        decided=one.decided | _by_tables(one, card, reference),
    )


def _by_tables(one: Evidence, card: Card, reference: Reference) -> dict[str, str]:
    """The columns on which the rule decided, where a table has them."""
    columns = [name.split(".") for name in card.decided if "." in name]
    found = {column: _in_table(one, table, column, reference) for table, column in columns}
    return {column: value for column, value in found.items() if value}


def _in_table(one: Evidence, table: str, column: str, reference: Reference) -> str:
    """What a table says of the row's institution, person, physician or item at the time of service."""
    of_person = ("deaths", "employers", "households", "insured", "staff", "assisted", "enrolled")
    key = one.person if table in of_person else one.item if table in ("drugs", "items") else one.institution
    if table == "physicians":
        key = one.decided.get("bilg_dr_codg", "")
    if table == "deaths":  # a row counts from whenever it is valid, see rules/ledgers/services.py
        row = reference.latest(table, key, one.time)
    else:
        served = one.decided.get("fee_ocur_time")
        row = reference.row(table, key, one.time if served is None else parse(served))
    return (row or {}).get(column) or ""
