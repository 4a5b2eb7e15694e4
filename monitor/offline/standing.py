"""The alerts of a replay as they stand at its end, in which span of days, and beside those of other rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.contract.text import Language, Said
from monitor.errors import ConfigurationError
from monitor.incidents import incidents_of
from monitor.rulecolumn import rule_cell
from rules.engine.alert import Alert
from rules.times import BEFORE_ALL, DAY, LATEST, parse


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of business time, ms UTC, both ends included."""

    start: int = BEFORE_ALL
    end: int = LATEST

    def meets(self, alert: Alert) -> bool:
        """Whether an alert has its first or last trigger here, or lasts over it."""
        return parse(alert.first_time) <= self.end and self.start <= parse(alert.last_time)

    def holds(self, at: int) -> bool:
        """Whether a moment, ms UTC, lies in it."""
        return self.start <= at <= self.end

    @property
    def is_bounded(self) -> bool:
        """Whether both ends were asked for."""
        return self.start > BEFORE_ALL and self.end < LATEST


def span_of(since: str | None, until: str | None) -> Span:
    """The span that --since and --until ask for; of a date alone the whole day. Raises ConfigurationError."""
    start = BEFORE_ALL if since is None else _moment("--since", since)
    end = LATEST if until is None else _moment("--until", until)
    if until is not None and len(until) == len("yyyy-mm-dd"):
        end += DAY - 1
    if start > end:
        raise ConfigurationError(f"--until: expected a time after --since {since}, was {until}")
    return Span(start, end)


def _moment(option: str, text: str) -> int:
    try:
        return parse(text)
    except ValueError:
        raise ConfigurationError(f"{option}: expected yyyy-mm-dd or yyyy-mm-dd hh:mm:ss, was {text}") from None


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert as it stands. first, last: ISO 8601, of its triggers. lines: how it is shown."""

    alert_id: str
    incident_id: str
    severity: str
    rule: str
    scope: tuple[str, ...]
    first: str
    last: str
    lines: tuple[str, ...]

    @property
    def day(self) -> str:
        """The day in Beijing on which it begins."""
        return self.first[:10]

    def row(self) -> dict[str, object]:
        """As --json prints it."""
        return {
            "alert_id": self.alert_id, "incident_id": self.incident_id, "rule_id": self.rule,
            "severity": self.severity, "first_time": self.first, "last_time": self.last,
        }  # fmt: skip


class LastRevisions:
    """The last revision of each alert."""

    def __init__(self, show: Callable[[bytes], Iterable[str]], span: Span) -> None:
        """show: the lines of a revision (JSON). span: in which the alert must be."""
        self._show = show
        self._span = span
        self._last: dict[str, Standing | None] = {}

    def take(self, value: bytes, alert: Alert) -> None:
        """Take a revision (JSON)."""
        stands = alert.status != "withdrawn" and self._span.meets(alert)
        self._last[alert.alert_id] = (
            Standing(
                alert.alert_id, alert.incident_id, alert.severity, alert.rule_id, alert.scope, alert.first_time,
                alert.last_time, tuple(self._show(value)),
            )
            if stands
            else None
        )  # fmt: skip

    def standing(self) -> list[Standing]:
        """Those that stand, in the order in which they opened."""
        return [one for one in self._last.values() if one is not None]

    def lines(self) -> Iterator[str]:
        """Those that stand as lines, by incident: the highest first, below it those that attach, with a +."""
        by_id = {one.alert_id: one for one in self.standing()}
        for incident in incidents_of(one.row() for one in by_id.values()):
            yield from by_id[incident.speaker["alert_id"]].lines
            for one in incident.attached:
                yield from (f"  + {line}" if at == 0 else line for at, line in enumerate(by_id[one["alert_id"]].lines))


@dataclass(frozen=True)
class Difference:
    """What other rules change. other: their file. opens: alerts that only they give. gone: that only these rules give.

    same: how many both give.
    """

    other: str
    opens: list[Standing]
    gone: list[Standing]
    same: int

    def contract(self) -> dict[str, object]:
        """As --json prints it."""
        return {
            "other": self.other,
            "opens": [one.row() for one in self.opens],
            "no_longer": [one.row() for one in self.gone],
            "same": self.same,
        }


def compare(these: Sequence[Standing], others: Sequence[Standing], other: str) -> Difference:
    """Compare two replays of one file of events; alerts of one rule and scope whose times meet are the same alert.

    other: the file of the other rules.
    """
    ours, theirs = _by_scope(these), _by_scope(others)
    gone = [one for one in these if not _is_among(one, theirs)]
    opens = [one for one in others if not _is_among(one, ours)]
    return Difference(other=other, opens=opens, gone=gone, same=len(these) - len(gone))


_ByScope = dict[tuple[str, tuple[str, ...]], list[Standing]]


def _by_scope(alerts: Iterable[Standing]) -> _ByScope:
    found: _ByScope = {}
    for one in alerts:
        found.setdefault((one.rule, one.scope), []).append(one)
    return found


def _is_among(alert: Standing, others: _ByScope) -> bool:
    near = others.get((alert.rule, alert.scope), ())
    return any(one.first <= alert.last and alert.first <= one.last for one in near)  # all in Beijing's time


_SUMMARY = Said(
    "与 {name} 相比：新出现 {opens} 条，不再出现 {gone} 条，不变 {same} 条",
    "with {name}: {opens} open, {gone} no longer, {same} as before",
)
_RULE = Said("规则", "rule")
_HEADING = Said("日期        新出现  不再出现", "day          opens  no longer")


def difference_lines(difference: Difference, language: Language) -> Iterator[str]:
    """A comparison as lines: numbers by rule and day, then each alert with + or -."""
    opens, gone = difference.opens, difference.gone
    yield _SUMMARY.of(language).format(name=difference.other, opens=len(opens), gone=len(gone), same=difference.same)
    if not (opens or gone):
        return
    numbers = [Counter((one.rule, one.day) for one in some) for some in (opens, gone)]
    yield f"{rule_cell(_RULE.of(language))} {_HEADING.of(language)}"
    for rule, day in sorted(numbers[0] | numbers[1]):
        yield f"{rule_cell(rule)} {day}  {numbers[0][rule, day]:6}  {numbers[1][rule, day]:8}"
    changed = [("+", one) for one in opens] + [("-", one) for one in gone]
    for sign, one in sorted(changed, key=lambda pair: (pair[1].rule, pair[1].first)):
        yield f"{sign} {one.day} {one.lines[0]}"
