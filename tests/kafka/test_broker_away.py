"""Workers whose broker is not there, goes away, or holds back a part of the input: what they do, and what they say."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from tests.e2e._area import Area, Worker, until
from tests.kafka._area import event
from tests.kafka._cluster import ScriptKafka, script_cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

MOST_LINES = 30
"""Of a whole absence, with what a group says that comes together again; the libraries alone write 200 a second."""


@pytest.fixture
def area(script_kafka: ScriptKafka, prefix: str, tmp_path: Path) -> Iterator[Area]:
    """The names of one test on a broker that can be killed, and no worker left behind."""
    area = Area(script_kafka, prefix, tmp_path)
    yield area
    area.end()


def asks(worker: Worker, path: str) -> tuple[int, dict[str, Any]]:
    """Status and body of /healthz or /readyz; status 0 as long as nobody listens."""
    said = [json.loads(line) for line in worker.said().splitlines() if line.startswith("{")]
    port = next((line["metrics_port"] for line in said if "metrics_port" in line), None)
    if port is None:
        return 0, {}
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def events(worker: Worker) -> Counter[str]:
    """How often each thing stands in the log."""
    lines = [json.loads(line) for line in worker.said().splitlines() if line.startswith("{")]
    return Counter(line["event"] for line in lines)


def knows_that_no_broker_answers(worker: Worker) -> bool:
    """Whether /readyz and the body say so, and no restart is asked for."""
    assert worker.runs, worker.said()[-4000:]
    well, body = asks(worker, "/healthz")
    return bool(body.get("broker_away")) and (well, asks(worker, "/readyz")[0]) == (200, 503)


async def test_a_broker_is_waited_for(area: Area, killable_kafka: ScriptKafka) -> None:
    """At the start, for as long as it takes, with a line when it begins and one when a broker answers."""
    area.run("topics", "create")
    killable_kafka.kill()
    stopped, waiting = area.worker(), area.worker()
    await until(lambda: knows_that_no_broker_answers(stopped), what="a worker that waits")
    await until(lambda: knows_that_no_broker_answers(waiting), what="a worker that waits")
    started = time.monotonic()
    assert stopped.end(signal.SIGTERM) == 0
    assert time.monotonic() - started < 2
    killable_kafka.start()
    await until(waiting.ready, what="the worker")

    said = events(waiting)
    assert (1, 1) == (said["broker away"], said["broker back"])
    assert sum(said.values()) <= MOST_LINES, said
    assert waiting.end(signal.SIGTERM) == 0


async def test_a_cluster_without_topics_is_refused(area: Area) -> None:
    """Nobody waits for what does not come by itself: one line, which says what to do."""
    worker = area.worker()
    await until(lambda: not worker.runs, what="its end")

    assert worker.end() == 2
    assert worker.said().splitlines()[-1].endswith("run `monitor topics create`")


async def at_rest(area: Area) -> Worker:
    """A worker that has saved what it told itself at its start."""
    area.run("topics", "create")
    worker = area.worker()
    await until(lambda: worker.ready() and events(worker)["versions told"] > 0, what="the worker")
    await area.judged()
    return worker


async def test_an_absence_while_nothing_is_at_work_is_survived(area: Area, killable_kafka: ScriptKafka) -> None:
    """The worker says that it is not ready, writes a line when the broker goes and one when it is back, and goes on."""
    worker = await at_rest(area)
    before = events(worker)
    killable_kafka.kill()
    await until(lambda: knows_that_no_broker_answers(worker), what="the absence to be seen")
    killable_kafka.start()
    await until(lambda: worker.ready() and events(worker)["broker back"] > 0, what="the worker to be back")
    said = events(worker) - before
    await area.send([("k", event(n, int(time.time()) - 3600)) for n in range(50)])
    await area.judged()

    assert (1, 1) == (said["broker away"], said["broker back"])
    assert sum(said.values()) <= MOST_LINES, said
    assert worker.end(signal.SIGTERM) == 0


@pytest.mark.long
async def test_an_absence_while_a_checkpoint_is_due_ends_the_worker_once(
    area: Area, killable_kafka: ScriptKafka
) -> None:
    """Nothing is tried again after a checkpoint's time is over; the last line says that, and the next start does it."""
    area.run("topics", "create")
    worker = area.worker(checkpoint_seconds=10)
    await until(worker.ready, what="the worker")
    await area.send([("k", event(n, int(time.time()) - 3600)) for n in range(50)])
    await until(lambda: worker.counts("entries_total").total() > 0, what="entries")
    killable_kafka.kill()
    await until(lambda: not worker.runs, what="its end")
    last = json.loads(worker.said().splitlines()[-1])

    assert (1, "critical") == (worker.end(), last["level"])
    assert last["event"].startswith(f"worker ends: saving state: TimeoutError: checkpoint on {area.prefix}.internal")
    assert events(worker)["broker away"] == 1
    killable_kafka.start()
    area.workers.remove(worker)
    second = area.worker()
    await area.judged()
    assert second.end(signal.SIGTERM) == 0


