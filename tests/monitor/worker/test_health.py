"""What a worker says of itself: well, ready, how much waits, and for what."""

from __future__ import annotations

import pytest
from faust.types import TP
from prometheus_client import generate_latest

from monitor.worker.health import health, ready
from monitor.worker.metrics import Metrics
from streams.detect.meter import Standing
from streams.kafka.ends import End

EVENTS, INSIDE = TP("s.events", 0), TP("s.internal.entries", 3)
IDLE = Standing(0, 0, None)


def stands(done: int, end: int) -> Standing:
    """A partition that can be read on."""
    return Standing(done, end, None)


class Worker:
    """Metrics under a clock of ours."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.metrics = Metrics(lambda: self.now)

    def measured(self, seconds: float, events: Standing | None, inside: Standing = IDLE) -> bool:
        """Say every two seconds for a while where two partitions stand, or that no broker answers; gives whether well.

        events: None where no broker answers.
        """
        for _ in range(int(seconds) // 2):
            self.now += 2
            if events is None:
                self.metrics.away("refused")
            else:
                self.metrics.standing({EVENTS: events, INSIDE: inside})
        return health(self.metrics, self.now)[0]

    def samples(self, name: str) -> list[str]:
        """The lines of one metric."""
        lines = generate_latest(self.metrics.registry).decode().splitlines()
        return [
            line.removeprefix(f"settlement_monitor_{name}")
            for line in lines
            if line.startswith(f"settlement_monitor_{name}{{")
        ]


@pytest.mark.parametrize(
    ("seconds", "seen", "well", "is_ready"),
    [
        (600, stands(5, 5), True, True),  # all is finished
        (58, stands(5, 9), True, True),  # it has just begun to wait
        (70, stands(5, 9), False, True),  # it could move, and does not: a restart helps
        (600, None, True, False),  # no broker answers
        (600, Standing(5, 9, "open_transaction"), True, True),
        (600, Standing(5, None, "no_leader"), True, True),
    ],
)
def test_a_restart_is_asked_for_where_it_helps(
    seconds: float,
    seen: Standing | None,
    well: bool,  # noqa: FBT001 - a column
    is_ready: bool,  # noqa: FBT001 - a column
) -> None:
    """/healthz says whether it would, /readyz whether the worker works."""
    worker = Worker()
    worker.metrics.partitions(1, 0)
    worker.measured(2, stands(5, 5))

    assert (well, is_ready) == (worker.measured(seconds, seen), ready(worker.metrics))


@pytest.mark.parametrize("seen", [None, Standing(5, 9, "open_transaction"), Standing(5, None, "no_leader")])
def test_what_stood_still_for_a_reason_has_its_minute_afterwards(seen: Standing | None) -> None:
    """It has only just become possible that it moves."""
    worker = Worker()
    worker.measured(30, stands(5, 9))
    worker.measured(600, seen)

    assert worker.measured(50, stands(5, 9))
    assert not worker.measured(20, stands(5, 9))


def test_the_answer_says_since_when_no_broker_answers_and_why() -> None:
    """Until one does."""
    worker = Worker()
    worker.measured(10, stands(5, 5))
    worker.measured(600, None)
    during = health(worker.metrics, worker.now)[1]["broker_away"]
    worker.measured(2, stands(5, 5))

    assert during == {"since": "1970-01-01T00:16:52+00:00", "why": "refused"}
    assert health(worker.metrics, worker.now)[1]["broker_away"] is None


def test_the_answer_and_the_metrics_say_what_is_blocked_since_when_and_why() -> None:
    """Of the lag what is behind the transaction counts too; without a leader what was known of it last."""
    worker = Worker()
    worker.measured(10, stands(5, 9), stands(7, 8))
    worker.measured(100, Standing(6, 9, "open_transaction"), Standing(7, None, "no_leader"))

    assert health(worker.metrics, worker.now)[1]["blocked"] == [
        {"topic": topic, "partition": partition, "why": why, "since": "1970-01-01T00:16:52+00:00"}
        for topic, partition, why in [("s.events", 0, "open_transaction"), ("s.internal.entries", 3, "no_leader")]
    ]
    assert worker.samples("lag_records") == ['{topic="s.events"} 3.0', '{topic="s.internal.entries"} 1.0']
    assert worker.samples("input_blocked_partitions") == ['{reason="open_transaction"} 1.0', '{reason="no_leader"} 1.0']
    assert worker.samples("input_blocked_seconds") == ['{reason="open_transaction"} 98.0', '{reason="no_leader"} 98.0']


def test_transactions_that_come_and_go_are_no_block() -> None:
    """Of a publisher that commits all the time one is always open; the age tells the difference."""
    worker = Worker()
    for done in range(100):
        worker.measured(2, Standing(done, done + 3, "open_transaction"))

    assert '{reason="open_transaction"} 0.0' in worker.samples("input_blocked_seconds")


@pytest.mark.parametrize(
    ("done", "end", "expected"),
    [
        (5, End(9, 9), stands(5, 9)),
        (9, End(9, 9), stands(9, 9)),
        (5, End(9, 7), stands(5, 9)),  # what is committed is not finished yet
        (7, End(9, 7), Standing(7, 9, "open_transaction")),
        (7, None, Standing(7, None, "no_leader")),
    ],
)
def test_why_a_partition_is_blocked_follows_from_its_ends(done: int, end: End | None, expected: Standing) -> None:
    """A reader of committed data comes as far as the first open transaction."""
    assert expected == Standing.at(done, end)


def test_one_partition_that_does_not_move_is_enough() -> None:
    """However well the others go on."""
    worker = Worker()
    well = [worker.measured(2, stands(n, n + 5), stands(7, 1_000_000)) for n in range(40)]

    assert [True] * 30 + [False] * 10 == well


def test_a_partition_that_was_read_to_its_end_has_its_minute_too() -> None:
    """What comes after a long rest has just begun to wait."""
    worker = Worker()

    assert worker.measured(600, stands(5, 5))
    assert worker.measured(58, stands(5, 6))
    assert not worker.measured(10, stands(5, 6))
    assert worker.measured(2, stands(6, 9))


@pytest.mark.parametrize("last", [stands(5, 5), None])
def test_a_worker_that_does_not_ask_any_more_is_not_well(last: Standing | None) -> None:
    """Its last answer may have been that nothing waits, or that no broker answers."""
    worker = Worker()
    worker.measured(10, last)
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
    worker = Worker()
    worker.metrics.standing({TP("s.events", 7): stands(0, 1000)})
    worker.metrics.standing({EVENTS: stands(5, 10), TP("s.events", 1): stands(0, 2), INSIDE: stands(4, 3)})

    assert worker.samples("lag_records") == ['{topic="s.events"} 7.0', '{topic="s.internal.entries"} 0.0']
