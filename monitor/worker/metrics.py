"""Every metric, once: its name with the unit, its meaning. Never a person in a label, never an institution."""

from __future__ import annotations

import time
from collections import Counter as PlainCounter
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import get_args
from weakref import WeakValueDictionary

from faust.types import TP
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from rules.catalogue import catalogue
from rules.engine.alert import Alert, Status
from rules.engine.effects import Counts
from rules.engine.engine import Engine
from rules.engine.finding import SEVERITIES
from rules.ledgers import LEDGERS
from rules.times import to_ms
from rules.wire.answers import OTHER
from rules.wire.forms import KINDS
from streams.detect.detector import Outcome
from streams.detect.meter import Blocked, Meter, Standing
from streams.detect.task import Saved
from streams.route.router import MOST_TRANSACTIONS, Noted, Routed

PREFIX = "settlement_monitor"
LATENCY = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
STALL = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 20)
BATCH = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
FATES = (*product(get_args(Status), ("false",)), ("opened", "true"))
"""Status and shadow of the revisions that are counted from 0 on, for each rule and severity."""


@dataclass(frozen=True)
class Stand:
    """Where a partition stands.

    since: when it began to wait at this very place, or was last seen without waiting, or with no broker that answers.
    blocked: why it cannot be read on.
    """

    done: int
    lag: int
    since: float
    blocked: Blocked | None = None

    @property
    def waits(self) -> bool:
        """Whether there is something that it has not finished."""
        return self.lag > 0 or self.blocked is not None


@dataclass(frozen=True)
class Away:
    """No broker answers. since: when that was seen first."""

    since: float
    why: str


