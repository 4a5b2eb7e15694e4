"""Dead letters: what was refused and why, and sending it again as it was received."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import ProducerFenced

from monitor.lines import object_in
from rules.times import iso
from rules.wire.answers import OTHER
from rules.wire.door import sender_of
from rules.wire.notation import clean
from rules.wire.pseudonyms import Pseudonyms
from streams.kafka.clients import started
from streams.kafka.reading import Offsets, Record, read_all, read_on, reader
from streams.kafka.tables import OvertakenError
from streams.kafka.topics import Names, topic_partitions


async def list_letters(
    client: Mapping[str, Any], prefix: str, code: str | None, limit: int, pseudonyms: Pseudonyms
) -> list[dict[str, Any]]:
    """The newest dead letters with this error code (None: any), as `row_of` tells them."""
    partitions = await topic_partitions(client, Names(prefix).dead_letter)
    async with started(reader(client)) as consumer:
        found = [one async for records in read_all(consumer, partitions) for one in records if _is(one, code)]
    found.sort(key=lambda record: record.timestamp, reverse=True)
    return [row_of(record, pseudonyms) for record in found[:limit]]


def row_of(record: Record, pseudonyms: Pseudonyms) -> dict[str, Any]:
    """When, where from, why, how long, who sent it, under which record key; never the body.

    A record key names a person, so it is told as a pseudonym; that of stock is the institution. What cannot be read of
    a body is empty.
    """
    institution, infno = _sent_by(record.value or b"")
    key = clean((record.key or b"").decode("utf-8", "replace"))
    return {
        "at": iso(record.timestamp),
        "bytes": len(record.value or b""),
        "institution": institution,
        "infno": infno,
        "key": key if key.upper() in ("", institution) else pseudonyms.person(key),
        **_headers(record),
    }


def _sent_by(body: bytes) -> tuple[str, str]:
    """Institution and infno."""
    sender = sender_of(object_in(body) or {})
    return sender.institution, "" if sender.transaction == OTHER else sender.transaction


async def retry(client: Mapping[str, Any], prefix: str, code: str | None) -> int:
    """Send dead letters with this error code (None: any) to the events topic, each once; gives how many were sent.

    What was looked at is remembered as the offsets of the group <prefix>-deadletter-retry, and of one group for each
    code: a letter was sent where either of its two groups is past it. Letters and offsets are one transaction, under
    one id: a retry that breaks off leaves nothing half sent, and of two at a time the later ends the earlier with an
    OvertakenError.
    """
    names = Names(prefix)
    group = f"{prefix}-deadletter-retry"
    partitions = await topic_partitions(client, names.dead_letter)
    looked_at = _LookedAt(client, group, partitions)
    # Compressed: what came in a compressed batch may be larger than the topic takes otherwise.
    producer = AIOKafkaProducer(transactional_id=group, max_request_size=2 << 20, compression_type="gzip", **client)
    sent = 0
    try:
        async with started(producer), started(reader(client)) as consumer:
            async for records in read_on(consumer, await _first(consumer, partitions, looked_at, code)):
                wanted = [one for one in records if _is_wanted(one, code) and not await looked_at.is_past(one)]
                end = {TopicPartition(records[0].topic, records[0].partition): records[-1].offset + 1}
                async with producer.transaction():
                    await _send(producer, names.events, wanted)
                    await producer.send_offsets_to_transaction(end, looked_at.group(code))
                sent += len(wanted)
    except ProducerFenced:
        raise OvertakenError(names.dead_letter, "retry", f"{sent} were sent") from None
    return sent


async def _send(producer: AIOKafkaProducer, topic: str, records: Sequence[Record]) -> None:
    """Send records and wait for each answer: aiokafka would commit a transaction without what was refused."""
    answers = []
    try:
        for one in records:
            answers.append(await producer.send(topic, value=one.value, key=one.key))  # noqa: PERF401 - all so far are awaited
    finally:
        await asyncio.gather(*answers)


class _LookedAt:
    """How far the letters of each code were looked at, by a retry of this code or of all."""

    def __init__(self, client: Mapping[str, Any], prefix: str, partitions: Sequence[TopicPartition]) -> None:
        """prefix: of the groups whose offsets say it."""
        self._client = client
        self._prefix = prefix
        self._partitions = partitions
        self._offsets: dict[str | None, Offsets] = {}

    def group(self, code: str | None) -> str:
        """The group of a code; None: of all."""
        return f"{self._prefix}-{code}" if code else self._prefix

    async def of(self, code: str | None) -> Offsets:
        """The first offsets that no retry of this code (None: of all) looked at."""
        if code not in self._offsets:
            async with started(reader(self._client, group_id=self.group(code))) as consumer:
                self._offsets[code] = {tp: await consumer.committed(tp) or 0 for tp in self._partitions}
        return self._offsets[code]

    async def is_past(self, record: Record) -> bool:
        """Whether a letter was looked at by a retry of its code, or of all."""
        tp, code = TopicPartition(record.topic, record.partition), _headers(record)["error_code"]
        all_of_them, of_code = await self.of(None), await self.of(code)
        offset: int = record.offset
        return offset < max(all_of_them[tp], of_code[tp])


async def _first(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], looked_at: _LookedAt, code: str | None
) -> Offsets:
    """Where a retry begins: at least with what is still there, for the oldest letters are forgotten."""
    oldest = await consumer.beginning_offsets(list(partitions))
    return {tp: max(oldest[tp], (await looked_at.of(code))[tp]) for tp in partitions}


def _headers(record: Record) -> dict[str, str]:
    given = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    return {name: given.get(name, "") for name in ("error_code", "error_detail", "source")}


def _is_wanted(record: Record, code: str | None) -> bool:
    """Whether it has this code and stands as it was received; a part of a message is worth nothing to anybody."""
    return _is(record, code) and not any(name.startswith("truncated") for name, _ in record.headers)


def _is(record: Record, code: str | None) -> bool:
    return code is None or _headers(record)["error_code"] == code
