"""What was appended to a topic in a span of time: read once, beside the workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from monitor.errors import ConfigurationError
from rules.times import DAY, iso, parse
from rules.wire.door import Limits
from streams.kafka.clients import started
from streams.kafka.reading import offsets_at, read, reader
from streams.kafka.topics import Names, topic_partitions

Take = Callable[[bytes, int], None]
"""Takes a message and the moment at which the broker took it, ms UTC."""


class Span(NamedTuple):
    """From when to when messages about a day are appended, ms UTC."""

    start: int
    end: int


def span_of(day: date, limits: Limits) -> Span:
    """When the broker took the messages about a day that are in time.

    The clocks of an institution may go ahead of its upload, and the upload ahead of the broker.
    """
    start = parse(day.isoformat())
    return Span(start - 2 * limits.ahead, start + DAY + limits.grace)


async def read_span(client: Mapping[str, Any], prefix: str, span: Span, take: Take) -> list[str]:
    """Hand on every message of the events topic that was appended in a span; gives warnings about what is gone."""
    topic = Names(prefix).events
    partitions = await topic_partitions(client, topic)
    if not partitions:
        raise ConfigurationError(f"{topic}: expected a topic that exists: monitor topics create")
    async with started(reader(client)) as consumer:
        oldest = await consumer.beginning_offsets(partitions)
        first = await offsets_at(consumer, span.start, partitions)
        async for records in read(consumer, first, await offsets_at(consumer, span.end, partitions)):
            for record in records:
                take(record.value or b"", record.timestamp)
    return [
        f"{tp.topic}/{tp.partition}: older messages are gone, some of the day may have been among them"
        for tp in partitions
        if 0 < oldest[tp] == first[tp]
    ]


def warning_of_time(span: Span, now: int) -> list[str]:
    """That a day is not over yet: uploads about it are still in time."""
    return [f"the day can still change: its uploads are in time until {iso(span.end)}"] if now < span.end else []
