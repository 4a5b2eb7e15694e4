"""What a worker remembers costs it: bytes of a box, of a person's year, of each ledger; and how long a take-over takes.

python -m tests.bench.memory [--boxes 200000] [--persons 2000] [--days 365] [--broker] [--folder FOLDER]

What rests is on a disk, and in a second measurement in memory; what that saved is taken over.

A box is one trace code that was sold once. A year is that of an honest county with messages of all kinds, every rule
and all tables, in one partition; such a partition is one of eight of a county eight times as large. With --broker the
state is also read back through a changelog on a broker. The tables are in Markdown.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import msgspec
import orjson

from monitor.inforce.reference import load_reference
from monitor.simulate import Simulation, write_reference
from rules.catalogue import catalogue
from rules.engine.engine import Engine
from rules.engine.item import Tick
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS, Inside, Record
from rules.reference import Reference
from rules.testing import at, sale
from rules.times import HOUR
from rules.wire.answers import Limits
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from streams.detect.detector import GARBAGE, process
from streams.detect.disk import Disk
from streams.kafka.changelog import Head
from streams.route.router import Routed, Router, bundles, encode_tick
from tests.bench import takeover
from tests.bench.takeover import State, apart
from tests.bench.usage import machine, resident
from tests.kafka._cluster import kafka_cluster

COUNTY = 200_000
PARTITIONS = 8
A_WHILE = 20
"""After so many messages what changed is saved. A worker saves every two seconds, in which an eighth of a county of
200,000 sends none or a few (24.7 messages a person and year are 0.02 a second)."""

_ONE: msgspec.msgpack.Decoder[Inside] = msgspec.msgpack.Decoder(Inside)


class Saving:
    """An engine with every rule, in a process that collects garbage as a worker does, and what saves its state."""

    def __init__(self, reference: Reference | None = None, disk: Path | None = None) -> None:
        """disk: where its pages rest; None: in memory."""
        gc.set_threshold(*GARBAGE)
        watches = [Watch(rule()) for rule in catalogue().values()]  # type: ignore[call-arg]  # defaults
        self._disk = None if disk is None else Disk(disk, LEDGERS, "bench")
        self._saved = 0
        if self._disk is not None:
            self._disk.open(0, 0)
        self.engine = Engine(watches, reference or Reference(), LEDGERS, self._disk)

    def save(self) -> list[tuple[bytes, bytes | None]]:
        """Save what changed; gives its records."""
        records = self.engine.drain_changes()
        self._saved += len(records)
        if self._disk is not None:
            self._disk.write(records, Head(0, 0, 1, {}), self._saved)
            self._disk.settle()
        return records


def sold(number: int) -> Record:
    """One box, sold once, with ids as long as those of the interface."""
    code = str(81 * 10**18 + number)
    one = sale(
        at("10:00") + number * 100, person=f"p_{number:020x}", institution="H34102100001", line=code, code=code,
        message=f"H34102100001{number:018d}", settlement=f"341021S{number:013d}", visit=f"341021M{number:013d}",
        name="示例县人民医院", insured_in="341021", place="341021",
    )  # fmt: skip
    return Record("token", code, [one])


def of_boxes(boxes: int, disk: Path | None) -> float:
    """Memory of a box that was sold once, bytes."""
    saving = Saving(disk=disk)
    engine, before = saving.engine, resident()
    for number in range(boxes):
        # Decoded as a detector does it, so that no two boxes share a string.
        engine.feed(_ONE.decode(msgspec.msgpack.encode(sold(number))), 0)
        if number % 2_000 == 0:
            saving.save()
        if number % 36_000 == 0:
            engine.feed(Tick(at("10:00") // HOUR * HOUR + number * 100), 0)
    return (resident() - before) / boxes


@dataclass(frozen=True)
class County:
    """So many persons for so many days, in files of a folder."""

    folder: Path
    persons: int
    days: int

    def play(self) -> int:
        """Write messages of all kinds and the tables; gives how many messages."""
        # Scenarios take persons out of everyday life: of a small county in a year nearly all.
        simulation = Simulation(1, self.persons, self.days, frauds=False, look_alikes=False)
        write_reference(simulation.reference(), self.tables)
        with self.messages.open("wb") as file:
            return sum(bool(file.write(orjson.dumps(one) + b"\n")) for _, one in simulation.events())

    @property
    def messages(self) -> Path:
        """One message a line."""
        return self.folder / "messages"

    @property
    def tables(self) -> Path:
        """The reference tables."""
        return self.folder / "tables"

    @property
    def saved(self) -> Path:
        """What the engine saved, in the order in which it did."""
        return self.folder / "saved"

    @property
    def person_years(self) -> float:
        """How much was lived."""
        return self.persons * self.days / 365


@dataclass(frozen=True)
class Year:
    """What a partition held in the end. resident: bytes; entries: how many; seconds: CPU of routing and judging."""

    resident: int
    entries: int
    seconds: float


def live(county: County, disk: Path | None) -> Year:
    """Route and judge all messages of a county in this process, and save what changes into a file."""
    names = Pseudonyms("bench")
    saving, router = Saving(load_reference(county.tables, names), disk), Router(Door(names, Limits()), of_file=True)
    engine, before, began, hour = saving.engine, resident(), time.process_time(), 0
    with county.messages.open("rb") as lines, State.writing(county.saved) as state:
        for number, line in enumerate(lines):
            uploaded = _judge(engine, router, line)
            if uploaded // HOUR > hour:
                hour = uploaded // HOUR
                process(engine, [(encode_tick(hour * HOUR), uploaded)])
            if number % A_WHILE == 0:
                state.write(saving.save())
        state.write(saving.save())
    gc.collect()
    return Year(resident() - before, engine.sizes()["entries"], time.process_time() - began)


def _judge(engine: Engine, router: Router, line: bytes) -> int:
    """Route and judge one message; gives its inf_time, ms UTC, 0 of what is not accepted."""
    routed = Routed()
    router.leave(router.read(line, int(time.time() * 1000)), 0, 0, routed)
    process(engine, [(value, routed.uploaded) for value in bundles(value for _, value in routed.entries)])
    return routed.uploaded


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boxes", type=int, default=200_000)
    parser.add_argument("--persons", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--broker", action="store_true", help="read the state through a changelog, too")
    parser.add_argument("--folder", type=Path, help="where the county and its state stay; default: a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() if given.folder is None else nullcontext(given.folder) as folder:
        county = County(Path(folder), given.persons, given.days)
        _print(_figures(county, given.boxes, through_broker=given.broker))
        _print(_of_ledgers(county))
    sys.stdout.write(f"{machine()}\n")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    sys.stdout.write("\n")


def _figures(county: County, boxes: int, *, through_broker: bool) -> Iterator[str]:
    yield from ("| measured | |", "| --- | ---: |")
    messages = apart(county.play)
    yield f"| county: persons, days, messages | {county.persons:,}, {county.days}, {messages:,} |"
    for rests, folder in (("on a disk", county.folder), ("in memory", None)):  # taken over is what the latter saved
        yield f"| **what rests is {rests}** | |"
        if boxes:
            size = apart(of_boxes, boxes, folder and folder / "boxes")
            yield f"| a box that was sold once, of {boxes:,} | {size:,.0f} bytes |"
        yield from _of_year(county, messages, folder and folder / "year")
    yield from _of_take_over(county, through_broker=through_broker)


def _of_year(county: County, messages: int, disk: Path | None) -> Iterator[str]:
    year = apart(live, county, disk)
    if disk is not None:
        size = sum(file.stat().st_size for file in disk.iterdir())
        yield f"| size of its disk | {size / 1e6:,.0f} MB |"
    of_person = year.resident / county.person_years
    whole = of_person * COUNTY * county.days / 365 / 1e9
    yield f"| memory of its state | {year.resident / 1e6:,.0f} MB |"
    yield f"| a year of a person | {of_person:,.0f} bytes |"
    yield f"| an entry | {year.resident / max(1, year.entries):,.0f} bytes |"
    yield f"| CPU of a message, route and judge | {1e6 * year.seconds / messages:,.0f} µs |"
    yield f"| extrapolated: {COUNTY:,} persons, {county.days} days, one worker | {whole:,.1f} GB |"


def _of_take_over(county: County, *, through_broker: bool) -> Iterator[str]:
    with kafka_cluster() if through_broker else nullcontext() as kafka:
        yield from takeover.rows(county.saved, None if kafka is None else kafka.bootstrap)
    yield f"| such a partition is one of {PARTITIONS} of | {county.persons * PARTITIONS:,} persons |"


def _of_ledgers(county: County) -> Iterator[str]:
    yield "| ledger | records | saved, MB | in memory, MB | bytes a record in memory |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for ledger in apart(takeover.ledgers_of, county.saved):
        yield apart(takeover.row_of, county.saved, ledger)


if __name__ == "__main__":
    main()
