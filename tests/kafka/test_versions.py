"""Tables and rules on a real Kafka: whole loads, read whole, and the same for all who judge a place of the log."""

import asyncio
import os
import signal
from pathlib import Path

import msgspec
import orjson
import pytest
from aiokafka import AIOKafkaProducer

from monitor.inforce.rulebook import definitions
from monitor.inforce.versions import versions_of
from rules.engine.item import Turn
from rules.ledgers import Inside
from rules.reference import TABLES
from streams.detect.detector import process_in_slices
from streams.kafka import topics
from streams.kafka.tables import OvertakenError, publish, publish_rows
from streams.kafka.topics import Names
from streams.kafka.versions import greatest
from tests.kafka._area import SIZES, Area, pieces
from tests.kafka._cluster import Kafka, script_cluster
from tests.kafka._worker import empty

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

STARTS = int(os.environ.get("MONITOR_STARTS", "10"))

Row = dict[str, str]


def institutions(number: int, status: str = "active") -> list[Row]:
    """Rows of the register."""
    return [
        {"fixmedins_code": f"P3410210{n:04d}", "status": status, "kind": "pharmacy", "name": "店" * 99}
        for n in range(number)
    ]


def one_of_each() -> dict[str, list[Row]]:
    """Some rows of every table."""
    days = [f"2026-{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 28)]
    return {
        "institutions": institutions(50),
        "deaths": [{"psn_no": f"p{n}", "die_date": "2026-03-01"} for n in range(70)],
        "households": [{"psn_no": f"p{n}", "village": "v1"} for n in range(90)],
        "insured": [{"psn_no": f"p{n}", "state": "waiting"} for n in range(11)],
        "reports": [
            {"fixmedins_code": f"P{n}", "valid_from": "2026-03-01", "valid_to": "2026-03-30"} for n in range(5)
        ],
        "persons": [{"psn_no": f"p{n}", "credit": "D"} for n in range(6)],
        "employers": [{"psn_no": f"p{n}", "employer": "E1"} for n in range(8)],
        "staff": [{"psn_no": f"p{n}", "fixmedins_code": "H34102100001"} for n in range(20)],
        "physicians": [{"bilg_dr_codg": f"D34102100{n:04d}", "status": "valid"} for n in range(25)],
        "enrolled": [{"psn_no": f"p{n}", "insured_from": "2026-03-01"} for n in range(9)],
        "assisted": [{"psn_no": f"p{n}"} for n in range(30)],
        "recognised": [{"psn_no": f"p{n}"} for n in range(40)],
        "drugs": [{"med_list_codg": f"X{n}"} for n in range(300)],
        "items": [{"med_list_codg": f"00{n}"} for n in range(60)],
        "diagnoses": [{"code": f"A{n}", "exempt": "1"} for n in range(7)],
        "calendar": [{"date": day, "kind": "holiday"} for day in days],
    }


@pytest.mark.long
async def test_every_start_on_three_brokers_finds_every_row(prefix: str) -> None:
    """Whichever broker leads which table."""
    rows, found = one_of_each(), []
    with script_cluster(brokers=3) as three:
        client = {"bootstrap_servers": three.bootstrap}
        await topics.create(client, prefix, topics.Sizes(inputs=2, internal=2, replicas=1))
        for table, of_table in rows.items():
            await publish_rows(client, prefix, table, of_table)
        for _ in range(STARTS):
            reference = (await versions_of(client, prefix).newest()).reference
            found.append({table: len(reference.keys(table)) for table in TABLES})

    assert [{table: len(rows[table]) for table in TABLES}] * STARTS == found


async def test_half_a_load_is_never_seen(kafka: Kafka, prefix: str) -> None:
    """While it is written there is nothing to be seen, and it holds nobody up; a row that is taken back is gone."""
    area = Area(kafka, prefix, Names(prefix))
    await topics.create(area.client, prefix, SIZES)
    topic, reader = area.names.reference("institutions"), versions_of(area.client, prefix)
    await publish_rows(area.client, prefix, "institutions", institutions(3))
    half = AIOKafkaProducer(transactional_id="somebody", **area.client)
    async with half:
        await half.begin_transaction()
        for row in institutions(9):
            await half.send_and_wait(topic, orjson.dumps(row), row["fixmedins_code"].encode() + b"/", partition=0)
        during = await reader.newest()
        await half.abort_transaction()
    await publish(area.client, topic, [(b"P34102100001/", None, ())])
    after = await reader.newest()

    assert ["P34102100000", "P34102100001", "P34102100002"] == sorted(during.reference.keys("institutions"))
    assert ["P34102100000", "P34102100002"] == sorted(after.reference.keys("institutions"))


@pytest.mark.long
async def test_of_two_loads_at_once_the_later_counts(kafka: Kafka, prefix: str) -> None:
    """The earlier one is told so, and nothing of it is in force."""
    area = Area(kafka, prefix, Names(prefix))
    await topics.create(area.client, prefix, SIZES)
    large = institutions(9999, status="suspended") * 30
    first = asyncio.create_task(publish_rows(area.client, prefix, "institutions", large))
    async with asyncio.timeout(60):
        while not await kafka.read(area.names.reference("institutions"), "read_uncommitted"):
            assert not first.done()
    await publish_rows(area.client, prefix, "institutions", institutions(2))

    with pytest.raises(OvertakenError, match="another one began"):
        await first
    found = (await versions_of(area.client, prefix).newest()).reference
    assert ["P34102100000", "P34102100001"] == sorted(found.keys("institutions"))


def items(value: bytes | None) -> list[Inside]:
    """What one record of the topic inside carries."""
    return [msgspec.msgpack.decode(piece, type=Inside) for piece in pieces(value)]


async def told(area: Area, mark: str) -> bool:
    """Whether every partition has the item of what is in force."""
    logs = (await area.logs()).values()
    return all(any(isinstance(one, Turn) and one.mark == mark for r in log for one in items(r.value)) for log in logs)


async def load(area: Area, rows: list[Row]) -> str:
    """Load rows; gives the mark of what is in force with them."""
    await publish_rows(area.client, area.prefix, "institutions", rows)
    return (await versions_of(area.client, area.prefix).newest()).mark


async def expected(area: Area) -> set[bytes]:
    """The revisions of the area's log, judged record by record with what the log names."""
    reader, alerts = versions_of(area.client, area.prefix), set[bytes]()
    for log in (await area.logs()).values():
        engine, offsets = empty(0), dict[str, int]()
        for record in log:
            for outcome in process_in_slices(engine, [(record.value or b"", record.timestamp)], 60.0, offsets):
                alerts |= {one.value for one in outcome.alerts}
                if (awaits := outcome.awaits) is not None:
                    offsets.update(greatest(offsets, awaits.item.offsets))
                    in_force = await reader.at(offsets, awaits.item.mark)
                    engine.turn(in_force.watches, in_force.reference, awaits.appended)
    return alerts


async def said(area: Area) -> list[bytes]:
    """The revisions that stand on the topic."""
    return [record.value or b"" for record in await area.kafka.read(area.names.alerts)]


def contents(values: list[bytes]) -> dict[tuple[str, int], set[bytes]]:
    """What stands of each revision."""
    found: dict[tuple[str, int], set[bytes]] = {}
    for value in values:
        alert = orjson.loads(value)
        found.setdefault((alert["alert_id"], alert["revision"]), set()).add(value)
    return found


async def test_an_heir_judges_with_what_the_log_names(area: Area, tmp_path: Path) -> None:
    """Killed between the item of a load and the checkpoint, while the topics have newer rows and rules already."""
    first = await load(area, institutions(100))
    worker = await area.worker(by_log=True)
    await area.publish(600)
    await area.until(area.settled)
    await area.stop(worker)

    worker = await area.worker(by_log=True, checkpoint_seconds=3600.0)
    await area.until(lambda: worker.said("assigned") > 0)
    second = await load(area, institutions(100, status="suspended"))
    await area.until(lambda: told(area, second))
    await area.publish(600)
    await area.until(lambda: judged(area, second))
    await worker.end(signal.SIGKILL)
    before = await said(area)

    third = await load(area, institutions(50))
    (tmp_path / "rules.toml").write_text("[S01]\nlimit = 3\n", encoding="utf-8")
    changed = [(key, value, ()) for key, value in definitions(tmp_path / "rules.toml")]
    await publish(area.client, area.names.rules, changed)
    heir = await area.worker(by_log=True)
    await area.publish(300)
    await area.until(area.settled)
    await area.stop(heir)

    after = await said(area)
    again = set(before) & set(after[len(before) :])
    marks = {orjson.loads(value)["reference_version"] for value in after}
    assert [] == [name for name, some in contents(after).items() if len(some) > 1]
    assert await expected(area) == set(after)
    assert {first, second} < marks
    assert third not in marks  # the heir told of the rules with it
    assert len([value for value in again if orjson.loads(value)["reference_version"] == second]) > 0


async def judged(area: Area, mark: str) -> bool:
    """Whether all that was published is judged, with alerts of what is in force."""
    _, entries = await area.expected_entries()
    read = {value for log in (await area.logs()).values() for record in log for value in pieces(record.value)}
    values = set(await said(area))
    is_told = any(orjson.loads(value)["reference_version"] == mark for value in values)
    return entries <= read and is_told and await expected(area) == values
