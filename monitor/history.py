"""What is history: alerts whose last trigger lies before the moment from which an area is live.

An area that starts with a year of messages judges them like any others. What was last triggered before
`MONITOR_LIVE_FROM` is marked `historical` where alerts are read, and told to nobody.
"""

from __future__ import annotations

from typing import Any

from rules.times import parse


def is_historical(last_time: str, since: int) -> bool:
    """Whether an alert is history. last_time: of its last trigger, as the alert has it. since: ms UTC.

    >>> is_historical("2026-03-04T23:59:59+08:00", parse("2026-03-05"))
    True
    >>> is_historical("2026-03-05T00:00:00+08:00", parse("2026-03-05"))
    False
    """
    return parse(last_time) < since


def marked(alert: dict[str, Any], live_from: int) -> dict[str, Any]:
    """The alert, with `historical` where it is history. live_from: ms UTC; 0: nothing is."""
    last = alert.get("last_time")
    if live_from and last and is_historical(last, live_from):
        return alert | {"historical": True}
    return alert
