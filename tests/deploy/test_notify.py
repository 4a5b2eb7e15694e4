"""`monitor notify` between a real Kafka and a real Alertmanager: who is told, how often, and what a fault changes."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from aiokafka import AIOKafkaProducer

from monitor.area.notifying import Telling, telling
from monitor.contract.work import Snoozed, act_of
from monitor.notify.book import MISFIRES
from monitor.notify.lead import LEAD
from monitor.notify.notifier import group_of
from streams.kafka import topics
from streams.kafka.topics import Sizes
from tests.deploy._processes import ROOT, eventually, free_port, get, program, run, running
from tests.deploy._watch import ALWAYS, NEVER, Process, Told, alertmanager, alertmanager_settings, operations_room
from tests.kafka._cluster import Kafka

PERSON = "p_0123456789abcdef0123"
NUMBER = "341021198001011234"
NAME = "王小明"
WAIT = "3s"
"""So long Alertmanager waits in the place of minutes: long enough for a thousand leads to arrive."""

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def lead(number: int, **more: object) -> dict[str, Any]:
    """An alert revision: in progress and critical, opened now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    place = f"P3410210{number:04d}"
    return {
        "alert_id": f"a{number}", "revision": 1, "status": "opened", "rule_id": "S01", "rule_name": "集中刷卡",
        "rule_name_en": "Concentrated swiping", "shadow": False, "stage": "in", "severity": "critical",
        "subject": {"kind": "institution", "id": place}, "scope": [place], "incident_id": f"i{number}",
        "fixmedins_code": place, "fixmedins_name": f"示例大药房{number}", "insuplc_admdvs": "341021",
        "mdtrtarea_admvs": "341021", "last_time": now,
        "text": {"zh": f"{place}，11名参保人刷卡", "en": f"{place}: 11 persons"},
        "evidence": [{"person": PERSON, "setl_id": "s1"}], **more,
    }  # fmt: skip


@dataclass
class Room:
    """The topics of one test, an Alertmanager, whom it called, and a notifier."""

    kafka: Kafka
    prefix: str
    folder: Path
    url: str
    told: list[Told]
    more: dict[str, str] = field(default_factory=dict)
    intervals: dict[str, list[dict[str, list[str]]]] = field(default_factory=lambda: {"digest": NEVER})
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    logs: int = 0

    @contextlib.contextmanager
    def alertmanager(self) -> Iterator[Process]:
        """Run an Alertmanager, at the same port and with the same data each time."""
        settings = alertmanager_settings(self.url, hurried=WAIT, intervals=self.intervals)
        with alertmanager(self.folder, settings, self.ports[0]) as (_, process):
            yield process

    @contextlib.contextmanager
    def notifier(self) -> Iterator[Process]:
        """Run a notifier until it is ready, or for as long as Alertmanager is away."""
        self.logs += 1
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
        environment |= {
            "PYTHONPATH": str(ROOT), "MONITOR_BROKERS": self.kafka.bootstrap, "MONITOR_PREFIX": self.prefix,
            "MONITOR_ALERTMANAGER": f"http://127.0.0.1:{self.ports[0]}", "MONITOR_METRICS_PORT": str(self.ports[1]),
            "MONITOR_NOTIFY_SECONDS": "1", **self.more,
        }  # fmt: skip
        command = [sys.executable, "-m", "monitor", "notify"]
        with running(command, self.folder / f"notify{self.logs}.log", env=environment, cwd=ROOT) as process:
            eventually(lambda: get(self.ports[1], "/healthz")[0] == 200, "the notifier is well")
            yield process

    async def publish(self, revisions: Sequence[dict[str, Any]]) -> None:
        """Publish revisions as a worker does."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap, acks="all") as producer:
            sent = [
                await producer.send(
                    f"{self.prefix}.alerts", json.dumps(one).encode(), key=one["fixmedins_code"].encode()
                )
                for one in revisions
            ]
            await asyncio.gather(*sent)

    async def say(self, act: dict[str, Any]) -> None:
        """Publish an act as the console does."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap, acks="all") as producer:
            await producer.send_and_wait(f"{self.prefix}.work", json.dumps(act).encode(), key=b"S01")

    def known(self, name: str = LEAD) -> list[dict[str, Any]]:
        """Alerts of that name that Alertmanager has as active or held back."""
        status, body = get(self.ports[0], "/api/v2/alerts")
        return [one for one in json.loads(body) if one["labels"]["alertname"] == name] if status == 200 else []

    def about(self, name: str = LEAD) -> list[Told]:
        """The notifications that hold an alert of that name."""
        return [one for one in self.told if name in one.alerts]

    def mark(self) -> None:
        """Wait until a lead in a new group is told: Alertmanager has looked at older groups by then."""
        name = f"Marker{len(self.told)}"
        labels = {
            "alertname": name,
            "kind": "lead",
            "stage": "in",
            "severity": "critical",
            "wave": name,
            "area": "marker",
        }
        pairs = [f"{label}={value}" for label, value in labels.items()]
        done = run(program("amtool"), f"--alertmanager.url=http://127.0.0.1:{self.ports[0]}", "alert", "add", *pairs)
        assert done.returncode == 0, done.stderr
        eventually(lambda: self.about(name), "the marker is told")

    def metric(self, name: str) -> float:
        """The value of a metric without labels, or with the labels as they are written; 0 where it is not there."""
        lines = get(self.ports[1], "/metrics")[1].decode().splitlines()
        found = [line.rpartition(" ")[2] for line in lines if line.startswith(f"settlement_monitor_notify_{name} ")]
        return float(found[0]) if found else 0.0


