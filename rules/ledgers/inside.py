"""What travels inside: the entries that an event leaves, by key space and key, and what it takes back."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import cast

import msgspec

from ..engine.arrival import Arrival
from ..engine.item import Record as AnyRecord
from ..engine.item import Tick, Turn
from ..engine.marks import NARROWED_BY, number_of
from ..engine.retraction import Retraction
from ..wire.door import Event, Opened
from ..wire.fields import Admission, PersonMessage, PreSettlement, Settlement
from ._common import Shared, array_head, encode
from ._retracting import refund_in, retractions_of, taken_by, taken_by_refund, targets_of
from .admissions import Admitted, admitted_of
from .agencies import Claimed, claimed_of
from .beds import Departed, departed_in
from .brokers import Brought, brought_of
from .listed import BOOK_OF, Listed, listed_in
from .orders import Ordered, ordered_in
from .overpriced import Overpriced, overpriced_in
from .physicians import Written, written_in
from .prescriptions import Use, prescriptions_in, use_of
from .received import STOCK_OF, Dispensed, Received, stock_in
from .sales import Sale, sale_of, sold_in
from .services import Registered, registered_of
from .stay_bills import Billed, billed_of
from .stays import Stay, stays_of
from .stock_book import Moved, moves_in
from .supply import Fill, fills_of
from .swipes import Swipe, swipes_of
from .visits import Visit, visits_of

AnyEntry = (
    Arrival
    | Swipe
    | Admitted
    | Departed
    | Brought
    | Registered
    | Visit
    | Fill
    | Stay
    | Sale
    | Use
    | Written
    | Ordered
    | Overpriced
    | Listed
    | Dispensed
    | Received
    | Moved
    | Billed
    | Claimed
)


class Record(AnyRecord[AnyEntry], frozen=True, array_like=True, tag="r"):
    """The entries of one event under one key."""


Inside = Record | Retraction | Tick | Turn
"""What the one topic inside carries."""

_decode = msgspec.msgpack.Decoder(Record).decode

Source = Callable[[Event, Shared], list[bytes]]
"""Writes the entries of one kind that an event leaves under one key."""

Sources = dict[str, tuple[tuple[str, Source], ...]]

SWIPES, VISITS, FILLS, STAYS = ("Swipe", swipes_of), ("Visit", visits_of), ("Fill", fills_of), ("Stay", stays_of)
OVERPRICED, BILLED, DEPARTED = ("Overpriced", overpriced_in), ("Billed", billed_of), ("Departed", departed_in)

AT_INSTITUTION: Sources = {
    "settlement": (SWIPES, OVERPRICED, BILLED, DEPARTED),
    "fee_lines": (OVERPRICED, BILLED),
    "fee_lines_cancel": (BILLED,),
    "reversal": (BILLED,),
    "pre_settlement": (SWIPES,),
    "review": (SWIPES,),
    "admission": (("Admitted", admitted_of),),
    "discharge": (DEPARTED,),
}
"""Kind of event -> what it leaves at its institution, in the order in which it is taken in: kinds of entries."""
OF_PERSON: Sources = {
    "settlement": (VISITS, FILLS, STAYS),
    "pre_settlement": (VISITS, FILLS),
    "review": (VISITS, FILLS),
    "fee_lines": (FILLS,),
    "admission": (STAYS,),
    "discharge": (STAYS,),
    "registration": (("Registered", registered_of),),
}
"""The same of its person. What leaves anything of a person takes nothing back."""
OF_LISTED = ("settlement", "fee_lines")
"""Kinds of events whose lines of listed items are sent to the institution; the items are among the kinds of entries."""
Keyed = tuple[str, str, bytes]
"""An entry under a key that is neither its institution nor its person: key space, key, and the written entry."""
SELLING = ("settlement", "pre_settlement", "review", "stock")
"""Kinds of events that name trace codes; each of them is a key of its own."""
OF_STOCK = ("settlement", "stock")
"""Kinds of events that say which boxes are at an institution, or leave it; the institutions are among the kinds."""


def _uses(event: Event, shared: Shared) -> Iterable[tuple[str, bytes]]:
    """The prescriptions that an event names, under their numbers."""
    return [(one.number, use_of(event, one, shared)) for one in prescriptions_in(event)]


def _brought(event: Event, shared: Shared) -> Iterable[tuple[str, bytes]]:
    """An admission under the telephone that was left."""
    telephone = cast("Admission", event.body).telephone
    return [(telephone, brought_of(event, shared))] if telephone else ()


_USES, _WRITTEN = ("Use", "token", _uses), ("Written", "physician", written_in)
ELSEWHERE: dict[str, tuple[tuple[str, str, Callable[[Event, Shared], Iterable[tuple[str, bytes]]]], ...]] = {
    "settlement": (_USES, _WRITTEN, ("Claimed", "group", claimed_of)),
    "pre_settlement": (_USES, _WRITTEN),
    "review": (_USES, _WRITTEN),
    "fee_lines": (("Ordered", "physician", ordered_in),),
    "admission": (("Brought", "group", _brought),),
}
"""Kind of event -> what it leaves elsewhere: kind of entries, key space, and what gives keys and written entries."""


class Left(msgspec.Struct):
    """What a message leaves: records, one for each key that it touches, and the retractions that it states.

    written: the records, each with what decides about its partition, as the topic inside carries them.
    refunds_without_original: rows that give money back and name no settlement.
    """

    written: list[tuple[bytes, bytes]]
    retractions: list[Retraction]
    refunds_without_original: int = 0

    @property
    def records(self) -> list[Record]:
        """The records as objects: a router has no need of them."""
        return [_decode(value) for _, value in self.written]


class _Part(msgspec.Struct):
    """What one event leaves: entries by key, retractions, and the keys by which it can be taken back itself."""

    at_institution: list[bytes]
    of_person: list[bytes]
    elsewhere: list[Keyed]
    retractions: list[Retraction]
    targets: list[str]
    is_refund: bool = False


class _Every:
    """All kinds."""

    def __contains__(self, kind: object) -> bool:
        return True


EVERY: Container[str] = _Every()


def entries_of(opened: Opened, appended: int = 0, kinds: Container[str] = EVERY) -> Left:
    """What a message leaves. appended: when the broker took it, ms. kinds: of entries and listed items that are wanted.

    What asks before money moves leaves all: its person's partition answers it, also when there is nothing to say.
    """
    parts = [_part_of(event, EVERY if isinstance(event.body, PreSettlement) else kinds) for event in opened.events]
    parts[0].at_institution.insert(0, encode(_arrival(opened, parts)))
    end = encode(appended)
    left = Left([], [])
    for event, part in zip(opened.events, parts, strict=True):
        left.written += _records(event, part, end)
        left.retractions += part.retractions
        left.refunds_without_original += part.is_refund and not part.retractions
    return left


def _part_of(event: Event, kinds: Container[str]) -> _Part:
    """What one event leaves inside, and takes back.

    Long because each key space is asked in turn, and only for the kinds of entries that a rule in force reads.
    """
    refund = refund_in(event)
    if refund is not None:
        return _Part([], [], [], taken_by_refund(event, refund), targets_of(event, (), stands=False), is_refund=True)
    kind, shared = event.kind, Shared(event)
    at_institution = _entries(AT_INSTITUTION.get(kind, ()), kinds, event, shared)
    if kind in OF_LISTED and "Listed" in kinds:
        at_institution += listed_in(event, shared, kinds)
    of_its_person = OF_PERSON.get(kind, ())
    of_person = _entries(of_its_person, kinds, event, shared)
    sold = sold_in(event) if kind in SELLING else ()
    if kind in OF_STOCK and STOCK_OF + event.body.institution in kinds:
        at_institution += stock_in(event, sold, shared)
    if kind in OF_STOCK and BOOK_OF + event.body.institution in kinds:
        at_institution += moves_in(event, sold, shared)
    elsewhere: list[Keyed] = []
    for one in sold if "Sale" in kinds else ():
        written = sale_of(event, one, shared)
        if one.bad:
            at_institution.append(written)
        else:
            elsewhere.append(("token", one.code.code, written))
    for name, space, source in ELSEWHERE.get(kind, ()):
        if name in kinds:
            elsewhere += [(space, *one) for one in source(event, shared)]
    targets = [] if isinstance(event.body, PreSettlement) else targets_of(event, sold, stands=True)
    retractions = [] if of_its_person else retractions_of(event)
    return _Part(at_institution, of_person, elsewhere, retractions, targets)


def _entries(sources: Iterable[tuple[str, Source]], kinds: Container[str], event: Event, shared: Shared) -> list[bytes]:
    return [one for kind, source in sources if kind in kinds for one in source(event, shared)]


def _records(event: Event, part: _Part, end: bytes) -> Iterator[tuple[bytes, bytes]]:
    """One record for each key that an event touches; those of other key spaces in order of the key."""
    if part.at_institution:
        yield _record("institution", event.body.institution, part.at_institution, end)
    if part.of_person:
        yield _record("person", getattr(event.body, "person", ""), part.of_person, end)
    for (space, key), of_key in groupby(sorted(part.elsewhere), key=itemgetter(0, 1)):
        yield _record(space, key, [written for *_, written in of_key], end)


SPACES = ("person", "institution", "physician", "token", "group")
"""The key spaces: what the first part of a ledger key is. group: a telephone, or the county
whose agency pays."""


def _record(space: str, key: str, entries: list[bytes], end: bytes) -> tuple[bytes, bytes]:
    """A `Record` as the topic inside carries it. end: its last field, written."""
    value = b"".join((_BEGINS[space], encode(key), array_head(len(entries)), *entries, end))
    return record_key(space, key), value


_BEGINS = {space: encode(("r", space, None, None, None))[:-3] for space in SPACES}
"""What a `Record` begins with, by its key space."""


def record_key(space: str, key: str) -> bytes:
    """What decides to which partition of the topic inside a ledger key belongs."""
    return f"{space}:{key}".encode()


def _arrival(opened: Opened, parts: Sequence[_Part]) -> Arrival:
    """That the message came: what of it can be taken back, and what it takes back.

    Long because it gathers from all events of the message.
    """
    event = opened.events[0]
    persons = {one.body.person for one in opened.events if isinstance(one.body, PersonMessage)}
    pairs = zip(opened.events, parts, strict=True)
    targets = dict.fromkeys([key for part in parts for key in part.targets])
    takes = [key for one, part in pairs if part.retractions for key in taken_by(one, part.retractions)]
    return Arrival(
        time=event.uploaded,
        uploaded=event.uploaded,
        message=event.body.message,
        institution=event.body.institution,
        identity=opened.identity,
        person=persons.pop() if len(persons) == 1 else "",
        transaction=event.body.transaction,
        answered=event.answered,
        targets=tuple([number_of(key) for key in targets if NARROWED_BY not in key]),
        narrowed=tuple([number_of(key) for key in targets if NARROWED_BY in key]),
        coded=any(key.startswith("c:") for key in targets),
        takes=() if isinstance(event.body, Settlement) and not event.body.original else tuple(dict.fromkeys(takes)),
        of_transaction=next((one.of_transaction for part in parts for one in part.retractions), ""),
    )
