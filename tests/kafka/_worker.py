# ruff: noqa: T201 - what it did is told on stdout; the arguments are the meter's
"""A worker as the tests start it: the rules of the catalogue, no tables, and a line on stdout for what it did."""

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, cast

import faust
from faust.types import TP

from monitor.inforce.rulebook import load_rules
from monitor.inforce.versions import versions_of
from rules.engine.engine import Engine
from rules.engine.entry import Entry
from rules.engine.item import Record
from rules.engine.resting import AtRest
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from streams.app import StreamConfig, build_app
from streams.detect.detector import Outcome
from streams.detect.meter import Unmetered
from streams.detect.task import Saved
from streams.kafka.faust import BatchApp
from streams.route.intake import Intake
from streams.route.router import Read, Routed, Router
from streams.run import run

REFERENCE = Reference()
WATCHES = load_rules(None)


class Broken(Engine):
    """An engine with a fault of its own."""

    def take(self, record: Record[Entry], appended: int) -> None:
        """Fail."""
        raise RuntimeError("broken")


class Slow(Engine):
    """An engine whose state takes a minute to load."""

    def load(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take long."""
        print("loading", flush=True)
        time.sleep(60)
        super().load(records)


Maker = Callable[[int, AtRest | None], Engine]
FAULTS: dict[str, type[Engine]] = {"broken": Broken, "slow": Slow}


def hang(app: BatchApp) -> None:
    """Let the consumer's thread hang from the first assignment on, as a blocked call in a library would."""

    async def on_assignment(_: object, __: object, **___: object) -> None:
        cast(Any, app.consumer)._thread.thread_loop.call_soon_threadsafe(time.sleep, 3600)
        print("hanging", flush=True)

    app.on_partitions_assigned.connect(cast(Any, on_assignment))


def engine(_: int) -> Engine:
    """The engine of one partition."""
    return Engine(WATCHES, REFERENCE, LEDGERS)


def empty(_: int, resting: AtRest | None = None) -> Engine:
    """The engine of one partition whose rules come by the log."""
    return Engine([], Reference(), LEDGERS, resting)


def router(_: int) -> Router:
    """The router of one input partition."""
    return Router(Door(Pseudonyms("test")))


class Poisoned(Router):
    """A router that ends the process at one record, as a fault in a library would."""

    def read(self, value: bytes, appended: int) -> Read:
        """Read what does no harm."""
        if b"poison" in value:
            print("poisoned", flush=True)
            os._exit(9)
        return super().read(value, appended)


def poisoned(_: int) -> Router:
    """The router of one input partition, with this fault."""
    return Poisoned(Door(Pseudonyms("test")))


def stick() -> None:
    """Let whoever takes one record in wait for ever, while all else of the worker goes on."""
    take = Intake.take

    async def stuck(self: Intake, event: faust.EventT[Any]) -> None:
        if any(b"tar pit" in (record.value or b"") for record in cast(Any, event.value)):
            print("stuck", flush=True)
            await asyncio.sleep(3600)
        await take(self, event)

    Intake.take = stuck  # type: ignore[method-assign]


class Told(Unmetered):
    """Prints."""

    def aligned(self, held: Mapping[TP, float], waits_for: AbstractSet[int], left_out: AbstractSet[int]) -> None:
        """What is held, and for what."""
        if held or left_out:
            print("aligned", sorted(tp.partition for tp in held), sorted(waits_for), sorted(left_out), flush=True)

    def routed(self, routed: Routed, seconds: float) -> None:
        """One batch was routed."""
        print("routed", len(routed.entries), flush=True)

    def detected(self, partition: int, outcome: Outcome, seconds: float) -> None:
        """One batch was judged."""
        print("detected", partition, len(outcome.alerts), flush=True)

    def checkpointed(self, partition: int, saved: Saved) -> None:
        """One checkpoint was committed."""
        print("saved", partition, saved.offset, flush=True)

    def partitions(self, inputs: int, internal: int) -> None:
        """Partitions came or went."""
        print("assigned", inputs, internal, type(asyncio.get_running_loop()).__module__, flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")
    given = json.loads(sys.argv[1])
    fault, by_log = given.pop("fault", ""), None
    kind = FAULTS.get(fault, Engine)
    made: Maker = lambda _, resting: kind(WATCHES, REFERENCE, LEDGERS, resting)  # noqa: E731 - one of two
    if given.pop("by_log", False):
        made, by_log = empty, versions_of({"bootstrap_servers": given["brokers"]}, given["prefix"])
    routers = poisoned if fault == "poison" else router
    most = given.pop("most_poll_seconds", None)
    app = build_app(StreamConfig(**given), made, routers, Told(), lambda: {"state": "1"}, by_log)
    if most:
        app.conf.broker_max_poll_interval = most
    if fault == "hangs":
        hang(app)
    if fault == "sticks":
        stick()
    run(app, given["step_seconds"])