@pytest.fixture
async def room(kafka: Kafka, prefix: str, tmp_path: Path) -> AsyncIterator[Room]:
    """Topics, and a server that can be called."""
    program("alertmanager", "prometheus-alertmanager")
    await topics.create({"bootstrap_servers": kafka.bootstrap}, prefix, Sizes(1, 1))
    with operations_room() as (url, told):
        yield Room(kafka, prefix, tmp_path, url, told)


async def test_one_burst_over_three_rules_is_one_notification(room: Room) -> None:
    """The first of the highest speaks; the others of its incident are held back, and it names their rules."""
    burst = [
        lead(1), lead(1, alert_id="b", rule_id="S02"), lead(1, alert_id="c", rule_id="S03"),
        lead(1, alert_id="d", rule_id="S04", severity="high"),
    ]  # fmt: skip
    with room.alertmanager(), room.notifier():
        await room.publish(burst)
        eventually(room.about, "the burst is told")
        room.mark()
        suppressed = [one["labels"]["rule"] for one in room.known() if one["status"]["state"] == "suppressed"]

    [told] = room.about()
    assert ("at-once", "firing", 1) == (told.receiver, told.status, len(told.alerts))
    assert "S02, S03, S04" in told.body
    assert ["S02", "S03", "S04"] == sorted(suppressed)


async def test_a_thousand_institutions_are_one_notification(room: Room) -> None:
    """Whatever rules they trip; each lead is in it."""
    room.more = {"MONITOR_NOTIFY_OPENINGS": "2000"}
    with room.alertmanager(), room.notifier():
        await room.publish([lead(number, rule_id=f"S0{number % 3}") for number in range(1000)])
        eventually(room.about, "the leads are told")
        room.mark()

    assert [1000] == [len(one.alerts) for one in room.about()]


async def test_a_rule_that_misfires_is_one_notification(room: Room) -> None:
    """Fifty are told, the engineers hear once that the rule misfires, and the rest is counted."""
    with room.alertmanager(), room.notifier():
        await room.publish([lead(number) for number in range(1000)])
        eventually(lambda: room.about(MISFIRES), "that it misfires is told")
        eventually(room.about, "leads are told")
        room.mark()
        held = room.metric('leads_total{fate="held"}')
        misfiring = room.metric('misfiring{rule="S01"}')

    assert [50] == [len(one.alerts) for one in room.about()]
    assert [("ops", "firing", (MISFIRES,))] == [(one.receiver, one.status, one.alerts) for one in room.about(MISFIRES)]
    assert (950, 1) == (held, misfiring)


async def test_nobody_is_told_of_what_is_snoozed(room: Room) -> None:
    """What was told is over at once; what opens is not told, also after a restart; once it is ended it is told."""
    snooze = act_of(
        Snoozed, "1", rule_id="S01", subject_kind="institution", subject_id=lead(1)["subject"]["id"], reason="促销",
        until=datetime.now(UTC) + timedelta(days=1),
    )  # fmt: skip
    ended = snooze.model_dump(mode="json") | {"kind": "snooze_ended"}
    with room.alertmanager():
        with room.notifier():
            await room.publish([lead(1)])
            eventually(room.known, "the lead is told")
            await room.say(snooze.model_dump(mode="json"))
            eventually(lambda: not room.known(), "the lead is over")
        with room.notifier():
            await room.publish([lead(1, alert_id="b"), lead(2)])
            eventually(lambda: room.metric('leads_total{fate="snoozed"}') == 1, "the other lead is hushed")
            eventually(room.known, "the lead elsewhere is told")
            assert [lead(2)["fixmedins_code"]] == [one["labels"]["institution"] for one in room.known()]
            await room.say(ended | {"at": datetime.now(UTC).isoformat()})
            for revision in range(2, 100):  # the two topics are read side by side
                await room.publish([lead(1, alert_id="b", revision=revision, status="updated")])
                if len(room.known()) == 2:
                    break
            assert 2 == len(room.known())


