"""Saved state of one partition in a file, and how it is taken over: from the file, and through a changelog.

python -m tests.bench.takeover FOLDER/saved

FOLDER: where `python -m tests.bench.memory --folder FOLDER` left it. The rows are in Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import IO, NamedTuple, ParamSpec, TypeVar

import msgspec
from aiokafka import AIOKafkaProducer

from rules.catalogue import catalogue
from rules.engine import packs
from rules.engine.engine import Engine
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS
from rules.reference import Reference
from streams.kafka import reading
from streams.kafka.changelog import HEAD, Changelog, Head
from tests.bench.usage import machine, resident
from tests.kafka._cluster import Kafka, kafka_cluster

P = ParamSpec("P")
T = TypeVar("T")

Records = dict[bytes, bytes]

_AT_ONCE = 5_000
"""So many records are written in one transaction."""
_TOPIC = "changelog"


class State:
    """Writes records into a file: length of name, length of value, name, value. A record that is gone is empty."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @classmethod
    @contextmanager
    def writing(cls, path: Path) -> Iterator[State]:
        """A new file, for the length of the block."""
        with path.open("wb") as file:
            yield cls(file)

    def write(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Write records."""
        for name, value in records:
            said = value or b""
            self._file.write(len(name).to_bytes(4) + len(said).to_bytes(4) + name + said)


def last_of_each(path: Path) -> Records:
    """The records that stand, by name."""
    found: Records = {}
    with path.open("rb") as file:
        while lengths := file.read(8):
            name, value = file.read(int.from_bytes(lengths[:4])), file.read(int.from_bytes(lengths[4:]))
            if value:
                found[name] = value
            else:
                found.pop(name, None)
    return found


class Spent(NamedTuple):
    """Wall time and CPU of this process, seconds: on a busy machine they differ."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Spent:
        """The moments from which something is counted."""
        return cls(time.monotonic(), time.process_time())

    def __str__(self) -> str:
        """In words."""
        return f"{self.wall:.1f} s, CPU {self.cpu:.1f} s"

    def since(self) -> Spent:
        """What was spent since this was taken."""
        return Spent(time.monotonic() - self.wall, time.process_time() - self.cpu)


@dataclass(frozen=True)
class Loaded:
    """What a fresh engine made of saved state. spent: on loading alone; resident: bytes, with what loading left."""

    records: int
    spent: Spent
    resident: int


def load(path: Path) -> Loaded:
    """Load all records into a fresh engine."""
    engine, before = _engine(), resident()
    records = last_of_each(path)
    number, began = len(records), Spent.now()
    engine.load(records.items())
    spent = began.since()
    del records
    gc.collect()
    return Loaded(number, spent, resident() - before)


def _engine() -> Engine:
    return Engine([Watch(rule()) for rule in catalogue().values()], Reference(), LEDGERS)  # type: ignore[call-arg]  # defaults


def through(path: Path, bootstrap: str) -> Spent:
    """Write the records to a changelog on a broker, then take it over: what it takes to own, read and load it."""
    return asyncio.run(_through(last_of_each(path), bootstrap))


async def _through(records: Records, bootstrap: str) -> Spent:
    await Kafka(bootstrap).create(_TOPIC, cleanup_policy="compact", max_message_bytes=str(16 << 20))
    writer = _changelog(bootstrap)
    await writer.open()
    left = iter(records.items())
    while some := list(islice(left, _AT_ONCE)):
        await writer.write(some, Head(0, 0, 1, {}))
    await writer.close()
    began = Spent.now()
    taken = _changelog(bootstrap)
    await taken.open()
    state = await taken.read()
    state.pop(HEAD)
    _engine().load(state.items())
    spent = began.since()
    await taken.close()
    return spent


def _changelog(bootstrap: str) -> Changelog:
    client = {"bootstrap_servers": bootstrap}
    return Changelog(
        _TOPIC,
        0,
        lambda: AIOKafkaProducer(transactional_id="bench", max_request_size=16 << 20, **client),
        lambda: reading.reader(client),
        60.0,
    )


def rows(path: Path, bootstrap: str | None) -> Iterator[str]:
    """How long a take-over takes, each way in a process of its own. bootstrap: of a broker, if there is one."""
    loaded = apart(load, path)
    yield f"| take-over: records of the state | {loaded.records:,} |"
    yield f"| loading them | {loaded.spent} |"
    yield f"| memory after loading | {loaded.resident / 1e6:,.0f} MB |"
    if bootstrap is not None:
        yield f"| reading them from a changelog and loading them | {apart(through, path, bootstrap)} |"


def apart(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a call in a fresh process: its memory is its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def ledgers_of(path: Path) -> list[str]:
    """The ledgers that records are of; "" of what belongs to none."""
    return sorted({_ledger_of(name) for name in _apart(path)})


def _apart(path: Path) -> Records:
    """The records that stand, each page by itself: a pack has pages of several ledgers."""
    return {name: value for name, value in packs.parted(last_of_each(path)) if value is not None}


def _ledger_of(name: bytes) -> str:
    _, ledger, *_ = msgspec.msgpack.decode(name)
    return str(ledger)


def row_of(path: Path, ledger: str) -> str:
    """The line of one ledger: its records alone in a fresh engine. Memory is what Python has allocated for them."""
    engine = _engine()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    records = {name: value for name, value in _apart(path).items() if _ledger_of(name) == ledger}
    number, saved = len(records), sum(len(name) + len(value) for name, value in records.items())
    engine.load(records.items())
    del records
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return f"| {ledger or 'none'} | {number:,} | {saved / 1e6:.1f} | {held / 1e6:.1f} | {held / number:,.0f} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("saved", type=Path)
    given = parser.parse_args()
    with kafka_cluster() as kafka:
        for row in rows(given.saved, kafka.bootstrap):
            sys.stdout.write(f"{row}\n")
    sys.stdout.write(f"{machine()}\n")
