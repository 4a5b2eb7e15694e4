"""What a second reviewer decides is written only where the proposal still waits, by the order of the topic of work.

Several consoles and command lines may decide at once. Those who decide in an area share one transactional id: of two,
the later cancels what the earlier has not written yet, and reads what it has. So what is read here is all there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import uniform
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from monitor.area.deeds import SECONDS, Deed, send
from monitor.contract.work import WORK, OfLead, proposal_in
from monitor.errors import InputError
from streams.kafka.clients import started
from streams.kafka.reading import read_on, reader
from streams.kafka.topics import Names, topic_partitions

TRIES = 5
LONGEST_WAIT = 1.0
"""So often somebody tries whom another review cancels, and so many seconds lie between at most. Our assumption."""


class NotWaitingError(InputError):
    """The proposal was approved, returned or replaced meanwhile."""


async def record_reviews(
    client: Mapping[str, Any],
    prefix: str,
    deeds: Sequence[Deed],
    known: Mapping[tuple[str, int], int],
    *,
    check_crcs: bool = True,
) -> None:
    """Write what was decided of proposals (`before` of each deed), all of it or nothing.

    known: topic and partition -> offset behind what was looked at when it was decided. check_crcs: False on the
    embedded broker: its markers of the end of a transaction have no right checksum. Raises NotWaitingError, and what
    `record` raises.
    """
    async with asyncio.timeout(SECONDS):
        for _ in range(TRIES - 1):
            with suppress(KafkaError):
                return await _record(client, prefix, deeds, known, check_crcs=check_crcs)
            # By chance, so that two do not cancel each other for ever.
            await asyncio.sleep(uniform(0, LONGEST_WAIT))  # noqa: S311 - no secret
        return await _record(client, prefix, deeds, known, check_crcs=check_crcs)


async def _record(
    client: Mapping[str, Any], prefix: str, deeds: Sequence[Deed], known: Mapping[tuple[str, int], int],
    *, check_crcs: bool,
) -> None:  # fmt: skip
    producer = AIOKafkaProducer(
        transactional_id=f"{prefix}-reviews", transaction_timeout_ms=int(1000 * SECONDS), **client
    )
    async with started(producer):
        acts = await _since(client, prefix, known, check_crcs=check_crcs)
        for deed in deeds:
            proposal: Mapping[str, Any] = deed.before or {}
            now = proposal_in([proposal, *acts.get(proposal["alert_id"], ())])
            if now is None or now["at"] != proposal["at"]:
                raise NotWaitingError(f"{proposal['alert_id']}: expected a disposition that still waits for approval")
        await send(producer, prefix, deeds)


async def _since(
    client: Mapping[str, Any], prefix: str, known: Mapping[tuple[str, int], int], *, check_crcs: bool
) -> dict[str, list[dict[str, Any]]]:
    """The work on each lead that stands on its topic behind these offsets, in order; what is none is passed over."""
    found: dict[str, list[dict[str, Any]]] = {}
    partitions = await topic_partitions(client, Names(prefix).work)
    async with started(reader(client, check_crcs=check_crcs)) as consumer:
        begin = await consumer.beginning_offsets(partitions)
        first = {tp: max(begin[tp], known.get((tp.topic, tp.partition), 0)) for tp in partitions}
        async for records in read_on(consumer, first):
            for record in records:
                act = _work_in(record.value or b"")
                if act is not None:
                    found.setdefault(act.alert_id, []).append(orjson.loads(act.model_dump_json()))
    return found


def _work_in(value: bytes) -> OfLead | None:
    try:
        act = WORK.validate_json(value)
    except ValueError:
        return None
    return act if isinstance(act, OfLead) else None
