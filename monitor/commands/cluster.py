"""What the commands share that need a cluster: its options, and how to talk to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from monitor.errors import ConfigurationError, InputError
from monitor.settings import Settings

T = TypeVar("T")
Prefix = Annotated[str | None, typer.Option("--prefix", help="First part of every topic name.")]
Brokers = Annotated[str | None, typer.Option("--brokers", help="Kafka bootstrap servers, host:port.")]


def client(settings: Settings) -> dict[str, Any]:
    """How to reach the cluster, as aiokafka takes it."""
    return {"bootstrap_servers": settings.brokers}


def talk(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Do something on the cluster.

    Raises ConfigurationError where it does not answer, InputError where a topic cannot be read to its end.
    """
    import logging

    from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError

    from streams.kafka.reading import UnreadError
    from streams.kafka.tables import OvertakenError

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

    async def bounded() -> T:
        return await work()

    try:
        return asyncio.run(bounded())
    except (KafkaConnectionError, KafkaTimeoutError, OSError):
        raise ConfigurationError(f"MONITOR_BROKERS: expected brokers that answer at {settings.brokers}") from None
    except (OvertakenError, UnreadError) as error:
        raise InputError(str(error)) from None
