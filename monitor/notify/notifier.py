"""Carries leads from the alert topic to Alertmanager.

What Alertmanager was told stands on a compacted topic of its own. A batch of revisions, what follows from it, and the
group's offsets are one Kafka transaction: after a crash every lead is told again under the labels that it had, and
Alertmanager sees that it knows it. Alertmanager itself is told beside that, as often as it takes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from monitor.contract.work import LONGEST_SNOOZE_DAYS, SNOOZE, Snooze
from monitor.notify.alertmanager import Alertmanager, AwayError
from monitor.notify.book import Book, Entry, Policy, Post
from monitor.notify.lead import read
from monitor.notify.metrics import NotifyMetrics
from monitor.settings import Settings
from rules.catalogue import catalogue
from rules.times import DAY
from streams.kafka.clients import started
from streams.kafka.reading import Record, offsets_at, place, read_all, reader, unread
from streams.kafka.reading import read as read_records
from streams.kafka.topics import Names, topic_partitions

AT_ONCE = 500
"""So many revisions are taken at once. Our assumption."""
ASK_MS = 500
LONGEST_PAUSE_SECONDS = 30.0
"""An Alertmanager that is away is asked at least as often. Our assumption."""
TIDY_SECONDS = 600.0
"""How often what ended a day ago is forgotten, and new partitions are looked for. Our assumption."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


def group_of(prefix: str) -> str:
    """The consumer group under which the notifier commits its offsets."""
    return f"{prefix}-notify"


