"""The engine's state as small records for a compacted log, and back.

A record is (ledger, key, day) for entries and for sums, (ledger, key, rule) for alerts, (ledger, key, rule, day) for
triggers, (retraction) for what takes back, (hour) and (alert) for questions: one swipe does not rewrite a month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from types import GenericAlias
from typing import TYPE_CHECKING, Generic, TypeVar, Union, cast

import msgspec

from ..times import day_of
from .alert import AlertState
from .entry import Entry
from .episode import Trigger
from .finding import Evidence
from .ledger import Ledger
from .page import Page, PageName
from .questions import Asked, Questions
from .retraction import Retraction
from .rule import Rule
from .watch import Watch

if TYPE_CHECKING:
    from .engine import Engine
    from .track import Track

_Saved = tuple[str, tuple[str, ...], str, bytes]
VERSION = "4"
"""Of the form of these records; a worker does not take over state of another one."""

_encode = msgspec.msgpack.Encoder().encode
_BINS = msgspec.msgpack.Decoder(dict[int, list[int]])
_KEY = msgspec.msgpack.Decoder(tuple[str, str, tuple[str, ...], str])
_PAGE_NAME = msgspec.msgpack.Decoder(tuple[str, tuple[str, ...]])


E = TypeVar("E", bound=Entry)


class _Day(msgspec.Struct, Generic[E], array_like=True):
    """taken, fallen: positions of the entries that were taken back, and of those that do not count.

    Why they do not, a retraction or another entry, may be forgotten by then. touched: of the page, when the day last
    changed.
    """

    entries: list[E]
    taken: list[int]
    fallen: list[int]
    touched: int


class _TrackState(msgspec.Struct, array_like=True):
    alerts: list[AlertState]
    days: list[int]


class _Triggers(msgspec.Struct, array_like=True):
    """Triggers without their evidence, all that they name, each once, and the runs of it that each of them names.

    One swipe of a busy hour is evidence of hundreds of triggers: written out they would be as long as the hour squared.
    """

    triggers: list[Trigger]
    proofs: list[Evidence]
    runs: list[list[int]]


class _Version(msgspec.Struct, array_like=True):
    """A version of a rule. since, warm_at: as of its watch. parameters: of the rule, by name."""

    shadow: bool
    since: int
    warm_at: int
    parameters: msgspec.Raw


class _InForce(msgspec.Struct, array_like=True):
    """A rule in force, or off and not yet ended. versions: the newest first."""

    rule: str
    enabled: bool
    versions: list[_Version]


_IN_FORCE = msgspec.msgpack.Decoder(list[_InForce])
_TRACK = msgspec.msgpack.Decoder(_TrackState)
_TRIGGERS = msgspec.msgpack.Decoder(_Triggers)
_RETRACTION = msgspec.msgpack.Decoder(tuple[Retraction, int])
_ANSWERED = msgspec.msgpack.Decoder(set[str])
_ASKED = msgspec.msgpack.Decoder(Asked)


class DaysOf:
    """Reads the entries of days back, of every kind that these ledgers keep."""

    def __init__(self, ledgers: Iterable[Ledger]) -> None:
        kinds = tuple({feed.entry: None for ledger in ledgers for feed in ledger.feeds})
        day = GenericAlias(_Day, (Union.__getitem__(kinds),))
        self.day: Callable[[bytes], _Day[Entry]] = msgspec.msgpack.Decoder(day).decode
        self.days: Callable[[bytes], list[_Day[Entry]]] = msgspec.msgpack.Decoder(GenericAlias(list, (day,))).decode


def _name(kind: str, ledger: str = "", key: tuple[str, ...] = (), part: str = "") -> bytes:
    return _encode((kind, ledger, key, part))


def drain_changes(engine: Engine) -> list[tuple[bytes, bytes | None]]:
    """The records touched since the last call, the gone ones as None; sorted, so that equal states give equal bytes."""
    records: dict[bytes, bytes | None] = dict.fromkeys(engine.gone)
    for page_key in engine.changed_pages:
        page = engine.pages.get(page_key)
        if page is not None:
            records.update(_of_page(page))
    for name, day in engine.unsaved.items():
        records[_name_of_day(name, day)] = engine.resting.saved(name)[1:]
    for identity in engine.retractions.changed:
        saved = engine.retractions.saved(identity)
        records[_name("retraction", part=str(identity))] = None if saved is None else _encode(saved)
    records.update(_of_questions(engine.questions))
    if engine.tick_changed:
        records[_name("tick")] = _encode(engine.tick)
    if engine.turn_changed:
        records[_name("in force")] = _encode([_of_watch(watch) for watch in engine.in_force.values()])
    engine.gone.clear()
    engine.unsaved.clear()
    engine.rest()
    engine.retractions.changed.clear()
    engine.tick_changed = engine.turn_changed = False
    return sorted(records.items())


def _of_watch(watch: Watch) -> _InForce:
    versions = [
        _Version(one.shadow, one.since, one.warm_at, msgspec.Raw(_encode(one.rule))) for one in watch.versions()
    ]
    return _InForce(watch.rule.id, watch.enabled, versions)


def _watch_in(saved: _InForce, rule_class: type[Rule]) -> Watch:
    watch = None
    for one in reversed(saved.versions):
        rule = msgspec.msgpack.decode(one.parameters, type=rule_class)
        watch = Watch(rule, one.shadow, saved.enabled, one.since, watch, one.warm_at)
    return cast("Watch", watch)


def _of_page(page: Page) -> Iterator[tuple[bytes, bytes | None]]:
    ledger, key = page.name
    for day, touched in page.changed_days.items():
        entries = page.of_day(day)
        value = _encode(_of_day(page, entries, touched)) if entries else None
        if len(page.held) == len(entries) == 1:
            page.saved = value
        yield _name("entries", ledger, key, str(day)), value
    for day in page.changed_bins:
        bins = page.bins_of_day(day)
        yield _name("bins", ledger, key, str(day)), _encode(bins) if bins else None
    page.changed_days, page.changed_bins = {}, ()
    for track in page.tracks:
        for day in track.changed_days:
            yield _name_of_triggers(page, track, day), _of_triggers(track.triggers_of_day(day))
        track.changed_days.clear()
        if track.changed:
            track.changed = False
            yield _name("track", ledger, key, track.watch.name), _of_track(track)


def _of_day(page: Page, entries: list[Entry], touched: int) -> _Day[Entry]:
    taken: list[int] = []
    fallen: list[int] = []
    if page.aside:
        aside = {entry.id for entry in page.aside}
        fallen = [position for position, entry in enumerate(entries) if entry.id in aside]
        taken = [position for position in fallen if entries[position].id in page.taken]
    return _Day(entries, taken, fallen, touched)


def _of_track(track: Track) -> bytes | None:
    return _encode(_TrackState(track.alerts, sorted(track.days))) if track.alerts or track.days else None


def _name_of_triggers(page: Page, track: Track, day: int) -> bytes:
    return _name("triggers", page.ledger.name, page.key, f"{track.watch.name}@{day}")


def _of_triggers(triggers: list[Trigger]) -> bytes | None:
    """Triggers as they are saved; None where there are none."""
    if not triggers:
        return None
    named = {proof.id: proof for one in triggers for proof in one.finding.evidence}
    proofs = sorted(named.values(), key=lambda one: (one.time, one.id))
    position = {proof.id: number for number, proof in enumerate(proofs)}
    runs = [list(_runs_of([position[proof.id] for proof in one.finding.evidence])) for one in triggers]
    return _encode(_Triggers([_with_evidence(one, []) for one in triggers], proofs, runs))


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


def _triggers_in(saved: _Triggers) -> Iterator[Trigger]:
    """The triggers with their evidence again."""
    for one, runs in zip(saved.triggers, saved.runs, strict=True):
        pairs = zip(runs[::2], runs[1::2], strict=True)
        yield _with_evidence(one, [proof for first, n in pairs for proof in saved.proofs[first : first + n]])


def _of_questions(questions: Questions) -> Iterator[tuple[bytes, bytes | None]]:
    for hour in questions.changed_hours:
        marks = questions.answered.get(hour)
        yield _name("answered", part=str(hour)), _encode(sorted(marks)) if marks else None
    for name in questions.changed_alerts:
        asked = questions.alerts.get(name)
        yield _name("asked", part=name), _encode(asked) if asked else None
    questions.changed_hours.clear()
    questions.changed_alerts.clear()


def at_rest(page: Page) -> bytes:
    """The entries of a page as it is kept at rest, day by day.

    touched: of a day that has not changed since it was saved, no earlier than it was.
    """
    if page.saved is not None:  # nearly all
        return b"\x91" + page.saved
    days = {day_of(entry.time) for entry in page.held.values()}
    return _encode([_of_day(page, page.of_day(day), page.touched) for day in sorted(days)])


def _name_of_day(name: bytes, day: int) -> bytes:
    """The name of the record of a day of the page that has this name at rest: `_name` of the same."""
    return b"\x94\xa7entries" + name[1:] + _encode(str(day))


def name_at_rest(name: PageName) -> bytes:
    """The name of a page as it is kept at rest."""
    return _encode(name)


def name_of(name: bytes) -> PageName:
    """What `name_at_rest` was given."""
    return _PAGE_NAME.decode(name)


def wake(page: Page, saved: bytes, days_of: DaysOf) -> None:
    """Put the entries of a page back that was at rest."""
    for day in days_of.days(saved):
        _put_day_back(page, day)


def names_of_page(page: Page) -> Iterator[bytes]:
    """The names of all records that a page has, or had when it was last saved."""
    ledger, key = page.ledger.name, page.key
    for day in {day_of(entry.time) for entry in page.held.values()}.union(page.changed_days):
        yield _name("entries", ledger, key, str(day))
    for day in {day_of(start) for start in page.bins}.union(page.changed_bins):
        yield _name("bins", ledger, key, str(day))
    for track in page.tracks:
        yield from names_of_track(page, track)


def names_of_track(page: Page, track: Track) -> Iterator[bytes]:
    """The names of all records that a track has, or had when it was last saved."""
    yield _name("track", page.ledger.name, page.key, track.watch.name)
    for day in {day_of(one.time) for one in track.triggers.values()} | track.changed_days:
        yield _name_of_triggers(page, track, day)


def load(engine: Engine, records: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Put saved records into a fresh engine. What can be derived (order, names, due times) is derived anew."""
    by_kind = _by_kind(records)
    for *_, value in by_kind["in force"]:
        saved = [one for one in _IN_FORCE.decode(value) if one.rule in engine.rule_classes]
        watches = [_watch_in(one, engine.rule_classes[one.rule]) for one in saved]
        engine.put_in_force({watch.name: watch for watch in watches})
        engine.turn_changed, engine.turned = False, True
    for *_, value in by_kind["tick"]:
        engine.tick = msgspec.msgpack.decode(value, type=int)
    for retraction, arrived in sorted(
        (_RETRACTION.decode(value) for *_, value in by_kind["retraction"]), key=lambda one: one[1]
    ):
        engine.retractions.add(retraction, arrived)
    engine.retractions.changed.clear()
    engine.questions.answered.update({int(hour): _ANSWERED.decode(value) for *_, hour, value in by_kind["answered"]})
    engine.questions.alerts.update({alert: _ASKED.decode(value) for *_, alert, value in by_kind["asked"]})
    _load_pages(engine, by_kind)
    for page in engine.pages.values():
        engine.plan(page)
    engine.lay_to_rest(list(engine.pages.values()))


