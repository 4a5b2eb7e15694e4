"""How often people are called in thirty days in which everybody is honest: the figures of docs/notifying.md.

`python -m tests.honest.test_calls` plays the month of 100,000 persons and prints them (10 to 25 minutes).

Leads pass the real book of `monitor notify`. What Alertmanager makes of them is counted by the routes and inhibit rules
of deploy/alertmanager, with the longest groups that they allow; promtool judges the rules of deploy/prometheus over the
month, with the minutes in which messages came, and all else as on the good day of day.test.yml.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import orjson
import pytest
import yaml

from monitor.inforce.reference import load_reference
from monitor.inforce.rulebook import load_rules
from monitor.notify.book import Book, Entry, Policy
from monitor.notify.lead import Labels, Lead, read
from monitor.offline.replay import replay
from monitor.readmodel.silence import Silence
from monitor.settings import Settings
from monitor.simulate import Simulation, write_reference
from rules.engine.alert import Alert
from rules.engine.finding import SEVERITIES
from rules.times import DAY, HOUR, MINUTE, clock, from_ms, parse
from rules.wire.door import Door, sender_of
from rules.wire.pseudonyms import Pseudonyms
from tests.deploy._processes import DEPLOY, program, run

SEED, PERSONS, DAYS, START = 7, 100_000, 30, date(2026, 3, 2)
REVIEWERS, ENGINEERS = 30, 2
"""At most so many calls of reviewers a month for 100,000 persons, and of engineers a week. Our assumption."""
_PSEUDONYMS = Pseudonyms("example")
_WAITS = {"at-once": (MINUTE, MINUTE), "reviewer": (5 * MINUTE, 5 * MINUTE)}
"""group_wait and group_interval of deploy/alertmanager."""


class Calls:
    """Whom Alertmanager calls, and how often. told: receiver -> calls."""

    def __init__(self) -> None:
        default = Settings.model_construct()
        self.told: Counter[str] = Counter()
        self._book = Book(Policy("month", default.notify_openings, 7 * DAY, default.notify_hours), {})
        self._incidents: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
        self._known: set[tuple[tuple[str, str], ...]] = set()
        self._flushed: dict[tuple[str, str], int] = {}
        self._misfiring: set[str] = set()

    def take(self, lead: Lead, now: int) -> None:
        """A revision that is published and read at this moment, ms UTC."""
        entry = self._book.take(lead, now, now)
        misfiring = self._book.misfiring(now)
        self.told["ops"] += len(misfiring - self._misfiring)
        self._misfiring = misfiring
        if entry is None or entry.fate != "told":
            return
        incident = self._incidents[entry.labels["incident"]]
        incident[entry.alert_id] = entry
        active = [one.labels for one in incident.values() if not one.ended]
        for labels in active:
            if not any(is_held_back(labels, other) for other in active):
                self._call(labels, now)

    def _call(self, labels: Labels, now: int) -> None:
        """One alert that nothing holds back: it is new to its groups, or was told."""
        key = tuple(sorted(labels.items()))
        if key in self._known:
            return
        self._known.add(key)
        if ("digest", labels["digest"]) not in self._flushed:
            self._flushed["digest", labels["digest"]] = now
            self.told["digest"] += 1
        if labels["stage"] == "in" and labels["severity"] == "critical":
            self._flush("at-once", labels["wave"], now)
        elif labels["hours"] == "working" and is_working(now):
            self._flush("reviewer", labels["wave"], now)

    def _flush(self, receiver: str, wave: str, now: int) -> None:
        """What comes before a group is told is told with it; what comes later at its next interval."""
        wait, interval = _WAITS[receiver]
        last = self._flushed.get((receiver, wave))
        if last is not None and now <= last:
            return
        self._flushed[receiver, wave] = now + (wait if last is None else interval)
        self.told[receiver] += 1


def is_held_back(labels: Labels, other: Labels) -> bool:
    """The inhibit rules of deploy/alertmanager, within one incident."""
    higher = SEVERITIES.index(other["severity"]) > SEVERITIES.index(labels["severity"])
    return higher or (labels.get("attached") == "yes" and other.get("attached") != "yes")


def is_working(now: int) -> bool:
    """The interval working-hours of deploy/alertmanager."""
    return from_ms(now).weekday() < 5 and "08:30" <= clock(now, "%H:%M") < "18:00"


class Month(NamedTuple):
    """What a month brought. calls: receiver -> number. minutes: messages by minute since the first midnight."""

    opened: Counter[str]
    calls: Counter[str]
    silent: int
    minutes: Counter[int]


def play(persons: int, days: int = DAYS) -> Month:
    """The month of an honest county: its customers come as they like, and what only looks like fraud is played too."""
    simulation = Simulation(SEED, persons, days, START, frauds=False, spaced=False)
    with TemporaryDirectory() as folder:
        write_reference(simulation.reference(), Path(folder))
        tables = load_reference(Path(folder), _PSEUDONYMS, lambda _: None)
    opened, calls, silence, minutes = Counter[str](), Calls(), Silence(), Counter[int]()
    silent, began = set[str](), parse(f"{START} 00:00:00")
    fell_silent = 0

    def lines() -> Iterator[bytes]:
        nonlocal silent, fell_silent
        for uploaded, event in simulation.events():
            is_new_hour = uploaded // HOUR > silence.clock // HOUR
            silence.hear(sender_of(event).institution, uploaded)
            if is_new_hour:
                now = set(silence.silent())
                fell_silent += bool(now - silent)
                silent = now
            minutes[(uploaded - began) // MINUTE] += 1
            yield orjson.dumps(event)

    def take(value: bytes, alert: Alert) -> None:
        opened[alert.rule_id] += alert.revision == 1
        calls.take(read(value), parse(alert.detected_at))

    summary, _ = replay(enumerate(lines(), 1), load_rules(None), tables, Door(_PSEUDONYMS), on_alert=take)
    assert (summary.late, summary.refused) == (0, 0)
    return Month(opened, calls.told, fell_silent, minutes)


def firing(minutes: Counter[int], days: int) -> dict[str, int]:
    """Alerts of Prometheus over a month with messages in these minutes: alert -> how often it began to fire.

    Prometheus counts from midnight UTC: the month begins at eight in the morning.
    """
    first, length = 8 * 60, days * 24 * 60 - 8 * 60
    good_day = yaml.safe_load((DEPLOY / "prometheus" / "day.test.yml").read_text(encoding="utf-8"))["tests"][0]
    series = [_over(one, length) for one in good_day["input_series"] if "events_total" not in one["series"]]
    sums, total = [], 0
    for minute in range(first, first + length):
        total += minutes[minute]
        sums.append(str(total))
    series.append({
        "series": 'settlement_monitor_events_total{job="settlement-monitor", instance="w1", kind="settlement"}',
        "values": " ".join(sums),
    })  # fmt: skip
    fired = 'ALERTS{alertstate="firing"}'
    expected = {
        "expr": f"sum by (alertname) (count_over_time(({fired} unless {fired} offset 10m)[{days}d:10m]))",
        "eval_time": f"{length - 1}m",
        "exp_samples": [],
    }
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [expected]}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "month.yml"
        rules = [str(DEPLOY / "prometheus" / "rules.yml")]
        path.write_text(yaml.safe_dump({"rule_files": rules, "evaluation_interval": "10m", "tests": [test]}))
        done = run(program("promtool"), "test", "rules", path)
    found = re.findall(r'{alertname="(\w+)"} ([\d.E+]+)', done.stdout + done.stderr)
    assert bool(found) == bool(done.returncode), done.stdout + done.stderr
    return {name: int(float(number)) for name, number in found}


def pages(month: Month, days: int) -> Counter[str]:
    """What engineers are called for: alerts of Prometheus, rules that misfire, institutions that fell silent."""
    return Counter(firing(month.minutes, days)) + Counter({
        "SettlementRuleMisfires": month.calls["ops"],
        "SettlementMonitorInstitutionSilent": month.silent,
    })  # fmt: skip


def _over(one: dict[str, str], length: int) -> dict[str, str]:
    """A series of the good day, as long as the month; nothing is late or refused in it."""
    is_none = any(name in one["series"] for name in ("late_total", "dead_letters_total"))
    values = f"0+0x{length}" if is_none else re.sub(r"x\d+$", f"x{length}", one["values"])
    return {"series": one["series"], "values": values}


def lead(number: int, severity: str = "warning", **more: object) -> Lead:
    """A lead of an institution and incident of its own."""
    row: dict[str, Any] = {
        "alert_id": f"a{number}", "revision": 1, "status": "opened", "rule_id": "S01", "rule_name": "x",
        "rule_name_en": "x", "shadow": False, "stage": "in", "severity": severity,
        "subject": {"kind": "institution", "id": "P"}, "incident_id": f"i{number}", "fixmedins_code": f"P{number}",
        "insuplc_admdvs": "", "mdtrtarea_admvs": "", "last_time": "2026-03-05T10:00:00+08:00",
        "text": {"zh": "x", "en": "x"}, **more,
    }  # fmt: skip
    return read(orjson.dumps(row))


def called(leads: Iterable[tuple[str, Lead]]) -> dict[str, int]:
    """Who is called for leads at these times of a Thursday."""
    calls = Calls()
    for time, one in leads:
        calls.take(one, parse(f"2026-03-05 {time}"))
    return {receiver: number for receiver, number in calls.told.items() if number}


@pytest.mark.parametrize(
    ("leads", "expected"),
    [
        ([("10:00:00", lead(1))], {"digest": 1, "reviewer": 1}),
        ([("20:00:00", lead(1))], {"digest": 1}),
        ([("20:00:00", lead(1, "critical"))], {"digest": 1, "at-once": 1}),
        ([("10:00:00", lead(1, "critical", stage="post"))], {"digest": 1, "reviewer": 1}),
        ([("10:00:00", lead(1)), ("10:03:59", lead(2))], {"digest": 1, "reviewer": 1}),
        ([("10:00:00", lead(1)), ("10:04:00", lead(2))], {"digest": 1, "reviewer": 2}),
        ([("08:00:00", lead(1)), ("08:31:00", lead(2))], {"digest": 2, "reviewer": 1}),
        (
            [("10:00:00", lead(1, "critical")), ("10:00:59", lead(2, "critical")), ("10:03:00", lead(3, "critical"))],
            {"digest": 1, "at-once": 2},
        ),
        ([("10:00:00", lead(1)), ("11:00:00", lead(2, rule_id="S02", incident_id="i1"))], {"digest": 1, "reviewer": 1}),
        ([("10:00:00", lead(1)), ("11:00:00", lead(1, "high", revision=2))], {"digest": 1, "reviewer": 2}),
        ([("10:00:00", lead(1)), ("11:00:00", lead(1, revision=2))], {"digest": 1, "reviewer": 1}),
        (
            [
                ("10:00:00", lead(1)),
                ("11:00:00", lead(2, rule_id="S02", incident_id="i1")),
                ("12:00:00", lead(1, revision=2, status="closed")),
                ("12:00:00", lead(2, rule_id="S02", incident_id="i1", revision=2)),
            ],
            {"digest": 1, "reviewer": 2},
        ),
        (
            [("10:00:00", lead(number)) for number in range(51)],
            {"digest": 1, "reviewer": 1, "ops": 1},
        ),
    ],
    ids=[
        "one by day", "one by night", "critical by night", "critical afterwards", "one wave", "two waves",
        "two digests", "two looks at a wave", "an incident speaks once", "a severity rises", "a later revision",
        "the next one speaks", "a rule misfires",
    ],
)  # fmt: skip
def test_who_is_called_how_often(leads: list[tuple[str, Lead]], expected: dict[str, int]) -> None:
    """As docs/notifying.md says it."""
    assert expected == called(leads)


def test_the_waits_are_those_of_alertmanager() -> None:
    """And the hours of its reviewers."""
    settings = yaml.safe_load((DEPLOY / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8"))
    routes = {one["receiver"]: one for one in settings["route"]["routes"]}
    units = {"s": 1000, "m": MINUTE}
    hours = {one["name"]: one["time_intervals"][0] for one in settings["time_intervals"]}["working-hours"]

    for receiver, waits in _WAITS.items():
        said = [routes[receiver][name] for name in ("group_wait", "group_interval")]
        assert [int(one[:-1]) * units[one[-1]] for one in said] == [*waits]
    assert (["monday:friday"], [{"start_time": "08:30", "end_time": "18:00"}]) == (hours["weekdays"], hours["times"])


@pytest.mark.slow
def test_a_silent_morning_is_seen_by_prometheus() -> None:
    """Messages by day alone call nobody; where none comes on the second and third day, that is one call a day."""
    by_day = Counter({day * 1440 + minute: 1 for day in range(3) for minute in range(7 * 60, 21 * 60)})
    first_day = Counter({minute: 1 for minute in by_day if minute < 1440})

    assert {} == firing(by_day, 3)
    assert {"SettlementMonitorNoEvents": 2} == firing(first_day, 3)


@pytest.mark.slow
def test_honest_days_call_few() -> None:
    """Of a small county, with all that only looks like fraud: reviewers are called once at most, engineers twice."""
    days = play(15_000, 4)

    assert days.minutes.total() > 1000
    assert days.calls["reviewer"] + days.calls["at-once"] <= 1
    assert pages(days, 4).total() <= ENGINEERS


def main() -> None:
    """Print the figures of a month of so many persons (100,000)."""
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else PERSONS
    month = play(persons)
    found = pages(month, DAYS)
    lines = [
        f"{persons} persons, {DAYS} days, {month.minutes.total()} messages",
        f"leads opened: {dict(sorted(month.opened.items()))}",
        f"calls in the month: {dict(sorted(month.calls.items()))} (goal: reviewer and at-once {REVIEWERS} at most)",
        f"pages to engineers a week: {found.total() * 7 / DAYS:.1f} {dict(found)} (goal: {ENGINEERS} at most)",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
