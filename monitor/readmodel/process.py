"""The process `monitor readmodel`, and the command that builds the read model again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterable, Sequence
from typing import NoReturn

import structlog
from aiokafka.errors import KafkaError

from monitor.errors import ConfigurationError
from monitor.leads.follower import Follower
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.projector import Batch, Projector, topics_of, write
from monitor.readmodel.readmodel import check_url
from monitor.readmodel.rows import Writer
from monitor.readmodel.store import Store
from monitor.readmodel.watcher import Watcher
from monitor.settings import Settings
from monitor.worker.beside import begin
from monitor.worker.connection import Connection
from streams.kafka.clients import started
from streams.kafka.ending import or_die
from streams.kafka.reading import Record, UnreadError, read_all, reader
from streams.kafka.topics import Names, partitions_of, topic_partitions

AGAIN_SECONDS = 5.0
SAID_AT_ONCE = 5_000
"""So many alerts are indexed at once in a rebuild: fewer parts of an index are merged later."""
READ_AHEAD = 30
"""So many batches at most are read while SQLite indexes: more than it takes to index SAID_AT_ONCE alerts."""


def run_readmodel(settings: Settings) -> NoReturn:
    """Run until SIGTERM or SIGINT, and end at once then: what was not written is read again.

    Raises ConfigurationError.
    """
    check_url(settings.redis)
    metrics = ReadModelMetrics()
    connection = begin(settings, "readmodel", metrics)
    asyncio.run(or_die(follow(settings, metrics, connection), "keeping the read model", ConfigurationError))
    raise AssertionError("it follows for ever")


async def follow(settings: Settings, metrics: ReadModelMetrics, connection: Connection) -> None:
    """Wait for a broker, then follow the topics for ever. Raises ConfigurationError where they are not there."""
    client = {"bootstrap_servers": settings.brokers}
    while True:
        try:
            there = await partitions_of(client, Names(settings.prefix).alerts)
        except (KafkaError, OSError) as error:
            connection.away(type(error).__name__)
            metrics.asked()
            await asyncio.sleep(AGAIN_SECONDS)
            continue
        connection.answers(quiet=0)
        break
    if not there:
        raise ConfigurationError(f"topics: expected those of {settings.prefix}: run `monitor topics create`")
    leads = Follower(client, settings.prefix, settings.live_from_ms, metrics.leads, settings.readmodel_dir)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(leads.run())  # a read model that is built meanwhile does not stop it
        await _renew(settings, metrics)
        tasks.create_task(Projector(settings, metrics).run())
        tasks.create_task(Watcher(client, settings.prefix, settings.redis, metrics).run())


async def _renew(settings: Settings, metrics: ReadModelMetrics) -> None:
    """Build the read model where none of this form is there: it is new, was removed, or another build wrote it."""
    log = structlog.get_logger("settlement_monitor.readmodel")
    while Store(settings.readmodel_dir, settings.prefix).path() is None:
        try:
            log.info("the read model is built again", records=await rebuild(settings, metrics))
        except (KafkaError, UnreadError, OSError) as error:
            log.warning("the read model cannot be built", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
            metrics.asked()
            await asyncio.sleep(AGAIN_SECONDS)


async def rebuild(settings: Settings, metrics: ReadModelMetrics | None = None) -> int:
    """Write what stands on the topics into a new file, which counts when it is complete; gives how many records.

    A `monitor readmodel` that runs meanwhile goes on in the new file. Raises ConfigurationError.
    """
    check_url(settings.redis)
    client = {"bootstrap_servers": settings.brokers}
    metrics = metrics or ReadModelMetrics()
    partitions = [one for topic in topics_of(settings.prefix) for one in await topic_partitions(client, topic)]
    if not partitions:
        raise ConfigurationError(f"topics: expected those of {settings.prefix}: run `monitor topics create`")
    projector = Projector(settings)
    async with started(reader(client)) as consumer:
        with Store(settings.readmodel_dir, settings.prefix).building() as db:
            written = await _fill(db, projector, read_all(consumer, partitions), metrics)
            await asyncio.to_thread(projector.trim, db)
    return written


async def _fill(
    db: sqlite3.Connection, projector: Projector, came: AsyncIterable[Sequence[Record]], metrics: ReadModelMetrics
) -> int:
    """Write records; gives how many. While SQLite indexes some thousands of them the next ones are read."""
    writer, written = Writer(db), 0
    ahead: list[Batch] = []
    indexing = asyncio.create_task(asyncio.to_thread(writer.say))
    try:
        async for records in came:
            ahead.append(projector.read(records))
            written += len(records) - ahead[-1].set_aside
            metrics.asked()
            if indexing.done() or len(ahead) == READ_AHEAD:
                await indexing
                _write_ahead(db, writer, ahead)
                if writer.unsaid >= SAID_AT_ONCE:
                    indexing = asyncio.create_task(asyncio.to_thread(writer.say))
    finally:
        await indexing
    _write_ahead(db, writer, ahead)
    await asyncio.to_thread(writer.say)
    return written


def _write_ahead(db: sqlite3.Connection, writer: Writer, ahead: list[Batch]) -> None:
    """Write what was read, in the thread that reads: two threads would wait for each other at every row."""
    for batch in ahead:
        write(db, writer, batch)
    ahead.clear()
