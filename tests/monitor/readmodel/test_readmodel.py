"""The read model takes what comes, and never ends the worker that it is part of."""

from __future__ import annotations

import asyncio
import contextlib

import orjson
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from monitor.readmodel.projector import Projector
from monitor.readmodel.readmodel import ReadModel, Wanted

GOOD = {"alert_id": "a", "revision": 1, "event_time": "2026-03-02T00:00:00+08:00"}
BAD = [
    b"{",
    b"[]",
    b"null",
    orjson.dumps(GOOD | {"event_time": "yesterday"}),
    orjson.dumps(GOOD | {"event_time": None}),
    orjson.dumps(GOOD | {"revision": "x"}),
    orjson.dumps({"alert_id": "b"}),
]


@pytest.mark.redis
async def test_what_is_no_alert_is_set_aside(redis_url: str, prefix: str) -> None:
    """What stands around it is kept; the log says why, and nothing of what it was."""
    projector = Projector({}, prefix, redis_url, days=90_000)
    async with Redis.from_url(redis_url) as redis:
        with capture_logs() as said:
            await projector.put(redis, [*BAD, orjson.dumps(GOOD), *BAD])

    assert ReadModel(redis_url, prefix).newest(Wanted(), 10) == [GOOD]
    assert len(said) == 2 * len(BAD)
    assert {frozenset(line) for line in said} == {frozenset({"event", "log_level", "reason"})}


@pytest.mark.redis
async def test_an_older_revision_changes_nothing(redis_url: str, prefix: str) -> None:
    """Revisions may come twice and in any order."""
    projector = Projector({}, prefix, redis_url, days=90_000)
    newer = GOOD | {"revision": 2}
    async with Redis.from_url(redis_url) as redis:
        for one in (newer, GOOD, newer):
            await projector.put(redis, [orjson.dumps(one)])

    assert ReadModel(redis_url, prefix).one("a") == newer


async def test_a_kafka_that_refuses_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, with a new consumer; detection goes on meanwhile."""
    monkeypatch.setattr("monitor.readmodel.projector.AGAIN_SECONDS", 0.01)
    projector = Projector({"bootstrap_servers": "127.0.0.1:1"}, "p", "redis://127.0.0.1:1", days=1)
    with capture_logs() as said:
        running = asyncio.create_task(projector.run())
        async with asyncio.timeout(30):
            while len(said) < 3:
                assert not running.done()
                await asyncio.sleep(0.01)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    assert {line["reason"] for line in said} == {"KafkaConnectionError"}