@pytest.mark.parametrize(
    ("more", "fate"),
    [
        ({"shadow": True}, "shadow"),
        ({"stage": "pre"}, "pre"),
        ({"last_time": (datetime.now(UTC) - timedelta(days=8)).isoformat()}, "historical"),
    ],
    ids=["shadow", "pre", "historical"],
)
async def test_who_is_told_nothing(room: Room, more: dict[str, object], fate: str) -> None:
    """Rules that are tried out, pre-settlements and history page nobody; they are counted."""
    with room.alertmanager(), room.notifier():
        await room.publish([lead(1, **more), lead(2)])
        eventually(room.about, "the other lead is told")
        counted = room.metric(f'leads_total{{fate="{fate}"}}')

    assert [(LEAD,)] == [one.alerts for one in room.about()]
    assert counted == 1


async def test_an_end_ends_it(room: Room) -> None:
    """Alertmanager no longer has what is withdrawn or closed; what is open it keeps."""
    ends = [lead(1, revision=2, status="withdrawn"), lead(2, revision=2, status="closed")]
    with room.alertmanager(), room.notifier():
        await room.publish([lead(1), lead(2), lead(3)])
        eventually(lambda: len(room.known()) == 3, "all are open")
        await room.publish(ends)
        eventually(lambda: len(room.known()) == 1, "two have ended")
        [left] = room.known()

    assert left["annotations"]["alert_id"] == "a3"


async def test_nothing_is_lost_and_nothing_told_twice(room: Room) -> None:
    """Whichever of the two is killed, and whatever was published meanwhile."""
    with ExitStack() as stack:
        first = stack.enter_context(room.alertmanager())
        notifier = stack.enter_context(room.notifier())
        await room.publish([lead(1)])
        eventually(room.about, "the first is told")
        notifier.send_signal(signal.SIGKILL)
        notifier.wait()
        await room.publish([lead(2)])
        first.terminate()  # what it was told is written when it ends, and once a minute
        first.wait()
        again = stack.enter_context(room.notifier())
        eventually(lambda: room.metric("waiting_alerts") == 2, "it waits for Alertmanager")
        away, well = room.metric("alertmanager_away_seconds"), get(room.ports[1], "/healthz")[0]
        ready = get(room.ports[1], "/readyz")[0]
        stack.enter_context(room.alertmanager())
        eventually(lambda: len(room.about()) >= 2, "the second is told", 60)
        again.send_signal(signal.SIGKILL)
        again.wait()
        stack.enter_context(room.notifier())
        eventually(lambda: room.metric("alertmanager_away_seconds") == 0 and len(room.known()) == 2, "both are open")
        room.mark()
    ids = [[one["annotations"]["alert_id"] for one in json.loads(told.body)["alerts"]] for told in room.about()]

    assert (200, 503) == (well, ready)
    assert away > 0
    assert ["a1"] == ids[0]
    assert 1 == sum("a2" in told for told in ids)
    assert len(ids) == 2
    assert '"event": "alertmanager is away"' in (room.folder / "notify2.log").read_text()


async def test_one_that_waits_for_its_first_lead_has_run(room: Room) -> None:
    """`monitor doctor` finds nothing amiss with it."""
    group, soon = group_of(room.prefix), int(time.time() * 1000) + 60_000
    before = await telling(room.kafka.bootstrap, room.prefix, group, soon)
    with room.alertmanager(), room.notifier():
        eventually(lambda: get(room.ports[1], "/readyz")[0] == 200, "the notifier is ready")
        after = await telling(room.kafka.bootstrap, room.prefix, group, soon)

    assert (None, Telling(None, None)) == (before, after)


