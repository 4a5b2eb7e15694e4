"""What a log says while no broker answers: little, and nothing else is lost."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping

import pytest
from aiokafka.errors import (
    GroupLoadInProgressError,
    KafkaConnectionError,
    NodeNotReadyError,
    NotEnoughReplicasError,
    NotLeaderForPartitionError,
    UnknownTopicOrPartitionError,
)

from monitor.worker.connection import Connection, is_away

REFUSED = ConnectionRefusedError(111, "Connection refused")
NOT_READY = NodeNotReadyError("Attempt to send a request to node which is not ready (node id 1).")


class Log:
    """A log behind the filter, under a clock of ours."""

    def __init__(self) -> None:
        self.now = 100.0
        self.connection = Connection(lambda: self.now)
        self.lines: list[tuple[str, Mapping[str, object]]] = []
        handler = logging.Handler()
        handler.emit = self._keep  # type: ignore[method-assign]  # as a handler of a test does
        handler.addFilter(self.connection)
        self.root = logging.getLogger()
        self.before = self.root.handlers[:]
        self.root.handlers[:] = [handler]

    def _keep(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {
            name: vars(record)[name] for name in ("reason", "seconds", "lines_held_back") if name in vars(record)
        }
        self.lines.append((record.getMessage(), fields))

    def noise(self, number: int = 1) -> None:
        """What aiokafka says again and again of a broker that is away."""
        for _ in range(number):
            logging.getLogger("aiokafka").error("Unable connect to node with id %s: %s", 1, REFUSED)
            logging.getLogger("aiokafka").error("Unable to update metadata from %s", [1])

    @property
    def said(self) -> list[str]:
        """The lines that came through."""
        return [event for event, _ in self.lines]


@pytest.fixture
def log() -> Iterator[Log]:
    """A log; the process's own logging is put back. A command that ran before may have silenced the Kafka client."""
    client = logging.getLogger("aiokafka")
    level = client.level
    client.setLevel(logging.NOTSET)
    log = Log()
    yield log
    log.root.handlers[:] = log.before
    client.setLevel(level)


def test_a_broker_that_goes_and_comes_back_is_three_lines(log: Log) -> None:
    """Of a hundred seconds with four lines in each: when it goes, after a minute, when it is back."""
    for _ in range(100):
        log.now += 1
        log.noise(2)
        log.connection.away("KafkaConnectionError: no broker answers")
    log.now += 6
    log.connection.answers()

    assert log.lines == [
        ("broker away", {
            "reason": "Unable connect to node with id 1: [Errno 111] Connection refused", "lines_held_back": 0}),
        ("broker still away", {
            "reason": "Unable connect to node with id 1: [Errno 111] Connection refused", "seconds": 60.0,
            "lines_held_back": 240}),
        ("broker back", {"seconds": 105.0, "lines_held_back": 159}),
    ]  # fmt: skip


def test_the_same_holds_where_the_libraries_say_nothing(log: Log) -> None:
    """Of an address that swallows what is sent to it nobody complains."""
    for _ in range(100):
        log.now += 1
        log.connection.away("KafkaTimeoutError: no broker answers within 4 s")
    log.connection.answers(quiet=0)

    assert ["broker away", "broker still away", "broker back"] == log.said


def test_a_broker_is_back_when_nobody_complains_any_more(log: Log) -> None:
    """One of three may be away while the others answer; and clients need a moment to join again."""
    log.noise()
    for _ in range(30):
        log.now += 1
        log.connection.answers()
        log.noise()
    log.now += 4
    log.connection.answers()
    assert ["broker away"] == log.said
    log.now += 1
    log.connection.answers()
    log.connection.answers()

    assert ["broker away", "broker back"] == log.said


