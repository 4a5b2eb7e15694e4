"""Carries alert revisions from the topic into the read model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.readmodel import check_url, news_of
from streams.kafka.reading import unread
from streams.kafka.topics import Names

DAY_SECONDS = 86_400
AGAIN_SECONDS = 10.0

# A revision may come twice, and an older one after a newer one: only a later revision is taken, and told who follows.
_UPSERT = """
local known = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
if tonumber(ARGV[1]) <= known then return 0 end
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'json', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[5])
redis.call('PUBLISH', ARGV[6], ARGV[2])
return 1
"""


class Projector:
    """Carries alert revisions from the topic into Redis; waits and goes on where Redis is away."""

    def __init__(
        self, client: Mapping[str, Any], prefix: str, url: str, days: int, metrics: ReadModelMetrics | None = None
    ) -> None:
        check_url(url)
        self._client, self._prefix, self._url, self._seconds = client, prefix, url, days * DAY_SECONDS
        self._metrics = metrics or ReadModelMetrics()
        self._log = structlog.get_logger("settlement_monitor.readmodel")

    async def run(self) -> None:
        """Follow the alert topic for ever; where Kafka refuses something, with a new consumer after a while."""
        redis = AsyncRedis.from_url(self._url)
        while True:
            try:
                await self._follow(redis)
            except KafkaError as error:
                self._log.warning("alerts cannot be read", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
                self._metrics.asked()
                await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self, redis: AsyncRedis) -> None:
        consumer = AIOKafkaConsumer(
            Names(self._prefix).alerts, group_id=f"{self._prefix}-readmodel", auto_offset_reset="earliest",
            enable_auto_commit=False, isolation_level="read_committed", **self._client,
        )  # fmt: skip
        try:
            await consumer.start()
            while True:
                batches = await consumer.getmany(timeout_ms=1000, max_records=500)
                values = [record.value for records in batches.values() for record in records if record.value]
                set_aside = 0
                if values:
                    set_aside = await self.write(redis, values)
                    await consumer.commit()
                self._metrics.read(len(values) - set_aside, set_aside, await unread(consumer))
        finally:
            await consumer.stop()

    async def write(self, redis: AsyncRedis, values: list[bytes]) -> int:
        """Write revisions, however long Redis is away; gives how many were no alert."""
        wait = 1.0
        while True:
            try:
                set_aside = await self.put(redis, values)
            except RedisError as error:
                self._log.warning("redis is away", reason=type(error).__name__, wait_seconds=wait)
                self._metrics.redis_is_away()
                await asyncio.sleep(wait)
                wait = min(60.0, 2 * wait)
            else:
                self._metrics.redis_answers()
                return set_aside

    async def put(self, redis: AsyncRedis, values: list[bytes]) -> int:
        """Write revisions; an older one than is there changes nothing. Gives how many were no alert: set aside."""
        order, news = f"{self._prefix}:alerts", news_of(self._prefix)
        oldest, set_aside = 0.0, 0
        async with redis.pipeline(transaction=False) as pipe:
            for value in values:
                try:
                    one = _row(value)
                except (ValueError, KeyError, TypeError, OverflowError) as error:
                    self._log.warning("alert set aside", reason=type(error).__name__)
                    set_aside += 1
                    continue
                oldest = max(oldest, one.score - self._seconds)
                key = f"{self._prefix}:alert:{one.alert_id}"
                pipe.eval(_UPSERT, 2, key, order, one.revision, value, one.score, self._seconds, one.alert_id, news)
            pipe.zremrangebyscore(order, "-inf", oldest)
            await pipe.execute()
        return set_aside


@dataclass(frozen=True)
class _Row:
    alert_id: str
    revision: int
    score: float


def _row(value: bytes) -> _Row:
    """What Redis has to know of a revision. Raises what Python raises where it is none."""
    alert = orjson.loads(value)
    return _Row(str(alert["alert_id"]), int(alert["revision"]), datetime.fromisoformat(alert["event_time"]).timestamp())
