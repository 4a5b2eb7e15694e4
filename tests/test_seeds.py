"""A seed says all: what is made at random from a seed is the same in every process, whatever Python hashes texts to."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.simulate import Simulation
from tests.chaos._traffic import waves
from tests.e2e._traffic import traffic
from tests.e2e.test_broken_week import broken
from tests.e2e.test_garbage import stream
from tests.fuzz import Source

ROOT = Path(__file__).parent.parent


def _fuzz() -> Iterable[object]:
    source = Source(4)
    return (source.message() for _ in range(300))


def _simulated() -> Iterable[object]:
    simulation = Simulation(5, 800, 5, date(2026, 3, 1))
    simulation = Simulation(5, 800, 5, date(2026, 3, 1), form="mixed")
    yield from simulation.events()
    yield simulation.labels()
    yield simulation.reference()


def _disordered() -> Iterable[object]:
    with TemporaryDirectory() as folder:
        return traffic(Path(folder), 3, 300, 3).events


SOURCES: dict[str, Callable[[], Iterable[object]]] = {
    "fuzz": _fuzz,
    "simulate": _simulated,
    "traffic": _disordered,
    "waves": lambda: waves(3, 0.5).events,
    "garbage": lambda: stream()[0],
    "broken week": lambda: broken(2).lines,
}
"""What makes events from a seed, for tests and for users."""


def digests() -> dict[str, str]:
    """What each source makes, in 64 digits."""
    return {source: _digest(made()) for source, made in SOURCES.items()}


def _digest(made: Iterable[object]) -> str:
    found = hashlib.sha256()
    for one in made:
        found.update(repr(one).encode())
    return found.hexdigest()


def test_a_seed_makes_the_same_in_every_process() -> None:
    """A set that is walked through while something is drawn makes another draw in each process."""
    command = [sys.executable, "-c", "import json; from tests.test_seeds import digests; print(json.dumps(digests()))"]

    one, other = (
        json.loads(
            subprocess.run(
                command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True
            ).stdout
        )
        for seed in ("1", "2")
    )

    assert one == other
