"""Every metric of `monitor console`, once. Never a person in a label, never an institution, never who reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from monitor.contract.feedback import DISPOSITIONS

PREFIX = "settlement_monitor_console"


class ConsoleMetrics:
    """What the console counts, on its own registry; and whether it is well."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        here = self.registry
        self.seconds = Histogram(
            f"{PREFIX}_request_seconds",
            "How long an answer took, by its route and its status.",
            ["route", "status"],
            buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 10),
            registry=here,
        )
        self.said = Counter(
            f"{PREFIX}_dispositions", "Leads of which something was said here, by what.", ["disposition"], registry=here
        )
        self.logins = Counter(
            f"{PREFIX}_logins",
            "Tries to log in, by the way (token or oidc) and the result (accepted or refused).",
            ["way", "result"],
            registry=here,
        )
        self.readable = Gauge(
            f"{PREFIX}_readmodel_readable",
            "1 where the read model can be opened, 0 where it cannot; tried at each scrape.",
            registry=here,
        )
        ProcessCollector(registry=here)
        for one in DISPOSITIONS:
            self.said.labels(one)

    def health(self) -> tuple[bool, dict[str, object]]:
        """It answers, so a restart would not help."""
        return True, {}

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """It answers; what it needs is told on its pages."""
        return True, {}
