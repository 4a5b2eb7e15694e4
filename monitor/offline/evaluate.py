"""How good the alerts are, measured against the labels of simulated (or of investigated) traffic.

An alert meets a label when their msgids meet; one without evidence (of a rule over whole days) when times and one of
the institutions of the label do, and the label names its rule. It belongs to the frauds that it meets, and to a
look-alike that it is about: at least half of its messages are the look-alike's, and no fraud that its rule may speak of
has as many; or the entry that opened it is the look-alike's, and no other label has as many. One over leads, of a rule
that labels name, has the messages of these leads.

Counted are the alerts that stand: the last revision of each that is not withdrawn; shadow alerts and those of stage
`pre` are left out. Those of history count, and are counted apart too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import median
from typing import Any, NotRequired, TypedDict

import msgspec

from monitor.history import is_historical
from monitor.offline.standing import Span
from rules.times import DAY, SECOND, parse

Row = Mapping[str, Any]
"""One alert or one label, as it stands in its file."""

BANDS = ("weak", "middle", "strong")
"""Thirds of the range of which the strength of a fraud was drawn; one without a stated strength is strong."""
GRAVE = ("high", "critical")
_MONTH = 30 * DAY
_Z = 1.959964
"""95 of 100 of a normal distribution lie within so many standard deviations."""


class _Message(TypedDict):
    msgid: str
    event_time: NotRequired[str | None]


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
    severity: NotRequired[str | None]
    incident_id: NotRequired[str | None]
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
    also_at: NotRequired[list[str] | None]
    strength: NotRequired[float | None]


@dataclass(frozen=True, slots=True)
class Truth:
    """One label. rules: that ought to find it (of a look-alike: that might trip over it); also: that may speak too.

    needed: business time (ms) of the event with which it can be found; first, last: of its events. strength: where it
    lies between the weakest (0) and the strongest (1) of its kind; 1 where the label does not say.
    """

    fraud: bool
    scenario: str
    rules: frozenset[str]
    also: frozenset[str]
    messages: frozenset[str]
    needed: int
    institutions: frozenset[str]
    first: int
    last: int
    strength: float

    def names(self, rule: str) -> bool:
        """Whether this rule ought to find it, or may speak of it."""
        return rule in self.rules or rule in self.also

    @property
    def band(self) -> str:
        """Of BANDS."""
        return BANDS[min(int(3 * self.strength), 2)]


@dataclass(frozen=True, slots=True)
class Lead:
    """One standing alert. messages: of its evidence. at: business time (ms) of the trigger that opened it.

    opened_by: of the messages those of that moment. start, end: of its window. last: business time of its last trigger,
    as the alert has it. incident: the id of the alert that opened it.
    """

    id: str
    rule: str
    messages: frozenset[str]
    opened_by: frozenset[str]
    at: int
    institution: str
    start: int
    end: int
    last: str
    severity: str
    incident: str

    @property
    def is_grave(self) -> bool:
        """Whether it is high or critical."""
        return self.severity in GRAVE


@dataclass(frozen=True, slots=True)
class Episode:
    """One fraud that a rule is meant for, and what the rule made of it.

    delay: seconds of business time from when it could be found to when it was; None where it was not found. is_grave:
    whether it was found at high or critical.
    """

    scenario: str
    band: str
    delay: float | None
    is_grave: bool


@dataclass(frozen=True, slots=True)
class Score:
    """How one rule did.

    standing: alerts; right: those that meet a fraud which the rule is meant for, or may speak of; episodes: frauds it
    is meant for; look_alikes: honest ones that might be mistaken; mistaken: scenarios of the honest ones that its
    alerts are about; mistaken_grave: how many of these at high or critical. is_labelled: whether any label names the
    rule, or an alert of it belongs to one: else nothing is known of how right it is. historical: alerts whose last
    trigger lies before the area went live.
    """

    rule: str
    standing: int
    right: int
    episodes: tuple[Episode, ...]
    look_alikes: int
    mistaken: tuple[str, ...]
    mistaken_grave: int
    is_labelled: bool
    historical: int

    @property
    def found(self) -> tuple[Episode, ...]:
        """The frauds that it found."""
        return tuple(one for one in self.episodes if one.delay is not None)

    @property
    def missed(self) -> tuple[str, ...]:
        """The scenarios of those that it did not find."""
        return tuple(one.scenario for one in self.episodes if one.delay is None)

    @property
    def precision(self) -> float | None:
        """Part of its alerts that are right; None without alerts, and without labels."""
        return self.right / self.standing if self.standing and self.is_labelled else None

    @property
    def recall(self) -> float | None:
        """Part of its frauds that are found; None without frauds."""
        return len(self.found) / len(self.episodes) if self.episodes else None

    @property
    def recall_interval(self) -> tuple[float, float] | None:
        """Between which recall lies, 95 times of 100; None without frauds."""
        return interval(len(self.found), len(self.episodes))

    @property
    def by_strength(self) -> dict[str, tuple[int, int]]:
        """Of each band that has frauds: how many were found, and how many there are."""
        there, found = Counter(one.band for one in self.episodes), Counter(one.band for one in self.found)
        return {band: (found[band], there[band]) for band in BANDS if there[band]}

    @property
    def grave(self) -> float | None:
        """Part of the strong frauds that are found at high or critical; None without strong frauds."""
        strong = [one for one in self.episodes if one.band == BANDS[-1]]
        return sum(one.is_grave for one in strong) / len(strong) if strong else None

    @property
    def delay(self) -> float | None:
        """The median delay, seconds; None where nothing was found."""
        return median(self._delays) if self._delays else None

    @property
    def _delays(self) -> tuple[float, ...]:
        return tuple(one.delay for one in self.episodes if one.delay is not None)

    def row(self) -> dict[str, object]:
        """As --json prints it."""
        return {
            "rule_id": self.rule,
            "alerts": self.standing,
            "historical": self.historical,
            "true_positives": self.right,
            "precision": _rounded(self.precision),
            "labels": len(self.episodes),
            "found": len(self.found),
            "recall": _rounded(self.recall),
            "recall_interval": [_rounded(one) for one in self.recall_interval] if self.recall_interval else None,
            "recall_by_strength": {
                band: {"found": found, "labels": there} for band, (found, there) in self.by_strength.items()
            },
            "strong_at_high_or_critical": _rounded(self.grave),
            "look_alikes": self.look_alikes,
            "look_alikes_hit": len(self.mistaken),
            "look_alikes_hit_at_high_or_critical": self.mistaken_grave,
            "look_alike_scenarios": sorted(set(self.mistaken)),
            "missed_scenarios": sorted(set(self.missed)),
            "delay_seconds": _rounded(self.delay),
            "delay_seconds_max": _rounded(max(self._delays, default=None)),
        }


@dataclass(frozen=True, slots=True)
class Burden:
    """How often a reviewer is told, after alerts of one incident are one.

    told: incidents in all; per_month: of 100,000 persons in 30 days; shares: part of each rule, by the alert that
    opened the incident, the largest first.
    """

    told: int
    per_month: float
    shares: Mapping[str, float]

    def row(self) -> dict[str, object]:
        """As --json prints it."""
        return {
            "incidents": self.told,
            "per_100000_persons_a_month": round(self.per_month, 2),
            "shares": {rule: round(part, 4) for rule, part in self.shares.items()},
        }


def interval(part: int, of: int) -> tuple[float, float] | None:
    """Wilson's score interval of a part at 95 %; None of nothing."""
    if not of:
        return None
    share, room = part / of, _Z * _Z / of
    middle, half = share + room / 2, _Z * sqrt(share * (1 - share) / of + room / (4 * of))
    return max(0.0, (middle - half) / (1 + room)), min(1.0, (middle + half) / (1 + room))


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


