"""Every topic with its settings, and the commands on them: create, mend, grow, close.

What the contract says of cleanup and retention stands here once; nobody else creates a topic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from rules.reference import TABLES
from streams.kafka.clients import administer, started

TopicSettings = Mapping[str, tuple[str | None, bool]]
"""Settings of a topic: value, and whether it was given to the topic itself."""


DAY = 86_400_000
MIB = 1 << 20

APPENDED = {"message.timestamp.type": "LogAppendTime"}
"""The broker's clock stamps every record of every topic. A producer's clock that is days behind would have the broker
delete what it has just taken, one that is an hour ahead would have it refuse everything."""

KNOWN_SECONDS = 20.0
"""So long new topics are waited for until brokers tell of them. Our assumption: it takes a fraction of a second."""
_TIMES_SEEN = 5
"""So many answers in a row must tell of them: each may come from another broker. Our assumption."""

DYNAMIC_TOPIC_CONFIG = 1
"""Source of a setting that was given to the topic itself, in the answer of the broker."""


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
    def work(self) -> str:
        """Who works on which alert, and what was said of it beside dispositions."""
        return f"{self.prefix}.work"

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

    @property
    def notified(self) -> str:
        """What Alertmanager was told of each alert, compacted; written by `monitor notify` alone."""
        return f"{self.prefix}.internal.notified"

    @property
    def leads(self) -> str:
        """Facts about leads in one order, of which all that rules over leads say follows."""
        return f"{self.prefix}.internal.leads"

    def writer(self, partition: int) -> str:
        """Transactional id under which one partition of the changelog is written, by its owner alone."""
        return f"{self.changelog}-{partition}"

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
    """What became of one topic: `created`, `exists`, `mended`, `differs` or `missing`."""

    name: str
    state: str
    detail: str = ""


def table(prefix: str, sizes: Sizes) -> list[Topic]:
    """List all topics with their settings."""
    names = Names(prefix)
    kept = {"cleanup.policy": "delete"}
    compacted = {"cleanup.policy": "compact"}
    whole = {"max.message.bytes": str(2 * MIB)}  # a refused event of 1 MiB still has to fit, with its headers
    short = {"segment.ms": str(DAY // 24), "segment.bytes": str(16 * MIB)}  # who starts reads it whole
    state = {
        "max.message.bytes": str(sizes.record_bytes), "segment.bytes": str(64 * MIB),
        # A copy of it on a worker's disk may be half as old.
        "delete.retention.ms": str(7 * DAY),
    }  # fmt: skip
    # Who takes over reads as far as a worker before it had read, and that may be long ago.
    versions = {**compacted, "min.compaction.lag.ms": str(30 * DAY)}
    rows = [
        (names.events, sizes.inputs, {**kept, **_days(30)}),
        (names.alerts, sizes.outputs, {**kept, **_days(90)}),
        (names.reminders, sizes.outputs, {**kept, **_days(7)}),
        (names.dead_letter, sizes.outputs, {**kept, **_days(90), **whole}),
        (names.late, sizes.outputs, {**kept, **_days(90), **whole}),
        (names.rules, 1, versions),
        (names.feedback, sizes.outputs, {**kept, **_days(3 * 365)}),
        (names.work, sizes.outputs, {**kept, **_days(3 * 365)}),
        (names.audit, sizes.outputs, {**kept, **_days(3 * 365)}),
        *((names.reference(each), 1, versions) for each in TABLES),
        (names.entries, sizes.internal, {**kept, **_days(sizes.internal_days), **whole}),
        (names.changelog, sizes.internal, {**compacted, **state}),
        (names.rule_errors, sizes.outputs, {**kept, **_days(90), **whole}),
        (names.tallies, 1, {**kept, **_days(30)}),
        (names.progress, 1, {**compacted, **short}),
        (names.notified, 1, {**compacted, **short}),
        (names.leads, 1, {**kept, **_days(3 * 365)}),
    ]
    safe = {"min.insync.replicas": "2"} if sizes.replicas >= 3 else {}  # two of three
    return [Topic(name, partitions, {**config, **APPENDED, **safe}) for name, partitions, config in rows]


def _days(days: int) -> dict[str, str]:
    return {"retention.ms": str(days * DAY)}


async def look(client: Mapping[str, Any], prefix: str, sizes: Sizes) -> list[Found]:
    """Say of every topic whether it exists with these settings: `exists`, `differs` or `missing`."""
    async with administer(client) as admin:
        existing = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
        return [
            await _compare(admin, topic, existing[topic.name])
            if topic.name in existing
            else Found(topic.name, "missing")
            for topic in table(prefix, sizes)
        ]


async def partitions_of(client: Mapping[str, Any], name: str) -> int:
    """How many partitions a topic has; 0 where there is no such topic."""
    async with administer(client) as admin:
        return next((len(each["partitions"]) for each in await admin.describe_topics() if each["topic"] == name), 0)


async def topic_partitions(client: Mapping[str, Any], name: str) -> list[TopicPartition]:
    """The partitions of a topic; none where there is no such topic."""
    return [TopicPartition(name, number) for number in range(await partitions_of(client, name))]


async def create(client: Mapping[str, Any], prefix: str, sizes: Sizes, *, mend: bool = False) -> list[Found]:
    """Create what is missing, and say what exists with other settings.

    client: how to reach the cluster, as aiokafka takes it (bootstrap_servers, security_protocol ...).
    mend: also change the settings that differ; partitions are never changed.
    """
    async with administer(client) as admin:
        existing = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
        wanted = table(prefix, sizes)
        missing = [topic for topic in wanted if topic.name not in existing]
        await _create(admin, missing, sizes.replicas)
        there = [topic for topic in wanted if topic.name in existing]
        look_at = _mend if mend else _compare
        found = [await look_at(admin, topic, existing[topic.name]) for topic in there]
        return sorted([*found, *(Found(topic.name, "created") for topic in missing)], key=lambda each: each.name)


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic], replicas: int) -> None:
    if not topics:
        return
    new = [NewTopic(t.name, t.partitions, replicas, topic_configs=dict(t.config)) for t in topics]
    answer = await admin.create_topics(new, timeout_ms=30_000)
    for name, code, message in answer.topic_errors:
        _check(code, name, message)
    await _until_known(admin, {topic.name for topic in topics})


async def _until_known(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait until brokers tell of new topics and of their leaders, no longer than KNOWN_SECONDS: created they are."""
    seen = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(KNOWN_SECONDS):
            while seen < _TIMES_SEEN:
                led = {
                    each["topic"]
                    for each in await admin.describe_topics()
                    if all(partition["leader"] >= 0 for partition in each["partitions"])
                }
                seen = seen + 1 if names <= led else 0
                await asyncio.sleep(0 if seen else 0.1)