@pytest.mark.long
async def test_a_worker_without_a_broker_stops_in_time(area: Area, killable_kafka: ScriptKafka) -> None:
    """Nothing is lost, but that it stopped in order cannot be saved: 1, after a checkpoint's time and 5 s at most."""
    worker = await at_rest(area)
    killable_kafka.kill()
    await until(lambda: knows_that_no_broker_answers(worker), what="the absence to be seen")
    started = time.monotonic()

    assert worker.end(signal.SIGTERM) == 1
    assert time.monotonic() - started < 17


def blocked(worker: Worker) -> dict[tuple[str, int], str]:
    """What /healthz says of partitions that cannot be read on; it asks for no restart."""
    well, body = asks(worker, "/healthz")
    assert well == 200, body
    return {(one["topic"], one["partition"]): one["why"] for one in body["blocked"]}


def aligned(worker: Worker) -> tuple[list[int], list[int], list[int]]:
    """What /healthz says of input partitions: held here, waited for, left out; it asks for no restart."""
    well, body = asks(worker, "/healthz")
    assert well == 200, body
    return body["input_partitions"]["held"], body["input_partitions"]["waits_for"], body["input_partitions"]["left_out"]


@pytest.mark.long
async def test_an_open_transaction_is_told(area: Area) -> None:
    """Which partition, since when and why; its records count as lag, and the other partitions go on."""
    area.run("topics", "create")
    worker = area.worker()
    await until(worker.ready, what="the worker")
    base, topic = int(time.time()) - 3600, f"{area.prefix}.events"
    async with AIOKafkaProducer(transactional_id=area.prefix, bootstrap_servers=area.kafka.bootstrap) as producer:
        await producer.begin_transaction()
        for number in range(3):
            await producer.send_and_wait(topic, event(number, base), partition=2)
        # The worker may have looked for the first time after the first record.
        await until(lambda: worker.counts("lag_records")[topic] == 3, what="the lag")
        await until(lambda: blocked(worker) == {(topic, 2): "open_transaction"}, what="the block")
        told = worker.counts("input_blocked_partitions")
        await producer.commit_transaction()
    await until(lambda: worker.counts("events_total").total() == 3, what="the three events")
    await until(lambda: blocked(worker) == {}, what="the end of the block")

    assert (1, 0) == (told["open_transaction"], told["no_leader"])
    assert worker.end(signal.SIGTERM) == 0


@pytest.mark.long
async def test_a_partition_without_a_leader_is_told(prefix: str, tmp_path: Path) -> None:
    """The partitions of a dead broker, and no others.

    What the others lead is held where it would run ahead, which is told, and goes on after the hold limit.
    """
    with script_cluster(brokers=3) as three:
        area = Area(three, prefix, tmp_path, {"replication": 3, "hold_minutes": 0.25})
        topic = f"{prefix}.events"
        await three.create(topic, 4, 1, min_insync_replicas="1", message_timestamp_type="LogAppendTime")
        area.run("topics", "create", code=1)  # it exists with other settings, which is said
        try:
            worker = area.worker()
            await until(worker.ready, what="the worker")
            async with three.admin() as admin:
                [description] = await admin.describe_topics([topic])
            led = {(topic, one["partition"]): one["leader"] for one in description["partitions"]}
            dead = led[topic, 3]
            three.kill(dead)
            gone = {tp: "no_leader" for tp, leader in led.items() if leader == dead}
            await until(lambda: blocked(worker) == gone, what="the block")
            told = worker.counts("input_blocked_partitions")
            numbers = sorted(number for _, number in gone)
            living = sorted({0, 1, 2, 3} - set(numbers))
            now = int(time.time())
            async with AIOKafkaProducer(bootstrap_servers=three.bootstrap) as producer:
                for number in range(40):
                    value, at = event(number, now - 9 * 86_400 if number < 20 else now - 3600), number % len(living)
                    await producer.send_and_wait(topic, value, partition=living[at])
            await until(lambda: aligned(worker) == (living, numbers, []), what="the others to be held")
            held = worker.counts("input_partitions_held")[""]
            routed = worker.counts("events_total").total()
            await until(lambda: aligned(worker)[2] == numbers, what="the hold limit")
            await until(lambda: worker.counts("events_total").total() == 40, what="the others to go on")
            three.start()
            await until(lambda: blocked(worker) == {} and aligned(worker) == ([], [], []), what="all to go on")

            assert told["no_leader"] == len(gone) > 0
            assert (len(living), 0) == (held, routed)
            assert worker.counts("events_late_total").total() == 0
            assert worker.runs
        finally:
            area.end()
