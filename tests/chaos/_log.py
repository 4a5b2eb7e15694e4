"""The topics of an area, read by clients of its own: nothing of what is checked takes part in it."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType

HEAD = b"\x00head"
"""Key of the record of the changelog that says how far a partition is judged; the offset stands first in it."""
PATIENCE = 120.0
"""So long a cluster may keep silent, seconds: brokers are killed here."""

Isolation = Literal["read_committed", "read_uncommitted"]
T = TypeVar("T")


class TooLateError(Exception):
    """What was waited for did not come."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic; appended: its timestamp in ms."""

    partition: int
    offset: int
    appended: int
    key: bytes | None
    value: bytes
    headers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Head:
    """What the changelog says of one internal partition."""

    offset: int
    in_force: str
    """Of which versions of tables and rules it speaks: all that stands behind tick and number of partitions."""


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until a condition holds. Raises TooLateError."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TooLateError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.1)


class Log:
    """Reads what stands on the topics of one area, and how far its group is."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap, self._prefix = bootstrap, prefix
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._uncommitted = self._consumer("read_uncommitted")
        self._committed = self._consumer("read_committed")
        self._numbers: dict[str, int] = {}

    def close(self) -> None:
        """Let go of the cluster."""
        self._uncommitted.close()
        self._committed.close()

    def name(self, topic: str) -> str:
        """The topic's full name."""
        return f"{self._prefix}.{topic}"

    def partitions(self, topic: str) -> list[TopicPartition]:
        """Its partitions."""
        if topic not in self._numbers:
            found = _patiently(lambda: self._uncommitted.list_topics(self.name(topic), timeout=10))
            self._numbers[topic] = len(found.topics[self.name(topic)].partitions)
        return [TopicPartition(self.name(topic), number) for number in range(self._numbers[topic])]

    def spans(self, topic: str) -> dict[int, tuple[int, int]]:
        """First offset and end of each partition, as a reader of uncommitted data sees them."""
        return {tp.partition: self._span(tp) for tp in self.partitions(topic)}

    def _span(self, tp: TopicPartition) -> tuple[int, int]:
        return _patiently(lambda: self._uncommitted.get_watermark_offsets(tp, timeout=10))

    def ends(self, topic: str) -> dict[int, int]:
        """The end of each partition, as a reader of uncommitted data sees it."""
        return {number: end for number, (_, end) in self.spans(topic).items()}

    def done(self, topic: str) -> dict[int, int]:
        """What the workers' group has committed of each partition."""
        found = _patiently(lambda: self._uncommitted.committed(self.partitions(topic), timeout=10))
        return {tp.partition: max(0, tp.offset) for tp in found}

    def heads(self) -> dict[int, Head]:
        """The last head of each partition of the changelog."""
        found = {tp.partition: self._head(tp.partition) for tp in self.partitions("internal.changelog")}
        return {number: head for number, head in found.items() if head is not None}

    def left(self, numbers: Iterable[int] | None = None) -> int:
        """Records behind on the events and on the topic inside: neither committed nor in a checkpoint.

        numbers: of these partitions alone.
        """
        heads = self.heads()
        behind = 0
        for topic in ("events", "internal.entries"):
            done, ends = self.done(topic), self.ends(topic)
            for number in ends if numbers is None else ends.keys() & set(numbers):
                saved = heads[number].offset if number in heads and topic != "events" else 0
                behind += max(0, ends[number] - max(done[number], saved))
        return behind

    def reached(self, topic: str, ends: Mapping[int, int]) -> bool:
        """Whether the group has committed up to there."""
        done = self.done(topic)
        return all(done[number] >= end for number, end in ends.items())

    def read(self, topic: str) -> list[Record]:
        """Every committed record that stands on the topic now, partition by partition."""
        return [record for tp in self.partitions(topic) for record in self._read(tp.topic, tp.partition, 0)]

    def configure(self, topic: str, **config: str) -> None:
        """Set settings of a topic; cleanup.policy is given as cleanup_policy."""
        self._configure(ResourceType.TOPIC, self.name(topic), config)

    def configure_brokers(self, **config: str) -> None:
        """Set settings of all brokers that they take while they run."""
        for node in self.admin.list_topics(timeout=30).brokers:  # the client knows no default of all brokers
            self._configure(ResourceType.BROKER, str(node), config)

    def _configure(self, what: ResourceType, name: str, config: Mapping[str, str]) -> None:
        entries = [
            ConfigEntry(setting.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
            for setting, value in config.items()
        ]
        resource = ConfigResource(what, name, incremental_configs=entries)
        for future in self.admin.incremental_alter_configs([resource]).values():
            future.result(30)

    def trim(self, topic: str, until: Mapping[int, int]) -> None:
        """Delete what stands before these offsets."""
        at = [TopicPartition(self.name(topic), number, offset) for number, offset in until.items()]
        for future in self.admin.delete_records(at).values():
            future.result(30)

    def _consumer(self, isolation: Isolation) -> Consumer:
        return Consumer({
            "bootstrap.servers": self._bootstrap, "group.id": f"{self._prefix}-monitor", "log_level": 0,
            "isolation.level": isolation, "enable.auto.commit": False, "enable.partition.eof": True,
            "auto.offset.reset": "earliest", "fetch.wait.max.ms": 50,
        })  # fmt: skip

    def _read(self, topic: str, number: int, start: int) -> list[Record]:
        """Read one partition from an offset to the end that it has when it is reached."""
        records: list[Record] = []
        self._committed.assign([TopicPartition(topic, number, start)])
        end = time.monotonic() + PATIENCE
        while True:
            message = self._committed.poll(1)
            if message is None:
                if time.monotonic() > end:
                    raise TooLateError(f"waited {PATIENCE:.0f} s for {topic} {number}")
                continue
            error = message.error()
            if error is None:
                headers = frozenset(dict(message.headers() or ()))
                records.append(Record(number, message.offset() or 0, message.timestamp()[1], message.key(),
                                      message.value() or b"", headers))  # fmt: skip
            elif error.code() == KafkaError._PARTITION_EOF:
                self._committed.unassign()
                return records

    def _head(self, number: int) -> Head | None:
        topic = "internal.changelog"
        first, end = self.spans(topic)[number]
        back, start = 50, end
        while start > first:
            start, back = max(first, end - back), back * 20
            found = [one.value for one in self._read(self.name(topic), number, start) if one.key == HEAD]
            if found:
                offset, _, _, *versions = msgspec.msgpack.decode(found[-1])
                return Head(offset, repr(versions))
        return None


def _patiently(ask: Callable[[], T]) -> T:
    """Ask until the cluster answers: brokers and coordinators are away for a while here."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
