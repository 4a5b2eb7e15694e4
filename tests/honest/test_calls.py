"""How often people are called in thirty days in which everybody is honest: the figures of docs/notifying.md.

`python -m tests.honest.test_calls` plays the month of 100,000 persons and prints them (10 to 25 minutes).

Leads pass the real book of `monitor notify`. What Alertmanager makes of them is counted by a model of it, under the
settings of deploy/alertmanager; promtool judges the rules of deploy/prometheus over the month, with the minutes in
which messages came, and all else as on the good day of day.test.yml.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
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
from monitor.notify.book import VALID, Book, Policy, Post
from monitor.notify.lead import Lead, read
from monitor.offline.replay import replay
from monitor.readmodel.silence import Silence
from monitor.settings import Settings
from monitor.simulate import Simulation, write_reference
from rules.engine.alert import Alert
from rules.times import DAY, HOUR, MINUTE, parse
from rules.wire.door import Door, sender_of
from rules.wire.pseudonyms import Pseudonyms
from tests.deploy._processes import DEPLOY, PATIENCE, program, run
from tests.honest._alertmanager import Alertmanager

SEED, PERSONS, DAYS, START = 7, 100_000, 30, date(2026, 3, 2)
REVIEWERS, ENGINEERS = 30, 2
"""At most so many calls of reviewers a month for 100,000 persons, and of engineers a week. Our assumption."""
SETTINGS = yaml.safe_load((DEPLOY / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8"))
_PSEUDONYMS = Pseudonyms("example")

World = list[tuple[int, Lead]]
"""Revisions, and when each is published, ms UTC."""
END = parse("2026-03-07 08:45:00")
"""The digest of Saturday is over."""


class Calls:
    """The book of an area, and whom Alertmanager calls for what stands in it."""

    def __init__(self, area: str = "month") -> None:
        default = Settings.model_construct()
        self._book = Book(Policy(area, default.notify_openings, 7 * DAY, default.notify_hours), {})
        self._alertmanager = Alertmanager(SETTINGS)
        self._posted = 0

    def take(self, lead: Lead, now: int) -> list[Post]:
        """A revision that is published and read at this moment, ms UTC; gives what is posted."""
        self.pass_time(now)
        self._book.take(lead, now, now)
        return self._post(self._book.news(now), now)

    def post_all(self, now: int) -> list[Post]:
        """Post everything again, as `monitor notify` does each minute; gives what is posted."""
        return self._post(self._book.all(now), now)

    def restart_alertmanager(self, now: int) -> list[Post]:
        """Start Alertmanager anew; gives what is posted."""
        self._alertmanager.pass_time(now)
        self._alertmanager.restart()
        return self.post_all(now)

    def pass_time(self, until: int) -> None:
        """Go on to a moment. Twice a day everything is posted again: Alertmanager believes it for a day."""
        self._posted = self._posted or until
        while self._posted + VALID // 2 <= until:
            self._posted += VALID // 2
            self._book.forget(self._posted)
            self.post_all(self._posted)
        self._alertmanager.pass_time(until)

    def told(self, until: int) -> Counter[str]:
        """How often each receiver was called until a moment."""
        self.pass_time(until)
        return Counter(one.receiver for one in self._alertmanager.calls if one.moment < until)

    def _post(self, posts: list[Post], now: int) -> list[Post]:
        self._alertmanager.post(posts, now)
        return posts


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
    return Month(opened, calls.told(began + days * DAY), fell_silent, minutes)


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
        done = run(program("promtool"), "test", "rules", path, patience=10 * PATIENCE)
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


def told(leads: Iterable[tuple[str, Lead]], expected: dict[str, int]) -> tuple[World, dict[str, int]]:
    """Leads at these times of a Thursday, and who is called for them until Saturday's digest is over."""
    return [(parse(f"2026-03-05 {time}"), one) for time, one in leads], expected


