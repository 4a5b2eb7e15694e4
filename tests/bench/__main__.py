"""Events a second through the whole worker, against a stock Faust agent on the same broker and the same events.

python -m tests.bench [--events 40000] [--seed 1]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import orjson
from confluent_kafka import Producer

from monitor.simulate import Simulation
from streams import topics
from tests.kafka._cluster import kafka_cluster

ROOT = Path(__file__).parents[2]
PARTITIONS = 4


def events(number: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Settlements of a simulated county: record key, value."""
    simulation = Simulation(seed, 60_000, 60, date.today() - timedelta(days=60))  # noqa: DTZ011 - any recent day
    settlements = (one for _, one in simulation.events() if one["infno"] in ("2102", "2207", "2304"))
    for one in islice(settlements, number):
        yield str(one["psn_no"]), orjson.dumps(one)


def fill(bootstrap: str, prefix: str, number: int, seed: int) -> int:
    """Write the events; gives their mean size in bytes."""
    client = {"bootstrap_servers": bootstrap}
    asyncio.run(topics.create(client, prefix, topics.Sizes(PARTITIONS, PARTITIONS)))
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "queue.buffering.max.messages": 1_000_000})
    size = 0
    for key, value in events(number, seed):
        producer.produce(f"{prefix}.events", key=key.encode(), value=value)
        size += len(value)
        producer.poll(0)
    producer.flush()
    return size // number


def ours(bootstrap: str, prefix: str, number: int) -> float:
    """Events a second from readiness until every event is routed, judged and saved, one process."""
    env = os.environ | {
        "MONITOR_BROKERS": bootstrap, "MONITOR_PREFIX": prefix, "MONITOR_METRICS_PORT": "0",
    }  # fmt: skip
    with tempfile.NamedTemporaryFile() as log:
        worker = subprocess.Popen([sys.executable, "-m", "monitor", "worker"], env=env, cwd=ROOT, stderr=log)
        try:
            return _measure(worker, Path(log.name), number)
        finally:
            if worker.poll() is not None:
                sys.stderr.buffer.write(Path(log.name).read_bytes()[-4000:])
            worker.kill()
            worker.wait()


def _measure(worker: subprocess.Popen[bytes], log: Path, number: int) -> float:
    while not (lines := [line for line in log.read_bytes().splitlines() if b'"metrics_port"' in line]):
        if worker.poll() is not None:
            raise SystemExit("the worker ended")
        time.sleep(0.05)
    port, began = orjson.loads(lines[0])["metrics_port"], 0.0
    while True:
        now, figures = time.monotonic(), _figures(port)
        done = sum(value for name, value in figures.items() if name.startswith("settlement_monitor_events_total"))
        began = began or (now if done else 0.0)
        lag = sum(value for name, value in figures.items() if name.startswith("settlement_monitor_lag_records"))
        saved = sum(value for name, value in figures.items() if name == "settlement_monitor_checkpoint_seconds_count")
        if done >= number and lag == 0 and saved:
            return number / (now - began)
        time.sleep(0.25)  # a reading costs the worker some milliseconds


def _figures(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def stock(bootstrap: str, prefix: str, number: int) -> float:
    """Events a second of a stock Faust agent with one table update per event."""
    env = os.environ | {"BENCH": f"{bootstrap} {prefix}.events {PARTITIONS} {number}"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.stock"], env=env, cwd=ROOT, capture_output=True, check=True, timeout=600
    )
    return next(float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith(b"rate "))


def main() -> None:
    """Measure both, print both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    prefix = f"bench-{os.getpid()}"
    with kafka_cluster() as kafka:
        size = fill(kafka.bootstrap, prefix, given.events, given.seed)
        print(f"{given.events} settlements of {size} bytes, {PARTITIONS} partitions, one process each")  # noqa: T201
        theirs = stock(kafka.bootstrap, prefix, given.events)
        print(f"stock Faust agent, one table update per event: {theirs:8.0f} events/s")  # noqa: T201
        rate = ours(kafka.bootstrap, prefix, given.events)
        print(f"router and detector with every rule:           {rate:8.0f} events/s")  # noqa: T201
        print(f"ratio {rate / theirs:.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
