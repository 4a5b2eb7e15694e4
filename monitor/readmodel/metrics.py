"""Every metric of `monitor readmodel`, once. Here alone institutions stand in a label, twenty at most; no person."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector

from monitor.leads.metrics import LeadsMetrics
from rules.reference import TABLES

PREFIX = "settlement_monitor_readmodel"
MOST_NAMED = 20
"""So many silent institutions are told apart. Our assumption: more at once is one fault, and no longer theirs."""
STUCK_SECONDS = 120.0
"""Who asked neither Kafka nor Redis for so long hangs: a restart helps. Our assumption."""


class ReadModelMetrics:
    """What the read model counts, on its own registry; and whether it is well."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        here = self.registry
        self.revisions = Counter(
            f"{PREFIX}_revisions", "Alert revisions that were taken, older ones too.", registry=here
        )
        self.set_aside = Counter(
            f"{PREFIX}_unreadable_alerts", "Records of the alert topic that are no alert; passed over.", registry=here
        )
        self.redis_away = Gauge(
            f"{PREFIX}_redis_away_seconds", "For how long Redis has not answered; 0 where it does.", registry=here
        )
        self.lag = Gauge(f"{PREFIX}_lag_records", "Revisions on the alert topic that are not read yet.", registry=here)
        self.reference = Gauge(
            f"{PREFIX}_reference_timestamp_seconds",
            "When a row of the table was last loaded, seconds since 1970; 0 where none ever was.",
            ["table"],
            registry=here,
        )
        self.silent = Gauge(
            f"{PREFIX}_silent_institutions",
            "Institutions that sent on 10 of 14 days, and nothing for 48 h.",
            registry=here,
        )
        self.silent_seconds = Gauge(
            f"{PREFIX}_silent_seconds",
            "For how long each of them has sent nothing; at most the twenty that fell silent last.",
            ["institution"],
            registry=here,
        )
        self.leads = LeadsMetrics(here)
        ProcessCollector(registry=here)
        for table in TABLES:
            self.reference.labels(table)
        self.asked_at = time.time()
        self.away_since: float | None = None

    def read(self, taken: int, unreadable: int, lag: int) -> None:
        """Revisions were taken."""
        self.revisions.inc(taken)
        self.set_aside.inc(unreadable)
        self.lag.set(lag)
        self.asked()

    def asked(self) -> None:
        """Kafka or Redis was asked, be it in vain."""
        self.asked_at = time.time()

    def redis_answers(self) -> None:
        """Redis answered."""
        self.away_since = None
        self.redis_away.set(0)

    def redis_is_away(self) -> None:
        """Redis did not answer."""
        now = time.time()
        self.away_since = self.away_since or now
        self.redis_away.set(now - self.away_since)
        self.asked()

    def heard(self, silent: Mapping[str, float]) -> None:
        """Which institutions are silent, for how many seconds; those that fell silent last come first."""
        self.silent.set(len(silent))
        self.silent_seconds.clear()
        for institution, seconds in [*silent.items()][:MOST_NAMED]:
            self.silent_seconds.labels(institution).set(seconds)

    def loaded(self, tables: Iterable[tuple[str, float]]) -> None:
        """When each table was last loaded, seconds since 1970."""
        for table, moment in tables:
            self.reference.labels(table).set(moment)

    def health(self) -> tuple[bool, dict[str, object]]:
        """Whether a restart would not help. A Redis that is away is told, and no reason to restart."""
        silent = time.time() - self.asked_at
        return silent < STUCK_SECONDS, self._detail(silent)

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """Whether Redis answers, which passes news on."""
        return self.away_since is None, self._detail(time.time() - self.asked_at)

    def _detail(self, silent: float) -> dict[str, object]:
        away = None if self.away_since is None else round(time.time() - self.away_since)
        return {"seconds_silent": round(silent, 1), "redis_away_seconds": away}
