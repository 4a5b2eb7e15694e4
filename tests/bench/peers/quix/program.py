"""Quix Streams: events are grouped by pharmacy and by code; state on RocksDB with changelogs, a commit every 2 s."""

from __future__ import annotations

from typing import Any

from quixstreams import Application, State

from tests.bench.peers.job import Event, Tally, Task, judge_sale, judge_swipe, sales_of, swipe_of

TASK = Task.given()
TALLY = Tally(TASK.expected)


def swipes(event: Event) -> list[list[Any]]:
    """The swipe that a settlement is."""
    TALLY.begin()
    swipe = swipe_of(event)
    return [list(swipe)] if swipe else []


def sales(event: Event) -> list[list[Any]]:
    """The sales that a settlement is."""
    return [list(sale) for sale in sales_of(event)]


def watch_swipes(swipe: list[Any], state: State) -> list[list[Any]]:
    """S01."""
    pharmacy, time, person = swipe
    found = [["S01", pharmacy, at] for at in judge_swipe(state, time, person)]
    TALLY.judged()
    return found


def watch_sales(sale: list[Any], state: State) -> list[list[Any]]:
    """D04."""
    code, time, institution = sale
    found = [["D04", code, at] for at in judge_sale(state, time, institution)]
    TALLY.judged()
    return found


def first_of(values: list[Any]) -> str:
    """The key of what goes on."""
    return str(values[0])


def main() -> None:
    """Run until it is ended."""
    app = Application(
        TASK.brokers, consumer_group=TASK.alerts, auto_offset_reset="earliest", commit_interval=2.0,
        state_dir=TASK.folder, loglevel="WARNING",
    )  # fmt: skip
    events = app.dataframe(app.topic(TASK.events, value_deserializer="json"))
    alerts = app.topic(TASK.alerts, value_serializer="json")
    by_pharmacy = events.apply(swipes, expand=True).group_by(
        first_of, name="swipes", key_serializer="str", key_deserializer="str"
    )
    by_pharmacy.apply(watch_swipes, stateful=True, expand=True).to_topic(alerts)
    by_code = events.apply(sales, expand=True).group_by(
        first_of, name="sales", key_serializer="str", key_deserializer="str"
    )
    by_code.apply(watch_sales, stateful=True, expand=True).to_topic(alerts)
    app.run()


if __name__ == "__main__":
    main()
