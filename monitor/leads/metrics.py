"""Every metric of rules over leads, once; on the registry of `monitor readmodel`, in which they run. No person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from rules.catalogue import OVER_LEADS, catalogue
from streams.detect.detector import Outcome

PREFIX = "settlement_monitor_leads"


class LeadsMetrics:
    """What is counted of rules over leads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._revisions = Counter(
            f"{PREFIX}_revisions", "Revisions of rules over leads that were written.", ["rule"], registry=registry
        )
        self._errors = Counter(
            f"{PREFIX}_rule_errors", "Leads on which a rule over leads failed.", ["rule"], registry=registry
        )
        self._refused = Counter(
            f"{PREFIX}_refused", "Leads that are older than what rules over leads look back on.", registry=registry
        )
        self._known = Gauge(f"{PREFIX}_known", "Leads that rules over leads know.", registry=registry)
        self._lag = Gauge(
            f"{PREFIX}_lag_records", "Revisions, dispositions, work and facts that are not read yet.", registry=registry
        )
        self._hour = Gauge(
            f"{PREFIX}_hour_timestamp_seconds",
            "The hour to which the log of leads has come, seconds since 1970.",
            registry=registry,
        )
        self._looked = Gauge(
            f"{PREFIX}_looked_timestamp_seconds",
            "When rules over leads last looked for what is new, seconds since 1970; before the first time the start of "
            "the process.",
            registry=registry,
        )
        self._looked.set_to_current_time()
        for rule_id, rule in catalogue().items():
            if rule.card.family == OVER_LEADS:
                self._revisions.labels(rule_id)
                self._errors.labels(rule_id)

    def told(self, outcome: Outcome) -> None:
        """What followed was written."""
        for one in outcome.revisions:
            self._revisions.labels(one.rule_id).inc()
        for rule, number in outcome.errors.items():
            self._errors.labels(rule).inc(number)
        self._refused.inc(len(outcome.late))

    def stands(self, known: int, hour: int, lag: int) -> None:
        """How many leads are known, to which hour (ms UTC) the log has come, and what is not read yet."""
        self._known.set(known)
        self._hour.set(hour / 1000)
        self._lag.set(lag)
        self._looked.set_to_current_time()
