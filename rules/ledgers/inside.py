"""What travels inside: the entries that an event leaves, by key space and key, and what it takes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from ..engine.arrival import Arrival
from ..engine.item import Record as AnyRecord
from ..engine.item import Tick, Turn
from ..engine.retraction import Retraction
from ..wire.door import Event, Opened
from ..wire.fields import PersonMessage, Settlement
from ._common import Common, common
from ._retracting import refund_in, retractions_of, taken_by, taken_by_refund, targets_of
from .agreements import Admitted, admitted_of
from .sales import Sale, sales_of
from .services import Registered, registered_of
from .stays import Stay, stays_of
from .supply import Fill, fills_of
from .swipes import Swipe, swipes_of
from .visits import Visit, visits_of

AnyEntry = Arrival | Swipe | Admitted | Visit | Fill | Stay | Sale | Registered


class Record(AnyRecord[AnyEntry], frozen=True, array_like=True, tag="r"):
    """The entries of one event under one key."""


Inside = Record | Retraction | Tick | Turn
"""What the one topic inside carries."""

SOURCES: tuple[Callable[[Event, Common], Iterator[AnyEntry]], ...] = (
    swipes_of,
    admitted_of,
    registered_of,
    visits_of,
    fills_of,
    stays_of,
    sales_of,
)
"""What each kind of entry is made from, in the order in which an event's entries are taken in."""


class Left(msgspec.Struct):
    """What one event leaves.

    refunds_without_original: rows that give money back and name no settlement.
    """

    entries: list[AnyEntry]
    retractions: list[Retraction]
    refunds_without_original: int = 0


class Remembered(msgspec.Struct):
    """What a message leaves: records, one for each key that it touches, and the retractions that it states.

    refunds_without_original: rows that give money back and name no settlement.
    """

    records: list[Record]
    retractions: list[Retraction]
    refunds_without_original: int = 0


def entries_of(opened: Opened, appended: int = 0) -> Remembered:
    """What a message leaves. appended: when the broker took it, ms."""
    parts = [left_by(event) for event in opened.events]
    first: list[AnyEntry] = [_arrival(opened, parts)]
    records: list[Record] = []
    for left in parts:
        records += _records([*first, *left.entries], appended)
        first = []
    retractions = [one for left in parts for one in left.retractions]
    return Remembered(records, retractions, sum(left.refunds_without_original for left in parts))


def left_by(event: Event) -> Left:
    """What one event leaves."""
    refund = refund_in(event)
    if refund is not None:
        retractions = taken_by_refund(event, refund)
        return Left([], retractions, refunds_without_original=int(not retractions))
    shared = common(event)
    return Left([entry for source in SOURCES for entry in source(event, shared)], retractions_of(event))


def _records(entries: Iterable[AnyEntry], appended: int) -> Iterator[Record]:
    """One record for each key that the entries of an event touch; those of tokens in order of the token."""
    by_key: dict[tuple[str, str], list[AnyEntry]] = {}
    for entry in entries:
        by_key.setdefault(entry.home, []).append(entry)
    tokens = sorted(home for home in by_key if home[0] == "token")
    for space, key in [home for home in by_key if home[0] != "token"] + tokens:
        if key:
            yield Record(space, key, by_key[space, key], appended)


def _arrival(opened: Opened, parts: Sequence[Left]) -> Arrival:
    """That the message came: what of it can be taken back, and what it takes back."""
    event = opened.events[0]
    persons = {one.body.person for one in opened.events if isinstance(one.body, PersonMessage)}
    pairs = list(zip(opened.events, parts, strict=True))
    takes = dict.fromkeys(key for one, left in pairs for key in taken_by(one, left.retractions))
    targets = dict.fromkeys(key for one, left in pairs for key in targets_of(one, left.entries))
    return Arrival(
        time=event.uploaded,
        uploaded=event.uploaded,
        message=event.body.message,
        institution=event.body.institution,
        identity=opened.identity,
        person=persons.pop() if len(persons) == 1 else "",
        transaction=event.body.transaction,
        answered=event.answered,
        targets=tuple(targets),
        takes=() if isinstance(event.body, Settlement) and not event.body.original else tuple(takes),
        of_transaction=next((one.of_transaction for left in parts for one in left.retractions), ""),
    )
