"""The detector: records of the topic inside go through the engine, what follows is made ready to publish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

import msgspec

from rules.engine.alert import Alert
from rules.engine.effects import Counts, Effects
from rules.engine.engine import Engine
from rules.engine.item import Tick, Turn
from rules.engine.questions import Reminder
from rules.ledgers import AnyEntry, Inside, Record
from streams.kafka.versions import is_ahead
from streams.route.router import Noted

_BUNDLE: msgspec.msgpack.Decoder[list[Inside]] = msgspec.msgpack.Decoder(list[Inside])
_PIECES: msgspec.msgpack.Decoder[list[msgspec.Raw]] = msgspec.msgpack.Decoder(list[msgspec.Raw])
_ONE: msgspec.msgpack.Decoder[Inside] = msgspec.msgpack.Decoder(Inside)
_encode = msgspec.json.Encoder().encode
SOURCE = "settlement-monitor"
GARBAGE = (10_000, 3, 1_000)
"""Thresholds of the garbage collector where an engine runs: state is many objects without cycles, and most of what a
batch makes is gone with it. Few objects a time keep the loop from standing still for long (our assumption)."""
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises of a record that is not ours; the last where it is nested very deep."""


@dataclass(frozen=True)
class Published:
    """A record to be sent."""

    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]] = field(default_factory=list)


class Awaited(NamedTuple):
    """What brings other tables and rules into force, before it is fed. appended: when, ms UTC."""

    item: Tick | Turn
    appended: int


@dataclass
class Outcome:
    """What became of a batch of the topic inside.

    revisions: the alerts as objects, beside their bytes. undecodable: index in the batch of what could not be read, or
    not wholly. awaits: what is to be brought into force before anything more is judged.
    """

    alerts: list[Published] = field(default_factory=list)
    reminders: list[Published] = field(default_factory=list)
    late: list[Published] = field(default_factory=list)
    rule_errors: list[Published] = field(default_factory=list)
    revisions: list[Alert] = field(default_factory=list)
    noted: Counter[Noted] = field(default_factory=Counter)
    counts: Counts = field(default_factory=Counts)
    errors: Counter[str] = field(default_factory=Counter)
    undecodable: list[int] = field(default_factory=list)
    awaits: Awaited | None = None


def process(engine: Engine, batch: Iterable[tuple[bytes, int]]) -> Outcome:
    """Feed records (value, append time in ms) of one partition, in the order of the log.

    What is not ours, or of a newer router, is passed over: whoever reads this log passes over the same.
    """
    undecodable: list[int] = []
    for _ in _steps(engine, batch, undecodable, None):
        pass
    return _outcome_of(engine, undecodable)


def process_in_slices(
    engine: Engine, batch: Iterable[tuple[bytes, int]], seconds: float, offsets: Mapping[str, int] | None = None
) -> Iterator[Outcome]:
    """The same, with an outcome whenever so many seconds have passed: also within a bundle, and within a tick.

    Together they say what `process` says. The state is that of no offset before the last one was given.
    offsets: of the tables and rules in force, to be kept up to date; before an item that names later ones there is an
    outcome that says so. None: they are given, whatever the log names.
    """
    undecodable: list[int] = []
    until = monotonic() + seconds
    for awaits in _steps(engine, batch, undecodable, offsets):
        if awaits is not None or monotonic() >= until:
            found = _outcome_of(engine, undecodable)
            found.awaits = awaits
            yield found
            until = monotonic() + seconds
    yield _outcome_of(engine, undecodable)


def _steps(
    engine: Engine, batch: Iterable[tuple[bytes, int]], undecodable: list[int], offsets: Mapping[str, int] | None
) -> Iterator[Awaited | None]:
    """Feed records; undecodable: takes the index of what could not be read."""
    for index, (value, appended) in enumerate(batch):
        try:
            items = _BUNDLE.decode(value)
        except UNREADABLE:
            undecodable.append(index)
            items = _what_can_be_read(value)
        for item in items:
            if isinstance(item, Record):
                engine.take(item, appended)
            else:
                if offsets is not None and isinstance(item, Tick | Turn) and _turns(item.offsets, offsets):
                    yield Awaited(item, appended)
                yield from engine.steps(item, appended)
            yield None


def _turns(named: Mapping[str, int], in_force: Mapping[str, int]) -> bool:
    """Whether an item brings something into force: also the first one that names topics, be nothing loaded at all."""
    return is_ahead(named, in_force) or bool(named and not in_force)


def _outcome_of(engine: Engine, undecodable: list[int]) -> Outcome:
    """What came since the last time."""
    found = outcome(engine.effects.drain())
    found.undecodable = undecodable[:]
    undecodable.clear()
    return found


def _what_can_be_read(value: bytes) -> list[Inside]:
    """The items of a bundle in which something is not ours."""
    items: list[Inside] = []
    with suppress(*UNREADABLE):
        for piece in _PIECES.decode(value):
            with suppress(*UNREADABLE):
                items.append(_ONE.decode(piece))
    return items


def outcome(effects: Effects) -> Outcome:
    """The effects of the engine, made ready to publish."""
    return Outcome(
        alerts=[published_alert(alert) for alert in effects.alerts],
        reminders=[_reminder(one) for one in effects.reminders],
        late=[Published(None, _encode(entry), [("ledger", ledger.encode())]) for ledger, entry in effects.refused],
        rule_errors=[
            Published(rule.encode(), _encode(entry), [("rule", rule.encode()), ("error", error.encode())])
            for rule, entry, error in effects.errors
        ],
        revisions=effects.alerts,
        counts=effects.counts,
        noted=Counter({Noted(what, "", *sender): number for (what, *sender), number in effects.without_target.items()}),
        errors=Counter(rule for rule, _, _ in effects.errors),
    )


def published_alert(alert: Alert) -> Published:
    """An alert revision as a CloudEvent in binary mode."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": f"{alert.alert_id}.{alert.revision}",
        "ce_type": f"settlement.alert.{alert.status}",
        "ce_source": SOURCE,
        "ce_time": alert.detected_at,
        "ce_subject": alert.subject.id,
        "content-type": "application/json",
    }
    return Published(
        alert.subject.id.encode(), _encode(alert), [(name, text.encode()) for name, text in headers.items()]
    )


def _reminder(one: Reminder) -> Published:
    return Published(one.fixmedins_code.encode(), _encode(one), [("content-type", b"application/json")])


__all__ = ["AnyEntry", "Outcome", "Published", "outcome", "process", "process_in_slices", "published_alert"]
