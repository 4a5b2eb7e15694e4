"""A rule in a real engine: a log goes in, revisions come out."""

from __future__ import annotations

from collections.abc import Iterable

from rules.engine.alert import Alert
from rules.engine.effects import Effects
from rules.engine.engine import Engine
from rules.engine.entry import Entry
from rules.engine.item import Tick
from rules.engine.retraction import Retraction
from rules.engine.rule import Rule
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS, AnyEntry, Record, Swipe
from rules.reference import Reference
from rules.times import HOUR

END = Tick(0, final=True)


def hour(time: int) -> Tick:
    """That the log has come to the hour of this moment."""
    return Tick(time // HOUR * HOUR)


def engine_of(rule: Rule, reference: Reference | None = None) -> Engine:
    """An engine in which this rule is in force."""
    return Engine([Watch(rule)], reference or Reference(), LEDGERS)


def feed(engine: Engine, log: Iterable[AnyEntry | Retraction | Tick]) -> Effects:
    """Feed a log in its order; what came of it."""
    for item in log:
        if isinstance(item, Entry):
            space, key = ("institution", item.institution) if isinstance(item, Swipe) else ("person", item.person)
            engine.feed(Record(space, key, [item]), item.uploaded)
        else:
            engine.feed(item, item.uploaded if isinstance(item, Retraction) else item.hour)
    return engine.effects.drain()


def told(rule: Rule, log: Iterable[AnyEntry | Retraction | Tick], reference: Reference | None = None) -> list[Alert]:
    """The revisions that a log brings about."""
    return feed(engine_of(rule, reference), log).alerts


def story(alerts: Iterable[Alert]) -> list[tuple[str, str]]:
    """Status and severity of each revision."""
    return [(alert.status, alert.severity) for alert in alerts]


def standing(alerts: Iterable[Alert]) -> list[tuple[object, ...]]:
    """What stands at the end, without what may differ by the order of arrival."""
    last = {alert.alert_id: alert for alert in alerts}
    return sorted(
        (
            one.rule_id,
            one.scope,
            one.first_time,
            one.last_time,
            one.triggers,
            one.measure.value,
            one.severity,
            one.vola_amt,
            one.evidence_count,
        )
        for one in last.values()
        if one.status != "withdrawn"
    )
