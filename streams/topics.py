"""Every topic with its settings, and the three commands on them: create, grow, close.

What the contract says of cleanup and retention stands here once; nobody else creates a topic.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

Client = TypeVar("Client", AIOKafkaConsumer, AIOKafkaProducer)

DAY = 86_400_000
MIB = 1 << 20

REFERENCE_TABLES = ("institutions", "deaths", "drugs", "diagnoses", "calendar")


@dataclass(frozen=True)
class Names:
    """The topics of one pooling area."""

    prefix: str = "settlement"

    @property
    def events(self) -> str:
        """What the settlement system publishes."""
        return f"{self.prefix}.events"

    @property
    def alerts(self) -> str:
        """Alert revisions."""
        return f"{self.prefix}.alerts"

    @property
    def reminders(self) -> str:
        """Answers to pre-settlements."""
        return f"{self.prefix}.reminders"

    @property
    def dead_letter(self) -> str:
        """What was refused, as received."""
        return f"{self.prefix}.dead-letter"

    @property
    def late(self) -> str:
        """Good events that came after the grace."""
        return f"{self.prefix}.late"

    @property
    def rules(self) -> str:
        """Rule definitions and their status."""
        return f"{self.prefix}.rules"

    @property
    def feedback(self) -> str:
        """What became of alerts."""
        return f"{self.prefix}.feedback"

    @property
    def audit(self) -> str:
        """Who did what."""
        return f"{self.prefix}.audit"

    @property
    def entries(self) -> str:
        """What the router leaves for the detector."""
        return f"{self.prefix}.internal.entries"

    @property
    def changelog(self) -> str:
        """State of the detector, compacted."""
        return f"{self.prefix}.internal.changelog"

    @property
    def rule_errors(self) -> str:
        """Entries that a rule failed on."""
        return f"{self.prefix}.internal.rule-errors"

    @property
    def tallies(self) -> str:
        """What was skipped, failed, refused and left out, by who sent it."""
        return f"{self.prefix}.internal.tallies"

    @property
    def progress(self) -> str:
        """How far each input partition is read, and what the area is; workers wait for one another by it."""
        return f"{self.prefix}.internal.progress"

    def reference(self, table: str) -> str:
        """Topic of one reference table."""
        return f"{self.prefix}.reference.{table}"


@dataclass(frozen=True)
class Sizes:
    """What differs from one cluster to the next."""

    inputs: int
    """Partitions of the events."""
    internal: int
    """Partitions of the internal topic; they cannot grow while there is state."""
    outputs: int = 3
    """Partitions of all other topics."""
    replicas: int = 1
    internal_days: int = 7
    """How long entries are kept; a worker may stand still for so long and lose nothing. Our assumption."""
    record_bytes: int = 16 * MIB
    """Largest state record."""


@dataclass(frozen=True)
class Topic:
    """One topic as it should be."""

    name: str
    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True)
class Found:
    """What became of one topic: `created`, `exists` or `differs`."""

    name: str
    state: str
    detail: str = ""


def table(prefix: str, sizes: Sizes) -> list[Topic]:
    """List all topics with their settings."""
    names = Names(prefix)
    kept = {"cleanup.policy": "delete"}
    compacted = {"cleanup.policy": "compact"}
    appended = {"message.timestamp.type": "LogAppendTime"}
    whole = {"max.message.bytes": str(2 * MIB)}  # a refused event of 1 MiB still has to fit, with its headers
    short = {"segment.ms": str(DAY // 24), "segment.bytes": str(16 * MIB)}  # who starts reads it whole
    state = {"max.message.bytes": str(sizes.record_bytes), "segment.bytes": str(64 * MIB)}
    # Who takes over reads as far as a worker before it had read, and that may be long ago.
    versions = {**compacted, **appended, "min.compaction.lag.ms": str(30 * DAY)}
    rows = [
        (names.events, sizes.inputs, {**kept, **_days(30), **appended}),
        (names.alerts, sizes.outputs, {**kept, **_days(90)}),
        (names.reminders, sizes.outputs, {**kept, **_days(7)}),
        (names.dead_letter, sizes.outputs, {**kept, **_days(90), **whole}),
        (names.late, sizes.outputs, {**kept, **_days(90), **whole}),
        (names.rules, 1, versions),
        (names.feedback, sizes.outputs, {**kept, **_days(3 * 365)}),
        (names.audit, sizes.outputs, {**kept, **_days(3 * 365)}),
        *((names.reference(each), 1, versions) for each in REFERENCE_TABLES),
        (names.entries, sizes.internal, {**kept, **_days(sizes.internal_days), **appended, **whole}),
        (names.changelog, sizes.internal, {**compacted, **state}),
        (names.rule_errors, sizes.outputs, {**kept, **_days(90), **whole}),
        (names.tallies, 1, {**kept, **_days(30), **appended}),
        (names.progress, 1, {**compacted, **appended, **short}),
    ]
    safe = {"min.insync.replicas": "2"} if sizes.replicas >= 3 else {}  # two of three
    return [Topic(name, partitions, {**config, **safe}) for name, partitions, config in rows]


def _days(days: int) -> dict[str, str]:
    return {"retention.ms": str(days * DAY)}


async def look(client: Mapping[str, Any], prefix: str, sizes: Sizes) -> list[Found]:
    """Say of every topic whether it exists with these settings: `exists`, `differs` or `missing`."""
    async with _admin(client) as admin:
        existing = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
        return [
            await _compare(admin, topic, existing[topic.name])
            if topic.name in existing
            else Found(topic.name, "missing")
            for topic in table(prefix, sizes)
        ]


async def partitions_of(client: Mapping[str, Any], name: str) -> int:
    """How many partitions a topic has; 0 where there is no such topic."""
    async with _admin(client) as admin:
        return next((len(each["partitions"]) for each in await admin.describe_topics() if each["topic"] == name), 0)


async def topic_partitions(client: Mapping[str, Any], name: str) -> list[TopicPartition]:
    """The partitions of a topic; none where there is no such topic."""
    return [TopicPartition(name, number) for number in range(await partitions_of(client, name))]


async def create(client: Mapping[str, Any], prefix: str, sizes: Sizes) -> list[Found]:
    """Create what is missing, and say what exists with other settings; changes nothing that exists.

    client: how to reach the cluster, as aiokafka takes it (bootstrap_servers, security_protocol ...).
    """
    async with _admin(client) as admin:
        existing = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
        wanted = table(prefix, sizes)
        missing = [topic for topic in wanted if topic.name not in existing]
        await _create(admin, missing, sizes.replicas)
        there = [topic for topic in wanted if topic.name in existing]
        found = [await _compare(admin, topic, existing[topic.name]) for topic in there]
        return sorted([*found, *(Found(topic.name, "created") for topic in missing)], key=lambda each: each.name)


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic], replicas: int) -> None:
    if not topics:
        return
    new = [NewTopic(t.name, t.partitions, replicas, topic_configs=dict(t.config)) for t in topics]
    answer = await admin.create_topics(new, timeout_ms=30_000)
    for name, code, message in answer.topic_errors:
        if code:
            raise for_code(code)(f"{name}: {message}")


async def _compare(admin: AIOKafkaAdminClient, topic: Topic, partitions: int) -> Found:
    answer = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name)])
    now = {entry[0]: entry[1] for entry in answer[0].resources[0][4]}
    differs = [
        f"{key}: expected {value}, was {now.get(key)}" for key, value in topic.config.items() if now.get(key) != value
    ]
    if partitions != topic.partitions:
        differs.insert(0, f"partitions: expected {topic.partitions}, was {partitions}")
    return Found(topic.name, "differs" if differs else "exists", "; ".join(differs))


async def grow(client: Mapping[str, Any], prefix: str, name: str, partitions: int) -> None:
    """Give a topic more partitions; ValueError says in one line why not.

    The internal topics grow together and only while they are empty: a key's state stays on the partition
    that the number of partitions gave it.
    """
    names = Names(prefix)
    together = [names.entries, names.changelog] if name in (names.entries, names.changelog) else [name]
    async with _admin(client) as admin:
        existing = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
        if name not in existing:
            raise ValueError(f"{name}: expected a topic that exists")
        if partitions <= existing[name]:
            raise ValueError(f"{name}: expected more than {existing[name]} partitions, was {partitions}")
        if len(together) > 1 and not await _empty(client, together, existing):
            raise ValueError(f"{name}: cannot grow, state stands by partition; replay the events to a new prefix")
        answer = await admin.create_partitions({each: NewPartitions(partitions) for each in together})
        for each, code, message in answer.topic_errors:
            if code:
                raise ValueError(f"{each}: {message or for_code(code).__name__}")


async def _empty(client: Mapping[str, Any], topics: list[str], existing: Mapping[str, int]) -> bool:
    tps = [TopicPartition(topic, p) for topic in topics for p in range(existing[topic])]
    async with started(AIOKafkaConsumer(**client)) as consumer:
        return not any((await consumer.end_offsets(tps)).values())


async def close(client: Mapping[str, Any], prefix: str) -> None:
    """Ask for the closing tick: a record without key and with header `final`, on partition 0 of the events."""
    async with started(AIOKafkaProducer(acks="all", **client)) as producer:
        await producer.send_and_wait(Names(prefix).events, value=b"final", partition=0, headers=[("final", b"1")])


@asynccontextmanager
async def started(one: Client) -> AsyncIterator[Client]:
    """A consumer or producer for the length of the block; let go of also where no broker answers."""
    try:
        await one.start()
        await asyncio.sleep(0)  # aiokafka cannot stop a consumer whose tasks have not begun
        yield one
    finally:
        await one.stop()


@asynccontextmanager
async def _admin(client: Mapping[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
