"""What became of an alert, where a text is looked for in it, and what Redis has of an area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from monitor.contract.feedback import TODO
from monitor.contract.work import NOBODY
from rules.engine.finding import SEVERITIES
from rules.times import DAY, parse

Alert = Mapping[str, Any]

OPEN = ("opened", "updated")
CORRECTED = "corrected"
"""What became of a lead that corrected itself."""
CORRECTED_WITHIN = DAY
"""Our assumption: who notices an error at the counter mends it by the next day."""


@dataclass(frozen=True)
class Keys:
    """What Redis has of an area. prefix: the first part of its topics' names."""

    prefix: str

    @property
    def news(self) -> str:
        """The channel on which every revision is told that was taken."""
        return f"{self.prefix}:alerts:news"

    def session(self, name: str) -> str:
        """That somebody is logged in to the console."""
        return f"{self.prefix}:session:{name}"

    @property
    def heard(self) -> str:
        """When each institution was last heard of."""
        return f"{self.prefix}:heard"


class State(msgspec.Struct, frozen=True):
    """What became of an alert. opened: when the platform found it first, ms UTC. assignee: NOBODY where nobody has it.

    is_due: it waits for a disposition, and was not withdrawn. proposed: the disposition that waits for approval, empty
    where none does. is_corrected: it was withdrawn within a day of its opening, and not because it became part of
    another. The alert does not say which message took its trigger back; mostly it is a reversal.
    """

    opened: int = 0
    disposition: str = TODO
    assignee: str = NOBODY
    is_due: bool = True
    proposed: str = ""
    is_corrected: bool = False


def rank_of(severity: object) -> int:
    """The place of a severity, the least first; -1 of what is none."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


def spoken(alert: Alert) -> list[str]:
    """The parts of an alert in which a text is looked for."""
    return [*in_chinese(alert), *in_english(alert)]


def in_chinese(alert: Alert) -> list[str]:
    """The Chinese parts of them, and the ids and names."""
    rows = alert.get("evidence") or ()
    parts = (
        (alert.get("text") or {}).get("zh"), alert["alert_id"], alert.get("rule_name"), alert.get("fixmedins_name"),
        alert.get("rule_id"), *(row.get(name) for row in rows for name in ("setl_id", "item_name")),
    )  # fmt: skip
    return [part for part in parts if part]


def in_english(alert: Alert) -> list[str]:
    """The English parts of them."""
    parts = (alert.get("text") or {}).get("en"), alert.get("rule_name_en")
    return [part for part in parts if part]


def score_of(alert: Alert) -> int:
    """The time of the last trigger, ms UTC. Raises what Python raises where it has none."""
    return parse(alert.get("last_time") or alert["event_time"])
