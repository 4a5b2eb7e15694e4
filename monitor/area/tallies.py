"""What workers noted of senders in the last hours: who sends what is skipped, failed, refused or left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from streams.kafka.reading import offsets_at, read_on, reader
from streams.kafka.topics import Names, started, topic_partitions
from streams.route.router import Noted
from streams.route.tallies import sum_of

MEANINGS = {
    "skipped": "messages of a transaction that no rule uses",
    "failed": "messages whose reply says that the transaction failed",
    "refused": "messages refused",
    "late": "messages uploaded later than the grace",
    "late_lines": "fee lines or stock rows left out: later than the grace, or in the future",
    "bad_codes": "trace codes that can be none",
    "missing_codes": "trace codes announced or needed, and not there",
    "cut": "fields that were absurd and left out, or too long and cut",
    "refunds_without_original": "refund rows that name no settlement",
    "retractions_without_target": "reversals, cancels, returns or deletions that found nothing",
    "message_reversals_without_target": "2601 that found no message, as is usual after a time-out",
}
"""What a worker notes -> its meaning."""


async def noted_since(client: Mapping[str, Any], prefix: str, since: int) -> Counter[Noted]:
    """How often each thing was noted since this moment (ms UTC), over all workers; empty where none wrote yet."""
    topic = Names(prefix).tallies
    partitions = await topic_partitions(client, topic)
    if not partitions:
        return Counter()
    values: list[bytes] = []
    async with started(reader(client)) as consumer:
        async for records in read_on(consumer, await offsets_at(consumer, since, partitions)):
            values += [record.value or b"" for record in records]
    return sum_of(values, since)


def sentence(noted: Noted, number: int) -> str:
    """What was noted, of whom, how often.

    >>> sentence(Noted("refused", "no_result", "H34102100021", "2207"), 12)
    '12 messages refused (no_result): institution H34102100021, transaction 2207'
    """
    detail = f" ({noted.detail})" if noted.detail else ""
    return (
        f"{number} {MEANINGS.get(noted.what, noted.what)}{detail}: institution {noted.institution or 'unknown'}, "
        f"transaction {noted.transaction or 'unknown'}"
    )