class Notifier:
    """One life of the notifier: it reads what it remembers, then follows the topic until Kafka raises an error."""

    def __init__(
        self, client: Mapping[str, Any], policy: Policy, addresses: str, again_seconds: float, metrics: NotifyMetrics
    ) -> None:
        self._client, self._policy, self._addresses = client, policy, addresses
        self._again_seconds, self._metrics = again_seconds, metrics
        self._names = Names(policy.area)
        self._book = Book(policy, {rule_id: rule.card.advice for rule_id, rule in catalogue().items()})
        self._written = asyncio.Lock()
        self._news = asyncio.Event()
        self._published: list[int] = []
        self._hushed: list[Entry] = []
        self._log = structlog.get_logger("settlement_monitor.notify")

    async def run(self) -> None:
        """Follow for ever. Raises KafkaError; a ProducerFenced says that another notifier has begun."""
        group = group_of(self._policy.area)
        producer = AIOKafkaProducer(transactional_id=group, **self._client)
        consumer = reader(self._client, group_id=group)
        # The producer first: it ends what another notifier has not finished, so the offsets read here are the last.
        async with started(producer), started(consumer):
            await self._restore()
            snoozes = await self._read_snoozes()
            await self._begin(consumer, producer, snoozes)
            self._metrics.is_ready = True
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._follow(consumer, producer))
                    tasks.create_task(self._tell())
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
            finally:
                self._metrics.is_ready = False

    async def _restore(self) -> None:
        """Read what was remembered."""
        entries: dict[bytes, Entry] = {}
        async with started(reader(self._client)) as consumer:
            partitions = await topic_partitions(self._client, self._names.notified)
            async for records in read_all(consumer, partitions):
                for record in records:
                    if record.value is None:
                        entries.pop(record.key or b"", None)
                    else:
                        entries[record.key or b""] = _decode(record.value)
        self._book.restore(entries.values())
        self._log.info("leads remembered", leads=len(entries), open=self._book.open.total())

    async def _read_snoozes(self) -> dict[TopicPartition, int]:
        """Read what was said of snoozes for as long as one may last; gives the offsets behind it."""
        async with started(reader(self._client)) as consumer:
            partitions = await topic_partitions(self._client, self._names.work)
            first = await offsets_at(consumer, _now() - LONGEST_SNOOZE_DAYS * DAY, partitions)
            last = await consumer.end_offsets(partitions)
            async for records in read_records(consumer, first, last):
                self._hushed += self._book.snooze(_snoozes_in(records), _now())
        return dict(last)

    async def _begin(
        self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, snoozes: Mapping[TopicPartition, int]
    ) -> None:
        """Go on at the group's offsets; without any, as far back as a lead is no history. snoozes: where they go on.

        The place is committed at once: whoever looks sees a notifier that waits for its first lead, and none that
        never ran.
        """
        partitions = await topic_partitions(self._client, self._names.alerts)
        since = int(time.time() * 1000) - self._policy.age
        first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        fresh = await offsets_at(consumer, since, partitions)
        known = {tp: await consumer.committed(tp) for tp in partitions}
        is_new = all(offset is None for offset in known.values())
        offsets = {}
        for tp in partitions:
            offset = known[tp]
            if offset is None:
                offset = fresh[tp] if is_new else first[tp]
            elif not first[tp] <= offset <= end[tp]:
                self._log.warning("revisions are gone unread", partition=tp.partition, at=offset, first=first[tp])
                offset = first[tp]
            offsets[tp] = offset
        place(consumer, offsets | dict(snoozes))
        if offsets != known:
            async with producer.transaction():
                await producer.send_offsets_to_transaction(offsets, group_of(self._policy.area))

    async def _follow(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        tidied = 0.0
        while True:
            batches = await consumer.getmany(timeout_ms=ASK_MS, max_records=AT_ONCE)
            gone: list[str] = []
            if time.monotonic() - tidied > TIDY_SECONDS:
                tidied = time.monotonic()
                gone = self._book.forget(_now())
                await self._look_for_partitions(consumer)
            if batches or gone or self._hushed:
                async with self._written:
                    await self._take(producer, batches, gone)
                self._news.set()
            self._metrics.looked(await unread(consumer))

    async def _take(
        self, producer: AIOKafkaProducer, batches: Mapping[TopicPartition, Sequence[Record]], gone: Iterable[str]
    ) -> None:
        """Take revisions, and write what follows with the offsets behind them. Nobody is told before that.

        Snoozes first; their offsets are not written, for each start reads them all. Long because it is one step:
        what is read, remembered and committed stands or falls together.
        """
        changed: dict[str, bytes | None] = dict.fromkeys(gone)
        for tp in [one for one in batches if one.topic == self._names.work]:
            self._hushed += self._book.snooze(_snoozes_in(batches[tp]), _now())
        changed |= {one.alert_id: _encode(one) for one in self._hushed}
        self._hushed.clear()
        batches = {tp: records for tp, records in batches.items() if tp.topic == self._names.alerts}
        for records in batches.values():
            for record in records:
                entry = self._read(record)
                if entry is not None:
                    changed[entry.alert_id] = _encode(entry)
                    self._published.append(record.timestamp)
        offsets = {tp: records[-1].offset + 1 for tp, records in batches.items()}
        topic = self._names.notified
        async with producer.transaction():
            sent = [await producer.send(topic, value, key=key.encode()) for key, value in changed.items()]
            await asyncio.gather(*sent)  # aiokafka commits a transaction although a record in it failed
            if offsets:
                await producer.send_offsets_to_transaction(offsets, group_of(self._policy.area))

    def _read(self, record: Record) -> Entry | None:
        """What is to be remembered of a record; what is no alert is counted."""
        try:
            lead = read(record.value or b"")
        except ValueError as error:
            self._metrics.unreadable.inc()
            self._log.warning(
                "alert passed over", reason=type(error).__name__, partition=record.partition, offset=record.offset
            )
            return None
        return self._book.take(lead, record.timestamp, _now())

    async def _look_for_partitions(self, consumer: AIOKafkaConsumer) -> None:
        """Read partitions that the topics were given since, from their beginning."""
        assigned, now = consumer.assignment(), set[TopicPartition]()
        for topic in (self._names.alerts, self._names.work):
            now |= {*await topic_partitions(self._client, topic)}
        added = now - assigned
        if not added:
            return
        place(consumer, {tp: await consumer.position(tp) for tp in assigned} | dict.fromkeys(added, 0))

    async def _tell(self) -> None:
        """Tell Alertmanager what changed at once, and everything again and again: it remembers nothing."""
        pause = 0.0
        due = 0.0
        async with Alertmanager(self._addresses) as alertmanager:
            while True:
                is_due = time.monotonic() >= due
                posts, published = await self._next(is_due=is_due)
                try:
                    refused = await alertmanager.post(posts)
                except AwayError as error:
                    pause = min(LONGEST_PAUSE_SECONDS, 2 * pause or 1.0)
                    self._is_away(str(error), len(posts), pause)
                    self._published = published + self._published
                    due = 0.0
                    await asyncio.sleep(pause)
                    continue
                self._is_taken(published, refused, was_away=pause > 0)
                pause = 0.0
                if is_due:
                    due = time.monotonic() + self._again_seconds
                await self._wait(due)

    async def _next(self, *, is_due: bool) -> tuple[list[Post], list[int]]:
        """What to tell, and when the revisions behind it were published. Waits until they are written."""
        async with self._written:
            now = _now()
            posts = self._book.all(now) if is_due else self._book.news(now)
            published, self._published = self._published, []
            self._news.clear()
            self._metrics.noted(self._book.fates, self._book.open, self._book.misfiring(now))
            self._book.fates.clear()
        return posts, published

    def _is_away(self, why: str, alerts: int, pause: float) -> None:
        """Say that nobody took it; all is kept."""
        self._log.warning("alertmanager is away", reason=why, alerts=alerts, wait_seconds=pause)
        self._metrics.is_refused(why, alerts)

    def _is_taken(self, published: list[int], refused: int, *, was_away: bool) -> None:
        """Say that it was taken, where that is news."""
        if was_away:
            self._log.info("alertmanager is back")
        if refused:
            self._log.error("alertmanager refuses alerts as wrong", requests=refused)
        self._metrics.taken(published, refused)

    async def _wait(self, due: float) -> None:
        """Wait for news, or until everything is due again."""
        try:
            async with asyncio.timeout(max(0.0, due - time.monotonic())):
                await self._news.wait()
        except TimeoutError:
            return


def _snoozes_in(records: Iterable[Record]) -> list[Snooze]:
    """What is said of snoozes; other work on leads is passed over, and so is what is none."""
    found = []
    for record in records:
        try:
            found.append(SNOOZE.validate_json(record.value or b""))
        except ValueError:
            continue
    return found


def _now() -> int:
    return int(time.time() * 1000)


def policy_of(settings: Settings) -> Policy:
    """The policy as the settings say it."""
    age = int(settings.notify_age_days * DAY)
    return Policy(settings.prefix, settings.notify_openings, age, settings.notify_hours, settings.live_from_ms)
