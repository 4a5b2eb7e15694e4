"""Clients of aiokafka from start to end: none leaves a connection open or swallows a cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient

Client = TypeVar("Client", AIOKafkaConsumer, AIOKafkaProducer)

ANSWER_SECONDS = 1.0
"""How long a start that is cancelled may wait for the answer that it has asked for."""


@asynccontextmanager
async def started(one: Client) -> AsyncIterator[Client]:
    """A consumer or producer for the length of the block; let go of also where no broker answers."""
    try:
        await begin(one.start())
        yield one
    finally:
        await let_go(one)


@asynccontextmanager
async def administer(client: Mapping[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    """An administrator's connection for the length of the block."""
    admin = AIOKafkaAdminClient(**client)
    try:
        await begin(admin.start())
        yield admin
    finally:
        await let_go(admin)


async def begin(start: Coroutine[Any, Any, None]) -> None:
    """Wait for the start of a client; whoever is cancelled meanwhile first waits for the answer that was asked for.

    aiokafka forgets the connection on which it waits for its first answer.
    """
    starting = asyncio.ensure_future(start)
    try:
        await asyncio.shield(starting)
        await asyncio.sleep(0)  # aiokafka cannot stop a consumer whose tasks have not begun
    except asyncio.CancelledError:
        try:
            await asyncio.wait([starting], timeout=ANSWER_SECONDS)
        finally:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        raise


async def let_go(one: AIOKafkaConsumer | AIOKafkaProducer | AIOKafkaAdminClient | AIOKafkaClient) -> None:
    """Wait until a client is closed, with each of its connections.

    aiokafka waits for tasks that it cancelled itself and passes over every CancelledError there, also over one that was
    meant for who waits: whoever was cancelled meanwhile ends here, and does not run for ever. And what fails while a
    producer or consumer stops, as where a later producer has fenced it off, leaves its connections open: they are
    closed all the same.
    """
    task = asyncio.current_task()
    asked = task.cancelling() if task else 0
    try:
        await (one.stop() if hasattr(one, "stop") else one.close())
    finally:
        connections = one.client if isinstance(one, AIOKafkaProducer) else getattr(one, "_client", None)
        if connections is not None:
            await connections.close()
        if isinstance(one, AIOKafkaProducer):
            _see_errors(one)
    if task and task.cancelling() > asked:
        raise asyncio.CancelledError


def _see_errors(producer: AIOKafkaProducer) -> None:
    """Look at the errors of who was fenced off: they are kept where nobody asks, and asyncio complains of that."""
    batches = [*producer._message_accumulator._batches.values(), producer._message_accumulator._pending_batches]
    kept = [batch._drain_waiter for several in batches for batch in several]
    if producer._txn_manager is not None:
        kept.append(producer._txn_manager.wait_for_transaction_end())
    for one in kept:
        if one is not None and one.done() and not one.cancelled():
            one.exception()
