"""What a pooling area is: its id, and all that its workers must have in common for an alert to be the same.

It is one record on the topic on which workers wait for one another. It is written under one transactional id: of two
that write at once the second fences the first, which then reads what the second wrote.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import ProducerFenced

from streams.kafka.clients import started
from streams.kafka.reading import read_all, reader
from streams.kafka.topics import Names, partitions_of

KEY = b"area"
"""Record key of the area on its topic."""
STEP_SECONDS = 20.0
"""Longest time of reading the area or of writing it."""
TRIES = 10

Fingerprint = Mapping[str, str]
"""Name -> value of all that decides what an alert says; of a secret only a hash. Empty: none was written yet."""


class Area(msgspec.Struct, frozen=True):
    """One pooling area, as its record says."""

    id: str
    """Made anew with the topics."""
    fingerprint: dict[str, str] = {}


Change = Callable[[Area | None], Area]
"""The area that there is (None: no record) -> the one that shall stand."""


class DifferentError(ValueError):
    """A worker has not what its area has; the text is one line with what differs, and holds no secret."""


def or_new(stands: Area | None) -> Area:
    """The area that there is, else one with an id of its own that no worker has joined yet."""
    return stands or Area(secrets.token_hex(8))


def short(fingerprint: Fingerprint) -> str:
    """A fingerprint in eight digits, for people to compare.

    >>> short({"state": "3"}) == short({"state": "4"})
    False
    """
    return blake2b(repr(sorted(fingerprint.items())).encode(), digest_size=4).hexdigest() if fingerprint else "none"


def differing(stands: Fingerprint, now: Fingerprint) -> list[str]:
    """The names of what is not the same in both.

    >>> differing({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"})
    ['b', 'c']
    """
    return sorted(name for name in stands.keys() | now.keys() if stands.get(name) != now.get(name))


def told(stands: Fingerprint, now: Fingerprint, secret: Sequence[str]) -> list[str]:
    """What differs, with both values where they are not secret.

    >>> told({"a": "1", "key": "f0"}, {"a": "2", "key": "9c"}, ["key"])
    ['a: expected 1, was 2', 'key differs']
    """
    return [
        f"{name} differs" if name in secret else f"{name}: expected {stands.get(name)}, was {now.get(name)}"
        for name in differing(stands, now)
    ]


def check(area: Area, now: Fingerprint, secret: Sequence[str]) -> None:
    """Refuse a worker that has not what the area has. Raises DifferentError."""
    if found := told(area.fingerprint, now, secret):
        raise DifferentError(
            f"fingerprint: expected {short(area.fingerprint)}, was {short(now)}: {'; '.join(found)}: "
            "a worker has what its area has, or monitor topics configure"
        )


async def read(client: Mapping[str, Any], prefix: str) -> Area | None:
    """The area as it stands; None where no record of it was written yet.

    client: how to reach the cluster, as aiokafka takes it. Raises ValueError where the topic is missing.
    """
    at = TopicPartition(Names(prefix).progress, 0)
    if not await partitions_of(client, at.topic):
        raise ValueError(f"{at.topic}: expected a topic that exists: monitor topics create")
    value: bytes | None = None
    async with asyncio.timeout(STEP_SECONDS), started(reader(client)) as consumer:
        async for records in read_all(consumer, [at]):
            value = next((record.value for record in reversed(records) if record.key == KEY), value)
    return msgspec.json.decode(value, type=Area) if value else None


async def write(client: Mapping[str, Any], prefix: str, change: Change, by: str = "") -> Area:
    """Change the area by what stands at that moment; gives the one that stands then.

    by: who changes it; the audit topic says so, in the same transaction. Empty: nobody changed anything, it is new.
    """
    for number in range(TRIES):
        stands = await read(client, prefix)
        if stands is not None and change(stands) == stands:
            return stands
        with contextlib.suppress(ProducerFenced):  # somebody else writes: what it writes is read at the next try
            return await _try_to_write(client, Names(prefix), change, by)
        await asyncio.sleep(random.uniform(0, 1 + number))  # noqa: S311 - so that they do not meet again
    raise ValueError(f"{Names(prefix).progress}: expected to write the area, others write it all the while")


async def _try_to_write(client: Mapping[str, Any], names: Names, change: Change, by: str) -> Area:
    writer = AIOKafkaProducer(
        transactional_id=f"{names.progress}-area", transaction_timeout_ms=int(1000 * STEP_SECONDS), **client
    )
    async with asyncio.timeout(3 * STEP_SECONDS), started(writer) as producer:
        stands = await read(client, names.prefix)
        wanted = change(stands)
        if wanted == stands:
            return stands
        async with producer.transaction():
            await producer.send_and_wait(names.progress, msgspec.json.encode(wanted), key=KEY, partition=0)
            if by:
                await producer.send_and_wait(names.audit, _audited(stands, wanted, by), key=by.encode())
        return wanted


def _audited(before: Area | None, after: Area, by: str) -> bytes:
    """The audit record of a change; of secrets it has the hashes alone."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return msgspec.json.encode({"at": at, "by": by, "what": "topics configure", "before": before, "after": after})
