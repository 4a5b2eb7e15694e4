"""The process `monitor notify`: its start, its end, and what it does where Kafka is away."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from monitor.errors import ConfigurationError
from monitor.notify.metrics import NotifyMetrics
from monitor.notify.notifier import Notifier, policy_of
from monitor.settings import Settings
from monitor.worker.beside import begin
from monitor.worker.connection import Connection, is_away
from streams.kafka.ending import die, named, or_die
from streams.kafka.reading import UnreadError
from streams.kafka.topics import Names, partitions_of

AGAIN_SECONDS = 5.0
"""So long it waits before it begins again where Kafka failed. Our assumption."""


def run_notify(settings: Settings) -> NoReturn:
    """Run until SIGTERM or SIGINT, and end at once then: all that counts is written by then.

    Raises ConfigurationError.
    """
    metrics = NotifyMetrics()
    connection = begin(settings, "notify", metrics)
    asyncio.run(or_die(follow(settings, metrics, connection), "notifying", ConfigurationError))
    raise AssertionError("it follows for ever")


async def follow(settings: Settings, metrics: NotifyMetrics, connection: Connection) -> NoReturn:
    """One life of the notifier after the other. Raises ConfigurationError where its topics are not there."""
    client = {"bootstrap_servers": settings.brokers}
    policy = policy_of(settings)
    log = structlog.get_logger("settlement_monitor.notify")
    while True:
        try:
            await check_topics(settings)
            connection.answers(quiet=0)
            await Notifier(client, policy, settings.alertmanager, settings.notify_seconds, metrics).run()
        except (ProducerFenced, InvalidProducerEpoch):
            die("another `monitor notify` of this area has begun: expected one at a time")
        except (KafkaError, UnreadError, OSError) as error:
            if is_away(error):
                connection.away(named(error))
            else:
                log.warning("leads cannot be read", reason=type(error).__name__, wait_seconds=AGAIN_SECONDS)
        metrics.looked()
        await asyncio.sleep(AGAIN_SECONDS)


async def check_topics(settings: Settings) -> None:
    """Refuse to begin without topics. Raises ConfigurationError."""
    names = Names(settings.prefix)
    for name in (names.alerts, names.work, names.notified):
        if not await partitions_of({"bootstrap_servers": settings.brokers}, name):
            raise ConfigurationError(
                f"topics: expected {name} on the cluster, was not there: run `monitor topics create`"
            )
