"""A disposition goes onto the feedback topic, and who said it onto the audit topic: both or none."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaProducer

from monitor.contract.feedback import Feedback, feedback_of
from rules.times import iso
from streams.kafka.topics import Names, started

SECONDS = 20.0
"""So long may it take. Our assumption: who clicks waits no longer."""


class Act(NamedTuple):
    """A disposition, and the one that stood before it: None where nothing did."""

    said: Feedback
    before: Mapping[str, Any] | None


def act_on(alert_id: str, disposition: str, reason: str, by: str, earlier: Sequence[Mapping[str, Any]]) -> Act:
    """What somebody says of an alert now. earlier: what was said of it before. Raises InputError."""
    return Act(feedback_of(alert_id, disposition, reason, by), earlier[-1] if earlier else None)


async def dispose(client: Mapping[str, Any], prefix: str, acts: Sequence[Act]) -> None:
    """Write dispositions, all or none. Raises KafkaError, OSError, TimeoutError where they cannot be written."""
    names = Names(prefix)
    producer = AIOKafkaProducer(
        transactional_id=f"{prefix}-dispositions-{socket.gethostname()}-{os.getpid()}",
        transaction_timeout_ms=int(1000 * SECONDS), **client,
    )  # fmt: skip
    async with asyncio.timeout(SECONDS), started(producer), producer.transaction():
        for act in acts:
            key, value = act.said.alert_id.encode(), act.said.model_dump_json().encode()
            await producer.send_and_wait(names.feedback, value, key=key)
            await producer.send_and_wait(names.audit, _audited(act), key=act.said.by.encode())


def _audited(act: Act) -> bytes:
    """The audit record of a disposition."""
    at = iso(int(act.said.at.timestamp() * 1000))
    after = act.said.model_dump(mode="json")
    return orjson.dumps({"at": at, "by": act.said.by, "what": "alerts dispose", "before": act.before, "after": after})
