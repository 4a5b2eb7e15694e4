"""How good the alerts are, measured against the labels of simulated (or of investigated) traffic.

An alert belongs to a label when their msgids meet; one without evidence (of a rule over whole days) when institution
and times do. Counted are the alerts that stand: the last revision of each that is
not withdrawn; shadow alerts and those of stage `pre` are left out. Those of history count, and are counted apart too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, NotRequired, TypedDict

import msgspec

from monitor.history import is_historical
from rules.times import SECOND, parse

Row = Mapping[str, Any]
"""One alert or one label, as it stands in its file."""


class _Message(TypedDict):
    msgid: str


class _Window(TypedDict):
    start: NotRequired[str | None]
    end: NotRequired[str | None]


class _Alert(TypedDict):
    """What is needed of an alert."""

    alert_id: str
    revision: int
    status: str
    rule_id: str
    event_time: str
    last_time: NotRequired[str | None]
    shadow: NotRequired[bool | None]
    stage: NotRequired[str | None]
    fixmedins_code: NotRequired[str | None]
    evidence: NotRequired[list[_Message] | None]
    window: NotRequired[_Window | None]


class _Label(TypedDict):
    """What is needed of a label."""

    label: str
    scenario: str
    rules: list[str]
    msgids: list[str]
    first_time: str
    last_time: NotRequired[str | None]
    needed_time: NotRequired[str | None]
    also: NotRequired[list[str] | None]
    fixmedins_code: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class Truth:
    """One label. rules: that ought to find it (of a look-alike: that might trip over it); also: that may speak too.

    needed: business time (ms) of the event with which it can be found; first, last: of its events.
    """

    fraud: bool
    scenario: str
    rules: frozenset[str]
    also: frozenset[str]
    messages: frozenset[str]
    needed: int
    institution: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Lead:
    """One standing alert. at: business time (ms) of the trigger that opened it; start, end: of its window.

    last: business time of its last trigger, as the alert has it.
    """

    rule: str
    messages: frozenset[str]
    at: int
    institution: str
    start: int
    end: int
    last: str

    def meets(self, truth: Truth) -> bool:
        """Whether it belongs to this label."""
        if self.messages:
            return not self.messages.isdisjoint(truth.messages)
        at_once = self.start <= truth.last and truth.first <= self.end
        return at_once and bool(self.institution) and self.institution == truth.institution


@dataclass(frozen=True, slots=True)
class Score:
    """How one rule did.

    standing: alerts; right: those that meet a fraud which the rule is meant for, or may speak of; labelled: frauds it
    is meant for; found: of these; look_alikes: honest ones that might be mistaken; mistaken: honest ones that it met.
    delays: of each fraud found, seconds of business time from when it could be found to when it was. is_labelled:
    whether any label names the rule, or is met by an alert of it: else nothing is known of how right it is.
    historical: alerts whose last trigger lies before the area went live.
    """

    rule: str
    standing: int
    right: int
    labelled: int
    found: int
    look_alikes: int
    mistaken: tuple[str, ...]
    missed: tuple[str, ...]
    delays: tuple[float, ...]
    is_labelled: bool
    historical: int

    @property
    def precision(self) -> float | None:
        """Part of its alerts that are right; None without alerts, and without labels."""
        return self.right / self.standing if self.standing and self.is_labelled else None

    @property
    def recall(self) -> float | None:
        """Part of its frauds that are found; None without frauds."""
        return self.found / self.labelled if self.labelled else None

    @property
    def delay(self) -> float | None:
        """The median delay, seconds; None where nothing was found."""
        return median(self.delays) if self.delays else None

    def row(self) -> dict[str, object]:
        """As --json prints it."""
        return {
            "rule_id": self.rule,
            "alerts": self.standing,
            "historical": self.historical,
            "true_positives": self.right,
            "precision": _rounded(self.precision),
            "labels": self.labelled,
            "found": self.found,
            "recall": _rounded(self.recall),
            "look_alikes": self.look_alikes,
            "look_alikes_hit": len(self.mistaken),
            "look_alike_scenarios": sorted(set(self.mistaken)),
            "missed_scenarios": sorted(set(self.missed)),
            "delay_seconds": _rounded(self.delay),
            "delay_seconds_max": _rounded(max(self.delays, default=None)),
        }


def read_alert(line: bytes) -> Row:
    """One revision as `replay --alerts` writes it. Raises ValueError: what was expected, and what came."""
    return _read(line, _Alert, _lead)


def read_label(line: bytes) -> Row:
    """One label as `simulate --labels` writes it. Raises ValueError: what was expected, and what came."""
    return _read(line, _Label, _truth)


def _read(line: bytes, kind: object, check: Callable[[Row], object]) -> Row:
    row: Row = msgspec.json.decode(line, type=kind)
    check(row)  # its times
    return row


def evaluate(alerts: Iterable[Row], labels: Iterable[Row], live_from: int = 0) -> list[Score]:
    """One score for each rule that has alerts or labels, sorted by rule. live_from: ms UTC; before it is history."""
    leads, truths = standing(alerts), [_truth(label) for label in labels]
    rules = {lead.rule for lead in leads} | {rule for truth in truths for rule in truth.rules}
    return [_score(rule, [lead for lead in leads if lead.rule == rule], truths, live_from) for rule in sorted(rules)]


def standing(alerts: Iterable[Row]) -> list[Lead]:
    """The alerts that stand at the end, by id. A revision may come twice, and in any order."""
    last: dict[str, Row] = {}
    for alert in alerts:
        known = last.get(alert["alert_id"])
        if known is None or alert["revision"] >= known["revision"]:
            last[alert["alert_id"]] = alert
    return [
        _lead(alert)
        for _, alert in sorted(last.items())
        if alert["status"] != "withdrawn" and not alert.get("shadow") and alert.get("stage") != "pre"
    ]


def _lead(alert: Row) -> Lead:
    evidence, window = alert.get("evidence") or (), alert.get("window") or {}
    return Lead(
        rule=alert["rule_id"],
        messages=frozenset(one["msgid"] for one in evidence),
        at=parse(alert["event_time"]),
        institution=alert.get("fixmedins_code") or "",
        start=parse(window.get("start") or alert["event_time"]),
        end=parse(window.get("end") or alert["event_time"]),
        last=alert.get("last_time") or alert["event_time"],
    )


def _truth(label: Row) -> Truth:
    return Truth(
        fraud=label["label"] == "fraud",
        scenario=label["scenario"],
        rules=frozenset(label["rules"]),
        also=frozenset(label.get("also") or ()),
        messages=frozenset(label["msgids"]),
        needed=parse(label.get("needed_time") or label["first_time"]),
        institution=label.get("fixmedins_code") or "",
        first=parse(label["first_time"]),
        last=parse(label.get("last_time") or label["first_time"]),
    )


def _score(rule: str, leads: list[Lead], truths: list[Truth], live_from: int) -> Score:
    """One rule's figures. Long because each of them is one count."""
    frauds = [truth for truth in truths if truth.fraud and rule in truth.rules | truth.also]
    wanted = [truth for truth in frauds if rule in truth.rules]
    honest = [truth for truth in truths if not truth.fraud]
    met = {truth: [lead for lead in leads if lead.meets(truth)] for truth in (*wanted, *honest)}
    return Score(
        rule=rule,
        standing=len(leads),
        right=sum(1 for lead in leads if any(lead.meets(truth) for truth in frauds)),
        labelled=len(wanted),
        found=sum(1 for truth in wanted if met[truth]),
        look_alikes=sum(1 for truth in honest if rule in truth.rules),
        mistaken=tuple(truth.scenario for truth in honest if met[truth]),
        missed=tuple(truth.scenario for truth in wanted if not met[truth]),
        delays=tuple((min(lead.at for lead in met[truth]) - truth.needed) / SECOND for truth in wanted if met[truth]),
        is_labelled=_is_labelled(rule, leads, truths),
        historical=sum(is_historical(lead.last, live_from) for lead in leads),
    )


def _is_labelled(rule: str, leads: list[Lead], truths: list[Truth]) -> bool:
    return any(rule in truth.rules | truth.also or any(lead.meets(truth) for lead in leads) for truth in truths)


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
