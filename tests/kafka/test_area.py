"""One area, one configuration: who differs does not start, and there is one lawful way to change it."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from rules.engine.records import VERSION as STATE_VERSION
from streams.kafka import area, topics
from streams.kafka.handover import hindrance, members
from streams.kafka.topics import Names, Sizes
from tests.e2e._area import Area, Worker, encoded, until
from tests.kafka._cluster import Kafka

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

KEY = "the secret of this county"
OTHER_KEY = "a secret of another county"


@pytest.fixture
def county(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Area]:
    """An area with its topics, and no worker left behind."""
    county = Area(kafka, prefix, tmp_path, {"person_key": KEY})
    county.run("topics", "create")
    yield county
    county.end()


def client(county: Area) -> dict[str, Any]:
    """How to reach the cluster."""
    return {"bootstrap_servers": county.kafka.bootstrap}


async def stands(county: Area) -> area.Area:
    """The area as it stands."""
    found = await area.read(client(county), county.prefix)
    assert found is not None
    return found


def complaints(worker: Worker) -> list[str]:
    """What it printed that is no line of its log."""
    return [line for line in worker.said().splitlines() if not line.startswith("{")]


def swipe(number: int) -> dict[str, Any]:
    """One settlement."""
    when = f"2026-03-05 10:{number // 60 % 60:02}:{number % 60:02}"
    return {
        "msgid": f"m{number}", "infno": "2102", "fixmedins_code": f"P{number % 7}", "inf_time": when,
        "psn_no": f"3410210000{number:08d}", "setl_id": f"s{number}", "mdtrt_id": f"v{number}", "med_type": "41",
        "setl_time": when, "medfee_sumamt": 60.0, "fund_pay_sumamt": 50.0, "feedetail": [],
    }  # fmt: skip


async def test_topics_make_an_area_once(county: Area) -> None:
    """With an id and without a fingerprint; what exists keeps its id."""
    made = await stands(county)
    county.run("topics", "create")

    assert made == await stands(county)
    assert made.id
    assert {} == made.fingerprint


async def test_of_many_that_write_at_once_one_stands(kafka: Kafka, prefix: str) -> None:
    """The others read what it wrote, whatever each would have written."""
    await kafka.create(Names(prefix).progress, cleanup_policy="compact")
    at = {"bootstrap_servers": kafka.bootstrap}

    def mine(number: int) -> area.Change:
        return lambda now: now or area.Area(f"area {number}", {"setting": str(number)})

    written = await asyncio.gather(*(area.write(at, prefix, mine(number)) for number in range(4)))

    assert [await area.read(at, prefix)] * 4 == written
    assert 1 == len({record.value for record in await kafka.read(Names(prefix).progress)})


async def test_a_worker_with_another_key_does_not_start(county: Area) -> None:
    """Exit code 2 and one line that names the setting and holds no key; the first worker goes on."""
    first = county.worker(grace_hours=80)
    await until(first.ready, what="the first worker")
    second = county.worker(grace_hours=80, person_key=OTHER_KEY, grace_hour=1)

    assert 2 == await asyncio.to_thread(second.process.wait, 60)
    [line] = complaints(second)
    assert "MONITOR_PERSON_KEY differs" in line
    assert "GRACE" not in line
    assert not any(key in second.said() for key in (KEY, OTHER_KEY))
    assert "MONITOR_GRACE_HOUR (did you mean MONITOR_GRACE_HOURS?)" in second.said()
    assert first.ready()
    assert "80" == (await stands(county)).fingerprint["MONITOR_GRACE_HOURS"]


async def test_of_two_that_start_at_once_one_starts(county: Area) -> None:
    """Also where no record says what the area is, as an older version left it."""
    async with AIOKafkaProducer(**client(county)) as producer:
        await producer.send_and_wait(Names(county.prefix).progress, None, key=area.KEY, partition=0)
    workers = [county.worker(), county.worker(person_key=OTHER_KEY)]

    await until(lambda: any(not worker.runs for worker in workers), what="one worker to refuse")
    [starts] = [worker for worker in workers if worker.runs]
    [refuses] = [worker for worker in workers if not worker.runs]
    await until(starts.ready, what="the other worker")
    assert 2 == refuses.process.returncode
    assert "MONITOR_PERSON_KEY differs" in complaints(refuses)[0]
    assert '"record": false' in starts.said()


async def test_the_configuration_changes_when_no_worker_runs(county: Area) -> None:
    """Refused while one does and after it was killed; done after it stopped in order, and the audit topic says so."""
    worker = county.worker()
    await until(worker.ready, what="the worker")
    await county.send(encoded(swipe(number)) for number in range(300))
    await county.judged()
    before = await stands(county)

    shown = county.run("topics", "configure", "--lang", "en", code=1, max_items=7)
    assert "MONITOR_MAX_ITEMS: expected 2000, was 7" in shown
    assert "these settings are what the area has" in county.run("topics", "configure", "--lang", "en")
    assert "expected no worker, was 1" in county.run("topics", "configure", "--yes", code=2, max_items=7)

    worker.end(signal.SIGKILL)
    await until(lambda: _nobody(county), what="the group to notice")
    refused = county.run("topics", "configure", "--yes", code=2, max_items=7)
    assert "expected that their worker stopped by SIGTERM, was killed" in refused
    assert before == await stands(county)

    heir = county.worker()
    await until(heir.ready, what="its heir")
    await county.judged()
    assert 0 == heir.end(signal.SIGTERM)
    asked = json.loads(county.run("topics", "configure", "--yes", "--as", "anna", "--json", max_items=7))
    assert (["MONITOR_MAX_ITEMS"], True) == (asked["differ"], asked["changed"])
    [record] = await county.read("audit")
    said = json.loads(record.value or b"")
    assert (b"anna", "anna", "topics configure") == (record.key, said["by"], said["what"])
    assert ("2000", "7") == tuple(said[when]["fingerprint"]["MONITOR_MAX_ITEMS"] for when in ("before", "after"))
    assert said["after"]["id"] == before.id
    assert KEY.encode() not in (record.value or b"")

    other = county.worker(max_items=7)
    await until(other.ready, what="a worker with the new settings")


async def _nobody(county: Area) -> bool:
    return not await members(client(county), f"{county.prefix}-monitor")


@pytest.mark.long
async def test_state_that_cannot_be_taken_over_is_said(county: Area) -> None:
    """With what to do instead: the events are replayed to a new prefix."""
    worker = county.worker()
    await until(worker.ready, what="the worker")
    assert 0 == worker.end(signal.SIGTERM)
    group = f"{county.prefix}-monitor"

    assert await hindrance(client(county), county.prefix, group, STATE_VERSION) is None
    why = await hindrance(client(county), county.prefix, group, "another")
    assert f"saved state: expected version another, was {STATE_VERSION}" in str(why)
    assert "new prefix and replay the events" in str(why)


async def test_an_area_that_no_worker_ever_joined_may_change(kafka: Kafka, prefix: str) -> None:
    """There is nothing that anybody judged."""
    at = {"bootstrap_servers": kafka.bootstrap}
    await topics.create(at, prefix, Sizes(inputs=2, internal=2))

    assert await hindrance(at, prefix, f"{prefix}-monitor", STATE_VERSION) is None


@pytest.mark.long
async def test_the_doctor_names_workers_and_wrong_settings(county: Area) -> None:
    """Each in one line: who works on what, and what is no setting, short, or of another area."""
    worker = county.worker()
    await until(worker.ready, what="the worker")

    def doctor(**settings: object) -> dict[str, tuple[bool, str]]:
        found = json.loads(county.run("doctor", "--json", code=1, **settings))
        return {one["what"].partition(" at ")[0]: (one["ok"], one["detail"]) for one in found}

    said = doctor()
    fingerprint = area.short((await stands(county)).fingerprint)
    assert (True, f"fingerprint {fingerprint}") == said["area"]
    ok, detail = said["worker"]
    assert ok
    assert f"/{fingerprint}/" in detail
    assert "partitions of events 0-3, inside 0-3" in detail

    wrong = doctor(person_key="short", persones="raw", redis="http://127.0.0.1")
    assert (False, "expected 16 characters or more, was 5") == wrong["MONITOR_PERSON_KEY"]
    assert "MONITOR_PERSONES (did you mean MONITOR_PERSONS?)" in wrong["environment"][1]
    assert (False, "MONITOR_PERSON_KEY differs") == wrong["area"]
    assert "expected redis://" in wrong["MONITOR_REDIS"][1]
    assert "development key" in doctor(person_key="development-only")["MONITOR_PERSON_KEY"][1]
    assert "MONITOR_BROKERS" in county.run("doctor", code=2, brokers="http://127.0.0.1:9092")


@pytest.mark.long
async def test_the_doctor_names_a_worker_that_is_not_as_the_area(county: Area) -> None:
    """One that an older release left running knows of no area, and is not asked."""
    worker = county.worker()
    await until(worker.ready, what="the worker")
    made = await stands(county)
    changed = replace_fingerprint(made)
    await area.write(client(county), county.prefix, lambda _: changed)

    said = county.run("doctor", "--lang", "en", code=1)

    assert f"expected fingerprint {area.short(changed.fingerprint)}" in said
    assert "MONITOR_MAX_AGE: expected 1, was 150" in said


def replace_fingerprint(made: area.Area) -> area.Area:
    """The area with another setting, as if it had been changed under a worker."""
    return area.Area(made.id, {**made.fingerprint, "MONITOR_MAX_AGE": "1"})
