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
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import orjson

from tests.bench.__main__ import figures_of, total
from tests.kafka._cluster import kafka_cluster

ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")

Figures = tuple[float, float, float]
"""CPU of an event in microseconds, events a second, peak memory in MB."""


def measure(checkout: Path, bootstrap: str, prefix: str, events: int) -> Figures:
    """Let the worker of a checkout judge events that are there before it starts."""
    fill = f"from tests.bench.__main__ import fill; fill({bootstrap!r}, {prefix!r}, {events}, 1)"
    subprocess.run([sys.executable, "-c", fill], cwd=checkout, check=True)
    env = os.environ | {"MONITOR_BROKERS": bootstrap, "MONITOR_PREFIX": prefix, "MONITOR_METRICS_PORT": "0"}
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen([sys.executable, "-m", "monitor", "worker"], env=env, cwd=checkout, stderr=log)
        try:
            return _watch(process, Path(log.name), events)
        finally:
            process.kill()
            process.wait()


def _watch(process: subprocess.Popen[bytes], log: Path, events: int) -> Figures:
    while not (lines := [line for line in log.read_bytes().splitlines() if b'"metrics_port"' in line]):
        time.sleep(0.05)
    port = orjson.loads(lines[0])["metrics_port"]
    while not (begun := total(figures_of(port), "events_total")):
        time.sleep(0.05)
    began, cpu_before = time.monotonic(), _cpu(process.pid)
    known, ended, cpu_after = 0.0, 0.0, 0.0
    while True:
        figures = figures_of(port)
        if (entries := total(figures, "entries_total")) != known:
            known, ended, cpu_after = entries, time.monotonic(), _cpu(process.pid)
        if total(figures, "events_total") >= events and total(figures, "lag_records") == 0 and known:
            break
        time.sleep(0.25)
    left = events - begun
    return 1e6 * (cpu_after - cpu_before) / left, left / (ended - began), _peak(process.pid)


def _cpu(process: int) -> float:
    """User and system time of a process, seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Measure in turns, print each, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--events", type=int, default=20_000)
    given = parser.parse_args()
    found: dict[str, list[Figures]] = {"this": [], "other": []}
    with kafka_cluster() as kafka:
        for pair in range(given.pairs):
            for name, checkout in (("this", ROOT), ("other", given.other.resolve())):
                prefix = f"pairs-{os.getpid()}-{pair}-{name}"
                found[name].append(measure(checkout, kafka.bootstrap, prefix, given.events))
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
