"""A console over alerts of every rule, on an area of its own."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
from confluent_kafka import Producer
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.offline.embedded import EmbeddedBroker
from monitor.readmodel.projector import Projector, topics_of
from monitor.settings import Settings, load_settings
from tests.monitor.console._leads import leads


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """Brokers inside this process, with the topics."""
    with EmbeddedBroker() as embedded:
        yield embedded.bootstrap


@pytest.fixture
def settings(redis_url: str, prefix: str, broker: str) -> Settings:
    """Of an area of its own."""
    for name in (*topics_of(prefix), f"{prefix}.audit", f"{prefix}.rules"):
        Producer({"bootstrap.servers": broker, "log_level": 0}).list_topics(name, timeout=10)
    return load_settings(redis=redis_url, prefix=prefix, brokers=broker)


@pytest.fixture
def page(settings: Settings) -> TestClient:
    """A reader of the console, over alerts of every rule."""
    assert Projector(settings).put(alerts=[orjson.dumps(one) for one in leads()]) == 0
    return TestClient(app_of(settings, ConsoleMetrics()), base_url="http://localhost", follow_redirects=False)


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line, over the same area."""
    for name, value in (("BROKERS", settings.brokers), ("REDIS", settings.redis), ("PREFIX", settings.prefix)):
        monkeypatch.setenv(f"MONITOR_{name}", value)
    return CliRunner()
