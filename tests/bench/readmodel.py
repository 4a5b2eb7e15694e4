"""The read model with very many alerts: how fast the console answers, how long a rebuild takes, what it needs.

python -m tests.bench.readmodel [--alerts 1000000] [--asked 100]

The alerts are those of the county of docs/leads.md again and again, with other ids, institutions, persons and times of
ninety days. They stand on the alert topic of a real Kafka; `monitor readmodel rebuild` carries them into a file
in a folder of its own.
A question is asked of the console as a browser asks it, the page included, each time about something else. The table
is in Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from confluent_kafka import Producer
from fastapi.testclient import TestClient

from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.handbook.control import county
from monitor.readmodel.process import rebuild
from monitor.settings import Settings, load_settings
from rules.times import DAY, iso, parse
from streams.kafka import topics
from streams.kafka.topics import Sizes
from tests._redis import redis_server
from tests.bench.usage import machine
from tests.kafka._cluster import kafka_cluster

PREFIX = "bench"
INSTITUTIONS, PERSONS, DAYS = 2_000, 200_000, 90
"""Of a city; and as long as the read model keeps alerts by default."""
NEWEST = parse("2026-03-31 20:00:00")
TEXTS = ("大药房", "氨氯地平", "nothing-like-it", "S0000000000042", "prescription")
"""Some stand in nearly every alert, some in few, one in none."""


def alerts(number: int) -> Iterator[dict[str, Any]]:
    """So many alerts, always the same."""
    chance = random.Random(7)
    templates = [*{one["alert_id"]: one for one in county().revisions}.values()]
    for at in range(number):
        last = iso(NEWEST - chance.randrange(DAYS * DAY))
        one = dict(templates[at % len(templates)])
        times = dict.fromkeys(("first_time", "last_time", "event_time", "detected_at"), last)
        one |= {"alert_id": f"{at:032x}", "incident_id": f"{at:032x}", "status": "opened", "closed_by": None} | times
        one["fixmedins_code"] = (
            f"{chance.choice('PH')}34{10 + chance.randrange(4)}21{chance.randrange(INSTITUTIONS):05}"
        )
        one["evidence"] = [row | {"person": _person(chance)} for row in one["evidence"]]
        if one["subject"]["kind"] == "person":
            one["subject"] = {"kind": "person", "id": one["evidence"][0]["person"]}
        yield one


def _person(chance: random.Random) -> str:
    return f"p_{chance.randrange(PERSONS):020x}"


def publish(bootstrap: str, number: int) -> None:
    """Put the alerts onto their topic."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "compression.type": "lz4"})
    for one in alerts(number):
        while True:
            try:
                producer.produce(f"{PREFIX}.alerts", orjson.dumps(one), key=one["alert_id"])
            except BufferError:
                producer.poll(0.1)
            else:
                break
    assert producer.flush(60) == 0


@dataclass
class Asked:
    """Answers of one kind, ms."""

    what: str
    took: list[float]
    goal: float

    @property
    def row(self) -> str:
        """A row of the table: half of the answers, 95 of 100, and the goal for those."""
        cuts = quantiles(self.took, n=100, method="inclusive")
        verdict = "" if cuts[94] < self.goal else ", missed"
        return f"| {self.what} | {cuts[49]:.0f} | {cuts[94]:.0f} | {self.goal:.0f}{verdict} |"


def addresses(number: int) -> Mapping[str, tuple[Callable[[random.Random], str], float]]:
    """What is asked -> an address, and below how many ms 95 of 100 answers should be."""
    some = [*islice(alerts(number), 1000)]
    codes = [one["fixmedins_code"] for one in some]
    rules = sorted({one["rule_id"] for one in some})
    return {
        "first page": (lambda _: "/", 200),
        "list": (lambda _: "/leads", 200),
        "list by amount": (lambda _: "/leads?order=amount", 200),
        "one lead": (lambda chance: f"/leads/{chance.randrange(number):032x}", 200),
        "institution": (lambda chance: f"/institutions/{chance.choice(codes)}", 200),
        "list, a rule and a severity": (lambda chance: f"/leads?rule={chance.choice(rules)}&severity=high", 200),
        "list, an institution and 7 days": (lambda chance: f"/leads?institution={chance.choice(codes)}&days=7", 200),
        "rules": (lambda _: "/rules", 200),
        "text": (lambda chance: f"/leads?text={chance.choice(TEXTS)}", 1000),
    }


def ask(settings: Settings, number: int, asked: int) -> Iterator[Asked]:
    """Ask the console each question so many times."""
    page = TestClient(app_of(settings, ConsoleMetrics()), base_url="http://localhost")
    for what, (address, goal) in addresses(number).items():
        chance, took = random.Random(11), []
        for _ in range(asked):
            wanted = address(chance)
            begun = time.perf_counter()
            answer = page.get(wanted)
            took.append(1000 * (time.perf_counter() - begun))
            assert answer.status_code in (200, 404), wanted
        yield Asked(what, took, goal)


def say(text: str) -> None:
    """Print what was measured, at once: the next may take minutes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(number: int, asked: int) -> None:
    """Measure, and print the table."""
    with redis_server() as redis_url, kafka_cluster() as kafka, TemporaryDirectory() as folder:
        client = {"bootstrap_servers": kafka.bootstrap}
        asyncio.run(topics.create(client, PREFIX, Sizes(inputs=1, internal=1)))
        publish(kafka.bootstrap, number)
        settings = load_settings(redis=redis_url, prefix=PREFIX, brokers=kafka.bootstrap, readmodel_dir=folder)
        begun, own = time.monotonic(), time.process_time()
        assert asyncio.run(rebuild(settings)) == number
        seconds, own = time.monotonic() - begun, time.process_time() - own
        [file] = Path(folder).glob("*.sqlite")
        size = file.stat().st_size
        say(f"\n{machine()}; {number:,} alerts\n")
        say(f"rebuild: {seconds:.0f} s, {number / seconds:,.0f} alerts a second")
        say(f"CPU of it: {own:.0f} s; memory at most: {getrusage(RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
        say(f"disk: {size / 1e9:.2f} GB, {size / number:,.0f} bytes an alert\n")
        say("| asked | half, ms | 95 of 100, ms | goal, ms |\n| --- | ---: | ---: | --- |")
        for one in ask(settings, number, asked):
            say(one.row)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=100, help="so often each question is asked")
    given = parser.parse_args()
    main(given.alerts, given.asked)
