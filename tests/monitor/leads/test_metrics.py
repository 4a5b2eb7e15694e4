"""What is told of rules over leads."""

from __future__ import annotations

import time

import pytest
from prometheus_client import CollectorRegistry

from monitor.leads.metrics import LeadsMetrics

LOOKED = "settlement_monitor_leads_looked_timestamp_seconds"


def test_each_look_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the start of the process on, whether something came or not."""
    registry = CollectorRegistry()
    monkeypatch.setattr(time, "time", lambda: 100.0)
    metrics = LeadsMetrics(registry)
    begun = registry.get_sample_value(LOOKED)
    monkeypatch.setattr(time, "time", lambda: 160.0)
    metrics.stands(3, 7_200_000, 0)

    assert (100.0, 160.0) == (begun, registry.get_sample_value(LOOKED))
