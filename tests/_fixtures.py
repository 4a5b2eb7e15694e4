"""The servers as fixtures: a test names what it needs, and runs against the real thing or is skipped."""

import itertools
import os
import secrets
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient

from tests._redis import redis_server
from tests.kafka._cluster import Kafka, ScriptKafka, kafka_cluster, script_cluster

_RUN = f"test-{secrets.token_hex(4)}"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """One cluster for the whole run; tests keep apart by their prefix."""
    with kafka_cluster() as cluster:
        yield cluster
        if "MONITOR_TEST_KAFKA" in os.environ:
            _delete_topics(cluster.bootstrap)


@pytest.fixture(scope="session")
def script_kafka(kafka: Kafka) -> Iterator[ScriptKafka]:
    """The same cluster where that is a broker of deploy/kafka, else such a broker beside it."""
    if isinstance(kafka, ScriptKafka):
        yield kafka
    else:
        with script_cluster() as cluster:
            yield cluster


@pytest.fixture
def killable_kafka(script_kafka: ScriptKafka) -> Iterator[ScriptKafka]:
    """A cluster whose broker a test can kill; it runs again when the test is over."""
    yield script_kafka
    script_kafka.start()


@pytest.fixture(scope="session")
def three_brokers() -> Iterator[ScriptKafka]:
    """A cluster of three for the whole run; who kills or pauses a broker lets it run again."""
    with script_cluster(3) as cluster:
        yield cluster


@pytest.fixture
def prefix() -> str:
    """A beginning for the names of topics, groups and transactions that no other test has."""
    return f"{_RUN}-{next(_NUMBERS)}"


@pytest.fixture(autouse=True)
def _read_models(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder with read models for the whole run; tests keep apart by their prefix."""
    monkeypatch.setenv("MONITOR_READMODEL_DIR", str(tmp_path_factory.getbasetemp() / "readmodel"))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """One Redis for the whole run."""
    with redis_server() as url:
        yield url


def _delete_topics(bootstrap: str) -> None:
    """A cluster that was lent is handed back as it was."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    ours = [topic for topic in admin.list_topics(timeout=10).topics if topic.startswith(f"{_RUN}-")]
    for deleted in admin.delete_topics(ours).values() if ours else ():
        deleted.result()
