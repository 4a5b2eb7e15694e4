"""Our own worker in the bench: `python -m monitor worker` over events that are there before it starts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka.admin import AdminClient

from rules.times import parse
from streams.kafka import topics
from tests.bench.brute import Told
from tests.bench.usage import cpu, peak
from tests.kafka._cluster import Kafka

ROOT = Path(__file__).parents[2]
SAVED = 3.0
"""So long after the last event the last checkpoint is over, seconds."""
PATIENCE = 120.0
"""So long the closing tick is waited for, seconds."""

Alert = dict[str, Any]
"""A revision of an alert, as it was published."""
Raw = tuple[float, float, float]
"""CPU of all events in seconds, wall time in seconds, peak memory in MB."""


def monitor(bootstrap: str, prefix: str, *arguments: str) -> None:
    """Run a command of ours on an area."""
    where = ["--brokers", bootstrap, "--prefix", prefix]
    subprocess.run([sys.executable, "-m", "monitor", *arguments, *where], cwd=ROOT, check=True, capture_output=True)


def drop_area(bootstrap: str, prefix: str) -> None:
    """Delete the topics of an area."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    names = [name for name in admin.list_topics().topics if name.startswith(f"{prefix}.")]
    for gone in admin.delete_topics(names).values():
        gone.result()


@contextmanager
def worker(bootstrap: str, prefix: str, checkout: Path = ROOT) -> Iterator[tuple[int, int]]:
    """A worker of a checkout, for the length of the block: process id and port of its metrics."""
    env = os.environ | {
        "MONITOR_BROKERS": bootstrap, "MONITOR_PREFIX": prefix, "MONITOR_METRICS_PORT": "0",
        "MONITOR_ALLOW_FINAL": "true",
    }  # fmt: skip
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen([sys.executable, "-m", "monitor", "worker"], env=env, cwd=checkout, stderr=log)
        try:
            yield process.pid, _port(process, Path(log.name))
        finally:
            if process.poll():
                sys.stderr.buffer.write(Path(log.name).read_bytes()[-4000:])
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    while not (lines := [line for line in log.read_bytes().splitlines() if b'"metrics_port"' in line]):
        if process.poll() is not None:
            raise SystemExit("the worker ended")
        time.sleep(0.05)
    return int(orjson.loads(lines[0])["metrics_port"])


def measure(process: int, port: int, events: int) -> Raw:
    """Watch a worker from its first event until every event is judged and saved."""
    while not (begun := total(figures_of(port, "events_total"), "events_total")):
        time.sleep(0.05)
    began, before = time.monotonic(), cpu(process)
    ended = _wait_for_all(port, events)
    time.sleep(max(0.0, ended + SAVED - time.monotonic()))
    whole = events / (events - begun)  # the first events came before the first look
    return (cpu(process) - before) * whole, (ended - began) * whole, peak(process)


def _wait_for_all(port: int, events: int) -> float:
    """When the last entry was judged, by the monotonic clock."""
    known, ended = 0.0, 0.0
    while True:
        figures = figures_of(port, "events_total", "entries_total", "lag_records")
        if (entries := total(figures, "entries_total")) != known:
            known, ended = entries, time.monotonic()
        # The lag is asked every two seconds: it tells that the last entry was the last, not when that was.
        if total(figures, "events_total") >= events and total(figures, "lag_records") == 0 and known:
            return ended
        time.sleep(0.5)


def total(figures: dict[str, float], metric: str) -> float:
    """The sum of a metric over its labels."""
    return sum(value for name, value in figures.items() if name.partition("{")[0] == f"settlement_monitor_{metric}")


def figures_of(port: int, *metrics: str) -> dict[str, float]:
    """What a worker says of itself: sample to value. metrics: only these; all of them cost it tens of milliseconds."""
    query = "&".join(f"name[]=settlement_monitor_{metric}" for metric in metrics)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics?{query}", timeout=60) as answer:
        lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def longest_stall(port: int) -> str:
    """How long the loop of a worker stood still at most, as far as its histogram tells."""
    metric = "loop_late_seconds_bucket"
    bounds = {float(name.split('"')[1]): number for name, number in figures_of(port, metric).items() if metric in name}
    return f"{min(bound for bound, number in bounds.items() if number == max(bounds.values())):g} s"


def stop(process: int) -> float:
    """Send SIGTERM to a worker; seconds until it has ended."""
    began = time.monotonic()
    os.kill(process, signal.SIGTERM)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    return time.monotonic() - began


def close(kafka: Kafka, prefix: str) -> list[Alert]:
    """Send the closing tick to a running worker; gives the last revision of every alert, once all are closed."""
    asyncio.run(topics.close({"bootstrap_servers": kafka.bootstrap}, prefix))
    until = time.monotonic() + PATIENCE
    while True:
        told = asyncio.run(kafka.read(topics.Names(prefix).alerts))
        newest: dict[str, Alert] = {}
        for one in (orjson.loads(record.value) for record in told if record.value):
            newest[one["alert_id"]] = max(one, newest.get(one["alert_id"], one), key=_revision)
        if all(one["status"] in ("closed", "withdrawn") for one in newest.values()) or time.monotonic() > until:
            return list(newest.values())
        time.sleep(1)


def _revision(alert: Alert) -> int:
    return int(alert["revision"])


def told_by(alerts: list[Alert]) -> set[Told]:
    """The alerts that stand, by rule, subject, first and last trigger."""
    return {
        (one["rule_id"], one["subject"]["id"], parse(one["first_time"]), parse(one["last_time"]))
        for one in alerts
        if one["status"] != "withdrawn"
    }
