"""This checkout's worker against another one's, in turns over the same events: what a change costs.

python -m tests.bench.pairs OTHER [--pairs 5] [--events 20000]

Every ledger and rule, one worker process. CPU: of the whole process from its first event to its last, as the operating
system counts it. OTHER: a clean clone, for example of the commit before.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.bench import ours
from tests.bench.traffic import PARTITIONS, Traffic, simulate, write
from tests.kafka._cluster import kafka_cluster

ROOT = Path(__file__).parents[2]

Figures = tuple[float, float, float]
"""CPU of an event in microseconds, events a second, peak memory in MB."""


def measure(checkout: Path, bootstrap: str, prefix: str, traffic: Traffic) -> Figures:
    """Let the worker of a checkout judge events that are there before it starts."""
    create = ["topics", "create", "--brokers", bootstrap, "--prefix", prefix]
    env = os.environ | {"MONITOR_EVENTS_PARTITIONS": str(PARTITIONS), "MONITOR_ENTRIES_PARTITIONS": str(PARTITIONS)}
    subprocess.run([sys.executable, "-m", "monitor", *create], cwd=checkout, env=env, check=True, capture_output=True)
    write(traffic, bootstrap, f"{prefix}.events")
    with ours.worker(bootstrap, prefix, checkout) as (process, port):
        cpu, wall, peak = ours.measure(process, port, traffic.number)
    return 1e6 * cpu / traffic.number, traffic.number / wall, peak


def main() -> None:
    """Measure in turns, print each, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--events", type=int, default=20_000)
    given = parser.parse_args()
    found: dict[str, list[Figures]] = {"this": [], "other": []}
    with tempfile.TemporaryDirectory() as folder, kafka_cluster() as kafka:
        traffic = simulate(Path(folder) / "settlements", given.events, 1)
        for pair in range(given.pairs):
            for name, checkout in (("this", ROOT), ("other", given.other.resolve())):
                prefix = f"pairs-{os.getpid()}-{pair}-{name}"
                found[name].append(measure(checkout, kafka.bootstrap, prefix, traffic))
                tell(name, found[name][-1])
    middle = {name: tuple(map(median, zip(*of, strict=True))) for name, of in found.items()}
    for name, of in middle.items():
        tell(f"median of {name}", of)
    tell("this / other", [this / other for this, other in zip(middle["this"], middle["other"], strict=True)], 2)


def tell(what: str, of: Sequence[float], digits: int = 0) -> None:
    """Print one line."""
    cpu, rate, memory = (f"{one:.{digits}f}" for one in of)
    print(f"{what:16} CPU/event {cpu:>6} µs   {rate:>6} events/s   peak {memory:>6} MB", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
