"""Follows the leads of an area: brings what is said of them into one log, judges that, and writes the alerts.

Killed anywhere, it loses nothing and writes no alert twice under another id. What it reads is acknowledged once it
stands in the log; the log is acknowledged once what follows from it stands on the topic of alerts. At its start it
goes on where the file of this machine ends, else it reads the whole log again, which gives the same revisions, and
writes those behind what was acknowledged.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from monitor.leads.facts import Fact, Hour, decode, encode
from monitor.leads.judging import Judging
from monitor.leads.metrics import LeadsMetrics
from monitor.leads.saved import SavedLeads
from monitor.leads.sources import Sources
from rules.times import HOUR
from streams.detect.detector import Outcome, Published
from streams.kafka.clients import started
from streams.kafka.reading import Record, UnreadError, place, read, read_on, reader, unread
from streams.kafka.topics import Names, topic_partitions

AGAIN_SECONDS = 10.0
AT_ONCE = 500
POLL_MS = 1_000
LOOK_SECONDS = 3_600.0
"""How often more partitions are looked for. Our assumption."""


class Follower:
    """Judges leads for as long as the area runs. live_from: from when it is live, ms UTC; 0: it always was.

    folder: on this machine, for what is known of leads.
    """

    def __init__(
        self, client: Mapping[str, Any], prefix: str, live_from: int, metrics: LeadsMetrics, folder: Path
    ) -> None:
        self._client, self._names = client, Names(prefix)
        self._saved = SavedLeads(folder, prefix)
        self._live_from = live_from
        self._metrics = metrics
        self._log = structlog.get_logger("settlement_monitor.leads")

    async def run(self) -> None:
        """Follow for ever; where Kafka refuses something, again after a while, from the log."""
        while True:
            try:
                await self._follow()
            except (KafkaError, UnreadError, OSError) as error:
                self._log.warning("leads cannot be judged", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self) -> None:
        """Follow until a topic has more partitions than before."""
        partitions = await self._partitions()
        consumer = reader(self._client, group_id=f"{self._names.prefix}-leads")
        producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **self._client)
        async with started(consumer), started(producer):
            sources = Sources(self._names.prefix, self._live_from)
            following = Following(self._names, consumer, producer, sources, self._metrics, self._saved)
            await following.begin(partitions)
            due = time.monotonic() + LOOK_SECONDS
            while time.monotonic() < due or partitions == await self._partitions():
                due = due if time.monotonic() < due else time.monotonic() + LOOK_SECONDS
                await following.go_on()

    async def _partitions(self) -> list[TopicPartition]:
        """The partitions of the topics about leads. Raises UnreadError where the log of leads is not there."""
        if not await topic_partitions(self._client, self._names.leads):
            raise UnreadError(TopicPartition(self._names.leads, 0), "to be there: run `monitor topics create`")
        topics = Sources(self._names.prefix, 0).of_leads
        return [one for topic in topics for one in await topic_partitions(self._client, topic)]


class Following:
    """One time of following, from reading the log again until Kafka refuses something."""

    def __init__(
        self, names: Names, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, sources: Sources,
        metrics: LeadsMetrics, saved: SavedLeads,
    ) -> None:  # fmt: skip
        self._names = names
        self._consumer, self._producer = consumer, producer
        self._sources = sources
        self._metrics = metrics
        self._judging = Judging()
        self._saved = saved
        self._log = TopicPartition(names.leads, 0)
        self._told_until = 0

    async def begin(self, inputs: Sequence[TopicPartition]) -> None:
        """Come to the end of the log, read the rules and the calendar; then stand where reading goes on.

        inputs: about leads.
        """
        [log_begin], [log_end] = (one.values() for one in await self._ends([self._log]))
        told_until = await self._consumer.committed(self._log) or 0
        was_made_anew = told_until > log_end
        self._told_until = 0 if was_made_anew else told_until
        at = self._saved.load(self._judging, log_begin, self._told_until)
        async for records in read_on(self._consumer, {self._log: at}):
            log_end = records[-1].offset + 1
            await self._judge(records)
            await self._done_until(log_end)
        beside = [TopicPartition(topic, 0) for topic in self._sources.beside]
        first, end = await self._ends(beside)
        async for records in read(self._consumer, first, end):
            for record in records:
                self._sources.take(record)
        if self._judging.in_force != self._sources.in_force:
            await self._write([self._sources.in_force])  # first: what no rule in force reads is not kept
        place(self._consumer, {**end, **await self._next_of(inputs), self._log: log_end})

    async def go_on(self) -> None:
        """Take what has come: what is said of leads goes into the log, what stands in the log is judged."""
        batches = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=AT_ONCE)
        logged = batches.pop(self._log, [])
        facts: list[Fact] = []
        for records in batches.values():
            facts += self._facts_in(records)
        await self._write(facts)
        await self._commit(batches)
        await self._judge(logged)
        if logged:
            await self._done_until(logged[-1].offset + 1)
        if not batches and not logged and not await unread(self._consumer):
            await self._write(self._due())
        self._metrics.stands(len(self._judging.book), self._judging.hour, await unread(self._consumer))

    def _facts_in(self, records: Iterable[Record]) -> Iterator[Fact]:
        """What records say of leads that is new; rules and days of the calendar are taken in passing."""
        for record in records:
            if record.topic in self._sources.beside:
                self._sources.take(record)
                continue
            yield from (fact for fact in self._sources.facts_in(record) if self._judging.book.says_something(fact))

    def _due(self) -> list[Fact]:
        """What the log is to say where all is read: rules that have changed, and the hour."""
        hour, facts = int(time.time() * 1000) // HOUR * HOUR, list[Fact]()
        if self._judging.in_force != self._sources.in_force:
            facts.append(self._sources.in_force)
        if hour > self._judging.hour:
            facts.append(Hour(hour))
        return facts

    async def _judge(self, records: Iterable[Record]) -> None:
        """Judge records of the log, and write what follows from those that were not acknowledged."""
        for record in records:
            try:
                fact = decode(record.value or b"")
            except msgspec.DecodeError:
                continue  # not ours, or of a newer build: whoever reads the log again passes over the same
            outcome = self._judging.take(fact, record.timestamp)
            if record.offset >= self._told_until:
                await self._tell(outcome)

    async def _tell(self, outcome: Outcome) -> None:
        sent = [(self._names.alerts, one) for one in outcome.alerts]
        sent += [(self._names.rule_errors, one) for one in outcome.rule_errors]
        await asyncio.gather(*[await self._send(topic, one) for topic, one in sent])
        self._metrics.told(outcome)

    async def _send(self, topic: str, one: Published) -> asyncio.Future[Any]:
        sent: asyncio.Future[Any] = await self._producer.send(topic, one.value, key=one.key, headers=one.headers)
        return sent

    async def _write(self, facts: Sequence[Fact]) -> None:
        """Put facts into the log, in order; returns once all stand there."""
        log = self._log
        sent = [await self._producer.send(log.topic, encode(fact), partition=log.partition) for fact in facts]
        await asyncio.gather(*sent)

    async def _commit(self, batches: Mapping[TopicPartition, Sequence[Record]]) -> None:
        """Acknowledge what is said of leads: it stands in the log."""
        read_until = {
            tp: records[-1].offset + 1 for tp, records in batches.items() if tp.topic in self._sources.of_leads
        }
        if read_until:
            await self._consumer.commit(read_until)

    async def _done_until(self, offset: int) -> None:
        """Acknowledge the log before an offset, whose alerts stand on their topic; then save what was made of it."""
        if offset > self._told_until:
            self._told_until = offset
            await self._consumer.commit({self._log: offset})
        self._saved.save(self._judging, offset)

    async def _ends(
        self, partitions: Sequence[TopicPartition]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        first: dict[TopicPartition, int] = await self._consumer.beginning_offsets(partitions)
        end: dict[TopicPartition, int] = await self._consumer.end_offsets(partitions)
        return first, end

    async def _next_of(self, inputs: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """Where what is said of leads is read on: behind what stands in the log; what is new from its beginning."""
        first, end = await self._ends(inputs)
        known = {tp: await self._consumer.committed(tp) for tp in inputs}
        return {tp: at if at is not None and first[tp] <= at <= end[tp] else first[tp] for tp, at in known.items()}
