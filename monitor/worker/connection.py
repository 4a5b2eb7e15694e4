"""Whether brokers answer, in the log: a line when they go, at most one a minute, a line when they are back.

Without a broker the libraries write some 200 lines a second. Here they are counted, and the line of the minute says how
many there were. Whatever is not about the connection passes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    MetadataEmptyBrokerList,
    NoBrokersAvailable,
    NodeNotReadyError,
    NotControllerError,
    NotCoordinatorForGroupError,
    NotLeaderForPartitionError,
    RequestTimedOutError,
    StaleMetadata,
)

log = logging.getLogger("settlement_monitor.connection")

MINUTE_SECONDS = 60.0
QUIET_SECONDS = 5.0
"""Brokers are back when one answers and none was missed for so long: after an absence clients join again."""

LIBRARIES = ("aiokafka", "faust", "mode", "streams")
"""Loggers of the libraries begin so; of those classes of Faust that are replaced, with the package of ours."""

LOST = (KafkaConnectionError, NodeNotReadyError, RequestTimedOutError, MetadataEmptyBrokerList, NoBrokersAvailable)
"""A broker does not answer."""
NOT_YET = (
    KafkaTimeoutError, StaleMetadata, LeaderNotAvailableError, NotLeaderForPartitionError, NotControllerError,
    GroupLoadInProgressError, GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError,
)  # fmt: skip
"""It answers, but something has not found its place again."""

LOST_TEXT = ("Unable to update metadata from",)
NOT_YET_TEXT = (
    "Marking the coordinator dead", "Heartbeat session expired", "Heartbeat failed", "OffsetCommit failed for group",
    "Thread keepalive is not responding", "No active partitions for", "Aiokafka has not sent fetch request",
    "Aiokafka stopped fetching from", "Highwater not yet available", "Stream has not started processing",
    "Stream stopped processing", "Has not committed",
)  # fmt: skip
"""Parts of the libraries' lines that come of the same and hold no error."""


def is_away(error: BaseException) -> bool:
    """Whether an error says that brokers do not answer, or not yet: only trying again later helps."""
    return isinstance(error, (*LOST, *NOT_YET, OSError))


class Connection(logging.Filter):
    """What is known of the brokers of this process. As a filter of the log's handler it holds back what repeats it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.RLock()
        self._lost_at: float | None = None
        self._said_at = self._heard_at = 0.0
        self._held_back = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Let pass what is not about the connection; count the rest."""
        if record.levelno >= logging.CRITICAL or record.exc_info or record.name == log.name:
            return True
        found = _about(record)
        if found is LOST:
            self._complain(record.getMessage(), held_back=1)
            return False
        return found is None or not self._is_part_of_an_absence()

    def away(self, why: str) -> None:
        """Note that no broker answers."""
        self._complain(why, held_back=0)

    def answers(self, quiet: float = QUIET_SECONDS) -> None:
        """Note that a broker answers. quiet: for so many seconds none must have been missed before that is said."""
        with self._lock:
            now = self._clock()
            if self._lost_at is not None and now - self._heard_at >= quiet:
                seconds, self._lost_at = now - self._lost_at, None
                self._say("broker back", seconds=round(seconds, 1))

    def _is_part_of_an_absence(self) -> bool:
        """Count a line that comes of an absence; without one it is news. It makes the absence no longer."""
        with self._lock:
            if self._lost_at is not None:
                self._held_back += 1
            return self._lost_at is not None

    def _complain(self, why: str, held_back: int) -> None:
        with self._lock:
            self._heard_at = now = self._clock()
            if self._lost_at is None:
                self._lost_at = now
                self._say("broker away", reason=why)
                return
            self._held_back += held_back
            if now - self._said_at >= MINUTE_SECONDS:
                self._say("broker still away", reason=why, seconds=round(now - self._lost_at, 1))

    def _say(self, event: str, **fields: object) -> None:
        self._said_at = self._clock()
        held_back, self._held_back = self._held_back, 0
        log.warning(event, extra={**fields, "lines_held_back": held_back})


Kinds = tuple[type[KafkaError], ...]


def _about(record: logging.LogRecord) -> Kinds | None:
    """Which of the two a line tells of, if any. Of our own lines only warnings are asked.

    Long because there are two kinds, each told by its errors or by its words.
    """
    if record.name.partition(".")[0] in LIBRARIES:
        text = record.getMessage()
        errors = [*_errors(record)]
        if any(isinstance(one, (*LOST, OSError)) for one in errors) or any(one in text for one in LOST_TEXT):
            return LOST
        not_yet = any(isinstance(one, NOT_YET) for one in errors) or any(one in text for one in NOT_YET_TEXT)
        return NOT_YET if not_yet else None
    if record.levelno == logging.WARNING:
        return next((kinds for one in _errors(record) for kinds in (LOST, NOT_YET) if isinstance(one, kinds)), None)
    return None


def _errors(record: logging.LogRecord) -> Iterator[BaseException]:
    """The errors that a line holds; some are told by their class alone, and ours by its name as `reason`."""
    given = record.args if isinstance(record.args, tuple) else ()
    for one in given:
        if isinstance(one, BaseException):
            yield one
        elif isinstance(one, type) and issubclass(one, KafkaError):
            yield one()
    fields = record.msg if isinstance(record.msg, Mapping) else vars(record)
    yield from (kind() for kind in (*LOST, *NOT_YET) if kind.__name__ == fields.get("reason"))
