"""Bytewax: keyed state in memory, snapshots of what changed on SQLite every 2 s."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kafka
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulLogic

from tests.bench.peers.job import Event, State, Tally, Task, judge_sale, judge_swipe, sales_of, swipe_of

TASK = Task.given()
TALLY = Tally(TASK.expected)


class Kept:
    """What is kept of one key. Values are never changed, only exchanged."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def get(self, key: str) -> Any:  # noqa: ANN401 - the value of a JSON document
        """The value of a name; None where there is none."""
        return self.values.get(key)

    def set(self, key: str, value: object) -> None:
        """Keep a value under a name."""
        self.values[key] = value

    def exists(self, key: str) -> bool:
        """Whether there is a value of this name."""
        return key in self.values

    def delete(self, key: str) -> None:
        """Forget the value of a name."""
        del self.values[key]


class Watched(StatefulLogic):  # type: ignore[misc]  # its package is in an environment of its own
    """One key under one of the two rules."""

    __slots__ = ("_judge", "_kept")

    def __init__(self, judge: Callable[[State, int, str], list[int]], saved: dict[str, Any] | None) -> None:
        self._judge, self._kept = judge, Kept(dict(saved or {}))

    def on_item(self, value: tuple[int, str]) -> tuple[list[int], bool]:
        """Judge one swipe or sale."""
        found = self._judge(self._kept, *value)
        TALLY.judged()
        return found, StatefulLogic.RETAIN

    def snapshot(self) -> dict[str, Any]:
        """What is kept, as it is now."""
        return dict(self._kept.values)


def read(message: Any) -> Event:  # noqa: ANN401 - a record of the package
    """The settlement of a record."""
    TALLY.begin()
    return dict(orjson.loads(message.value))


def swipes(event: Event) -> list[tuple[str, tuple[int, str]]]:
    """The swipe that a settlement is."""
    swipe = swipe_of(event)
    return [(swipe.key, swipe[1:])] if swipe else []


def sales(event: Event) -> list[tuple[str, tuple[int, str]]]:
    """The sales that a settlement is."""
    return [(sale.key, sale[1:]) for sale in sales_of(event)]


def record(rule: str, found: tuple[str, int]) -> Any:  # noqa: ANN401 - a record of the package
    """The record of a trigger."""
    return KafkaSinkMessage(found[0].encode(), orjson.dumps([rule, *found]))


def build() -> Dataflow:
    """The flow."""
    flow = Dataflow("bench")
    given = kafka.input("events", flow, brokers=[TASK.brokers], topics=[TASK.events])
    events = op.map("read", given.oks, read)
    by_pharmacy = op.flat_map("swipes", events, swipes)
    by_code = op.flat_map("sales", events, sales)
    swiped = op.stateful("watch_swipes", by_pharmacy, lambda saved: Watched(judge_swipe, saved))
    sold = op.stateful("watch_sales", by_code, lambda saved: Watched(judge_sale, saved))
    found = op.merge(
        "found",
        op.map("S01", swiped, lambda one: record("S01", one)),
        op.map("D04", sold, lambda one: record("D04", one)),
    )
    kafka.output("alerts", found, brokers=[TASK.brokers], topic=TASK.alerts)
    return flow


flow = build()
