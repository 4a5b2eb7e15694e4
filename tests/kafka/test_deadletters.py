"""Dead letters that are sent again: each once, whoever asks for it and however often."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from monitor.area.deadletters import retry
from streams.kafka.clients import started
from streams.kafka.reading import read_all, reader
from streams.kafka.tables import OvertakenError
from streams.kafka.topics import topic_partitions
from tests.kafka._area import Area

pytestmark = pytest.mark.kafka


async def write(area: Area, letters: dict[bytes, str], *, truncated: bool = False) -> None:
    """Put letters on the topic: value and error code."""
    async with AIOKafkaProducer(**area.client, max_request_size=2 << 20) as producer:
        for value, code in letters.items():
            headers = [("error_code", code.encode()), *([("truncated", b"9")] if truncated else [])]
            await producer.send_and_wait(area.names.dead_letter, value, key=value[:8], headers=headers)


async def sent(area: Area) -> list[bytes]:
    """What the events topic holds, and a worker reads: of transactions that are finished."""
    partitions = await topic_partitions(area.client, area.names.events)
    async with started(reader(area.client)) as consumer:
        return sorted([one.value or b"" async for some in read_all(consumer, partitions) for one in some])


async def test_no_letter_is_sent_twice(area: Area) -> None:
    """By code and then all, all and then by code; what comes meanwhile is sent at the next retry that asks for it."""
    await write(area, {b"a1": "bad_time", b"b1": "not_json", b"a2": "bad_time", b"large" * 250_000: "too_large"})
    await write(area, {b"part": "bad_time"}, truncated=True)

    async def retried(code: str | None) -> int:
        return await retry(area.client, area.prefix, code)

    assert [2, 0] == [await retried("bad_time"), await retried("bad_time")]
    assert [2, 0, 0, 0] == [await retried(code) for code in (None, None, "bad_time", "not_json")]
    await write(area, {b"a3": "bad_time", b"b2": "not_json"})
    assert [1, 1, 0, 0] == [await retried(code) for code in ("not_json", None, "bad_time", None)]
    assert [b"a1", b"a2", b"a3", b"b1", b"b2", b"large" * 250_000] == await sent(area)


async def test_two_retries_at_a_time_send_each_letter_once(area: Area) -> None:
    """The later ends the earlier; between them nothing is sent twice, and the next finds the rest."""
    letters = [f"{number:04}".encode() for number in range(500)]
    await write(area, dict.fromkeys(letters, "bad_time"))

    both = await asyncio.gather(
        *(retry(area.client, area.prefix, code) for code in (None, "bad_time")), return_exceptions=True
    )
    await retry(area.client, area.prefix, None)

    assert all(isinstance(one, int | OvertakenError) for one in both), both
    assert letters == await sent(area)
