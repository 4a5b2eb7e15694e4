"""Events a second, against a stock Faust agent on the same broker and the same events: same work, and every rule.

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
from streams.kafka import topics
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
    producer = Producer({
        "bootstrap.servers": bootstrap, "queue.buffering.max.messages": 1_000_000,
        "linger.ms": 5, "batch.size": 16_384,  # as a publisher of single events sends them
    })  # fmt: skip
    size = 0
    for key, value in events(number, seed):
        producer.produce(f"{prefix}.events", key=key.encode(), value=value)
        size += len(value)
        producer.poll(0)
    producer.flush()
    return size // number


def worker(bootstrap: str, prefix: str, number: int) -> tuple[float, int]:
    """Events a second from the first until every event is routed and judged by all rules, one worker process.

    Also how many entries came too late for their ledger: none, if the partitions of a backlog are read evenly.
    """
    env = os.environ | {
        "MONITOR_BROKERS": bootstrap, "MONITOR_PREFIX": prefix, "MONITOR_METRICS_PORT": "0",
    }  # fmt: skip
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen([sys.executable, "-m", "monitor", "worker"], env=env, cwd=ROOT, stderr=log)
        try:
            return _measure(process, Path(log.name), number)
        finally:
            if process.poll() is not None:
                sys.stderr.buffer.write(Path(log.name).read_bytes()[-4000:])
            process.kill()
            process.wait()


def _measure(process: subprocess.Popen[bytes], log: Path, number: int) -> tuple[float, int]:
    while not (lines := [line for line in log.read_bytes().splitlines() if b'"metrics_port"' in line]):
        if process.poll() is not None:
            raise SystemExit("the worker ended")
        time.sleep(0.05)
    port, began, ended, known = orjson.loads(lines[0])["metrics_port"], 0.0, 0.0, 0.0
    while True:
        now, figures = time.monotonic(), figures_of(port)
        began = began or (now if total(figures, "events_total") else 0.0)
        if (entries := total(figures, "entries_total")) != known:
            known, ended = entries, now
        # The lag is asked every two seconds: it tells that the last entry was the last, not when that was.
        if total(figures, "events_total") >= number and total(figures, "lag_records") == 0 and known:
            return number / (ended - began), round(total(figures, "entries_refused_total"))
        time.sleep(0.25)  # a reading costs the worker some milliseconds


def total(figures: dict[str, float], metric: str) -> float:
    """The sum of a metric over its labels."""
    return sum(value for name, value in figures.items() if name.partition("{")[0] == f"settlement_monitor_{metric}")


def figures_of(port: int) -> dict[str, float]:
    """What a worker says of itself: sample to value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def agent(module: str, *arguments: object) -> float:
    """Events a second of an agent that makes one table update per event, and says how many it made."""
    env = os.environ | {"BENCH": " ".join(map(str, arguments))}
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}"], env=env, cwd=ROOT, capture_output=True, check=True, timeout=600
    )
    return next(float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith(b"rate "))


def main() -> None:
    """Measure all three, print them with their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    prefix = f"bench-{os.getpid()}"
    with kafka_cluster() as kafka:
        size = fill(kafka.bootstrap, prefix, given.events, given.seed)
        print(f"{given.events} settlements of {size} bytes, {PARTITIONS} partitions, one process each")  # noqa: T201
        stock = agent("stock", kafka.bootstrap, f"{prefix}.events", PARTITIONS, given.events)
        tell("stock Faust agent, one table update per event", stock, stock)
        same = agent("same", kafka.bootstrap, prefix, given.events)
        tell("router and detector, one table update per event", same, stock)
        fill(kafka.bootstrap, f"{prefix}-rules", given.events, given.seed)
        rate, late = worker(kafka.bootstrap, f"{prefix}-rules", given.events)
        tell("router and detector, every ledger and rule", rate, stock)
        print(f"entries too late for their ledger: {late}")  # noqa: T201


def tell(what: str, rate: float, stock: float) -> None:
    """Print one line of the table."""
    print(f"{what:48} {rate:8.0f} events/s {rate / stock:6.1f} x", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
