"""How a process beside the workers starts: `monitor notify`, `readmodel`, `exporter` and `console`."""

from __future__ import annotations

import os
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry

from monitor.serving import serve
from monitor.settings import Settings, unknown_variables
from monitor.worker.connection import Connection
from monitor.worker.logs import set_up_logs
from monitor.worker.worker import end_on_signals


class Told(Protocol):
    """What a process says of itself."""

    registry: CollectorRegistry

    def health(self) -> tuple[bool, dict[str, object]]:
        """Whether a restart would not help, and what else is to be said."""

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """Whether it does its work, and what else is to be said."""


def begin(settings: Settings, name: str, metrics: Told) -> Connection:
    """End on signals, log, and serve /metrics, /healthz and /readyz from now on.

    name: of the process. Gives what tells the log whether Kafka is away. Raises ConfigurationError.
    """
    end_on_signals()
    connection = Connection()
    set_up_logs(settings.log_level, connection)
    answers = {"/healthz": metrics.health, "/readyz": metrics.readiness}
    server = serve(metrics.registry, answers, settings.metrics_host, settings.metrics_port)
    log = structlog.get_logger(f"settlement_monitor.{name}")
    if unknown := unknown_variables(os.environ):
        log.warning("unknown settings", variables=", ".join(unknown))
    log.info("starting", brokers=settings.brokers, prefix=settings.prefix, metrics_port=server.server_address[1])
    return connection
