"""Stock Faust: events are sent on by pharmacy and by code, tables with changelogs keep the state; at least once."""

from __future__ import annotations

import sys
from typing import Any

import mode.loop

mode.loop.use("uvloop")

import faust  # noqa: E402 - uvloop first
from faust.types import TableT  # noqa: E402

from tests.bench.peers.job import Tally, Task, judge_sale, judge_swipe, sales_of, swipe_of  # noqa: E402

PARTITIONS = 4
TASK = Task.given()
TALLY = Tally(TASK.expected)
app = faust.App(
    TASK.alerts, broker=f"kafka://{TASK.brokers}", store="memory://", datadir=TASK.folder, web_enabled=False,
    consumer_auto_offset_reset="earliest", broker_commit_interval=2.0, producer_linger=0.02,
    topic_partitions=PARTITIONS, topic_disable_leader=True,
)  # fmt: skip
events = app.topic(TASK.events, key_type=bytes, value_serializer="json")
swipes = app.topic(f"{TASK.alerts}.swipes", key_type=str, value_serializer="json", partitions=PARTITIONS, internal=True)
sales = app.topic(f"{TASK.alerts}.sales", key_type=str, value_serializer="json", partitions=PARTITIONS, internal=True)
alerts = app.topic(TASK.alerts, key_type=str, value_serializer="json")
swiped = app.Table("swiped", partitions=PARTITIONS)
sold = app.Table("sold", partitions=PARTITIONS)


class OfKey:
    """What a table keeps of one key."""

    __slots__ = ("_key", "_table")

    def __init__(self, table: TableT[Any, Any], key: str) -> None:
        self._table, self._key = table, key

    def get(self, key: str) -> Any:  # noqa: ANN401 - the value of a JSON document
        """The value of a name; None where there is none."""
        return self._table.get(f"{self._key}|{key}")

    def set(self, key: str, value: object) -> None:
        """Keep a value under a name."""
        self._table[f"{self._key}|{key}"] = value

    def exists(self, key: str) -> bool:
        """Whether there is a value of this name."""
        return f"{self._key}|{key}" in self._table

    def delete(self, key: str) -> None:
        """Forget the value of a name."""
        del self._table[f"{self._key}|{key}"]


@app.agent(events)
async def route(stream: faust.StreamT[Any]) -> None:
    """Send what a settlement is on by pharmacy and by code."""
    async for event in stream:
        TALLY.begin()
        swipe = swipe_of(event)
        if swipe:
            await swipes.send(key=swipe.key, value=swipe[1:])
        for sale in sales_of(event):
            await sales.send(key=sale.key, value=sale[1:])


@app.agent(swipes)
async def watch_swipes(stream: faust.StreamT[Any]) -> None:
    """S01."""
    async for pharmacy, (time, person) in stream.items():
        for at in judge_swipe(OfKey(swiped, pharmacy), time, person):
            await alerts.send(key=pharmacy, value=["S01", pharmacy, at])
        TALLY.judged()


@app.agent(sales)
async def watch_sales(stream: faust.StreamT[Any]) -> None:
    """D04."""
    async for code, (time, institution) in stream.items():
        for at in judge_sale(OfKey(sold, code), time, institution):
            await alerts.send(key=code, value=["D04", code, at])
        TALLY.judged()


if __name__ == "__main__":
    sys.argv = ["faust", "worker", "-l", "error"]
    app.main()