ENDS: dict[str, Any] = {"revision": 2, "status": "closed"}
BESIDE: dict[str, Any] = {"rule_id": "S02", "incident_id": "i1"}
WORLDS: dict[str, tuple[World, dict[str, int]]] = {
    "one by day": told([("10:00:00", lead(1))], {"digest": 1, "reviewer": 1}),
    "one by night": told([("20:00:00", lead(1))], {"digest": 1}),
    "critical by night": told([("20:00:00", lead(1, "critical"))], {"digest": 1, "at-once": 1}),
    "critical afterwards": told([("10:00:00", lead(1, "critical", stage="post"))], {"digest": 1, "reviewer": 1}),
    "one wave": told([("10:00:00", lead(1)), ("10:03:59", lead(2))], {"digest": 1, "reviewer": 1}),
    "two waves": told([("10:00:00", lead(1)), ("10:04:00", lead(2))], {"digest": 1, "reviewer": 2}),
    "two digests": told([("08:00:00", lead(1)), ("08:31:00", lead(2))], {"digest": 2, "reviewer": 1}),
    "two looks at a wave": told(
        [("10:00:00", lead(1, "critical")), ("10:00:30", lead(2, "critical")), ("10:02:30", lead(3, "critical"))],
        {"digest": 1, "at-once": 2},
    ),
    "a look between two": told(
        [("10:00:00", lead(1, "critical")), ("10:01:30", lead(2, "critical")), ("10:02:30", lead(3, "critical"))],
        {"digest": 1, "at-once": 3},
    ),
    "an incident speaks once": told(
        [("10:00:00", lead(1)), ("11:00:00", lead(2, **BESIDE))], {"digest": 1, "reviewer": 1}
    ),
    "a severity rises": told(
        [("10:00:00", lead(1)), ("11:00:00", lead(1, "high", revision=2))], {"digest": 1, "reviewer": 2}
    ),
    "a severity rises by night": told(
        [("10:00:00", lead(1)), ("20:00:00", lead(1, "high", revision=2))], {"digest": 1, "reviewer": 2}
    ),
    "a severity rises after its digest": told(
        [("08:00:00", lead(1)), ("11:00:00", lead(1, "high", revision=2))], {"digest": 2}
    ),
    "a later revision": told([("10:00:00", lead(1)), ("11:00:00", lead(1, revision=2))], {"digest": 1, "reviewer": 1}),
    "over before it is told": told([("10:00:00", lead(1)), ("10:02:00", lead(1, **ENDS))], {}),
    "over before its digest": told([("10:00:00", lead(1)), ("20:00:00", lead(1, **ENDS))], {"reviewer": 1}),
    "the next one speaks": told(
        [
            ("10:00:00", lead(1)), ("11:00:00", lead(2, **BESIDE)), ("12:00:00", lead(1, **ENDS)),
            ("12:00:00", lead(2, revision=2, **BESIDE)),
        ],
        {"digest": 1, "reviewer": 2},
    ),
    "told, held back, and free again": told(
        [
            ("10:00:00", lead(1)), ("11:00:00", lead(3, "high", **BESIDE)),
            ("12:00:00", lead(3, "high", **BESIDE | ENDS)),
        ],
        {"digest": 1, "reviewer": 2},
    ),
    "the same while another of its wave rises": told(
        [
            ("10:00:00", lead(1)), ("10:00:00", lead(2, rule_id="S03")), ("11:00:00", lead(3, "high", **BESIDE)),
            ("11:10:00", lead(2, "high", rule_id="S03", revision=2)), ("12:00:00", lead(3, "high", **BESIDE | ENDS)),
        ],
        {"digest": 1, "reviewer": 4},
    ),
    "a rule misfires": told(
        [("10:00:00", lead(number)) for number in range(51)], {"digest": 1, "reviewer": 1, "ops": 1}
    ),
    "a thousand institutions": told(
        [("10:00:00", lead(number, rule_id=f"S{number % 25:02d}")) for number in range(1000)],
        {"digest": 1, "reviewer": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
def test_who_is_called_how_often(name: str) -> None:
    """As docs/notifying.md says it."""
    world, expected = WORLDS[name]
    calls = Calls()
    for moment, one in world:
        calls.take(one, moment)

    assert expected == calls.told(END)


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
