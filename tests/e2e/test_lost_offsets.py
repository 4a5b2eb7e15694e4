"""Offsets that are gone: one line, exit code 3, and the command by which a person lets the workers go on."""

import asyncio
import json
import os
from collections.abc import Iterable

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete
from confluent_kafka.admin import AdminClient

from streams.kafka import topics
from streams.kafka.topics import Names, Sizes
from streams.route.router import encode_tick
from tests.e2e._area import PARTITIONS, Area, encoded, until
from tests.e2e.test_commands import burst, settlement

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


async def trim(area: Area, topic: str, partitions: Iterable[int], left: int = 0) -> dict[int, int]:
    """Delete the records of these partitions but the last few; gives their ends."""
    tps = [TopicPartition(topic, number) for number in partitions]
    async with AIOKafkaConsumer(bootstrap_servers=area.kafka.bootstrap) as consumer:
        ends = await consumer.end_offsets(tps)
    async with area.kafka.admin() as admin:
        await admin.delete_records({tp: RecordsToDelete(end - left) for tp, end in ends.items() if end})
    return {tp.partition: end for tp, end in ends.items()}


async def make_anew(area: Area, topic: str) -> None:
    """Delete a topic and create it again, empty."""
    async with area.kafka.admin() as admin:
        await admin.delete_topics([topic])
    client = {"bootstrap_servers": area.kafka.bootstrap}

    async def gone() -> bool:
        return not await topics.partitions_of(client, topic)

    await until(gone, 60, f"{topic} to be gone")
    await topics.create(client, area.prefix, Sizes(PARTITIONS, PARTITIONS))


def end_group(area: Area) -> None:
    """Delete the workers' group with its offsets."""
    admin = AdminClient({"bootstrap.servers": area.kafka.bootstrap})
    [deleted] = admin.delete_consumer_groups([f"{area.prefix}-monitor"]).values()
    deleted.result()


async def worked(area: Area) -> None:
    """Let a worker judge some events and stop."""
    area.run("topics", "create")
    worker = area.worker()
    await area.send(encoded(one) for one in burst(12))
    await until(worker.ready, what="the worker")
    await tick(area, range(PARTITIONS))
    await area.judged()
    assert worker.end() == 0


async def tick(area: Area, partitions: Iterable[int]) -> None:
    """Write three records that mean nothing to partitions inside."""
    async with AIOKafkaProducer(bootstrap_servers=area.kafka.bootstrap) as producer:
        for partition in [*partitions] * 3:
            await producer.send_and_wait(Names(area.prefix).entries, encode_tick(0), partition=partition)


def lost(area: Area) -> dict[str, str]:
    """What accept-gap says without --yes, by topic and partition."""
    found = json.loads(area.run("topics", "accept-gap", "--json", code=3))
    assert not found["accepted"]
    return {f"{gap['topic']}/{gap['partition']}": gap["lost"] for gap in found["gaps"]}


@pytest.mark.long
async def test_records_that_are_gone_are_a_persons_decision(area: Area) -> None:
    """Trimmed behind head and group while no worker ran: each start says the same, until somebody accepts it."""
    await worked(area)
    names = Names(area.prefix)
    await tick(area, [1])
    await area.send(encoded(settlement(100 + number, 600)) for number in range(40))
    inside = (await trim(area, names.entries, [1]))[1]
    ends = await trim(area, names.events, range(PARTITIONS))

    last = []
    for _ in range(2):
        worker = area.worker()
        assert worker.process.wait(60) == 3
        last.append(worker.said().splitlines()[-1])
    assert last[0] == last[1]
    assert f"{names.entries}/1: offsets {inside - 3} to {inside - 1} are gone before they were read" in last[0]
    assert last[0].endswith(
        f"monitor topics accept-gap --prefix {area.prefix} --yes (without --yes it only says what is lost)"
    )
    gone = {place for place in lost(area) if place.startswith(names.events)}
    assert gone
    assert all(place in last[0] for place in gone)
    assert f"PROBLEM lost offsets: {names.entries}/1" in area.run("doctor", "--lang", "en", code=1)

    async with AIOKafkaConsumer(
        names.events, bootstrap_servers=area.kafka.bootstrap, group_id=f"{area.prefix}-monitor",
        enable_auto_commit=False, session_timeout_ms=120_000,
    ) as member:  # fmt: skip
        await member.getmany(timeout_ms=100)
        # In a thread: a member whose loop stands still sends no heartbeat, and is a member no more.
        said = await asyncio.to_thread(area.run, "topics", "accept-gap", "--yes", code=2)
        assert "expected no worker that runs, was 1" in said
    assert await area.read("audit") == []
    one = ("topics", "accept-gap", "--topic", names.entries, "--partition", "1", "--yes", "--as", "王", "--lang", "en")
    assert f"goes on at {inside}" in area.run(*one)
    assert lost(area).keys() == gone
    assert "accepted" in area.run("topics", "accept-gap", "--yes", "--lang", "en")
    assert "nothing is lost" in area.run("topics", "accept-gap", "--lang", "en")

    records = [(record.key, json.loads(record.value or b"")) for record in await area.read("audit")]
    [(key, told)] = [(key, told) for key, told in records if told["by"] == "王"]
    assert key == "王".encode()
    assert told["before"]["offset"] == inside - 3
    assert told["after"] == {"topic": names.entries, "partition": 1, "offset": inside}
    others = {told["after"]["partition"]: told for _, told in records if told["by"] != "王"}
    assert {place.rpartition("/")[2] for place in gone} == {str(partition) for partition in others}
    assert all(told["after"]["offset"] == ends[partition] for partition, told in others.items())
    assert all(told["by"].endswith(f"@{os.uname().nodename}") for told in others.values())

    worker = area.worker()
    await until(worker.ready, what="the worker")
    await area.send(encoded(settlement(200 + number, 300 - 10 * number)) for number in range(12))
    await area.judged()
    assert worker.end() == 0


