"""What the commands say and do about topics, as people type them."""

import json

import pytest

from tests.e2e._area import PARTITIONS, Area, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.long
async def test_an_events_topic_with_its_publishers_clocks_is_named_and_mended(area: Area) -> None:
    """A worker warns in one line, doctor names it as a problem, `topics create --mend` mends it and says so."""
    name = f"{area.prefix}.events"
    await area.kafka.create(name, 4, retention_ms=str(30 * 86_400_000))
    expected = "message.timestamp.type: expected LogAppendTime, was CreateTime"
    assert f"differs  {name}  {expected}\n" in area.run("topics", "create", "--lang", "en", code=1)
    assert f"{name}: {expected}: the clocks of publishers" in area.run("doctor", "--lang", "en", code=1)
    worker = area.worker()
    await until(worker.ready, what="the worker")
    assert worker.end() == 0
    [warning] = [line for line in worker.said().splitlines() if "CreateTime" in line]
    assert json.loads(warning)["event"].startswith(f"{name}: {expected}")

    mended = f"mended   {name}  message.timestamp.type: now LogAppendTime, was CreateTime\n"
    assert mended in area.run("topics", "create", "--mend", "--lang", "en")
    await until(lambda: "CreateTime" not in area.run("doctor", code=1), what="doctor to find it well")
    states = {one["name"]: one["state"] for one in json.loads(area.run("topics", "create", "--mend", "--json"))}
    assert set(states.values()) == {"exists"}


@pytest.mark.long
def test_a_grown_topic_is_tolerated_where_that_is_asked_for(area: Area) -> None:
    """`topics create` names it every time, and ends with 1: what waits for 0 says --tolerate."""
    area.run("topics", "create")
    area.run("topics", "grow", f"{area.prefix}.events", str(PARTITIONS + 1))
    named = f"不一致   {area.prefix}.events  partitions: expected {PARTITIONS}, was {PARTITIONS + 1}\n"

    assert named in area.run("topics", "create", code=1)
    assert named in area.run("topics", "create", "--tolerate")
