"""What an area said against what it had to say: the topics, read here, and a replay of the same accepted events."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.chaos._log import Log, Record
from tests.e2e._area import environment, monitor
from tests.e2e.checker import Revision, faults, promised, read_log, standing

EXPECTED, FOUND = "expected.jsonl", "found.jsonl"
"""Files with the revisions of the replay, and of the topic: tests.e2e.checker tells how they differ."""

Alerts = Counter[str]
"""Standing alerts, each as a text of what contract.md E2 promises of it."""


@dataclass(frozen=True)
class Verdict:
    """How an area's alerts compare with a replay of its events.

    expected: alerts that have to stand. missing: those that do not stand as they should. false: what stands otherwise.
    differing: of both, those with another content only. conflicting: revisions with two contents. gaps: revisions that
    are not there. repeats: revisions that stand more than once, each time the same bytes. refused: entries that a
    ledger could not take any more.
    detection: seconds from the append of what triggered to the append of the alert, of new alerts: p50, p99, max.
    """

    expected: int
    missing: int
    false: int
    differing: int
    conflicting: int
    gaps: int
    repeats: int
    refused: int
    detection: list[float]

    @property
    def sound(self) -> bool:
        """Whether everything stands that has to, and nothing else."""
        return not (self.missing or self.false or self.conflicting or self.gaps or self.refused)


def judge(
    log: Log,
    sent: Sequence[bytes],
    tables: Path | None,
    folder: Path,
    counts: Callable[[Revision], bool] = lambda _: True,
    events: Sequence[Record] | None = None,
) -> Verdict:
    """Read an area whose log is closed, replay its events, and compare.

    sent: what was published, in order. counts: whether an alert is to be compared. events: what stood on the topic,
    where some of it is gone by now.
    """
    there = log.read("events") if events is None else events
    expected = replayed(in_order(there, sent), tables, folder / EXPECTED)
    alerts = log.read("alerts")
    (folder / FOUND).write_bytes(b"".join(record.value + b"\n" for record in alerts))
    return compared(expected, alerts, log.read("late"), counts)


def compared(
    expected: Iterable[bytes],
    alerts: Sequence[Record],
    late: Iterable[Record] = (),
    counts: Callable[[Revision], bool] = lambda _: True,
) -> Verdict:
    """Compare the revisions of a replay with what stands on the topics of alerts and of late events."""
    values = [record.value for record in alerts]
    wanted, found = alerts_of(expected, counts), alerts_of(values, counts)
    missing, false = wanted - found, found - wanted
    wrong = faults(value for value in values if counts(json.loads(value)))
    return Verdict(
        expected=wanted.total(),
        missing=missing.total(),
        false=false.total(),
        differing=(_names(missing) & _names(false)).total(),
        conflicting=sum("different contents" in fault for fault in wrong),
        gaps=sum("different contents" not in fault for fault in wrong),
        repeats=len(values) - len(set(values)),
        refused=sum("ledger" in record.headers for record in late),
        detection=spread(detection(alerts)),
    )


def alerts_of(log: Iterable[bytes], counts: Callable[[Revision], bool] = lambda _: True) -> Alerts:
    """What stands at the end and is to be compared."""
    return Counter(json.dumps(promised(one), sort_keys=True) for one in standing(log) if counts(one))


def in_order(events: Iterable[Record], sent: Sequence[bytes]) -> list[bytes]:
    """The messages that stand on the topic, in the order in which they were published; the closing record is none.

    The append times say less: all records of a batch have the same. Raises ValueError where something is not there.
    """
    place = {value: number for number, value in enumerate(sent)}
    there = [event.value for event in events if "final" not in event.headers]
    if gone := place.keys() - set(there):
        raise ValueError(f"{len(gone)} of {len(sent)} events were acknowledged and do not stand on the topic")
    return sorted(there, key=place.__getitem__)


def replayed(events: Iterable[bytes], tables: Path | None, alerts: Path) -> list[bytes]:
    """The revisions that `monitor replay` gives; they stay in the file `alerts`."""
    file, lines = alerts.with_name("events.jsonl"), [value + b"\n" for value in events]
    file.write_bytes(b"".join(lines))
    if not lines:  # nothing was published before the run got stuck
        alerts.touch()
        return []
    env = environment(**{"reference": tables} if tables else {})
    done = monitor("replay", str(file), "--json", "--alerts", str(alerts), env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    return read_log(alerts)


def hanging_on_habit(part: Iterable[bytes], since: int, tables: Path | None, folder: Path) -> int:
    """How many of the expected alerts that begin at `since` (ms) or later a replay of a part of the events lacks.

    part: without the weeks from which habits are read. To be asked when the area is judged.
    """

    def begins_later(revision: Revision) -> bool:
        return _ms(revision["first_time"]) >= since

    whole = alerts_of(read_log(folder / EXPECTED), begins_later)
    return (whole - alerts_of(replayed(part, tables, folder / "without-habit.jsonl"), begins_later)).total()


def detection(records: Iterable[Record]) -> list[float]:
    """Seconds from the append of what triggered (detected_at) to that of the alert; the first record of each alert."""
    found: dict[str, float] = {}
    for record in sorted(records, key=lambda one: one.appended):
        revision = json.loads(record.value)
        if revision["revision"] == 1 and revision["alert_id"] not in found:
            found[revision["alert_id"]] = (record.appended - _ms(revision["detected_at"])) / 1000
    return sorted(found.values())


def spread(values: Sequence[float]) -> list[float]:
    """Median, 99th percentile and maximum of sorted figures; empty where there are none."""
    if not values:
        return []
    return [round(values[min(len(values) - 1, int(len(values) * part))], 2) for part in (0.5, 0.99, 1)]


def _names(alerts: Alerts) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for text, number in alerts.items():
        alert = json.loads(text)
        found[alert["rule_id"], *alert["scope"]] += number
    return found


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
