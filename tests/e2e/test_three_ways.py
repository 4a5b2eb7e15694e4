"""One file, three ways: replay, the embedded broker, and a real Kafka with two workers. Equal by E2."""

import asyncio
import json
import signal
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from monitor.offline.embedded import PARTITIONS, EmbeddedBroker, Feeder
from rules.catalogue import OVER_LEADS
from rules.times import HOUR
from tests.e2e._area import Area, Event, Worker, environment, monitor, until
from tests.e2e._traffic import SETTLEMENTS, Traffic, traffic
from tests.e2e.checker import differences, faults, read_log, standing

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SEED = 3
SLICE = 24 * HOUR
"""No partition is ahead of another by more: with _traffic.HELD, less than the grace."""


def replayed(traffic: Traffic, folder: Path) -> tuple[list[bytes], dict[str, int]]:
    """What the command makes of the file: the revisions, without those of rules over leads, and its summary.

    Rules over leads are judged beside the workers, by `monitor readmodel`.
    """
    traffic.write(folder / "events.jsonl")
    done = monitor(
        "replay", str(folder / "events.jsonl"), "--json", "--alerts", str(folder / "alerts.jsonl"),
        env=environment(reference=traffic.tables),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log = [one for one in read_log(folder / "alerts.jsonl") if json.loads(one)["family"] != OVER_LEADS]
    return log, json.loads(done.stdout)


class Embedded:
    """The embedded broker with its one worker."""

    def __init__(self, broker: EmbeddedBroker, prefix: str, folder: Path, tables: Path) -> None:
        self._broker, self._prefix = broker, prefix
        self.feeder = Feeder(broker.bootstrap, prefix, f"{prefix}-monitor")
        env = environment(
            brokers=broker.bootstrap, prefix=prefix, embedded=True, allow_final=True, metrics_port=0, reference=tables
        )
        self.worker = Worker.start(env, folder / "embedded.log")

    async def send(self, events: list[Event]) -> None:
        """Publish, never so much that the broker would forget."""
        for first in range(0, len(events), 200):
            self.feeder.send(events[first : first + 200])
            await until(lambda: sum(self.feeder.lag()) < 1000, what="the embedded worker")

    async def read(self) -> None:
        """Wait until everything is routed and judged."""
        await until(lambda: self.feeder.lag() == (0, 0), what="the embedded worker")

    def alerts(self) -> list[bytes]:
        """Every revision on its topic."""
        consumer = Consumer({"bootstrap.servers": self._broker.bootstrap, "group.id": "checker", "log_level": 0})
        topic, found = f"{self._prefix}.alerts", []
        for number in range(PARTITIONS):
            first, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            assert first == 0
            consumer.assign([TopicPartition(topic, number, 0)])
            while first < end:
                message = consumer.poll(10)
                assert message is not None
                assert message.error() is None
                found.append(message.value() or b"")
                first += 1
        consumer.close()
        return found

    def end(self) -> int:
        """End the worker."""
        self.feeder.close()
        return self.worker.end(signal.SIGTERM)


def too_early(played: Traffic) -> int:
    """How many reversals come before the settlement that they take back."""
    settled = {b["setl_id"]: n for n, (_, b) in enumerate(played.events) if b["infno"] in SETTLEMENTS}
    taken = [(n, b["setl_id"]) for n, (_, b) in enumerate(played.events) if b["infno"] in SETTLEMENTS.values()]
    return sum(number < settled.get(setl_id, 0) for number, setl_id in taken)


@pytest.mark.long
async def test_a_file_the_embedded_broker_and_a_cluster_say_the_same(area: Area, tmp_path: Path) -> None:
    """Late, duplicate and reversed events; corrections, cancels, 2601: what stands at the end is equal."""
    played = traffic(tmp_path / "tables", SEED, persons=12_000, days=8, settlements_per_year=3)
    log, summary = replayed(played, tmp_path)
    area.run("topics", "create")
    area.run("reference", "load", str(played.tables))
    with EmbeddedBroker() as broker:
        workers = [area.worker(), area.worker()]
        embedded = Embedded(broker, area.prefix, tmp_path, played.tables)
        try:
            await until(lambda: all(worker.ready() for worker in [*workers, embedded.worker]), what="the workers")
            for events in played.slices(SLICE):
                await asyncio.gather(area.send(events), embedded.send(events))
                await asyncio.gather(area.routed(), embedded.read())
            area.run("topics", "close")
            embedded.feeder.close_log()
            await asyncio.gather(area.judged(), embedded.read())
            in_memory = embedded.alerts()
        finally:
            embedded.end()
    on_kafka = await area.alerts()

    assert (faults(log), faults(in_memory), faults(on_kafka)) == ([], [], [])
    assert differences(log, in_memory) == []
    assert differences(log, on_kafka) == []
    assert {one["status"] for one in standing(on_kafka)} == {"closed"}
    assert all(worker.counts("events_total").total() > 0 for worker in workers)
    assert [worker.end(signal.SIGTERM) for worker in workers] == [0, 0]
    # What would prove little: traffic in which nothing of this happened.
    assert summary["refused"] == 0
    assert min(summary["late"], summary["duplicate"], summary["alerts_standing"], too_early(played)) > 10