NOISE = [
    ("aiokafka.consumer.fetcher", logging.ERROR, "Failed fetch messages from %s: %s", (1, NOT_READY)),
    ("aiokafka.producer.sender", logging.WARNING, "Got error produce response: %s", (NOT_READY,)),
    ("aiokafka.producer.sender", logging.WARNING, "Cannot send %r to %s: %r", (dict, 1, NOT_READY)),
    ("aiokafka.consumer.group_coordinator", logging.ERROR, "Group Coordinator Request failed: %s", (NOT_READY,)),
    ("aiokafka.consumer.group_coordinator", logging.ERROR, "Heartbeat send request failed: %s. Will retry.",
     (KafkaConnectionError("closed"),)),
    ("settlement_monitor.streams", logging.WARNING, "ends of the input: %r", (KafkaConnectionError("closed"),)),
    ("settlement_monitor.tables", logging.WARNING, {"event": "tables", "reason": "KafkaConnectionError"}, ()),
]  # fmt: skip
AFTERWARDS = [
    ("aiokafka.consumer.group_coordinator", logging.WARNING, "Marking the coordinator dead (node %s)for group %s.",
     (1, "g")),
    ("aiokafka.consumer.group_coordinator", logging.WARNING,
     "Heartbeat failed: local member_id was not recognized; resetting and re-joining group", ()),
    ("aiokafka.producer.sender", logging.WARNING,
     "Got error produce response on topic-partition %s, retrying. Error: %s", ("t", NotLeaderForPartitionError)),
    ("aiokafka.consumer.group_coordinator", logging.ERROR, "OffsetCommit failed for group %s - %s", ("g", "X")),
    ("streams.kafka.faust", logging.ERROR, "[^--_Thread]: Aiokafka stopped fetching from %r", ("t",)),
    ("settlement_monitor.streams", logging.WARNING, "consumer group: %r", (GroupLoadInProgressError(),)),
]  # fmt: skip
OTHERS = [
    ("aiokafka", logging.ERROR, "Topic %s not found in cluster metadata", ("t",)),
    ("aiokafka.consumer.fetcher", logging.WARNING, "Not authorized to read from topic %s.", ("t",)),
    ("aiokafka.producer.sender", logging.WARNING, "Got error produce response: %s", (NotEnoughReplicasError(),)),
    ("aiokafka.producer.sender", logging.ERROR, "Unexpected: %s", (UnknownTopicOrPartitionError,)),
    ("settlement_monitor.streams", logging.ERROR, "failed: %r", (KafkaConnectionError("closed"),)),
    ("settlement_monitor.streams", logging.CRITICAL, "worker ends: %r", (KafkaConnectionError("closed"),)),
    ("settlement_monitor.streams", logging.WARNING, "redis: %r", (REFUSED,)),
    ("settlement_monitor.readmodel", logging.WARNING, {"event": "redis is away", "reason": "ConnectionError"}, ()),
    ("settlement_monitor.streams", logging.INFO, "partition taken over", ()),
]  # fmt: skip
Line = tuple[str, int, object, tuple[object, ...]]


def tell(line: Line) -> str:
    """Log a line; gives what a reader would see."""
    name, level, text, given = line
    logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger(name).log(level, text, *given)
    return str(text) % given if given else str(text)


@pytest.mark.parametrize("line", NOISE, ids=str)
def test_what_says_that_a_broker_is_away_is_held_back(log: Log, line: Line) -> None:
    """Whoever says it; the first such line is the reason."""
    tell(line)
    tell(line)

    assert ["broker away"] == log.said


@pytest.mark.parametrize("line", AFTERWARDS, ids=str)
def test_what_comes_of_an_absence_is_held_back_while_it_lasts(log: Log, line: Line) -> None:
    """Without an absence it is news."""
    told = tell(line)
    assert [told] == log.said
    log.noise()
    tell(line)

    assert [told, "broker away"] == log.said


@pytest.mark.parametrize("line", AFTERWARDS, ids=str)
def test_what_comes_of_an_absence_makes_it_no_longer(log: Log, line: Line) -> None:
    """Something else may keep a group or a partition from its place, and then it is to be seen."""
    log.noise()
    for _ in range(5):
        log.now += 1
        tell(line)
    log.connection.answers()
    told = tell(line)

    assert ["broker away", "broker back", told] == log.said


@pytest.mark.parametrize("line", OTHERS, ids=str)
def test_whatever_else_is_said_passes(log: Log, line: Line) -> None:
    """Also while a broker is away: what is wrong otherwise, and what ends the process."""
    log.noise()

    assert [*log.said, tell(line)] == log.said


def test_an_error_with_its_traceback_passes(log: Log) -> None:
    """What ends a service of Faust may have begun with a lost connection."""
    log.noise()
    error = KafkaConnectionError("closed")
    logging.getLogger("mode.services").error("Crashed reason=%r", error, exc_info=error)

    assert log.said == ["broker away", "Crashed reason=KafkaConnectionError('closed')"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (REFUSED, True),
        (KafkaConnectionError(), True),
        (GroupLoadInProgressError(), True),
        (UnknownTopicOrPartitionError(), False),
        (NotEnoughReplicasError(), False),
        (json.JSONDecodeError("x", "y", 0), False),
    ],
)
def test_only_what_may_go_away_by_itself_is_waited_for(error: Exception, expected: bool) -> None:  # noqa: FBT001 - a column
    """A topic that is not there does not come by waiting."""
    assert expected == is_away(error)