def _by_kind(records: Iterable[tuple[bytes, bytes | None]]) -> defaultdict[str, list[_Saved]]:
    found: defaultdict[str, list[_Saved]] = defaultdict(list)
    for name, value in sorted(dict(records).items()):
        if value is not None:
            kind, ledger, key, part = _KEY.decode(name)
            found[kind].append((ledger, key, part, value))
    return found


def _load_pages(engine: Engine, by_kind: defaultdict[str, list[_Saved]]) -> None:
    has_more = {(ledger, key) for kind in ("bins", "track", "triggers") for ledger, key, *_ in by_kind[kind]}
    for name, saved in groupby(by_kind["entries"], key=lambda one: one[:2]):
        days = [value for *_, value in saved]
        if name in has_more or not _lay(engine, name, days):
            page = engine.page(engine.ledgers[name[0]], name[1])
            for value in days:
                _put_back(engine, page, engine.days_of.day(value))
    for ledger, key, _, value in by_kind["bins"]:
        engine.page(engine.ledgers[ledger], key).bins.update(_BINS.decode(value))
    for ledger, key, watch, value in by_kind["track"]:
        for track in _tracks_of(engine, (ledger, key), watch):
            saved_track = _TRACK.decode(value)
            track.alerts, track.days = saved_track.alerts, set(saved_track.days)
    for ledger, key, name_of_day, value in by_kind["triggers"]:
        for track in _tracks_of(engine, (ledger, key), name_of_day.partition("@")[0]):
            for one in _triggers_in(_TRIGGERS.decode(value)):
                track.put(one.id, one)


