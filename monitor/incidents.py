"""Alerts of one burst: the highest speaks for their incident, the others attach to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from rules.engine.finding import SEVERITIES

Alert = Mapping[str, Any]


class Incident(NamedTuple):
    """Alerts with one incident_id. attached: the others, the highest first."""

    speaker: Alert
    attached: list[Alert]


def incidents_of(alerts: Iterable[Alert]) -> list[Incident]:
    """Alerts by incident, in the order in which the first alert of each comes.

    Of equal severity the earlier alert speaks. What is withdrawn speaks only where nothing of the incident stands.
    """
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(incident_of(alert), []).append(alert)
    ordered = (sorted(some, key=_order) for some in found.values())
    return [Incident(first, others) for first, *others in ordered]


def incident_of(alert: Alert) -> str:
    """The incident of an alert; an alert without incident is one by itself."""
    return str(alert.get("incident_id") or alert["alert_id"])


def _order(alert: Alert) -> tuple[bool, int, str, str, str]:
    severity = alert["severity"]
    rank = SEVERITIES.index(severity) if severity in SEVERITIES else -1
    first = alert.get("first_time") or ""
    return alert.get("status") == "withdrawn", -rank, first, alert["rule_id"], alert["alert_id"]