async def _compare(admin: AIOKafkaAdminClient, topic: Topic, partitions: int) -> Found:
    differs = [*_other_partitions(topic, partitions), *_other_settings(topic, await _settings_of(admin, topic.name))]
    return Found(topic.name, "differs" if differs else "exists", "; ".join(differs))


async def _mend(admin: AIOKafkaAdminClient, topic: Topic, partitions: int) -> Found:
    """Change the settings that differ; what else was given to the topic stays."""
    now = await _settings_of(admin, topic.name)
    changed = _other_settings(topic, now)
    if changed:
        given = {name: value for name, (value, is_given) in now.items() if is_given and value is not None}
        await _alter(admin, topic.name, {**given, **topic.config})
    differs = _other_partitions(topic, partitions)
    state = "differs" if differs else "mended" if changed else "exists"
    return Found(topic.name, state, "; ".join([*differs, *(one.replace(": expected ", ": now ") for one in changed)]))


def _other_partitions(topic: Topic, partitions: int) -> list[str]:
    return [] if partitions == topic.partitions else [f"partitions: expected {topic.partitions}, was {partitions}"]


def _other_settings(topic: Topic, now: TopicSettings) -> list[str]:
    found = {name: now[name][0] if name in now else None for name in topic.config}
    return [
        f"{name}: expected {value}, was {found[name]}" for name, value in topic.config.items() if found[name] != value
    ]


async def _settings_of(admin: AIOKafkaAdminClient, name: str) -> TopicSettings:
    [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    [(code, message, _, _, entries)] = answer.resources
    _check(code, name, message)
    return {setting: (value, source == DYNAMIC_TOPIC_CONFIG) for setting, value, _, source, *_ in entries}


async def _alter(admin: AIOKafkaAdminClient, name: str, settings: dict[str, str]) -> None:
    """Give a topic these settings and no others; aiokafka has no request that changes single ones."""
    [answer] = await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, settings)])
    for code, message, *_ in answer.resources:
        _check(code, name, message)


def _check(code: int, name: str, message: str | None) -> None:
    if code:
        raise for_code(code)(f"{name}: {message}")


async def stamped_by_publishers(client: Mapping[str, Any], prefix: str) -> str | None:
    """One line where the events topic has its publishers' clocks; None where it has the broker's, or is missing."""
    name = Names(prefix).events
    async with administer(client) as admin:
        if name not in await admin.list_topics():
            return None
        stamp, _ = (await _settings_of(admin, name))["message.timestamp.type"]
    if stamp == APPENDED["message.timestamp.type"]:
        return None
    return (
        f"{name}: message.timestamp.type: expected LogAppendTime, was {stamp}: the clocks of publishers decide what is "
        "late and what is absurd; mend it: monitor topics create --mend"
    )


async def grow(client: Mapping[str, Any], prefix: str, name: str, partitions: int) -> None:
    """Give a topic more partitions; ValueError says in one line why not.

    The internal topics grow together and only while they are empty: a key's state stays on the partition
    that the number of partitions gave it.
    """
    names = Names(prefix)
    together = [names.entries, names.changelog] if name in (names.entries, names.changelog) else [name]
    async with administer(client) as admin:
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
