"""Somebody asks who a person is: the audit topic says so first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from rules.times import iso
from streams.kafka.topics import Names, started

SECONDS = 20.0
"""So long may it take. Our assumption: who asks waits no longer."""


async def audit_person(
    client: Mapping[str, Any], prefix: str, by: str, alert_id: str, person: str, reason: str
) -> None:
    """Write who asks for whom, for which lead and why. person: the pseudonym.

    Raises KafkaError, OSError, TimeoutError where it cannot be written.
    """
    record = {
        "at": iso(int(1000 * time.time())), "by": by, "what": "console person", "before": None,
        "after": {"alert_id": alert_id, "person": person, "reason": reason},
    }  # fmt: skip
    async with asyncio.timeout(SECONDS), started(AIOKafkaProducer(enable_idempotence=True, **client)) as producer:
        await producer.send_and_wait(Names(prefix).audit, orjson.dumps(record), key=by.encode())
