"""Where the CPU of a settlement goes: `python -m tests.bench.parts [--events 20000] [--compiled]`.

The two-rule job in one process and without a broker: routing, judging and encoding what changed, and the bytes that a
settlement leaves inside; with all kinds of entries and with those that the rules read. With --compiled once more with
`rules/engine` compiled by mypyc, in turns with the plain one. CPU time, the least of some rounds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.drug.d04_trace_code_reuse import TraceCodeReuse
from rules.engine.engine import Engine
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS, kinds_read
from rules.ledgers.inside import EVERY
from rules.reference import Reference
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from streams.detect.detector import process
from streams.route.router import Router, bundles
from tests.bench.traffic import simulate

ROOT = Path(__file__).parents[2]
BATCH, SAVED_EVERY, ROUNDS, PAIRS = 200, 10, 3, 3
RULES = (ConcentratedSwiping(limit=6, baseline=False), TraceCodeReuse())
COMPILED = (
    "agenda answering engine guard judge memory page questions resting retractions state taking_back totals track "
    "window"
)
"""Modules of rules/engine that mypyc takes as they are: those without msgspec classes that others are made of."""

T = TypeVar("T")


class Parts(NamedTuple):
    """Of a settlement: CPU of each step in microseconds, and the bytes that it leaves inside."""

    route: float
    judge: float
    save: float
    inside: float


def measure(lines: Sequence[bytes], kinds: Container[str]) -> Parts:
    """Run the lines through a router and an engine of their own."""
    router = Router(Door(Pseudonyms("bench")), kinds)
    engine = Engine([Watch(rule) for rule in RULES], Reference(), LEDGERS)
    now, took, size = int(time.time() * 1000), [0.0, 0.0, 0.0], 0

    def timed(step: int, work: Callable[[], T]) -> T:
        started = time.process_time()
        done = work()
        took[step] += time.process_time() - started
        return done

    for number, first in enumerate(range(0, len(lines), BATCH)):
        batch = [(line, now) for line in lines[first : first + BATCH]]
        left = timed(0, lambda batch=batch: list(bundles(value for _, value in router.route(batch).entries)))  # type: ignore[misc]
        size += sum(map(len, left))
        timed(1, lambda left=left: process(engine, [(one, now) for one in left]))  # type: ignore[misc]
        if number % SAVED_EVERY == 0:
            timed(2, engine.drain_changes)
    route, judge, save = (one / len(lines) * 1e6 for one in took)
    return Parts(route, judge, save, size / len(lines))


def least(lines: Sequence[bytes], kinds: Container[str]) -> Parts:
    """The least of some rounds, step by step."""
    return Parts(*map(min, zip(*(measure(lines, kinds) for _ in range(ROUNDS)), strict=True)))


def compile_into(folder: Path) -> None:
    """A copy of the packages in which the engine is compiled."""
    for name in ("rules", "streams", "monitor", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    modules = [f"rules/engine/{name}.py" for name in COMPILED.split()]
    (folder / "none.ini").write_text("[mypy]\n")
    program = (
        "from setuptools import setup; from mypyc.build import mypycify; import sys\n"
        f"setup(name='x', packages=[], ext_modules=mypycify(['--config-file=none.ini', *{modules!r}]))"
    )
    command = [sys.executable, "-c", program, "build_ext", "--inplace"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def row(name: str, parts: Parts) -> None:
    """A line of the table."""
    sys.stdout.write(f"| {name} | " + " | ".join(f"{one:,.0f}" for one in parts) + " |\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    read = kinds_read([Watch(rule) for rule in RULES], Reference())
    if given.one:
        sys.stdout.write(" ".join(map(str, least(given.one.read_bytes().splitlines(), read))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        simulate(path, given.events, seed=1)
        lines = path.read_bytes().splitlines()
        sys.stdout.write("| two rules | route, µs | judge, µs | save, µs | bytes inside |\n")
        sys.stdout.write("| --- | ---: | ---: | ---: | ---: |\n")
        row("all kinds of entries", least(lines, EVERY))
        row("what the rules read", least(lines, read))
        if given.compiled:
            copy = Path(folder) / "compiled"
            copy.mkdir()
            compile_into(copy)
            for _ in range(PAIRS):
                for name, root in (("plain", ROOT), ("engine compiled", copy)):
                    row(name, _in_a_process(root, path))
    return 0


def _in_a_process(root: Path, path: Path) -> Parts:
    command = [sys.executable, "-m", "tests.bench.parts", "--one", str(path)]
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
    return Parts(*map(float, done.stdout.split()))


if __name__ == "__main__":
    sys.exit(main())
