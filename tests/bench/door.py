"""What the door costs a message: `python -m tests.bench.door [--route] [--against CHECKOUT]`.

Simulated traffic, flat and as request and reply, opened in a process of its own; with --route the whole router, which
writes what the messages leave. CPU time. With --against the flat messages are also read by the code of another
checkout, in alternating pairs, and least and median are compared.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAIRS = 5
ROUNDS = 5
BATCH = 200
"""Messages that are routed together."""


def write_messages(path: Path, form: str) -> int:
    """Some days of a county, one message a line; gives how many."""
    simulate: Any = importlib.import_module("monitor.simulate")
    events = simulate.Simulation(3, 1_000, 20, date(2026, 3, 1), form=form).events()
    lines = [json.dumps(event, ensure_ascii=False, separators=(",", ":")) for _, event in events]
    path.write_text("\n".join(lines), encoding="utf-8")
    return len(lines)


def measured(path: Path, *, route: bool) -> float:
    """Microseconds of one message: the least of some rounds over the file."""
    door: Any = importlib.import_module(_first_of("rules.wire.door", "rules._door"))
    names: Any = importlib.import_module(_first_of("rules.wire.pseudonyms", "rules._door"))
    opened = door.Door(names.Pseudonyms("bench"))
    lines = path.read_bytes().splitlines()
    now = int(time.time() * 1000)
    work = partial(_route if route else _open, opened, lines, now)
    least = min(_seconds(work) for _ in range(ROUNDS))
    return least / len(lines) * 1e6


def _first_of(*names: str) -> str:
    """The first of these modules that the checkout has."""
    return next(name for name in names if (Path(os.environ["CHECKOUT"]) / f"{name.replace('.', '/')}.py").is_file())


def _open(door: Any, lines: list[bytes], now: int) -> None:  # noqa: ANN401 - of whichever checkout
    for line in lines:
        door.open(line, now)


def _route(door: Any, lines: list[bytes], now: int) -> None:  # noqa: ANN401 - likewise
    router: Any = importlib.import_module("streams.route.router").Router(door)
    for begin in range(0, len(lines), BATCH):
        router.route([(line, now) for line in lines[begin : begin + BATCH]])


def _seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def run(checkout: Path, path: Path, *, route: bool) -> float:
    """The same in a process of its own, with the code of a checkout."""
    environment = os.environ | {"PYTHONPATH": str(checkout), "CHECKOUT": str(checkout), "PYTHONHASHSEED": "0"}
    command = [sys.executable, str(Path(__file__).resolve()), "--one", str(path)]
    command += ["--route"] if route else []
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, cwd=checkout).stdout)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout of this project")
    parser.add_argument("--route", action="store_true", help="the whole router, not the door alone")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        sys.stdout.write(f"{measured(options.one, route=options.route)}\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        _compare(Path(folder), options.against, route=options.route)


def _compare(folder: Path, against: Path | None, *, route: bool) -> None:
    files = {form: folder / f"{form}.jsonl" for form in ("flat", "reply", "mixed")}
    for form, path in files.items():
        sys.stdout.write(f"{form}: {write_messages(path, form)} messages, {path.stat().st_size / 1e6:.1f} MB\n")
    found: dict[str, list[float]] = {}
    for _ in range(PAIRS):
        if against:
            found.setdefault("flat, the other checkout", []).append(run(against.resolve(), files["flat"], route=route))
        for form, path in files.items():
            found.setdefault(form, []).append(run(ROOT, path, route=route))
    for name, values in found.items():
        least, median = min(values), statistics.median(values)
        sys.stdout.write(f"{name:25} least {least:6.1f}, median {median:6.1f} µs a message\n")


if __name__ == "__main__":
    main()
