"""Rules over leads on a real cluster: killed at any moment they lose no alert, and write none under two contents."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import msgspec
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import CollectorRegistry

from monitor.leads.facts import Found, InForce, decode
from monitor.leads.follower import Follower
from monitor.leads.judging import Judging
from monitor.leads.metrics import LeadsMetrics
from rules.engine.alert import Alert
from rules.times import DAY, HOUR, iso
from tests.e2e._area import until
from tests.kafka._area import Area

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

NOW = int(time.time() * 1000)
LEADS = 60


@contextlib.asynccontextmanager
async def following(area: Area, folder: Path) -> AsyncIterator[None]:
    """A follower for the length of the block; it ends as if it were killed."""
    follower = Follower(area.client, area.prefix, 0, LeadsMetrics(CollectorRegistry()), folder)
    running = asyncio.create_task(follower.run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def lead(number: int) -> dict[str, object]:
    """A revision of an alert about one of three pharmacies, found up to three days ago."""
    found = NOW - 3 * DAY + number * HOUR
    return {
        "alert_id": f"{number:032x}", "revision": 1, "status": "opened", "rule_id": f"S0{1 + number % 4}",
        "family": "credential", "shadow": number == 7, "stage": "in", "severity": "high",
        "subject": {"kind": "institution", "id": f"P{number % 3}"}, "fixmedins_code": f"P{number % 3}",
        "fixmedins_name": "示例大药房", "insuplc_admdvs": "", "mdtrtarea_admvs": "", "first_time": iso(found),
        "last_time": iso(found), "detected_at": iso(found), "vola_amt": 12.34,
        "evidence": [{"person": f"p_{person}"} for person in range(number % 4)],
    }  # fmt: skip


async def publish(area: Area, numbers: range) -> None:
    """Publish leads, and what is said of a half of them."""
    async with AIOKafkaProducer(**area.client) as producer:
        for number in numbers:
            one = lead(number)
            await producer.send_and_wait(area.names.alerts, orjson.dumps(one), key=f"P{number % 3}".encode())
            said = {"alert_id": one["alert_id"], "disposition": "confirmed", "by": "李", "at": one["detected_at"]}
            if number % 2:
                await producer.send_and_wait(area.names.feedback, orjson.dumps(said), key=str(number).encode())
        await producer.send_and_wait(area.names.alerts, b"{")


async def judged(area: Area) -> dict[tuple[str, int], bytes]:
    """What follows from the log as it stands, by alert and revision."""
    judging = Judging()
    told: dict[tuple[str, int], bytes] = {}
    for record in await area.kafka.read(area.names.leads):
        outcome = judging.take(decode(record.value or b""), record.timestamp)
        told |= {(a.alert_id, a.revision): p.value for a, p in zip(outcome.revisions, outcome.alerts, strict=True)}
    return told


async def written(area: Area) -> list[bytes]:
    """The revisions of rules over leads on the topic of alerts."""
    values = [record.value or b"" for record in await area.kafka.read(area.names.alerts)]
    return [value for value in values if b'"family":"actors"' in value]


async def is_settled(area: Area) -> bool:
    """Whether every lead stands in the log with this hour behind it, and what follows stands on the topic."""
    facts = [decode(record.value or b"") for record in await area.kafka.read(area.names.leads)]
    known = {one.alert_id for one in facts if isinstance(one, Found)}
    expected = set((await judged(area)).values())
    return len(known) == LEADS - 1 and bool(expected) and expected == set(await written(area))


async def test_killed_again_and_again_it_says_what_the_log_says(area: Area, tmp_path: Path) -> None:
    """Each revision once or more, always with the same bytes; a rule that is switched off closes its alerts."""
    rng = Random(5)
    for first in range(0, LEADS, 10):
        await publish(area, range(first, first + 10))
        async with following(area, tmp_path):
            await asyncio.sleep(rng.uniform(0.1, 2.5))
    async with following(area, tmp_path):
        await until(lambda: is_settled(area), 90, "all that follows from the log")
        alerts = [msgspec.json.decode(value, type=Alert) for value in await written(area)]
        assert {"A01", "A04"} <= {one.rule_id for one in alerts}
        assert {(one.alert_id, one.revision): None for one in alerts}.keys() == (await judged(area)).keys()

        off = {"rule_id": "A04", "version": "1", "enabled": False, "status": "live", "valid_from": "", "parameters": {}}
        async with AIOKafkaProducer(**area.client) as producer:
            await producer.send_and_wait(area.names.rules, orjson.dumps(off), key=b"A04/1")

        async def is_off() -> bool:
            facts = [decode(record.value or b"") for record in await area.kafka.read(area.names.leads)]
            return InForce((off,)) in facts

        await until(is_off, 60, "the rule to be off")
    assert set((await judged(area)).values()) == set(await written(area))
