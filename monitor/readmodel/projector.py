"""Carries alert revisions, what was said of them and done with them, and the calendar into the read model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from hashlib import sha1
from typing import Any, TypeVar, cast

import orjson
import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from monitor.contract.feedback import Feedback
from monitor.contract.work import LONGEST_SNOOZE_DAYS, WORK, OfLead, OfSubject
from monitor.readmodel.layout import (
    TAKE_ACT,
    TAKE_REVISION,
    Keys,
    amount_of,
    names_of,
    opened_of,
    score_of,
    withdrawn_of,
)
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.readmodel import check_url
from rules.reference import Reference
from rules.times import BEIJING, to_ms
from streams.kafka.reading import Record, unread
from streams.kafka.topics import Names

T = TypeVar("T")
DAY_SECONDS = 86_400
AGAIN_SECONDS = 10.0
TRIM_SECONDS = 3600.0
"""How often what is kept no longer is let go of."""
AT_ONCE = 500


_NAME_OF_REVISION, _NAME_OF_ACT = (sha1(one.encode()).hexdigest() for one in (TAKE_REVISION, TAKE_ACT))  # noqa: S324 - as Redis names scripts


def topics_of(prefix: str) -> list[str]:
    """The topics of which the read model is made."""
    names = Names(prefix)
    return [names.alerts, names.feedback, names.work, names.reference("calendar")]


def _values(records: Iterable[Record]) -> list[bytes]:
    return [record.value for record in records if record.value]


class Projector:
    """Carries revisions and dispositions into Redis; waits and goes on where Redis is away.

    days: how long an alert is kept after its last trigger, reckoned from the newest one.
    """

    def __init__(
        self, client: Mapping[str, Any], prefix: str, url: str, days: int, metrics: ReadModelMetrics | None = None
    ) -> None:
        check_url(url)
        self._client, self._names, self._url, self._seconds = client, Names(prefix), url, days * DAY_SECONDS
        self._keys = Keys(prefix)
        self._metrics = metrics or ReadModelMetrics()
        self._log = structlog.get_logger("settlement_monitor.readmodel")

    async def run(self) -> None:
        """Follow the topics for ever; where Kafka refuses something, with a new consumer after a while."""
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
            *topics_of(self._names.prefix), group_id=f"{self._names.prefix}-readmodel",
            auto_offset_reset="earliest", enable_auto_commit=False, isolation_level="read_committed", **self._client,
        )  # fmt: skip
        due = 0.0
        try:
            await consumer.start()
            while True:
                batches = await consumer.getmany(timeout_ms=1000, max_records=AT_ONCE)
                records = [record for some in batches.values() for record in some]
                set_aside = 0
                if records:
                    set_aside = await self._until_redis_answers(partial(self.take, redis, records))
                    await consumer.commit()
                if time.monotonic() >= due:
                    due = time.monotonic() + TRIM_SECONDS
                    await self._until_redis_answers(partial(self.trim, redis))
                self._metrics.read(len(records) - set_aside, set_aside, await unread(consumer))
        finally:
            await consumer.stop()

    async def _until_redis_answers(self, act: Callable[[], Awaitable[int]]) -> int:
        """Do something with Redis, however long it is away."""
        wait = 1.0
        while True:
            try:
                found = await act()
            except RedisError as error:
                self._log.warning("redis is away", reason=type(error).__name__, wait_seconds=wait)
                self._metrics.redis_is_away()
                await asyncio.sleep(wait)
                wait = min(60.0, 2 * wait)
            else:
                self._metrics.redis_answers()
                return found

    async def take(self, redis: AsyncRedis, records: Iterable[Record]) -> int:
        """Write what stands on records of its topics. Gives how many held none of it: set aside."""
        by_topic: dict[str, list[Record]] = {topic: [] for topic in topics_of(self._names.prefix)}
        for record in records:
            by_topic[record.topic].append(record)
        alerts, feedback, work, calendar = by_topic.values()
        set_aside = await self.put(redis, _values(alerts))
        set_aside += await self.put_feedback(redis, _values(feedback))
        set_aside += await self.put_work(redis, _values(work))
        return set_aside + await self._each(redis, calendar, self._take_day)

    async def put(self, redis: AsyncRedis, values: Iterable[bytes]) -> int:
        """Write revisions; an older one than is there changes nothing. Gives how many were no alert: set aside."""
        return await self._each(redis, values, self._take_revision)

    async def put_feedback(self, redis: AsyncRedis, values: Iterable[bytes]) -> int:
        """Write dispositions; one that is there changes nothing. Gives how many were none: set aside."""
        return await self._each(redis, values, self._take_feedback)

    async def put_work(self, redis: AsyncRedis, values: Iterable[bytes]) -> int:
        """Write acts; one that is there changes nothing. Gives how many were none: set aside."""
        return await self._each(redis, values, self._take_work)

    async def put_messages(self, redis: AsyncRedis, messages: Iterable[tuple[str, str, bytes]]) -> None:
        """Write dispositions and acts before they come from their topics. messages: topic, record key and value."""
        for topic, _, value in messages:
            put = self.put_feedback if topic == self._names.feedback else self.put_work
            await put(redis, [value])

    async def _each(self, redis: AsyncRedis, values: Iterable[T], write: Callable[[Pipeline, T], None]) -> int:
        set_aside, values = 0, [*values]
        if not values:
            return 0
        async with redis.pipeline(transaction=False) as pipe:
            # Each time, for a Redis that was started meanwhile knows no script; then a name of theirs is enough.
            pipe.script_load(TAKE_REVISION)
            pipe.script_load(TAKE_ACT)
            for value in values:
                try:
                    write(pipe, value)
                except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
                    self._log.warning("record set aside", reason=type(error).__name__)
                    set_aside += 1
            await pipe.execute()
        return set_aside

    def _take_revision(self, pipe: Pipeline, value: bytes) -> None:
        """Write a revision. Raises what Python raises where it is none."""
        alert = orjson.loads(value)
        alert_id, keys = str(alert["alert_id"]), self._keys
        where, withdrawn = (*self._of(alert_id), keys.newest, keys.costliest), withdrawn_of(alert)
        pipe.evalsha(
            _NAME_OF_REVISION, len(where), *where, alert_id, int(alert["revision"]), value, score_of(alert),
            amount_of(alert), opened_of(alert), "" if withdrawn is None else withdrawn, orjson.dumps(names_of(alert)),
            keys.by(""), self._seconds, keys.news,
        )  # fmt: skip

    def _of(self, alert_id: str) -> tuple[str, ...]:
        """The keys that every script needs."""
        keys = self._keys
        return keys.alert(alert_id), keys.feedback(alert_id), keys.work(alert_id), keys.due

    def _take_feedback(self, pipe: Pipeline, value: bytes) -> None:
        """Write a disposition. Raises ValueError where it is none."""
        said = Feedback.model_validate_json(value)
        said = said.model_copy(update={"at": said.at.astimezone(BEIJING)})  # its month is that in Beijing
        self._take_act(pipe, said, self._keys.feedback(said.alert_id))

    def _take_work(self, pipe: Pipeline, value: bytes) -> None:
        """Write an act. Raises ValueError where it is none."""
        act = WORK.validate_json(value)
        if isinstance(act, OfSubject):
            pipe.zadd(self._keys.snoozes, {act.model_dump_json(): to_ms(act.at)})
            return
        self._take_act(pipe, act, self._keys.work(act.alert_id))

    def _take_act(self, pipe: Pipeline, act: Feedback | OfLead, into: str) -> None:
        where = (*self._of(act.alert_id), into)
        pipe.evalsha(
            _NAME_OF_ACT, len(where), *where, act.alert_id, to_ms(act.at), act.model_dump_json(), self._keys.by(""),
            self._seconds,
        )  # fmt: skip

    def _take_day(self, pipe: Pipeline, record: Record) -> None:
        """Write a row of the calendar, or remove it. Raises ValueError where it is none."""
        key = record.key or b""
        if record.value is None:
            pipe.hdel(self._keys.calendar, key)
            return
        Reference().put("calendar", orjson.loads(record.value))
        pipe.hset(self._keys.calendar, key, record.value)

    async def trim(self, redis: AsyncRedis) -> int:
        """Let go of the ids of alerts that are kept no longer, counted from the newest alert; gives how many."""
        keys = self._keys
        ended = int(time.time()) - (LONGEST_SNOOZE_DAYS + 1) * DAY_SECONDS
        await redis.zremrangebyscore(keys.snoozes, "-inf", ended * 1000)
        newest = cast("list[tuple[bytes, float]]", await redis.zrevrange(keys.newest, 0, 0, withscores=True))
        if not newest:
            return 0
        oldest = newest[0][1] - self._seconds * 1000
        gone = cast("list[bytes]", await redis.zrangebyscore(keys.newest, "-inf", f"({oldest}"))
        for start in range(0, len(gone), AT_ONCE):
            some = gone[start : start + AT_ONCE]
            await redis.zrem(keys.costliest, *some)
            await redis.zrem(keys.due, *some)
        async with redis.pipeline(transaction=False) as pipe:
            async for key in redis.scan_iter(match=keys.by("*"), count=AT_ONCE):
                pipe.zremrangebyscore(key, "-inf", f"({oldest}")
                if len(pipe) >= AT_ONCE:
                    await pipe.execute()
            await pipe.execute()
        await redis.zremrangebyscore(keys.newest, "-inf", f"({oldest}")
        return len(gone)