def evaluate(leads: Sequence[Lead], labels: Iterable[Row], live_from: int = 0, span: Span | None = None) -> list[Score]:
    """One score for each rule that has alerts or labels, sorted by rule.

    leads: what stands. live_from: ms UTC; before it is history. span: what is scored, everything by default.
    """
    span = span or Span()
    truths = [_truth(label) for label in labels]
    leads = _with_messages(leads, truths)
    met = _meetings(leads, truths)
    by_rule: defaultdict[str, list[Lead]] = defaultdict(list)
    for lead in leads:
        by_rule[lead.rule].append(lead)
    rules = {one.rule for one in leads if span.holds(one.at)}
    rules |= {rule for truth in truths if span.holds(truth.first) for rule in truth.rules}
    return [_score(rule, by_rule[rule], truths, met, live_from, span) for rule in sorted(rules)]


def _with_messages(leads: Sequence[Lead], truths: Iterable[Truth]) -> list[Lead]:
    """The alerts; those over leads, of a rule that labels name, with the messages of these leads."""
    named = {rule for truth in truths for rule in truth.rules}
    by_id = {lead.id: lead for lead in leads}
    return [
        replace(one, messages=_behind(one.messages, by_id), opened_by=_behind(one.opened_by, by_id))
        if one.rule in named and one.messages & by_id.keys()
        else one
        for one in leads
    ]


def _behind(messages: Iterable[str], leads: Mapping[str, Lead]) -> frozenset[str]:
    return frozenset(message for one in messages if one in leads for message in leads[one].messages)


def burden(leads: Iterable[Lead], persons: int, span: Span) -> Burden:
    """How often a reviewer of so many persons is told of what was opened in a span, which has both ends."""
    of_rule = {lead.id: lead.rule for lead in leads if span.holds(lead.at)}
    told = {lead.incident: of_rule.get(lead.incident, lead.rule) for lead in leads if span.holds(lead.at)}
    by_rule = Counter(told.values())
    months = (span.end - span.start + 1) / _MONTH
    return Burden(
        told=len(told),
        per_month=len(told) / months * 100_000 / persons,
        shares={rule: count / len(told) for rule, count in by_rule.most_common()},
    )


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
        id=alert["alert_id"],
        rule=alert["rule_id"],
        messages=frozenset(one["msgid"] for one in evidence),
        opened_by=_messages_at(alert["event_time"], evidence),
        at=parse(alert["event_time"]),
        institution=alert.get("fixmedins_code") or "",
        start=parse(window.get("start") or alert["event_time"]),
        end=parse(window.get("end") or alert["event_time"]),
        last=alert.get("last_time") or alert["event_time"],
        severity=alert.get("severity") or "",
        incident=alert.get("incident_id") or alert["alert_id"],
    )


