"""What a worker says of itself: well, ready, and how much waits."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest

from monitor.metrics import Metrics
from monitor.worker import health, ready

EVENTS, INSIDE = ("s.events", 0), ("s.internal.entries", 3)


class Worker:
    """Metrics under a clock of ours."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.metrics = Metrics(lambda: self.now)

    def measured(self, seconds: float, *, events: tuple[int, int], inside: tuple[int, int] = (0, 0)) -> bool:
        """Say every two seconds for a while where two partitions stand; gives whether it is well then."""
        for _ in range(int(seconds) // 2):
            self.now += 2
            self.metrics.standing({EVENTS: events, INSIDE: inside})
        return health(self.metrics, self.now)[0]


def test_one_partition_that_does_not_move_is_enough() -> None:
    """However well the others go on."""
    worker = Worker()
    well = [worker.measured(2, events=(n, n + 5), inside=(7, 1_000_000)) for n in range(40)]

    assert [True] * 30 + [False] * 10 == well


def test_a_partition_that_was_read_to_its_end_has_its_minute_too() -> None:
    """What comes after a long rest has just begun to wait."""
    worker = Worker()

    assert worker.measured(600, events=(5, 5))
    assert worker.measured(58, events=(5, 6))
    assert not worker.measured(10, events=(5, 6))
    assert worker.measured(2, events=(6, 9))


def test_a_worker_that_does_not_ask_any_more_is_not_well() -> None:
    """Its last answer may have been that nothing waits."""
    worker = Worker()
    worker.measured(10, events=(5, 5))
    worker.now += 61

    assert not health(worker.metrics, worker.now)[0]


@pytest.mark.parametrize(("taken", "expected"), [([], False), ([3], False), ([3, 3], False), ([3, 4], True)])
def test_a_worker_is_ready_when_it_has_the_state_of_all_its_partitions(taken: list[int], expected: bool) -> None:  # noqa: FBT001 - a column
    """After each assignment anew."""
    metrics = Metrics()
    metrics.partitions(0, 2)
    for partition in (3, 4):
        metrics.taken_over(partition)
    metrics.partitions(1, 2)
    for partition in taken:
        metrics.taken_over(partition)

    assert expected == ready(metrics)


def test_a_worker_without_partitions_is_not_ready() -> None:
    """It waits for its group."""
    metrics = Metrics()
    assert not ready(metrics)
    metrics.partitions(0, 0)

    assert not ready(metrics)


def test_lags_are_summed_by_topic() -> None:
    """As of the last measurement alone: what went to another worker is not counted here."""
    metrics = Metrics()
    metrics.standing({("s.events", 7): (0, 1000)})
    metrics.standing({EVENTS: (5, 10), ("s.events", 1): (0, 2), INSIDE: (4, 3)})
    lines = generate_latest(metrics.registry).decode().splitlines()

    lag = "settlement_monitor_lag_records"
    assert [f'{lag}{{topic="s.events"}} 7.0', f'{lag}{{topic="s.internal.entries"}} 0.0'] == [
        line for line in lines if line.startswith(f"{lag}{{")
    ]
