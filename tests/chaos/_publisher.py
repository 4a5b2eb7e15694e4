"""What the settlement system does: publishes events in order, and goes on whatever happens to the brokers."""

import time
from collections.abc import Iterable, Sequence

from confluent_kafka import KafkaError, Message, Producer

from tests.chaos._log import TooLateError
from tests.e2e._area import Event

PATIENCE = 180.0
"""So long the brokers may take to acknowledge, seconds."""


class Publisher:
    """Publishes a list of events, a portion at a time."""

    def __init__(self, bootstrap: str, topic: str, events: Sequence[Event]) -> None:
        self._topic, self._events = topic, events
        self._next = 0
        self.sent: list[bytes] = []
        """What was published, in order."""
        self._failed: list[str] = []
        self._producer = Producer({
            "bootstrap.servers": bootstrap, "enable.idempotence": True, "partitioner": "murmur2_random",
            "linger.ms": 5, "delivery.timeout.ms": int(PATIENCE * 1000), "log_level": 0,
            "queue.buffering.max.messages": 1_000_000,
        })  # fmt: skip

    @property
    def left(self) -> int:
        """How many events are not published yet."""
        return len(self._events) - self._next

    @property
    def last(self) -> Event:
        """What was published last."""
        return self._events[max(0, self._next - 1)]

    def send(self, number: int) -> None:
        """Publish the next events; does not wait for the brokers."""
        self.send_also(self._events[self._next : self._next + number])
        self._next = min(len(self._events), self._next + number)

    def send_also(self, events: Iterable[Event]) -> None:
        """Publish events that are not of the list."""
        for key, value in events:
            self.sent.append(value)
            self._producer.produce(self._topic, value, key or None, on_delivery=self._delivered)
            self._producer.poll(0)

    def trickle(self, number: int, seconds: float, portions: int = 10) -> None:
        """Publish the next events in small portions over a time, so that a worker is at work however fast it is."""
        for _ in range(portions):
            self.send(number // portions)
            time.sleep(seconds / portions)

    def flush(self) -> None:
        """Wait until the brokers have it all. Raises TooLateError."""
        waiting = self._producer.flush(PATIENCE)
        if waiting or self._failed:
            raise TooLateError(f"{waiting} events not acknowledged after {PATIENCE:.0f} s {self._failed[:1]}")

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed.append(str(error))
