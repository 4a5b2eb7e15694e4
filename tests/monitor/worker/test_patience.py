"""What a worker does before it begins: it waits for a broker, and for nothing that waiting does not bring."""

from __future__ import annotations

import pytest
from aiokafka.errors import KafkaConnectionError, UnknownTopicOrPartitionError

from monitor.errors import ConfigurationError
from monitor.offline.embedded import EmbeddedBroker
from monitor.worker import worker
from monitor.worker.connection import Connection
from monitor.worker.worker import WorkerMetrics, patiently


class Work:
    """Fails with these errors, one after the other; then it is done."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = [*errors]

    async def __call__(self) -> str:
        """Try."""
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_it_is_tried_again_until_a_broker_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However often; it is said once, and taken back when it is over."""
    monkeypatch.setattr(worker, "AGAIN_SECONDS", 0.0)
    metrics = WorkerMetrics(Connection())
    work = Work(*(KafkaConnectionError("closed") for _ in range(20)), ConnectionResetError())
    with EmbeddedBroker() as broker:
        done = await patiently({"bootstrap_servers": broker.bootstrap}, metrics, work)

    assert ("done", None) == (done, metrics.broker)
    assert ["broker away", "broker back"] == [
        record.getMessage() for record in caplog.records if record.name == "settlement_monitor.connection"
    ]


@pytest.mark.parametrize("error", [ConfigurationError("topics"), UnknownTopicOrPartitionError()], ids=repr)
async def test_what_is_wrong_for_sure_is_not_waited_for(error: Exception) -> None:
    """The error goes on at once."""
    with EmbeddedBroker() as broker, pytest.raises(type(error)):
        await patiently({"bootstrap_servers": broker.bootstrap}, WorkerMetrics(Connection()), Work(error))
