"""An embedded broker: librdkafka's in-memory cluster, inside the confluent-kafka wheel. For the demo and quick tests.

It keeps 5 MiB a partition and forgets the oldest silently, makes topics of four partitions by itself, and has no
compaction and no sound transactions: so one worker, state in memory only, and a feeder that never runs far ahead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

UNREAD = 1000
"""So many events may be on their way at once: a small part of what the broker keeps, at every hop."""
PARTITIONS = 4
STILL_SECONDS = 60.0
"""A worker whose lag does not change for so long is given up (our assumption: a loaded machine is faster)."""


class EmbeddedBroker:
    """The broker lives as long as this object. bootstrap: where other processes on this machine reach it."""

    def __init__(self) -> None:
        self._mock = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})
        brokers = self._mock.list_topics(timeout=10).brokers.values()
        self.bootstrap = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The broker ends with its last reference; nothing is left behind."""
        del self._mock


class Feeder:
    """Writes events to the events topic and knows how many were routed and judged.

    group: the worker's consumer group, whose commits say how far it is.
    """

    def __init__(self, bootstrap: str, prefix: str, group: str) -> None:
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "linger.ms": 5, "partitioner": "murmur2_random", "log_level": 0}
        )
        self._asker = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False, "log_level": 0}
        )
        self._events, self._inside = f"{prefix}.events", f"{prefix}.internal.entries"
        for topic in (
            self._events,
            self._inside,
            *(
                f"{prefix}.{name}"
                for name in ("alerts", "reminders", "dead-letter", "late", "feedback", "work", "audit")
            ),
        ):
            self._make(topic)
        self.sent = 0

    def _make(self, topic: str) -> None:
        """Asking for a topic makes it; the answer to the first question may still be without it."""
        until = time.monotonic() + 10
        while not self._producer.list_topics(topic, timeout=10).topics[topic].partitions:
            if time.monotonic() > until:
                raise TimeoutError(f"{topic}: expected the embedded broker to make the topic")
            time.sleep(0.02)

    def send(self, events: Iterable[tuple[str, bytes]]) -> None:
        """Write events: record key, value; waits until the broker has them.

        All go to one partition: where an hour passes in a tenth of a second, two partitions would drift apart by hours.
        """
        for key, value in events:
            self._producer.produce(self._events, key=key.encode(), value=value, partition=0)
            self.sent += 1
        self._producer.flush(10)

    def close_log(self) -> None:
        """Ask for the closing tick."""
        self._producer.produce(self._events, value=b"final", partition=0, headers=[("final", b"1")])
        self._producer.flush(10)

    def lag(self) -> tuple[int, int]:
        """How many records wait for the router, and for the detector."""
        return self._behind(self._events), self._behind(self._inside)

    def _behind(self, topic: str) -> int:
        """What waits of a topic; as much as may wait at all where the broker does not know: its group is moving."""
        try:
            return self._count(topic)
        except KafkaException:
            return UNREAD

    def _count(self, topic: str) -> int:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        done = {one.partition: max(0, one.offset) for one in self._asker.committed(partitions, timeout=10)}
        return sum(self._asker.get_watermark_offsets(tp, timeout=10)[1] - done[tp.partition] for tp in partitions)

    def wait_until_read(self, must_go_on: Callable[[], None], still_seconds: float = STILL_SECONDS) -> bool:
        """Wait until nothing waits; False where nothing moves for so many seconds. Raises what must_go_on does."""
        waits, moved = self.lag(), time.monotonic()
        while waits != (0, 0):
            must_go_on()
            time.sleep(0.1)
            before, waits = waits, self.lag()
            if waits != before:
                moved = time.monotonic()
            elif time.monotonic() - moved > still_seconds:
                return False
        return True

    def close(self) -> None:
        """Let go of the broker."""
        self._asker.close()