async def test_without_its_topic_it_does_not_start(kafka: Kafka) -> None:
    """One line that says what to run, and exit code 2."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
    environment |= {"MONITOR_BROKERS": kafka.bootstrap, "MONITOR_PREFIX": "none", "MONITOR_METRICS_PORT": "0"}
    done = run(sys.executable, "-m", "monitor", "notify", env=environment, cwd=ROOT)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "monitor: topics: expected none.alerts on the cluster, was not there: run `monitor topics create`"
    )


async def test_a_second_notifier_takes_over(room: Room) -> None:
    """The first one ends with exit code 1 and says why; nothing is told twice."""
    with room.alertmanager(), room.notifier() as first:
        await room.publish([lead(1)])
        eventually(room.about, "the lead is told")
        room.ports = (room.ports[0], free_port())
        with room.notifier():
            eventually(lambda: get(room.ports[1], "/readyz")[0] == 200, "the second one is ready")
            await room.publish([lead(2, rule_id="S02")])
            eventually(lambda: first.poll() is not None, "the first one ends", 60)
            eventually(lambda: len(room.known()) == 2, "both are open")
            room.mark()
    told = [one["annotations"]["alert_id"] for each in room.about() for one in json.loads(each.body)["alerts"]]

    assert first.returncode == 1
    assert "another `monitor notify` of this area has begun" in (room.folder / "notify1.log").read_text()
    assert {"a1", "a2"} == set(told)


async def test_a_silence_holds_over_restarts(room: Room) -> None:
    """Of Alertmanager and of the notifier: labels are the same ever after."""
    with ExitStack() as stack:
        manager = stack.enter_context(room.alertmanager())
        notifier = stack.enter_context(room.notifier())
        silence(room.ports[0], institution="P34102100001")
        await room.publish([lead(1), lead(2)])
        eventually(room.about, "the other lead is told")
        for process in (notifier, manager):
            process.terminate()
            process.wait()
        stack.enter_context(room.alertmanager())
        stack.enter_context(room.notifier())
        eventually(lambda: len(room.known()) == 2, "both are known again")
        room.mark()
        states = {one["annotations"]["alert_id"]: one["status"]["state"] for one in room.known()}

    assert {"a1": "suppressed", "a2": "active"} == states
    assert [(LEAD,)] == [one.alerts for one in room.about()]


@pytest.mark.parametrize("is_working", [True, False])
async def test_reviewers_are_told_in_their_hours(room: Room, is_working: bool) -> None:  # noqa: FBT001 - a column
    """What opens in working hours is told then, and stands in the digest; what opens later stands there alone."""
    is_working = is_working and (datetime.now(UTC) + timedelta(hours=8)).weekday() < 5
    room.more = {"MONITOR_NOTIFY_HOURS": "00:00-23:59" if is_working else "00:00-00:01"}
    room.intervals = {"digest": ALWAYS, "working-hours": ALWAYS}
    with room.alertmanager(), room.notifier():
        await room.publish([lead(1, stage="post", severity="high"), lead(2, severity="warning")])
        eventually(lambda: any(one.receiver == "digest" for one in room.about()), "the digest is told")
        room.mark()
    receivers = sorted((one.receiver, len(one.alerts)) for one in room.about())

    assert receivers == ([("digest", 2), ("reviewer", 2)] if is_working else [("digest", 2)])


async def test_nobody_is_named(room: Room) -> None:
    """In no notification, label, metric or log line: neither a number, a name nor a pseudonym."""
    words = {"zh": f"{NAME}（{NUMBER}）", "en": f"of {PERSON}"}
    person = {"kind": "person", "id": NUMBER}
    with room.alertmanager(), room.notifier():
        await room.publish(
            [
                lead(1, text=words, subject=person, scope=[NUMBER], psn_name=NAME),
                {"psn_no": NUMBER, "fixmedins_code": ""},
            ]
        )
        eventually(room.about, "it is told")
        seen = [*(one.body for one in room.told), get(room.ports[0], "/api/v2/alerts")[1].decode()]
        seen += [get(room.ports[1], path)[1].decode() for path in ("/metrics", "/healthz")]
        unreadable = room.metric("unreadable_alerts_total")
    seen += [path.read_text() for path in room.folder.glob("*.log")]
    kept = await room.kafka.read(f"{room.prefix}.internal.notified")

    assert unreadable == 1
    assert [] == [word for word in (NUMBER, PERSON, NAME) if any(word in text for text in seen)]
    assert len(kept) == 1
    assert not any(word.encode() in (kept[0].value or b"") for word in (NUMBER, PERSON, NAME))


def silence(port: int, **labels: str) -> None:
    """Silence what has these labels, for an hour."""
    now = datetime.now(UTC)
    body = {
        "matchers": [{"name": name, "value": value, "isRegex": False} for name, value in labels.items()],
        "startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "test", "comment": "test",
    }  # fmt: skip
    request = Request(
        f"http://127.0.0.1:{port}/api/v2/silences", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        assert answer.status == 200
