"""The memory of one partition as records of a compacted log, and back.

Beside those of pages: (retraction) for what takes back, (hour) and (alert) for questions, the tick, the rules in force,
how much is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import cast

import msgspec

from . import packs
from .arrival import Arrival
from .memory import Memory
from .page import PageName
from .questions import Asked, Questions
from .records import (
    BINS,
    RECORD_NAME,
    TRACK,
    TRIGGERS,
    encode,
    name_of_record,
    of_page,
    put_day_back,
    triggers_in,
)
from .retraction import Retraction
from .rule import Rule
from .track import Track
from .watch import Watch, with_thresholds

Saved = defaultdict[str, list[tuple[str, tuple[str, ...], str, bytes]]]
"""Records by kind: ledger, key, part of the key, value."""

STEP = 256
"""So many records are made in one step: some milliseconds (our assumption)."""

Drained = list[tuple[bytes, bytes | None]]
"""Records of a checkpoint, by name; None of what is gone."""

_TAKER = msgspec.msgpack.Decoder(Arrival)


class _Version(msgspec.Struct, array_like=True):
    """A version of a rule. since, warm_at: as of its watch. parameters: of the rule, by name; tagged: those by tag."""

    shadow: bool
    since: int
    warm_at: int
    parameters: msgspec.Raw
    tagged: dict[str, msgspec.Raw] = {}


class _InForce(msgspec.Struct, array_like=True):
    """A rule in force, or off and not yet ended. versions: the newest first."""

    rule: str
    enabled: bool
    versions: list[_Version]


_IN_FORCE = msgspec.msgpack.Decoder(list[_InForce])
_RETRACTION = msgspec.msgpack.Decoder(tuple[Retraction, int])
_HELD = msgspec.msgpack.Decoder(tuple[int, int])
_ANSWERED = msgspec.msgpack.Decoder(set[str])
_ASKED = msgspec.msgpack.Decoder(Asked)


def drain_in_steps(memory: Memory, in_force: Iterable[Watch] | None) -> Iterator[Drained | None]:
    """The records touched since the last call, the gone ones as None; sorted, so that equal states give equal bytes.

    in_force: the rules in force, where they have changed. None is given again and again before them: there may be very
    many. Until they are given nothing may be done with the memory, and they are to be taken.
    """
    records: dict[bytes, bytes | None] = {}
    for number, (name, value) in enumerate(_changes(memory)):
        records[name] = value
        if number % STEP == 0:
            yield None
    if memory.tick_changed:
        records[name_of_record("tick")] = encode(memory.tick)
    if in_force is not None:
        records[name_of_record("in force")] = encode([_of_watch(watch) for watch in in_force])
    if records:
        sizes = memory.sizes()
        records[name_of_record("held")] = encode((sizes["entries"], sizes["pages"]))
    yield None
    memory.leave_unsaved()
    yield sorted(records.items())


def _changes(memory: Memory) -> Iterator[tuple[bytes, bytes | None]]:
    """What is gone, or is to be written; where a name is told twice the later value holds."""
    yield from ((name, None) for name in memory.gone)
    yield from memory.resting.changed()
    for page_name in memory.changed_pages:
        if (page := memory.pages.get(page_name)) is not None:
            yield from of_page(page)
    for identity in memory.retractions.changed:
        saved = memory.retractions.saved(identity)
        yield name_of_record("retraction", part=str(identity)), None if saved is None else encode(saved)
    for identity in memory.changed_takers:
        taker = memory.takers.get(identity)
        yield name_of_record("taker", part=str(identity)), encode(taker) if taker else None
    yield from _of_questions(memory.questions)


def _of_watch(watch: Watch) -> _InForce:
    return _InForce(watch.rule.id, watch.enabled, [_of_version(one) for one in watch.versions()])


def _of_version(one: Watch) -> _Version:
    tagged = {tag: msgspec.Raw(encode(other.rule)) for tag, other in one.tagged}
    return _Version(one.shadow, one.since, one.warm_at, msgspec.Raw(encode(one.rule)), tagged)


def _watch_in(saved: _InForce, rule_class: type[Rule]) -> Watch:
    watch = None
    for one in reversed(saved.versions):
        rule = rule_class.from_saved(one.parameters)
        tagged = {tag: rule_class.from_saved(parameters) for tag, parameters in one.tagged.items()}
        watch = with_thresholds(Watch(rule, one.shadow, saved.enabled, one.since, watch, one.warm_at), tagged)
    return cast("Watch", watch)


def _of_questions(questions: Questions) -> Iterator[tuple[bytes, bytes | None]]:
    for hour in questions.changed_hours:
        marks = questions.answered.get(hour)
        yield name_of_record("answered", part=str(hour)), encode(sorted(marks)) if marks else None
    for name in questions.changed_alerts:
        asked = questions.alerts.get(name)
        yield name_of_record("asked", part=name), encode(asked) if asked else None
    questions.changed_hours.clear()
    questions.changed_alerts.clear()


def in_force(saved: Saved, rule_classes: Mapping[str, type[Rule]]) -> dict[str, Watch] | None:
    """The rules that were in force, by the name of their watch; None where they were not saved."""
    watches = None
    for *_, value in saved["in force"]:
        known = [one for one in _IN_FORCE.decode(value) if one.rule in rule_classes]
        watches = [_watch_in(one, rule_classes[one.rule]) for one in known]
    return None if watches is None else {watch.name: watch for watch in watches}


def load(memory: Memory, saved: Saved) -> None:
    """Put saved records into a fresh memory. What can be derived (order, names) is derived anew.

    Pages whose bytes are at rest already are read only where there is more of them than entries.
    """
    for *_, value in saved["tick"]:
        memory.tick = msgspec.msgpack.decode(value, type=int)
    for retraction, arrived in sorted(
        (_RETRACTION.decode(value) for *_, value in saved["retraction"]), key=lambda one: one[1]
    ):
        memory.retractions.add(retraction, arrived)
    memory.retractions.changed.clear()
    memory.questions.answered.update({int(hour): _ANSWERED.decode(value) for *_, hour, value in saved["answered"]})
    memory.questions.alerts.update({alert: _ASKED.decode(value) for *_, alert, value in saved["asked"]})
    memory.takers.update({int(identity): _TAKER.decode(value) for *_, identity, value in saved["taker"]})
    _load_pages(memory, saved)
    for *_, value in saved["held"]:
        memory.know(*_HELD.decode(value))


def by_kind(records: Iterable[tuple[bytes, bytes | None]]) -> Saved:
    """Sort saved records by kind, the last of each name."""
    found: Saved = defaultdict(list)
    for name, value in sorted(dict(records).items()):
        if value is not None:
            kind, ledger, key, part = RECORD_NAME.decode(name)
            found[kind].append((ledger, key, part, value))
    return found


def _load_pages(memory: Memory, by_kind: Saved) -> None:
    """Long because each kind of record is read in its own way."""
    memory.resting.put_back((int(number), value) for *_, number, value in by_kind[packs.KIND])
    has_more = {(ledger, key) for kind in ("bins", "track", "triggers") for ledger, key, *_ in by_kind[kind]}
    memory.wake_all(has_more)
    for name, saved in groupby(by_kind["entries"], key=lambda one: one[:2]):
        days = {int(day): value for *_, day, value in saved}
        if name in has_more or not memory.lay_saved(name, days):
            page = memory.page(memory.ledgers[name[0]], name[1])
            for value in days.values():
                saved_day = memory.days_of.day(value)
                memory.entries += len(saved_day.entries)
                put_day_back(page, saved_day)
            memory.mark_page(page)
    for ledger, key, _, value in by_kind["bins"]:
        memory.page(memory.ledgers[ledger], key).bins.update(BINS.decode(value))
    for ledger, key, watch, value in by_kind["track"]:
        for track in _tracks_of(memory, (ledger, key), watch):
            saved_track = TRACK.decode(value)
            track.alerts, track.days = saved_track.alerts, set(saved_track.days)
    for ledger, key, part, value in by_kind["triggers"]:
        for track in _tracks_of(memory, (ledger, key), part.partition("@")[0]):
            for one in triggers_in(TRIGGERS.decode(value)):
                track.put(one.id, one)


def _tracks_of(memory: Memory, page: PageName, watch: str) -> list[Track]:
    """The track of a rule on a page; none where the rule is no longer in force, or the page was dropped since."""
    if page not in memory.pages:
        return []
    return [track for track in memory.tracks(memory.pages[page]) if track.watch.name == watch]
