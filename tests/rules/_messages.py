"""A rule over messages as institutions send them: through the door and the ledgers into a real engine."""

from __future__ import annotations

from collections.abc import Iterable

from rules.engine.alert import Alert
from rules.engine.effects import Effects
from rules.engine.engine import Engine
from rules.engine.rule import Rule
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS, Inside
from rules.ledgers.inside import entries_of
from rules.reference import Reference
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle.wire import Body, raw
from tests.rules._log import END


def effects_of(rule: Rule, bodies: Iterable[Body], reference: Reference) -> Effects:
    """What the messages bring about, in this order, and the closing tick; persons keep their numbers."""
    engine, door = Engine([Watch(rule)], reference, LEDGERS), Door(Pseudonyms("key", raw=True))
    for body in bodies:
        opened = door.open(raw(body), 1 << 50)
        left = entries_of(opened)
        inside: list[Inside] = [*left.records, *left.retractions]
        for item in inside:
            engine.feed(item, opened.events[0].uploaded)
    engine.feed(END, 0)
    return engine.effects


def standing_after(rule: Rule, bodies: Iterable[Body], reference: Reference) -> list[Alert]:
    """The last revision of each alert that stands in the end."""
    last = {alert.alert_id: alert for alert in effects_of(rule, bodies, reference).alerts}
    return [alert for alert in last.values() if alert.status != "withdrawn"]
