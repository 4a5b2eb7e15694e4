"""What a worker remembers of a box costs it: bytes of memory for each trace code that was sold once.

python -m tests.bench.memory [--boxes 200000]
"""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

import msgspec

from rules.catalogue import catalogue
from rules.engine.engine import Engine
from rules.engine.item import Tick
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS, Inside, Record
from rules.reference import Reference
from rules.testing import at, sale
from rules.times import HOUR

PAGE = 4096
_ONE: msgspec.msgpack.Decoder[Inside] = msgspec.msgpack.Decoder(Inside)


def resident() -> int:
    """Memory of this process, bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def sold(number: int) -> Record:
    """One box, sold once, with ids as long as those of the interface."""
    code = str(81 * 10**18 + number)
    one = sale(
        at("10:00") + number * 100, person=f"p_{number:020x}", institution="H34102100001", line=code, code=code,
        message=f"H34102100001{number:018d}", settlement=f"341021S{number:013d}", visit=f"341021M{number:013d}",
        name="示例县人民医院", insured_in="341021", place="341021",
    )  # fmt: skip
    return Record("token", code, [one])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=200_000)
    boxes = parser.parse_args().boxes
    gc.set_threshold(200_000, 50, 1_000)  # as in a worker
    engine = Engine([Watch(rule()) for rule in catalogue().values()], Reference(), LEDGERS)  # type: ignore[call-arg]  # defaults
    before = resident()
    for number in range(boxes):
        # Decoded as a detector does it, so that no two boxes share a string.
        engine.feed(_ONE.decode(msgspec.msgpack.encode(sold(number))), 0)
        if number % 2_000 == 0:  # about as often as a busy worker
            engine.drain_changes()
        if number % 36_000 == 0:
            engine.feed(Tick(at("10:00") // HOUR * HOUR + number * 100), 0)
    print(f"{boxes} boxes: {(resident() - before) / boxes:.0f} bytes each")  # noqa: T201


if __name__ == "__main__":
    main()
