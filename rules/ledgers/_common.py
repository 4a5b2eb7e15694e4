"""What the entries of all ledgers share: the fields of a message, amounts, times."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from ..times import to_ms
from ..wire.door import Event
from ..wire.fields import Line, Message, PreSettlement, Settlement


def fen(yuan: float | None) -> int:
    """Yuan to integer fen.

    >>> fen(19.99)
    1999
    """
    return round((yuan or 0.0) * 100)


def yuan(amount: int) -> str:
    """Fen as yuan, as the interface writes it.

    >>> yuan(-1999)
    '-19.99'
    """
    return f"{amount / 100:.2f}"


class Common(TypedDict):
    uploaded: int
    message: str
    institution: str
    identity: int
    person: str
    settlement: str
    visit: str
    pre: bool
    name: str
    insured_in: str
    place: str
    transaction: str
    answered: int


def common(event: Event) -> Common:
    """What every entry of an event shares."""
    body = event.body
    return {
        "uploaded": event.uploaded,
        "message": body.message,
        "institution": body.institution,
        "identity": event.identity,
        "person": getattr(body, "person", None) or "",
        "settlement": getattr(body, "settlement", None) or "",
        "visit": getattr(body, "visit", None) or "",
        "pre": isinstance(body, PreSettlement),
        "name": body.institution_name or "",
        "insured_in": body.insured_in or "",
        "place": body.place or "",
        "transaction": body.transaction,
        "answered": event.answered,
    }


def through_fund(line: Line, body: Message) -> int:
    """What a line put through the fund, fen: of a settlement its share, else what is in scope of it, at most.

    A fund that pays more than the total has paid the whole line, not more.
    """
    if isinstance(body, Settlement):
        return fen(line.amount * min(max(body.fund, 0.0), body.total) / body.total) if body.total > 0 else 0
    return fen(line.amount if line.in_scope is None else line.in_scope)


def stated(time: datetime | None) -> int:
    """A time that accompanies a message, ms UTC; 0 where it is not given."""
    return 0 if time is None else to_ms(time)
