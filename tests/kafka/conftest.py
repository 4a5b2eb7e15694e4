"""What the tests on a broker share."""

import signal
from collections.abc import AsyncIterator

import pytest

from streams.kafka import topics
from streams.kafka.topics import Names
from tests.kafka._area import SIZES, Area
from tests.kafka._cluster import Kafka


@pytest.fixture
async def area(kafka: Kafka, prefix: str) -> AsyncIterator[Area]:
    """Topics of their own, and no worker left behind."""
    area = Area(kafka, prefix, Names(prefix))
    await topics.create(area.client, prefix, SIZES)
    yield area
    for worker in area.workers:
        await worker.end(signal.SIGKILL)
