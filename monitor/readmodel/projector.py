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

from monitor.readmodel.readmodel import check_url
from streams.kafka.topics import Names

DAY_SECONDS = 86_400
AGAIN_SECONDS = 10.0

# A revision may come twice, and an older one after a newer one: only a later revision is taken.
_UPSERT = """
local known = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
if tonumber(ARGV[1]) <= known then return 0 end
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'json', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[5])
return 1
"""


class Projector:
    """Carries alert revisions from the topic into Redis; waits and goes on where Redis is away."""

    def __init__(self, client: Mapping[str, Any], prefix: str, url: str, days: int) -> None:
        check_url(url)
        self._client, self._prefix, self._url, self._seconds = client, prefix, url, days * DAY_SECONDS
        self._log = structlog.get_logger("settlement_monitor.readmodel")

    async def run(self) -> None:
        """Follow the alert topic for ever; where Kafka refuses something, with a new consumer after a while."""
        redis = AsyncRedis.from_url(self._url)
        while True:
            try:
                await self._follow(redis)
            except KafkaError as error:
                self._log.warning("alerts cannot be read", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self, redis: AsyncRedis) -> None:
        consumer = AIOKafkaConsumer(
            Names(self._prefix).alerts, group_id=f"{self._prefix}-readmodel", auto_offset_reset="earliest",
            enable_auto_commit=False, **self._client,
        )  # fmt: skip
        try:
            await consumer.start()
            while True:
                batches = await consumer.getmany(timeout_ms=1000, max_records=500)
                values = [record.value for records in batches.values() for record in records if record.value]
                if values:
                    await self._write(redis, values)
                    await consumer.commit()
        finally:
            await consumer.stop()

    async def _write(self, redis: AsyncRedis, values: list[bytes]) -> None:
        wait = 1.0
        while True:
            try:
                await self.put(redis, values)
            except RedisError as error:
                self._log.warning("redis is away", reason=type(error).__name__, wait_seconds=wait)
                await asyncio.sleep(wait)
                wait = min(60.0, 2 * wait)
            else:
                return

    async def put(self, redis: AsyncRedis, values: list[bytes]) -> None:
        """Write revisions; an older one than is there changes nothing, and what is no alert is set aside."""
        order = f"{self._prefix}:alerts"
        oldest = 0.0
        async with redis.pipeline(transaction=False) as pipe:
            for value in values:
                try:
                    one = _row(value)
                except (ValueError, KeyError, TypeError, OverflowError) as error:
                    self._log.warning("alert set aside", reason=type(error).__name__)
                    continue
                oldest = max(oldest, one.score - self._seconds)
                key = f"{self._prefix}:alert:{one.alert_id}"
                pipe.eval(_UPSERT, 2, key, order, one.revision, value, one.score, self._seconds, one.alert_id)
            pipe.zremrangebyscore(order, "-inf", oldest)
            await pipe.execute()


@dataclass(frozen=True)
class _Row:
    alert_id: str
    revision: int
    score: float


def _row(value: bytes) -> _Row:
    """What Redis has to know of a revision. Raises what Python raises where it is none."""
    alert = orjson.loads(value)
    return _Row(str(alert["alert_id"]), int(alert["revision"]), datetime.fromisoformat(alert["event_time"]).timestamp())
