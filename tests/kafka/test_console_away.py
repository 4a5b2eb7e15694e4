"""Redis and the console are killed: nothing that was answered is lost, and no alert waits for either of them."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import orjson
import pytest
from aiokafka import AIOKafkaProducer

from monitor.readmodel.process import rebuild
from monitor.readmodel.readmodel import ReadModel
from monitor.settings import Settings, load_settings
from tests._redis import KillableRedis, killable_redis
from tests.kafka._area import Area
from tests.monitor.console._leads import Lead, leads
from tests.monitor.console._process import console_process

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]

HANDS = 4
"""So many reviewers work at once."""
SECONDS = 60


@pytest.fixture
def redis() -> Iterator[KillableRedis]:
    """A Redis of this test."""
    with killable_redis() as server:
        yield server


@pytest.fixture
def settings(area: Area, redis: KillableRedis) -> Settings:
    """Of the area, with that Redis."""
    return load_settings(brokers=area.kafka.bootstrap, prefix=area.prefix, redis=redis.url)


def many_leads() -> list[Lead]:
    """Forty leads, each an incident of its own."""
    [one] = [one for one in leads() if one["rule_id"] == "S01"]
    return [one | {"alert_id": f"{number:032x}", "incident_id": f"{number:032x}"} for number in range(1, 41)]


async def stand(settings: Settings) -> None:
    """The leads stand on their topic and in the read model."""
    async with AIOKafkaProducer(bootstrap_servers=settings.brokers) as producer:
        for one in many_leads():
            await producer.send_and_wait(f"{settings.prefix}.alerts", orjson.dumps(one), key=b"k")
    await rebuild(settings)


class Reviewer:
    """Somebody who disposes of leads; told: the ids of those of which the console said that it was done."""

    def __init__(self, address: str) -> None:
        self._client = httpx2.Client(base_url=address, timeout=SECONDS)
        self._client.get("/leads")
        self.close = self._client.close
        self.told: set[str] = set()
        self.refused: list[int] = []

    def list(self) -> int:
        """Look at the list; gives the status."""
        return self._client.get("/leads?severity=warning&order=amount").status_code

    def dispose(self, alert_id: str) -> bool:
        """Dispose of a lead; gives whether the console answered at all."""
        form = {"csrf": self._client.cookies["csrf"], "alert_id": alert_id, "by": "王五"}
        try:
            answer = self._client.post("/dispositions", data=form | {"disposition": "explained", "reason": "断网补传"})
        except httpx2.TransportError:
            return False
        if answer.status_code == 303:
            self.told.add(alert_id)
        else:
            self.refused.append(answer.status_code)
        return True


async def on_topics(area: Area) -> tuple[set[str], set[str]]:
    """The leads of which a disposition stands on the topic of feedback, and those on that of the audit."""
    feedback = await area.kafka.read(area.names.feedback)
    audit = await area.kafka.read(area.names.audit)
    return (
        {orjson.loads(one.value or b"")["alert_id"] for one in feedback},
        {orjson.loads(one.value or b"")["after"]["alert_id"] for one in audit},
    )


def disposed_in(settings: Settings, ids: Iterable[str]) -> set[str]:
    """Those of the leads of which the read model knows a disposition."""
    model = ReadModel(settings)
    return {one for one in ids if model.said_of(one)}


async def test_redis_is_killed_in_the_middle_of_lists(
    area: Area, settings: Settings, redis: KillableRedis, tmp_path: Path
) -> None:
    """Nobody who works on lists notices; what was answered stands on both topics, and is built again."""
    await stand(settings)
    ids, stop = [one["alert_id"] for one in many_leads()], threading.Event()
    where = {"brokers": settings.brokers, "redis": settings.redis, "prefix": settings.prefix}
    with console_process(tmp_path, **where) as (address, _), ThreadPoolExecutor() as pool:
        reviewer, *readers = reviewers = [Reviewer(address) for _ in range(1 + HANDS)]

        def look(reader: Reviewer) -> set[int]:
            seen = set[int]()
            while not stop.is_set():
                seen.add(reader.list())
            return seen

        def work() -> None:
            for number, one in enumerate(ids):
                if number == 10:
                    redis.kill()
                if number == 20:
                    redis.start()
                reviewer.dispose(one)

        looking = [pool.submit(look, reader) for reader in readers]
        await asyncio.to_thread(work)
        stop.set()
        statuses = set[int]().union(*(one.result() for one in looking))
        assert statuses == {200}
        for each in reviewers:
            each.close()

    assert (set(ids), []) == (reviewer.told, reviewer.refused)
    assert set(ids) == disposed_in(settings, ids)
    await rebuild(settings)
    assert (set(ids), set(ids)) == await on_topics(area)
    assert set(ids) == disposed_in(settings, ids)


async def test_the_console_is_killed_right_after_answers(area: Area, settings: Settings, tmp_path: Path) -> None:
    """By SIGKILL, while others wait for theirs: what was answered is there, on both topics, and after a rebuild."""
    await stand(settings)
    ids = [one["alert_id"] for one in many_leads()]
    where = {"brokers": settings.brokers, "redis": settings.redis, "prefix": settings.prefix}
    with console_process(tmp_path, **where) as (address, process), ThreadPoolExecutor() as pool:
        reviewers = [Reviewer(address) for _ in range(HANDS)]

        def work(number: int) -> None:
            for one in ids[number::HANDS]:
                if not reviewers[number].dispose(one):
                    return
                if len(set[str]().union(*(other.told for other in reviewers))) >= 10:
                    process.kill()

        for done in [pool.submit(work, number) for number in range(HANDS)]:
            await asyncio.to_thread(done.result)
        told = set[str]().union(*(reviewer.told for reviewer in reviewers))
        for each in reviewers:
            each.close()
        assert process.wait(SECONDS) == -signal.SIGKILL
    assert 10 <= len(told) < len(ids)
    feedback, audit = await on_topics(area)
    assert told <= feedback
    assert feedback == audit

    await rebuild(settings)

    assert told <= disposed_in(settings, ids)


async def test_alerts_wait_for_neither(area: Area, settings: Settings, redis: KillableRedis, tmp_path: Path) -> None:
    """Both are dead before a message comes, and stay so: its alerts come."""
    await stand(settings)
    before = len(await area.kafka.read(area.names.alerts))
    where = {"brokers": settings.brokers, "redis": settings.redis, "prefix": settings.prefix}
    worker = await area.worker()
    with console_process(tmp_path, **where) as (_, process):
        redis.kill()
        process.kill()
        process.wait(SECONDS)
        await area.publish(1500)

        async def have_come() -> bool:
            return len(await area.kafka.read(area.names.alerts)) > before

        await area.until(have_come)
    await area.stop(worker)