def _lay(engine: Engine, name: PageName, days: list[bytes]) -> bool:
    """Lay a page of a single entry to rest without ever making it; tells whether it is one that may rest.

    A page with more is made, and rests if it may when all is loaded.
    """
    if len(days) > 1 or not engine.may_rest(engine.ledgers[name[0]]):
        return False
    saved = engine.days_of.day(days[0])
    if len(saved.entries) > 1:
        return False
    [entry] = saved.entries
    engine.entries += 1
    as_kept = b"\x91" + days[0]
    engine.resting.lay(name_at_rest(name), as_kept, entry.retraction_keys, name[0], saved.touched)
    return True


def _put_back(engine: Engine, page: Page, saved: _Day[Entry]) -> None:
    engine.entries += len(saved.entries)
    _put_day_back(page, saved)
    for entry in saved.entries:
        engine.index(entry.retraction_keys, [(page, entry)])


def _put_day_back(page: Page, saved: _Day[Entry]) -> None:
    page.touched = max(page.touched, saved.touched)
    page.advance(max(entry.uploaded for entry in saved.entries))
    page.put_back(saved.entries, set(saved.taken), set(saved.fallen))


def _tracks_of(engine: Engine, page: tuple[str, tuple[str, ...]], watch: str) -> list[Track]:
    """The track of a rule on a page; none where the rule is no longer in force, or the page was dropped since."""
    if page not in engine.pages:
        return []
    return [track for track in engine.tracks(engine.pages[page]) if track.watch.name == watch]
