"""Carries alert revisions, what was said and done, and the reference tables that it shows into the read model."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from monitor.contract.feedback import Feedback
from monitor.contract.work import LONGEST_SNOOZE_DAYS, WORK, OfSubject, Work
from monitor.readmodel.layout import Keys
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.readmodel import check_url
from monitor.readmodel.rows import Revision, Writer, revision_of
from monitor.readmodel.store import Store, connect
from monitor.settings import Settings
from rules.reference import TABLES, Reference
from rules.times import BEIJING, DAY, to_ms
from streams.kafka.clients import started
from streams.kafka.reading import Record, UnreadError, place, reader, unread
from streams.kafka.tables import record_key
from streams.kafka.topics import Names, topic_partitions

T = TypeVar("T")
AGAIN_SECONDS = 10.0
TRIM_SECONDS = 3600.0
"""How often what is kept no longer is let go of."""
ANSWER_SECONDS = 3.0
"""So long Redis may take to pass a batch of news on. Our assumption: a page that hears nothing asks again by itself."""
AT_ONCE = 500
CARRIED = ("calendar", "diagnoses", "institutions", "physicians")
"""The reference tables of which the console shows something. None has a person in it."""


def topics_of(prefix: str) -> list[str]:
    """The topics of which the read model is made."""
    names = Names(prefix)
    return [names.alerts, names.feedback, names.work, *map(names.reference, CARRIED)]


def _values(records: Iterable[Record]) -> list[bytes]:
    return [record.value for record in records if record.value]


class CarriedRow(NamedTuple):
    """A row of a table. record: the key of its record; key, json: None where the row is gone."""

    table: str
    record: bytes
    key: str | None
    json: bytes | None


@dataclass
class Batch:
    """What was read of records. ends: the offset behind those of a partition."""

    revisions: list[tuple[Revision, bytes]] = field(default_factory=list)
    acts: list[Feedback | Work] = field(default_factory=list)
    rows: list[CarriedRow] = field(default_factory=list)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    set_aside: int = 0


class Projector:
    """Carries revisions and dispositions into the file of an area, and tells Redis of each revision.

    An alert is kept for `alerts_days` after its last trigger, reckoned from the newest one.
    """

    def __init__(self, settings: Settings, metrics: ReadModelMetrics | None = None) -> None:
        check_url(settings.redis)
        self._client = {"bootstrap_servers": settings.brokers}
        self._names, self._keys = Names(settings.prefix), Keys(settings.prefix)
        self._url, self._kept = settings.redis, settings.alerts_days * DAY
        self._store = Store(settings.readmodel_dir, settings.prefix)
        self._metrics = metrics or ReadModelMetrics()
        self._log = structlog.get_logger("settlement_monitor.readmodel")

    async def run(self) -> None:
        """Follow the topics for ever; where Kafka refuses something, with a new consumer after a while."""
        redis = AsyncRedis.from_url(self._url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS)
        while True:
            try:
                await self._follow(redis)
            except (KafkaError, UnreadError, OSError) as error:
                self._log.warning("alerts cannot be read", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
            except sqlite3.OperationalError as error:
                self._log.warning("alerts cannot be written", reason=str(error), wait_seconds=AGAIN_SECONDS)
            self._metrics.asked()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self, redis: AsyncRedis) -> None:
        """Follow while the same file counts; then its follower begins where that one ends."""
        async with started(reader(self._client)) as consumer:
            while True:
                path = self._store.begin()
                with closing(connect(path)) as db:
                    await self._follow_into(db, path, consumer, redis)

    async def _follow_into(
        self, db: sqlite3.Connection, path: Path, consumer: AIOKafkaConsumer, redis: AsyncRedis
    ) -> None:
        partitions = await self._begin(db, consumer)
        due = 0.0
        while self._store.path() == path:
            batches = await consumer.getmany(timeout_ms=1000, max_records=AT_ONCE)
            records = [record for some in batches.values() for record in some]
            batch = self.read(records)
            if records:
                await self._tell(redis, await asyncio.to_thread(_write, db, batch))
            if time.monotonic() >= due:
                due = time.monotonic() + TRIM_SECONDS
                await asyncio.to_thread(self._trim, db)
                if await self._partitions() != partitions:
                    return
            self._metrics.read(len(records) - batch.set_aside, batch.set_aside, await unread(consumer))

    async def _begin(self, db: sqlite3.Connection, consumer: AIOKafkaConsumer) -> set[TopicPartition]:
        """Go on where the file ends; a topic that is shorter was made anew, and is read from its beginning."""
        partitions = await self._partitions()
        known = {TopicPartition(topic, number): at for topic, number, at in db.execute("SELECT * FROM read")}
        first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        at = {tp: max(first[tp], known.get(tp, 0)) for tp in partitions}
        place(consumer, {tp: offset if offset <= end[tp] else first[tp] for tp, offset in at.items()})
        return partitions

    async def _partitions(self) -> set[TopicPartition]:
        topics = topics_of(self._names.prefix)
        return {one for topic in topics for one in await topic_partitions(self._client, topic)}

    async def _tell(self, redis: AsyncRedis, news: Sequence[bytes]) -> None:
        """Tell of revisions; where Redis is away nobody hears of them, and whoever asks finds them."""
        if not news:
            return
        try:
            async with redis.pipeline(transaction=False) as pipe:
                for one in news:
                    pipe.publish(self._keys.news, one)
                await pipe.execute()
        except RedisError as error:
            self._log.warning("redis is away", reason=type(error).__name__)
            self._metrics.redis_is_away()
        else:
            self._metrics.redis_answers()

    def read(self, records: Iterable[Record]) -> Batch:
        """Read what stands on records of its topics; what is none of it is set aside."""
        by_topic: dict[str, list[Record]] = {topic: [] for topic in topics_of(self._names.prefix)}
        batch = Batch()
        for record in records:
            by_topic[record.topic].append(record)
            batch.ends[record.topic, record.partition] = record.offset + 1
        alerts, feedback, work, *tables = by_topic.values()
        self._read_into(batch, _values(alerts), _values(feedback), _values(work))
        for table, of_table in zip(CARRIED, tables, strict=True):
            batch.set_aside += self._each(of_table, partial(_take_row, batch, table))
        return batch

    def put(self, *, alerts: Iterable[bytes] = (), feedback: Iterable[bytes] = (), work: Iterable[bytes] = ()) -> int:
        """Write messages before they come from their topics; what is there changes nothing. Gives how many are none.

        Raises ConfigurationError, and sqlite3.Error where the file cannot be written.
        """
        batch = Batch()
        self._read_into(batch, alerts, feedback, work)
        with closing(connect(self._store.begin())) as db:
            _write(db, batch)
        return batch.set_aside

    def put_rows(self, table: str, rows: Iterable[Mapping[str, str]]) -> int:
        """Write rows of a table that is carried. As `put`."""
        batch = Batch()
        set_aside = self._each(rows, lambda row: batch.rows.append(_row_of(table, record_key(table, row), row)))
        with closing(connect(self._store.begin())) as db:
            _write(db, batch)
        return set_aside

    def put_messages(self, messages: Iterable[tuple[str, str, bytes]]) -> None:
        """As `put`, of dispositions and acts. messages: topic, record key and value."""
        by_topic: dict[str, list[bytes]] = {self._names.feedback: [], self._names.work: []}
        for topic, _, value in messages:
            by_topic[topic].append(value)
        feedback, work = by_topic.values()
        self.put(feedback=feedback, work=work)

    def trim(self, db: sqlite3.Connection) -> int:
        """Let go of what is kept no longer; gives how many alerts. The caller has the transaction."""
        ended = int(time.time() * 1000) - (LONGEST_SNOOZE_DAYS + 1) * DAY
        db.execute("DELETE FROM snooze WHERE at < ?", (ended,))
        return Writer(db).let_go(self._kept)

    def _trim(self, db: sqlite3.Connection) -> None:
        with _transaction(db):
            self.trim(db)

    def _read_into(
        self, batch: Batch, alerts: Iterable[bytes], feedback: Iterable[bytes], work: Iterable[bytes]
    ) -> None:
        batch.set_aside += self._each(alerts, lambda one: batch.revisions.append((revision_of(one), one)))
        batch.set_aside += self._each(feedback, lambda one: batch.acts.append(_feedback_of(one)))
        batch.set_aside += self._each(work, lambda one: batch.acts.append(WORK.validate_json(one)))

    def _each(self, values: Iterable[T], read: Callable[[T], None]) -> int:
        set_aside = 0
        for value in values:
            try:
                read(value)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
                self._log.warning("record set aside", reason=type(error).__name__)
                set_aside += 1
        return set_aside


def write(db: sqlite3.Connection, writer: Writer, batch: Batch) -> list[bytes]:
    """Write a batch without its texts, and where it ends; gives the revisions that were later than what was there."""
    news = [value for revision, value in batch.revisions if writer.put_revision(revision)]
    for act in batch.acts:
        if isinstance(act, OfSubject):
            db.execute("INSERT OR IGNORE INTO snooze VALUES (?, ?)", (to_ms(act.at), act.model_dump_json()))
        else:
            writer.put_act(act)
    for row in batch.rows:
        db.execute("DELETE FROM reference WHERE name = ? AND record = ?", (row.table, row.record))
        if row.json is not None:
            db.execute("INSERT INTO reference VALUES (?, ?, ?, ?)", (row.table, row.record, row.key, row.json))
    db.executemany("REPLACE INTO read VALUES (?, ?, ?)", [(*where, end) for where, end in batch.ends.items()])
    return news


def _write(db: sqlite3.Connection, batch: Batch) -> list[bytes]:
    """Write a batch in a transaction of its own; gives the revisions that were later than what was there."""
    writer = Writer(db)
    with _transaction(db):
        news = write(db, writer, batch)
        writer.say()
    return news


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All that is written in the block, or nothing of it; another process that writes is waited for."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:  # SQLite has ended it by itself where the disk is full
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _feedback_of(value: bytes) -> Feedback:
    """A disposition; its month is that in Beijing. Raises ValueError where it is none."""
    said = Feedback.model_validate_json(value)
    return said.model_copy(update={"at": said.at.astimezone(BEIJING)})


def _take_row(batch: Batch, table: str, record: Record) -> None:
    """A row of a table as its topic carries it, or that it is gone. Raises ValueError where it is none."""
    key = record.key or b""
    gone = CarriedRow(table, key, None, None)
    batch.rows.append(gone if record.value is None else _row_of(table, key, orjson.loads(record.value)))


def _row_of(table: str, record: bytes, row: Mapping[str, str]) -> CarriedRow:
    """A row of a table under the key of its record. Raises ValueError where it is none."""
    Reference().put(table, row)
    return CarriedRow(table, record, row[TABLES[table][0]], orjson.dumps(row))
