"""The detector: records of the topic inside go through the engine, what follows is made ready to publish."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import msgspec

from rules._alert import Alert
from rules._engine import Effects, Engine
from rules._ledger import Tick, Turn
from rules._questions import Reminder
from rules.ledgers import AnyEntry, Inside
from streams.router import Noted

_BUNDLE: msgspec.msgpack.Decoder[list[Inside]] = msgspec.msgpack.Decoder(list[Inside])
_PIECES: msgspec.msgpack.Decoder[list[msgspec.Raw]] = msgspec.msgpack.Decoder(list[msgspec.Raw])
_ONE: msgspec.msgpack.Decoder[Inside] = msgspec.msgpack.Decoder(Inside)
_encode = msgspec.json.Encoder().encode
SOURCE = "settlement-monitor"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises of a record that is not ours; the last where it is nested very deep."""
T = TypeVar("T")


@dataclass(frozen=True)
class Published:
    """A record to be sent."""

    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass
class Outcome:
    """What became of a batch of the topic inside.

    revisions: the alerts as objects, beside their bytes. undecodable: index in the batch of what could not be read, or
    not wholly. awaits: what brings other versions into force; it and what follows it in the batch is not judged yet.
    """

    alerts: list[Published] = field(default_factory=list)
    reminders: list[Published] = field(default_factory=list)
    late: list[Published] = field(default_factory=list)
    rule_errors: list[Published] = field(default_factory=list)
    revisions: list[Alert] = field(default_factory=list)
    noted: Counter[Noted] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    undecodable: list[int] = field(default_factory=list)
    awaits: Tick | Turn | None = None


def process(engine: Engine, batch: Iterable[tuple[bytes, int]], offsets: Mapping[str, int] | None = None) -> Outcome:
    """Feed records (value, append time in ms) of one partition, in the order of the log.

    What is not ours, or of a newer router, is passed over: whoever reads this log passes over the same.
    offsets: of the tables and rules in force: halts at a record that names later ones. None: they are given.
    """
    undecodable, awaits = [], None
    for index, (value, appended) in enumerate(batch):
        try:
            items, is_whole = _BUNDLE.decode(value), True
        except UNREADABLE:
            items, is_whole = _what_can_be_read(value), False
        awaits = _turn_in(items, offsets)
        if awaits is not None:
            break
        if not is_whole:
            undecodable.append(index)
        for item in items:
            engine.feed(item, appended)
    effects, engine.effects = engine.effects, Effects()
    found = outcome(effects)
    found.undecodable, found.awaits = undecodable, awaits
    return found


def _turn_in(items: list[Inside], offsets: Mapping[str, int] | None) -> Tick | Turn | None:
    """What brings other versions into force: a turn or a tick, which are sent alone."""
    first = items[0] if items else None
    if offsets is None or not isinstance(first, Tick | Turn):
        return None
    return first if is_ahead(first.offsets, offsets) else None


def is_ahead(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    """Whether any topic has a greater offset than in the other."""
    return any(offset > other.get(topic, 0) for topic, offset in one.items())


def _what_can_be_read(value: bytes) -> list[Inside]:
    """The items of a bundle in which something is not ours."""
    items: list[Inside] = []
    with suppress(*UNREADABLE):
        for piece in _PIECES.decode(value):
            with suppress(*UNREADABLE):
                items.append(_ONE.decode(piece))
    return items


def for_a_while(waiting: deque[T], seconds: float) -> Iterator[T]:
    """Take from the left of what waits: one at least, and more until so many seconds have passed.

    What the taker stops at waits still.
    """
    until = monotonic() + seconds
    while waiting:
        yield waiting[0]
        waiting.popleft()
        if monotonic() >= until:
            return


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


__all__ = ["AnyEntry", "Outcome", "Published", "for_a_while", "outcome", "process", "published_alert"]
