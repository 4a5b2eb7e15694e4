"""Dead letters: what was refused and why, and sending it again as it was received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from monitor.lines import object_in
from rules.times import iso
from rules.wire.answers import OTHER
from rules.wire.door import sender_of
from rules.wire.notation import clean
from rules.wire.pseudonyms import Pseudonyms
from streams.kafka.reading import Offsets, Record, read_all, read_on, reader
from streams.kafka.topics import Names, started, topic_partitions


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

    What was looked at is remembered as the offsets of the group <prefix>-deadletter-retry, of one group for each code.
    """
    names = Names(prefix)
    group = f"{prefix}-deadletter-retry{f'-{code}' if code else ''}"
    sent = 0
    partitions = await topic_partitions(client, names.dead_letter)
    async with (
        started(reader(client, group_id=group)) as consumer,
        started(AIOKafkaProducer(acks="all", enable_idempotence=True, **client)) as producer,
    ):
        async for records in read_on(consumer, await _looked_at(consumer, partitions)):
            for record in records:
                if _is(record, code) and _is_whole(record):
                    await producer.send_and_wait(names.events, value=record.value, key=record.key)
                    sent += 1
                await consumer.commit({TopicPartition(record.topic, record.partition): record.offset + 1})
    return sent


async def _looked_at(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> Offsets:
    """How far the group has looked; at least to what is still there, for the oldest letters are forgotten."""
    oldest = await consumer.beginning_offsets(partitions)
    return {tp: max(oldest[tp], await consumer.committed(tp) or 0) for tp in partitions}


def _headers(record: Record) -> dict[str, str]:
    given = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    return {name: given.get(name, "") for name in ("error_code", "error_detail", "source")}


def _is_whole(record: Record) -> bool:
    """Whether it stands as it was received; a part of a message is worth nothing to anybody."""
    return not any(name.startswith("truncated") for name, _ in record.headers)


def _is(record: Record, code: str | None) -> bool:
    return code is None or _headers(record)["error_code"] == code
