"""Every metric of `monitor exporter`, once. Here alone institutions, regions and drugs stand in labels; no person."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector

from rules.wire.answers import Event
from rules.wire.checks import is_set
from rules.wire.fields import Reversal, Settlement

PREFIX = "settlement_monitor_use"
OTHER = "other"
"""The label of what has no series of its own."""
OF_INSTITUTION = 14
"""Series of an institution in one region: seven counters, each with the time at which it began."""
OF_DRUG = 2
"""Series of a drug: one counter, and the time at which it began."""
SHARE_OF_DRUGS = 0.2
"""The share of the series that drugs may take. Our assumption."""
STUCK_SECONDS = 120.0
"""A process that has asked Kafka nothing for so long hangs: a restart helps. Our assumption."""
_INSTITUTION = re.compile(r"[A-Z][0-9A-Z]{5,19}")
_REGION = re.compile(r"\d{6}")
_DRUG = re.compile(r"[A-Z][0-9A-Z]{9,29}")
"""What may be a code; each begins with a letter, or is too short for a person's number."""


class UseMetrics:
    """What the exporter counts, on its own registry; and whether it is well.

    A reversal or refund has a count of its own, and takes nothing off the fund's share: a counter never falls.
    """

    def __init__(self, most_series: int, budgets: Mapping[str, float]) -> None:
        """most_series: of institutions and drugs together. budgets: region -> what its fund may pay in a year, yuan."""
        self.registry = CollectorRegistry()
        drugs = int(most_series * SHARE_OF_DRUGS)
        self._rooms = {"drug": drugs // OF_DRUG - 1, "institution": (most_series - drugs) // OF_INSTITUTION - 1}
        self._named: dict[str, set[tuple[str, ...]]] = {"drug": set(), "institution": set()}
        self.settlements = self._by_place("settlements", "Settlements, refunds left out.")
        self.fund = self._by_place("fund_yuan", "What the fund pays for them, yuan; reversals take nothing off.")
        self.reversals = self._by_place("reversals", "Settlements taken back, and refunds.")
        self.delay = self._by_place("upload_delay_seconds", "Sum of the times from settlement to upload, s.")
        self.lines = self._by_place("drug_lines", "Fee lines of pharmacy settlements (2102).")
        self.traced = self._by_place("traced_lines", "Those of them that have a trace code.")
        self.reminders = self._by_place("reminders", "Pre-settlements that were answered; their region is not known.")
        self.drugs = Counter(
            f"{PREFIX}_drug_yuan", "Sum of the fee lines of an item, yuan.", ["drug"], registry=self.registry
        )
        self.budget = Gauge(
            f"{PREFIX}_budget_yuan", "What the fund may pay in a year, yuan.", ["region"], registry=self.registry
        )
        self.unnamed = Counter(
            f"{PREFIX}_unnamed", 'What was counted under "other": no code, or no series left.', ["what"],
            registry=self.registry,
        )  # fmt: skip
        self.unread = Counter(
            f"{PREFIX}_not_counted", "Messages that were refused, late, failed, unused or sent twice.",
            registry=self.registry,
        )  # fmt: skip
        self.lag = Gauge(f"{PREFIX}_lag_records", "Records that are not read yet.", registry=self.registry)
        ProcessCollector(registry=self.registry)
        for region, yuan in budgets.items():
            self.budget.labels(region).set(yuan)
        for what in ("institution", "drug"):
            self.unnamed.labels(what)
        self.is_ready = False
        self.asked_at = time.time()

    def _by_place(self, name: str, meaning: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", meaning, ["institution", "region"], registry=self.registry)

    def take(self, event: Event) -> None:
        """Count an event. A negative share of the fund is a refund."""
        body = event.body
        if isinstance(body, Reversal):
            self.reversals.labels(*self._place(body.institution, body.place)).inc()
        elif isinstance(body, Settlement):
            labels = self._place(body.institution, body.place)
            if is_set(body.refund) or body.fund < 0:
                self.reversals.labels(*labels).inc()
                return
            self.settlements.labels(*labels).inc()
            self.fund.labels(*labels).inc(body.fund)
            self.delay.labels(*labels).inc(max(0.0, (event.uploaded - event.at) / 1000))
            if body.transaction == "2102":
                self._take_lines(body, labels)

    def _take_lines(self, body: Settlement, labels: tuple[str, str]) -> None:
        traced = {one.line for one in body.trace_codes}
        self.lines.labels(*labels).inc(len(body.lines))
        self.traced.labels(*labels).inc(sum(one.line in traced for one in body.lines))
        for line in body.lines:
            if line.amount > 0:
                is_code = bool(_DRUG.fullmatch(line.item))
                self.drugs.labels(*self._label("drug", (line.item,), is_code=is_code)).inc(line.amount)

    def remind(self, institution: str) -> None:
        """Count a pre-settlement of an institution that was answered."""
        self.reminders.labels(*self._place(institution, None)).inc()

    def _place(self, institution: str, region: str | None) -> tuple[str, str]:
        """The labels of an institution; what is no region is left empty."""
        known = region if region and _REGION.fullmatch(region) else ""
        is_code = bool(_INSTITUTION.fullmatch(institution))
        name, *rest = self._label("institution", (institution, known), is_code=is_code)
        return name, rest[0] if rest else ""

    def _label(self, what: str, labels: tuple[str, ...], *, is_code: bool) -> tuple[str, ...]:
        """These labels while there are series left, and for what has some already; else `OTHER` alone."""
        named = self._named[what]
        if labels in named:
            return labels
        if is_code and len(named) < self._rooms[what]:
            named.add(labels)
            return labels
        self.unnamed.labels(what).inc()
        return (OTHER,)

    def asked(self, lag: int) -> None:
        """Kafka answered. lag: records that are not read yet."""
        self.asked_at = time.time()
        self.lag.set(lag)

    def health(self) -> tuple[bool, dict[str, object]]:
        """Whether a restart would not help."""
        silent = time.time() - self.asked_at
        return silent < STUCK_SECONDS, {"seconds_silent": round(silent, 1)}

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """Whether it reads."""
        return self.is_ready, {}
