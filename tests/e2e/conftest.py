"""Fixtures of the tests with whole processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e._area import Area
from tests.kafka._cluster import Kafka


@pytest.fixture
def area(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Area]:
    """Topics of their own, and no worker left behind."""
    area = Area(kafka, prefix, tmp_path)
    yield area
    area.end()