@pytest.mark.long
async def test_state_and_offsets_that_are_gone_are_a_persons_decision(area: Area) -> None:
    """The group, or the changelog: nothing begins at the beginning in silence."""
    await worked(area)
    names = Names(area.prefix)
    assert "nothing is lost" in area.run("topics", "accept-gap", "--lang", "en")

    end_group(area)
    assert lost(area).keys() == {f"{names.events}/{number}" for number in range(PARTITIONS)}
    assert all("the group's offset is gone" in said for said in lost(area).values())
    area.run("topics", "accept-gap", "--yes")
    assert "nothing is lost" in area.run("topics", "accept-gap", "--lang", "en")

    await make_anew(area, names.changelog)
    assert "nothing is lost" in area.run(
        "topics", "accept-gap", "--lang", "en"
    )  # the log inside gives the same state again
    worker = area.worker()
    await until(worker.ready, what="the worker")
    await tick(area, range(PARTITIONS))  # the group is at the ends of before: what comes now is judged after all that
    await area.judged()
    assert worker.end() == 0


@pytest.mark.long
async def test_what_was_judged_and_is_gone_is_a_persons_decision(area: Area) -> None:
    """The log inside behind the state that is gone too, and topics that were made anew."""
    await worked(area)
    names = Names(area.prefix)
    await trim(area, names.entries, range(PARTITIONS), left=1)
    assert "nothing is lost" in area.run(
        "topics", "accept-gap", "--lang", "en"
    )  # it was judged, and the state is there
    await make_anew(area, names.changelog)
    found = lost(area)
    assert found.keys() == {f"{names.entries}/{number}" for number in range(PARTITIONS)}
    assert all("the state saved at offset" in said for said in found.values())
    area.run("topics", "accept-gap", "--yes")
    assert "nothing is lost" in area.run("topics", "accept-gap", "--lang", "en")

    worker = area.worker()
    await until(worker.ready, what="the worker")
    await tick(area, range(PARTITIONS))
    await area.judged()
    assert worker.end() == 0

    await make_anew(area, names.entries)
    found = lost(area)
    assert found.keys() == {f"{names.entries}/{number}" for number in range(PARTITIONS)}
    assert all("is beyond the end 0: the topic was made anew" in said for said in found.values())
    await make_anew(area, names.events)  # Kafka forgets a group's offsets with the topic
    assert found.keys() < lost(area).keys()
    area.run("topics", "accept-gap", "--yes")
    worker = area.worker()
    await until(worker.ready, what="the worker")
    await area.send(encoded(settlement(300 + number, 300 - 10 * number)) for number in range(12))
    await area.judged()
    assert worker.end() == 0


async def test_a_gap_is_asked_for_where_it_can_be(area: Area) -> None:
    """A topic that workers do not go on at, or a partition of no topic, is a mistake of one line."""
    area.run("topics", "create")

    assert "--topic: expected " in area.run("topics", "accept-gap", "--topic", f"{area.prefix}.alerts", code=2)
    assert "--partition: expected --topic" in area.run("topics", "accept-gap", "--partition", "1", code=2)
