"""The process `monitor readmodel`, and the command that builds the read model again."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from aiokafka.errors import KafkaError
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from monitor.errors import ConfigurationError
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.projector import Projector
from monitor.readmodel.readmodel import check_url
from monitor.readmodel.watcher import Watcher
from monitor.settings import Settings
from monitor.worker.beside import begin
from monitor.worker.connection import Connection
from streams.kafka.ending import or_die
from streams.kafka.reading import read_all, reader
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
    async with asyncio.TaskGroup() as tasks:
        projector = Projector(client, settings.prefix, settings.redis, settings.alerts_days, metrics)
        tasks.create_task(projector.run())
        tasks.create_task(Watcher(client, settings.prefix, settings.redis, metrics).run())


async def rebuild(settings: Settings) -> int:
    """Drop all that stands in Redis of the area, and write every revision on the topic again; gives how many.

    A `monitor readmodel` that runs meanwhile does no harm: the later revision stands. Raises ConfigurationError.
    """
    check_url(settings.redis)
    client = {"bootstrap_servers": settings.brokers}
    written = 0
    partitions = await topic_partitions(client, Names(settings.prefix).alerts)
    if not partitions:
        raise ConfigurationError(f"topics: expected those of {settings.prefix}: run `monitor topics create`")
    projector = Projector(client, settings.prefix, settings.redis, settings.alerts_days)
    async with AsyncRedis.from_url(settings.redis) as redis, started(reader(client)) as consumer:
        try:
            await _drop(redis, settings.prefix)
            async for records in read_all(consumer, partitions):
                values = [record.value for record in records if record.value]
                written += len(values) - await projector.put(redis, values)
        except RedisError as error:
            raise ConfigurationError(f"MONITOR_REDIS: expected a Redis that answers: {type(error).__name__}") from None
    return written


async def _drop(redis: AsyncRedis, prefix: str) -> None:
    """Delete what the read model has of an area."""
    await redis.delete(f"{prefix}:alerts", f"{prefix}:heard")
    keys = []
    async for key in redis.scan_iter(match=f"{prefix}:alert:*", count=AT_ONCE):
        keys.append(key)
        if len(keys) == AT_ONCE:
            await redis.unlink(*keys)
            keys.clear()
    if keys:
        await redis.unlink(*keys)
