"""Every metric of `monitor notify`, once. Never a person in a label, never an institution."""

from __future__ import annotations

import time
from collections import Counter as PlainCounter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from monitor.notify.lead import Fate
from rules.catalogue import catalogue
from rules.engine.finding import SEVERITIES

PREFIX = "settlement_monitor_notify"
STUCK_SECONDS = 120.0
"""Who did not look at the topic or at Alertmanager for so long hangs: a restart helps. Our assumption."""


class NotifyMetrics:
    """What the notifier counts, on its own registry; and whether it is well."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        here = self.registry
        self.leads = Counter(f"{PREFIX}_leads", "Leads that opened, by what became of them.", ["fate"], registry=here)
        self.open = Gauge(
            f"{PREFIX}_open_leads", "Leads that Alertmanager is to know as open, by severity.", ["severity"],
            registry=here,
        )  # fmt: skip
        self.waiting = Gauge(
            f"{PREFIX}_waiting_alerts", "Alerts whose latest state Alertmanager has not taken yet.", registry=here
        )
        self.away = Gauge(
            f"{PREFIX}_alertmanager_away_seconds",
            "For how long Alertmanager has not taken what was posted; 0 where it does.",
            registry=here,
        )
        self.refused = Counter(
            f"{PREFIX}_refused_posts", "Requests that Alertmanager refused as wrong; they are not repeated.",
            registry=here,
        )  # fmt: skip
        self.misfiring = Gauge(
            f"{PREFIX}_misfiring", "1 for a rule whose openings are held back, else 0.", ["rule"], registry=here
        )
        self.unreadable = Counter(
            f"{PREFIX}_unreadable_alerts", "Records of the alert topic that are no alert; passed over.", registry=here
        )
        self.lag = Gauge(f"{PREFIX}_lag_records", "Revisions on the alert topic that are not read yet.", registry=here)
        self.seconds = Histogram(
            f"{PREFIX}_seconds",
            "From the publication of a revision to its acceptance by Alertmanager.",
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
            registry=here,
        )
        ProcessCollector(registry=here)
        for fate in get_args(Fate):
            self.leads.labels(fate)
        for rule in catalogue():
            self.misfiring.labels(rule)
        for severity in SEVERITIES:
            self.open.labels(severity)
        self.looked_at = time.time()
        self.is_ready = False
        self.away_since: float | None = None
        self.why = ""

    def looked(self, lag: int | None = None) -> None:
        """The topic was asked for more, or Kafka was asked in vain. lag: where it is known."""
        self.looked_at = time.time()
        if lag is not None:
            self.lag.set(lag)

    def noted(self, fates: PlainCounter[Fate], open_leads: PlainCounter[str], misfiring: AbstractSet[str]) -> None:
        """What became of leads, how many are open, which rules misfire."""
        for fate, number in fates.items():
            self.leads.labels(fate).inc(number)
        for severity in SEVERITIES:
            self.open.labels(severity).set(open_leads[severity])
        for rule in {*catalogue(), *misfiring}:
            self.misfiring.labels(rule).set(rule in misfiring)

    def taken(self, published: Iterable[int], refused: int) -> None:
        """Alertmanager took all that was posted. published: when the revisions in it were, ms UTC."""
        now = time.time()
        self.away_since = None
        self.why = ""
        self.away.set(0)
        self.waiting.set(0)
        self.refused.inc(refused)
        for moment in published:
            self.seconds.observe(max(0.0, now - moment / 1000))

    def is_refused(self, why: str, alerts: int) -> None:
        """Alertmanager is away. alerts: how many wait for it."""
        now = time.time()
        self.away_since = self.away_since or now
        self.why = why
        self.away.set(now - self.away_since)
        self.waiting.set(alerts)

    def health(self) -> tuple[bool, dict[str, object]]:
        """Whether a restart would not help. An Alertmanager that is away is told, and no reason to restart."""
        silent = time.time() - self.looked_at
        return silent < STUCK_SECONDS, self._detail(silent)

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """Whether it has read what it remembers, and Alertmanager takes what it posts."""
        return self.is_ready and self.away_since is None, self._detail(time.time() - self.looked_at)

    def _detail(self, silent: float) -> dict[str, object]:
        away = None if self.away_since is None else {"seconds": round(time.time() - self.away_since), "why": self.why}
        return {"seconds_silent": round(silent, 1), "alertmanager_away": away}
