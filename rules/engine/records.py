"""Pages and what was found on them as small records, and back.

A record is (ledger, key, day) for entries and for sums, (ledger, key, rule) for alerts, (ledger, key, rule, day) for
triggers: one swipe does not rewrite a month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import GenericAlias
from typing import Generic, NamedTuple, TypeVar, Union

import msgspec

from ..times import day_of
from .alert import AlertState
from .entry import Entry
from .episode import Trigger
from .finding import Evidence
from .ledger import Ledger
from .page import Page, PageName
from .track import Track

VERSION = "9"
"""Of the form of these records; a worker does not take over state of another one."""

encode = msgspec.msgpack.Encoder().encode
BINS = msgspec.msgpack.Decoder(dict[int, list[int]])
RECORD_NAME = msgspec.msgpack.Decoder(tuple[str, str, tuple[str, ...], str])
_PAGE_NAME = msgspec.msgpack.Decoder(tuple[str, tuple[str, ...]])
E = TypeVar("E", bound=Entry)


class Day(msgspec.Struct, Generic[E], array_like=True):
    """The entries of a day.

    touched: of the page, when the day last changed. marks: of the entries' retraction keys, where the page may rest.
    taken, fallen: positions of the entries that were taken back, and of those that do not count. Why they do not, a
    retraction or another entry, may be forgotten by then.
    """

    touched: int
    marks: list[int]
    entries: list[E]
    taken: list[int] = []
    fallen: list[int] = []


class DayAtRest(msgspec.Struct, array_like=True):
    """What is read of a day that stays bytes: when the page was touched, the marks, and how many entries there are."""

    touched: int
    marks: list[int]
    entries: list[msgspec.Raw]


DAY_AT_REST = msgspec.msgpack.Decoder(DayAtRest)
_DAYS_AT_REST = msgspec.msgpack.Decoder(list[DayAtRest])
_RAW_DAYS = msgspec.msgpack.Decoder(list[msgspec.Raw])


class TrackState(msgspec.Struct, array_like=True):
    """What is saved of a track beside its triggers."""

    alerts: list[AlertState]
    days: list[int]


class Triggers(msgspec.Struct, array_like=True):
    """Triggers without their evidence, all that they name, each once, and the runs of it that each of them names.

    One swipe of a busy hour is evidence of hundreds of triggers: written out they would be as long as the hour squared.
    """

    triggers: list[Trigger]
    proofs: list[Evidence]
    runs: list[list[int]]


TRACK = msgspec.msgpack.Decoder(TrackState)
TRIGGERS = msgspec.msgpack.Decoder(Triggers)


class DaysOf:
    """Reads the entries of days back, of every kind that these ledgers keep."""

    def __init__(self, ledgers: Iterable[Ledger]) -> None:
        kinds = tuple({feed.entry: None for ledger in ledgers for feed in ledger.feeds})
        day = GenericAlias(Day, (Union.__getitem__(kinds),))
        self.day: Callable[[bytes], Day[Entry]] = msgspec.msgpack.Decoder(day).decode
        self.days: Callable[[bytes], list[Day[Entry]]] = msgspec.msgpack.Decoder(GenericAlias(list, (day,))).decode


def name_of_record(kind: str, ledger: str = "", key: tuple[str, ...] = (), part: str = "") -> bytes:
    """The name of a record. part: what tells those of one kind and key apart."""
    return encode((kind, ledger, key, part))


def of_page(page: Page) -> Iterator[tuple[bytes, bytes | None]]:
    """The records of a page that changed, by name; None where one is gone. From now on nothing of it has changed."""
    ledger, key = page.name
    for day, touched in page.changed_days.items():
        entries = page.of_day(day)
        value = encode(_of_day(page, entries, touched)) if entries else None
        if len(page.held) == len(entries) == 1:
            page.saved = value
        yield name_of_record("entries", ledger, key, str(day)), value
    for day in page.changed_bins:
        bins = page.bins_of_day(day)
        yield name_of_record("bins", ledger, key, str(day)), encode(bins) if bins else None
    page.changed_days, page.changed_bins = {}, ()
    for track in page.tracks:
        for day in track.changed_days:
            yield _name_of_triggers(page, track, day), _of_triggers(track.triggers_of_day(day))
        track.changed_days.clear()
        if track.changed:
            track.changed = False
            yield name_of_record("track", ledger, key, track.watch.name), _of_track(track)


def _of_day(page: Page, entries: list[Entry], touched: int) -> Day[Entry]:
    marks: list[int] = []
    if page.ledger.may_rest:
        marks = sorted({mark for entry in entries for mark in entry.marks})
    if not page.aside:
        return Day(touched, marks, entries)
    aside = {entry.id for entry in page.aside}
    fallen = [position for position, entry in enumerate(entries) if entry.id in aside]
    taken = [position for position in fallen if entries[position].id in page.taken]
    return Day(touched, marks, entries, taken, fallen)


def first_day(entry: Entry, touched: int, marks: list[int]) -> bytes:
    """The only day of a page that has but one entry, which stands: as `of_page` saves it. marks: sorted."""
    return encode(Day(touched, marks, [entry]))


def _of_track(track: Track) -> bytes | None:
    return encode(TrackState(track.alerts, sorted(track.days))) if track.alerts or track.days else None


def _name_of_triggers(page: Page, track: Track, day: int) -> bytes:
    return name_of_record("triggers", page.ledger.name, page.key, f"{track.watch.name}@{day}")


def _of_triggers(triggers: list[Trigger]) -> bytes | None:
    """Triggers as they are saved; None where there are none."""
    if not triggers:
        return None
    named = {proof.id: proof for one in triggers for proof in one.finding.evidence}
    proofs = sorted(named.values(), key=lambda one: (one.time, one.id))
    position = {proof.id: number for number, proof in enumerate(proofs)}
    runs = [list(_runs_of([position[proof.id] for proof in one.finding.evidence])) for one in triggers]
    return encode(Triggers([_with_evidence(one, []) for one in triggers], proofs, runs))


def _runs_of(positions: list[int]) -> Iterator[int]:
    """Where each run of successive positions begins, and how long it is.

    >>> list(_runs_of([3, 4, 5, 9, 2]))
    [3, 3, 9, 1, 2, 1]
    """
    first = length = 0
    for position in positions:
        if length and position == first + length:
            length += 1
            continue
        if length:
            yield from (first, length)
        first, length = position, 1
    if length:
        yield from (first, length)


def _with_evidence(one: Trigger, proofs: list[Evidence]) -> Trigger:
    return msgspec.structs.replace(one, finding=msgspec.structs.replace(one.finding, evidence=proofs))


def triggers_in(saved: Triggers) -> Iterator[Trigger]:
    """The triggers with their evidence again."""
    for one, runs in zip(saved.triggers, saved.runs, strict=True):
        pairs = zip(runs[::2], runs[1::2], strict=True)
        yield _with_evidence(one, [proof for first, n in pairs for proof in saved.proofs[first : first + n]])


def at_rest(page: Page, days: list[int]) -> bytes:
    """The entries of a page as it is kept at rest, day by day; days: of its entries.

    touched: of a day that has not changed since it was saved, no earlier than it was.
    """
    if page.saved is not None:  # nearly all
        return b"\x91" + page.saved
    return encode([_of_day(page, page.of_day(day), page.touched) for day in days])


def several_at_rest(days: list[bytes]) -> bytes:
    """The same, made of the records of its days."""
    return encode([msgspec.Raw(day) for day in days])


def days_at_rest(saved: bytes) -> list[bytes]:
    """The records of its days, in their order, of a page at rest."""
    return [saved[1:]] if saved[0] == 0x91 else [bytes(day) for day in _RAW_DAYS.decode(saved)]


class Resting(NamedTuple):
    """What leads to a page at rest: when it was touched, ms, the marks of its entries, and how many these are."""

    touched: int
    marks: list[int]
    entries: int


def what_rests(saved: bytes) -> Resting:
    """What leads to a page at rest, of its bytes."""
    days = _DAYS_AT_REST.decode(saved)
    if len(days) == 1:  # nearly always
        [day] = days
        return Resting(day.touched, day.marks, len(day.entries))
    return Resting(
        max(day.touched for day in days),
        [mark for day in days for mark in day.marks],
        sum(len(day.entries) for day in days),
    )


def beginning_of(ledger: str) -> bytes:
    """How the names at rest of all pages of a ledger begin."""
    return encode((ledger, ()))[:-1]


def name_of_day(name: bytes, day: int) -> bytes:
    """The name of the record of a day of the page that has this name at rest: `name_of_record` of the same."""
    return b"\x94\xa7entries" + name[1:] + encode(str(day))


def entries_of(ledger: str) -> bytes:
    """How the names of all records of the entries of a ledger begin."""
    return b"\x94\xa7entries" + encode(ledger)


def page_and_day(record: bytes) -> tuple[bytes, int]:
    """What `name_of_day` was given."""
    *_, day = RECORD_NAME.decode(record)
    return b"\x92" + record[9 : -len(encode(day))], int(day)


def name_at_rest(name: PageName) -> bytes:
    """The name of a page as it is kept at rest."""
    return encode(name)


def name_of(name: bytes) -> PageName:
    """What `name_at_rest` was given."""
    return _PAGE_NAME.decode(name)


def wake(page: Page, saved: bytes, days_of: DaysOf) -> None:
    """Put the entries of a page back that was at rest."""
    for day in days_of.days(saved):
        put_day_back(page, day)


def names_of_page(page: Page) -> Iterator[bytes]:
    """The names of all records that a page has, or had when it was last saved."""
    ledger, key = page.ledger.name, page.key
    for day in {day_of(entry.time) for entry in page.held.values()}.union(page.changed_days):
        yield name_of_record("entries", ledger, key, str(day))
    for day in {day_of(start) for start in page.bins}.union(page.changed_bins):
        yield name_of_record("bins", ledger, key, str(day))
    for track in page.tracks:
        yield from names_of_track(page, track)


def names_of_track(page: Page, track: Track) -> Iterator[bytes]:
    """The names of all records that a track has, or had when it was last saved."""
    yield name_of_record("track", page.ledger.name, page.key, track.watch.name)
    for day in {day_of(one.time) for one in track.triggers.values()} | track.changed_days:
        yield _name_of_triggers(page, track, day)


def put_day_back(page: Page, saved: Day[Entry]) -> None:
    """Put the entries of a saved day on their page."""
    page.touched = max(page.touched, saved.touched)
    page.advance(max(entry.uploaded for entry in saved.entries))
    page.put_back(saved.entries, set(saved.taken), set(saved.fallen))
