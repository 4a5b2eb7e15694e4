"""Counters begin at 0 where their labels are known: Prometheus sees no rise from nothing to 1."""

from __future__ import annotations

from prometheus_client import generate_latest

from monitor.worker.metrics import Metrics
from rules.catalogue import catalogue
from rules.engine.finding import SEVERITIES


def test_the_first_lead_of_a_rule_is_a_rise() -> None:
    """For every rule and severity, with the stage of the rule; shadow ones apart."""
    lines = set(generate_latest(Metrics().registry).decode().splitlines())
    wanted = {
        f'settlement_monitor_alerts_total{{rule="{rule_id}",severity="{severity}",shadow="{shadow}",'
        f'stage="{rule.card.stage}",status="opened"}} 0.0'
        for rule_id, rule in catalogue().items()
        for severity in SEVERITIES
        for shadow in ("true", "false")
    }

    assert set() == wanted - lines
    assert {f'settlement_monitor_rule_errors_total{{rule="{rule_id}"}} 0.0' for rule_id in catalogue()} <= lines
