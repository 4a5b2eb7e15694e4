"""Simulated traffic for the bench: made once, kept in a file, written to the topics of a broker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import Producer

from monitor.simulate import Simulation
from streams.kafka import topics

PARTITIONS = 4
SETTLEMENTS = ("2102", "2207", "2304")
PERSONS = 240_000
"""The county. More events are more days of it."""
A_YEAR = 6.2
"""Settlements of one person."""
KINDS = 4
"""So many messages of all kinds are sent for one settlement, at the least."""


@dataclass(frozen=True)
class Traffic:
    """Messages in a file, one a line, and the simulation that they are of."""

    path: Path
    number: int
    simulation: Simulation

    @property
    def size(self) -> int:
        """Mean size of a message, bytes."""
        return self.path.stat().st_size // self.number - 1

    def events(self) -> Iterator[dict[str, Any]]:
        """Every message, decoded."""
        with self.path.open("rb") as file:
            yield from map(orjson.loads, file)


def simulate(path: Path, number: int, seed: int, persons: int = PERSONS, *, every_kind: bool = False) -> Traffic:
    """Play so many messages of a county into a file: settlements alone, or every kind."""
    settlements = number // KINDS if every_kind else number
    days = 3 + settlements * 365 // round(persons * A_YEAR)
    start = date.today() - timedelta(days=days)  # noqa: DTZ011 - any recent day
    simulation = Simulation(seed, persons, days, start)
    every = (one for _, one in simulation.events())
    chosen = every if every_kind else filter(_settles, every)
    return Traffic(path, write_events(path, islice(chosen, number)), simulation)


def write_events(path: Path, events: Iterable[dict[str, Any]]) -> int:
    """Write messages into a file, one a line; gives how many."""
    number = 0
    with path.open("wb") as file:
        for number, one in enumerate(events, 1):  # noqa: B007 - how many is what is asked
            file.write(orjson.dumps(one) + b"\n")
    return number


def _settles(event: dict[str, Any]) -> bool:
    """Whether it is a settlement that takes nothing back."""
    return event["infno"] in SETTLEMENTS and event.get("refd_setl_flag") != "1"


def create_topics(bootstrap: str, prefix: str) -> None:
    """Create what is missing of the topics of an area."""
    client = {"bootstrap_servers": bootstrap}
    asyncio.run(topics.create(client, prefix, topics.Sizes(PARTITIONS, PARTITIONS)))


def write(traffic: Traffic, bootstrap: str, topic: str) -> None:
    """Publish the messages under the keys of the contract."""
    producer = Producer({
        "bootstrap.servers": bootstrap, "queue.buffering.max.messages": 1_000_000, "partitioner": "murmur2_random",
        "linger.ms": 5, "batch.size": 16_384,  # as a publisher of single events sends them
    })  # fmt: skip
    with traffic.path.open("rb") as file:
        for key, value in _records(file):
            producer.produce(topic, key=key.encode(), value=value)
            producer.poll(0)
    producer.flush()


def _records(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    for line in lines:
        event = orjson.loads(line)
        yield str(event.get("psn_no") or event["fixmedins_code"]), line.rstrip()