class Metrics(Meter):
    """What a worker counts. One object a process, on its own registry."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self.measured_at = clock()
        self.owned = self.owned_internal = 0
        self.taken: set[int] = set()
        self.waiting: dict[str, list[int]] = {"held": [], "waits_for": [], "left_out": []}
        """Of the input partitions, for people; as of what stands below, replaced as a whole."""
        self.held_now: frozenset[TP] = frozenset()
        """Partitions that do not move because others have not come so far: that is no standstill."""
        self.stands: dict[TP, Stand] = {}
        """Replaced as a whole and never changed: threads of the HTTP server read it."""
        self.broker: Away | None = None
        counter, gauge, histogram = self._counter, self._gauge, self._histogram
        self.events = counter(
            "events", "Accepted events, by kind; a message that comes twice counts twice here.", "kind"
        )
        self.skipped = counter(
            "events_skipped",
            "Messages of transactions that nothing here uses, by infno: the first 100 different ones, then `other`.",
            "infno",
        )
        self.failed = counter(
            "events_failed", "Messages whose reply says that the transaction failed, by infno.", "infno"
        )
        self.refused = counter(
            "events_refused", "Reasons for which messages were set aside; one message may have several.", "reason"
        )
        self.noted = {
            "late_lines": counter(
                "lines_late", "Single fee lines and rows of stock left out: later than the grace, or in the future."
            ),
            "bad_codes": counter("trace_codes_bad", "Trace codes of accepted messages that stand for no pack."),
            "missing_codes": counter(
                "trace_codes_missing", "Trace codes that are announced without one, and sales of stock without any."
            ),
            "refunds_without_original": counter(
                "refunds_without_original", "Settlement rows with negative amounts that name no settlement."
            ),
            "retractions_without_target": counter(
                "retractions_without_target",
                "Reversals, cancels, returns and deletions that found nothing of their institution and person; "
                "which institutions: `monitor doctor`.",
            ),
            "message_reversals_without_target": counter(
                "message_reversals_without_target",
                "2601 that found no message; after a time-out that is what is to be expected.",
            ),
        }
        self.cut = counter(
            "fields_cut",
            "Optional fields of accepted messages that were absurd and left out, or too long and cut.",
            "field",
        )
        self._infnos: set[str] = set()
        self.dead_letters = counter("dead_letters", "Messages set aside on the dead-letter topic.")
        self.late = counter("events_late", "Good messages that came later than the grace, kept on the late topic.")
        self.duplicates = counter("events_duplicate", "Messages that had come before, with the same body.")
        self.reused = counter("msgids_reused", "Messages whose msgid had come before with another body.")
        self.entries = counter("entries", "What ledgers took in, by ledger.", "ledger")
        self.entries_refused = counter("entries_refused", "Entries older than what their ledger still keeps.")
        self.undecodable_entries = counter(
            "entries_undecodable", "Records of the topic inside that could not be read, kept on the rule-errors topic."
        )
        self.late_retractions = counter("retractions_late", "Reversals that came too late to change a window.")
        self.evaluations = counter("rule_evaluations", "Checks, by rule.", "rule")
        self.undecidable = counter(
            "rule_undecidable", "Checks that lacked what they needed, by rule and reason.", "rule", "reason"
        )
        self.errors = counter("rule_errors", "Checks that raised an error; the other rules went on.", "rule")
        self.alerts = counter("alerts", "Alert revisions published.", "rule", "severity", "stage", "status", "shadow")
        self.reminders = counter("reminders", "Pre-settlements answered.")
        self.latency = histogram(
            "event_to_alert_seconds",
            "From the broker's append of an event to the acknowledged alert that it opened.",
            LATENCY,
        )
        self.route_seconds = histogram("route_batch_seconds", "One batch routed and acknowledged.", BATCH)
        self.detect_seconds = histogram("detect_batch_seconds", "One batch judged, its alerts acknowledged.", BATCH)
        self.checkpoint_seconds, self.loop_late = (
            histogram("checkpoint_seconds", "One checkpoint, from the first record to the commit.", BATCH),
            histogram("loop_late_seconds", "How late the event loop came back: so long nothing else was done.", STALL),
        )
        self.checkpoint_bytes = counter("checkpoint_bytes", "State written by checkpoints, bytes.")
        self.checkpointed_at = gauge(
            "checkpoint_timestamp_seconds",
            "When the last checkpoint was committed, seconds since 1970; the start of the worker before the first one.",
        )
        self.checkpointed_at.set(clock())
        self.held_inputs = gauge(
            "input_partitions_held", "Input partitions of this worker that wait until others have come as far."
        )
        self.held_seconds = gauge("input_held_seconds", "For how long the one that waits longest has been held.")
        self.left_out_inputs = gauge(
            "input_partitions_left_out",
            "Input partitions of any worker that have not moved for the hold limit.",
        )
        self.inputs = gauge("input_partitions", "Input partitions that this worker has.")
        self.internal = gauge("internal_partitions", "Partitions of the topic inside that this worker has.")
        self.engines: WeakValueDictionary[int, Engine] = WeakValueDictionary()
        self.held = _Held(self)
        self.registry.register(self.held)
        for of_the_process in (ProcessCollector, PlatformCollector, GCCollector):
            of_the_process(registry=self.registry)  # memory, CPU, start time; version of Python; garbage collections
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """Show the series that are known before anything happens: a rise from nothing to 1 is none to Prometheus."""
        for kind in KINDS:
            self.events.labels(kind)
        for ledger in LEDGERS:
            self.entries.labels(ledger.name)
        for rule_id, rule in catalogue().items():
            self.evaluations.labels(rule_id)
            self.errors.labels(rule_id)
            for severity, (status, shadow) in product(SEVERITIES, FATES):
                self.alerts.labels(rule_id, severity, rule.card.stage, status, shadow)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", meaning, buckets=buckets, registry=self.registry)

    def routed(self, routed: Routed, seconds: float) -> None:
        """One input batch was routed and acknowledged."""
        for kind, number in routed.kinds.items():
            self.events.labels(kind).inc(number)
        for noted, number in routed.noted.items():
            self._note(noted, number)
        self.dead_letters.inc(len(routed.dead_letters))
        self.late.inc(len(routed.late))
        self.route_seconds.observe(seconds)

    def _note(self, noted: Noted, number: int) -> None:
        """Count what must not be silent, without who sent it."""
        if noted.what == "refused":
            self.refused.labels(noted.detail).inc(number)
        elif noted.what in ("skipped", "failed"):
            (self.skipped if noted.what == "skipped" else self.failed).labels(self._infno(noted)).inc(number)
        elif noted.what == "cut":
            self.cut.labels(noted.detail).inc(number)
        elif noted.what in self.noted:
            self.noted[noted.what].inc(number)

    def _infno(self, noted: Noted) -> str:
        """The transaction as a label: there are thousands of numbers, so there is an end to it."""
        if noted.transaction in self._infnos:
            return noted.transaction
        if len(self._infnos) >= MOST_TRANSACTIONS:
            return OTHER
        self._infnos.add(noted.transaction)
        return noted.transaction

    def detected(
        self,
        partition: int,  # noqa: ARG002 - of the protocol; no label names a partition
        outcome: Outcome,
        seconds: float,
    ) -> None:
        """One internal batch was judged and its alerts acknowledged."""
        self._count(outcome.counts)
        for noted, number in outcome.noted.items():
            self._note(noted, number)
        for rule, number in outcome.errors.items():
            self.errors.labels(rule).inc(number)
        self.entries_refused.inc(len(outcome.late))
        self.undecodable_entries.inc(len(outcome.undecodable))
        self.reminders.inc(len(outcome.reminders))
        for alert in outcome.revisions:
            self._alert(alert)
        self.detect_seconds.observe(seconds)

    def _alert(self, alert: Alert) -> None:
        shadow = "true" if alert.shadow else "false"
        self.alerts.labels(alert.rule_id, alert.severity, alert.stage, alert.status, shadow).inc()
        if alert.status == "opened":
            detected = to_ms(datetime.fromisoformat(alert.detected_at)) / 1000
            self.latency.observe(max(0.0, self._clock() - detected))

    def _count(self, counts: Counts) -> None:
        self.duplicates.inc(counts.duplicates)
        self.reused.inc(counts.msgid_reused)
        self.late_retractions.inc(counts.late_retractions)
        for ledger, number in counts.entries.items():
            self.entries.labels(ledger).inc(number)
        for rule, number in counts.evaluations.items():
            self.evaluations.labels(rule).inc(number)
        for (rule, reason), number in counts.undecidable.items():
            self.undecidable.labels(rule, reason).inc(number)

    def beat(self, seconds: float) -> None:
        """The event loop came back so long after it should have."""
        self.loop_late.observe(seconds)

    def checkpointed(
        self,
        partition: int,  # noqa: ARG002 - as above
        saved: Saved,
    ) -> None:
        """One checkpoint was committed."""
        self.checkpoint_seconds.observe(saved.seconds)
        self.checkpoint_bytes.inc(saved.size)
        self.checkpointed_at.set(self._clock())

    def standing(self, standings: Mapping[TP, Standing]) -> None:
        """Where each partition at work stands."""
        self.measured_at, self.broker = self._clock(), None
        self.stands = {
            tp: self._stand(None if tp in self.held_now else self.stands.get(tp), now) for tp, now in standings.items()
        }

    def _stand(self, was: Stand | None, now: Standing) -> Stand:
        """A partition waits for as long as it did not move for one and the same reason; one that is held does not."""
        lag = max(0, now.end - now.done) if now.end is not None else was.lag if was else 0
        waited = was is not None and was.waits and (was.done, was.blocked) == (now.done, now.blocked)
        return Stand(now.done, lag, was.since if was and waited else self.measured_at, now.blocked)

    def away(self, why: str) -> None:
        """No broker answers: whatever waits, waits for that."""
        self.measured_at = now = self._clock()
        self.broker = Away(self.broker.since if self.broker else now, why)
        self.stands = {tp: replace(stand, since=now) for tp, stand in self.stands.items()}

    def aligned(self, held: Mapping[TP, float], waits_for: AbstractSet[int], left_out: AbstractSet[int]) -> None:
        """Input partitions of this worker that are held, for so many seconds; which ones all wait for, or no more."""
        self.held_inputs.set(len(held))
        self.held_seconds.set(max(held.values(), default=0.0))
        self.left_out_inputs.set(len(left_out))
        self.held_now = frozenset(held)
        self.waiting = {
            "held": sorted(number for _, number in held),
            "waits_for": sorted(waits_for),
            "left_out": sorted(left_out),
        }

    def partitions(self, inputs: int, internal: int) -> None:
        """So many partitions came to this worker; the internal ones are not yet taken over."""
        self.owned, self.owned_internal = inputs + internal, internal
        self.taken.clear()
        self.inputs.set(inputs)
        self.internal.set(internal)

    def taken_over(self, partition: int) -> None:
        """An internal partition is at work."""
        self.taken.add(partition)

    def watch(self, partition: int, engine: Engine) -> Engine:
        """Count what this engine holds for as long as it lives; gives the engine back."""
        self.engines[partition] = engine
        return engine


class _Held(Collector):
    """What is read when somebody asks: lag by topic, state by kind, what blocks, over this worker's partitions."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        family = GaugeMetricFamily(
            f"{PREFIX}_lag_records",
            "Records that are not finished, by topic, those behind an open transaction too; asked every 2 s.",
            labels=["topic"],
        )
        lags: PlainCounter[str] = PlainCounter()
        for tp, stand in self._metrics.stands.items():
            lags[tp.topic] += stand.lag
        for topic in sorted(lags):
            family.add_metric([topic], lags[topic])
        state = GaugeMetricFamily(
            f"{PREFIX}_state_items",
            "What is held in memory: entries, pages, those of them at rest, retractions.",
            labels=["what"],
        )
        held: PlainCounter[str] = PlainCounter()
        for engine in list(self._metrics.engines.values()):
            held.update(engine.sizes())
        for what in ("entries", "pages", "pages_at_rest", "retractions"):
            state.add_metric([what], held[what])
        return [family, state, *self._blocked(), self._away()]

    def _away(self) -> Metric:
        broker = self._metrics.broker
        return GaugeMetricFamily(
            f"{PREFIX}_broker_away_seconds",
            "For how long no broker has answered; 0 where one does.",
            value=self._metrics.measured_at - broker.since if broker else 0.0,
        )

    def _blocked(self) -> list[Metric]:
        number = GaugeMetricFamily(
            f"{PREFIX}_input_blocked_partitions",
            "Partitions that cannot be read on, by reason: a publisher's transaction is open, or no broker leads them.",
            labels=["reason"],
        )
        seconds = GaugeMetricFamily(
            f"{PREFIX}_input_blocked_seconds",
            "How long the longest of them has not moved, by reason.",
            labels=["reason"],
        )
        now, stands = self._metrics.measured_at, self._metrics.stands.values()
        for reason in get_args(Blocked):
            ages = [now - stand.since for stand in stands if stand.blocked == reason]
            number.add_metric([reason], len(ages))
            seconds.add_metric([reason], max(ages, default=0.0))
        return [number, seconds]