def _messages_at(time: str, evidence: Iterable[Row]) -> frozenset[str]:
    return frozenset(one["msgid"] for one in evidence if one.get("event_time") == time)


def _truth(label: Row) -> Truth:
    strength = label.get("strength")
    return Truth(
        fraud=label["label"] == "fraud",
        scenario=label["scenario"],
        rules=frozenset(label["rules"]),
        also=frozenset(label.get("also") or ()),
        messages=frozenset(label["msgids"]),
        needed=parse(label.get("needed_time") or label["first_time"]),
        institutions=frozenset({label.get("fixmedins_code") or "", *(label.get("also_at") or ())} - {""}),
        first=parse(label["first_time"]),
        last=parse(label.get("last_time") or label["first_time"]),
        strength=1.0 if strength is None else strength,
    )


def _meetings(leads: Iterable[Lead], truths: Sequence[Truth]) -> dict[str, set[int]]:
    """Which labels each alert belongs to: its id, and their places in the list."""
    by_message: defaultdict[str, set[int]] = defaultdict(set)
    by_institution: defaultdict[str, list[int]] = defaultdict(list)
    for number, truth in enumerate(truths):
        for message in truth.messages:
            by_message[message].add(number)
        for institution in truth.institutions:
            by_institution[institution].append(number)
    return {lead.id: _about(lead, truths, set(_touched_by(lead, truths, by_message, by_institution))) for lead in leads}


def _about(lead: Lead, truths: Sequence[Truth], touched: set[int]) -> set[int]:
    """Of the labels that an alert meets: the frauds, and the look-alikes that it is about, as the module says."""
    return {
        number
        for number in touched
        if truths[number].fraud or _is_about(lead, truths[number], [truths[other] for other in touched - {number}])
    }


def _is_about(lead: Lead, look_alike: Truth, others: Sequence[Truth]) -> bool:
    """Whether an alert is about a look-alike that it meets. others: what else it meets."""
    own = lead.messages & look_alike.messages
    rivals = others
    if 2 * len(own) >= len(lead.messages):
        rivals = [one for one in others if one.fraud and one.names(lead.rule)]
    elif lead.opened_by.isdisjoint(own):
        return False
    return all(len(lead.messages & one.messages) < len(own) for one in rivals)


def _touched_by(
    lead: Lead, truths: Sequence[Truth], by_message: Mapping[str, set[int]], by_institution: Mapping[str, list[int]]
) -> Iterator[int]:
    if lead.messages:
        for message in lead.messages:
            yield from by_message.get(message, ())
        return
    for number in by_institution.get(lead.institution, ()):
        one = truths[number]
        if one.names(lead.rule) and lead.start <= one.last and one.first <= lead.end:
            yield number


def _score(
    rule: str, leads: Sequence[Lead], truths: Sequence[Truth], met: Mapping[str, set[int]], live_from: int, span: Span
) -> Score:
    """One rule's figures. An alert opened before the span may be what found a fraud in it.

    Long because each of them is one count.
    """
    about = [truth.names(rule) for truth in truths]
    by_truth: defaultdict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        for number in met[lead.id]:
            by_truth[number].append(lead)
    inside = [lead for lead in leads if span.holds(lead.at)]
    wanted = [(n, one) for n, one in enumerate(truths) if one.fraud and rule in one.rules and span.holds(one.first)]
    honest = [(number, one) for number, one in enumerate(truths) if not one.fraud and span.holds(one.first)]
    mistaken = [number for number, _ in honest if by_truth[number]]
    return Score(
        rule=rule,
        standing=len(inside),
        right=sum(any(truths[number].fraud and about[number] for number in met[lead.id]) for lead in inside),
        episodes=tuple(_episode(truth, by_truth[number]) for number, truth in wanted),
        look_alikes=sum(rule in truth.rules for _, truth in honest),
        mistaken=tuple(truths[number].scenario for number in mistaken),
        mistaken_grave=sum(any(lead.is_grave for lead in by_truth[number]) for number in mistaken),
        is_labelled=any(about) or any(met[lead.id] for lead in leads),
        historical=sum(is_historical(lead.last, live_from) for lead in inside),
    )


def _episode(truth: Truth, leads: Sequence[Lead]) -> Episode:
    delay = (min(lead.at for lead in leads) - truth.needed) / SECOND if leads else None
    return Episode(truth.scenario, truth.band, delay, any(lead.is_grave for lead in leads))


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
