"""`monitor exporter` on a real broker: it counts what comes, and goes on where it was."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from streams.kafka import topics
from streams.kafka.topics import Names, Sizes
from tests.deploy._endpoint import settlement
from tests.deploy._processes import ROOT, eventually, free_port, get, running
from tests.kafka._cluster import Kafka

pytestmark = pytest.mark.kafka


@pytest.fixture
async def area(kafka: Kafka, prefix: str) -> Names:
    """An area with its topics."""
    await topics.create({"bootstrap_servers": kafka.bootstrap}, prefix, Sizes(1, 1))
    return Names(prefix)


def counted(port: int, name: str) -> float:
    """The sum of a counter over its labels."""
    lines = get(port, "/metrics")[1].decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(f"settlement_monitor_use_{name}_total"))


def is_ready(port: int) -> bool:
    """Whether it reads."""
    return get(port, "/readyz")[0] == 200


async def test_it_goes_on_where_it_was(kafka: Kafka, area: Names, tmp_path: Path) -> None:
    """What came while it was away is counted then; what it has counted is not counted again."""
    port = free_port()
    settings: Mapping[str, str] = {
        "MONITOR_BROKERS": kafka.bootstrap, "MONITOR_PREFIX": area.prefix, "MONITOR_METRICS_PORT": str(port),
    }  # fmt: skip
    command = [sys.executable, "-m", "monitor", "exporter"]
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:

        async def send(*numbers: int) -> None:
            for number in numbers:
                await producer.send_and_wait(area.events, settlement(number, time.time()), key=b"1")

        await send(0)
        with running(command, tmp_path / "first.log", env=os.environ | settings, cwd=ROOT):
            eventually(lambda: is_ready(port), "it reads")
            await send(1, 2)
            await producer.send_and_wait(area.reminders, b"{}", key=b"P34102100001")
            eventually(lambda: (counted(port, "settlements"), counted(port, "reminders")) == (2, 1), "it counts", 20)
            eventually(lambda: get(port, "/healthz")[0] == 200, "it is well")
        await send(3, 4, 5)
        with running(command, tmp_path / "second.log", env=os.environ | settings, cwd=ROOT):
            eventually(lambda: counted(port, "settlements") >= 3, "it goes on", 20)

            assert 3 == counted(port, "settlements")
