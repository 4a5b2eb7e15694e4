"""The process `monitor readmodel`, and the command that builds the read model again."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog
from aiokafka.errors import KafkaError
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from monitor.errors import ConfigurationError
from monitor.readmodel.layout import FORM, Keys
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.projector import Projector, topics_of
from monitor.readmodel.readmodel import check_url
from monitor.readmodel.watcher import Watcher
from monitor.settings import Settings
from monitor.worker.beside import begin
from monitor.worker.connection import Connection
from streams.kafka.ending import or_die
from streams.kafka.reading import UnreadError, read_all, reader
from streams.kafka.topics import Names, partitions_of, started, topic_partitions

AGAIN_SECONDS = 5.0
AT_ONCE = 500


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
    await _renew(settings, metrics)
    async with asyncio.TaskGroup() as tasks:
        projector = Projector(client, settings.prefix, settings.redis, settings.alerts_days, metrics)
        tasks.create_task(projector.run())
        tasks.create_task(Watcher(client, settings.prefix, settings.redis, metrics).run())


async def _renew(settings: Settings, metrics: ReadModelMetrics) -> None:
    """Build the read model where Redis holds none of this form: it is new, was emptied, or another build wrote it."""
    log = structlog.get_logger("settlement_monitor.readmodel")
    async with AsyncRedis.from_url(settings.redis) as redis:
        while True:
            try:
                if await redis.get(Keys(settings.prefix).form) != FORM.encode():
                    log.info("the read model is built again", records=await _build(settings))
            except (RedisError, KafkaError, UnreadError, OSError) as error:
                log.warning("the read model cannot be built", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
                metrics.redis_is_away() if isinstance(error, RedisError) else metrics.asked()
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                metrics.redis_answers()
                return


async def rebuild(settings: Settings) -> int:
    """Drop all that stands in Redis of the area, and write what stands on the topics again; gives how many records.

    A `monitor readmodel` that runs meanwhile does no harm: the later revision stands. Raises ConfigurationError.
    """
    check_url(settings.redis)
    try:
        return await _build(settings)
    except RedisError as error:
        raise ConfigurationError(f"MONITOR_REDIS: expected a Redis that answers: {type(error).__name__}") from None


async def _build(settings: Settings) -> int:
    """As `rebuild`; raises RedisError."""
    client, written = {"bootstrap_servers": settings.brokers}, 0
    partitions = [one for topic in topics_of(settings.prefix) for one in await topic_partitions(client, topic)]
    if not partitions:
        raise ConfigurationError(f"topics: expected those of {settings.prefix}: run `monitor topics create`")
    projector = Projector(client, settings.prefix, settings.redis, settings.alerts_days)
    async with AsyncRedis.from_url(settings.redis) as redis, started(reader(client)) as consumer:
        await _drop(redis, Keys(settings.prefix))
        async for records in read_all(consumer, partitions):
            written += len(records) - await projector.take(redis, records)
        await projector.trim(redis)
        await redis.set(Keys(settings.prefix).form, FORM)
    return written


async def _drop(redis: AsyncRedis, keys: Keys) -> None:
    """Delete what the read model has of an area."""
    for pattern in keys.every():
        some = []
        async for key in redis.scan_iter(match=pattern, count=AT_ONCE):
            some.append(key)
            if len(some) == AT_ONCE:
                await redis.unlink(*some)
                some.clear()
        if some:
            await redis.unlink(*some)
