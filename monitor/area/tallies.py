"""What workers noted of senders in the last hours: who sends what is skipped, failed, refused or left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from monitor.contract.text import Said
from streams.kafka.clients import started
from streams.kafka.reading import offsets_at, read_on, reader
from streams.kafka.topics import Names, topic_partitions
from streams.route.router import Noted
from streams.route.tallies import sum_of

MEANINGS: Mapping[str, Said] = {
    "skipped": Said("本系统不使用的交易的报文", "messages of a transaction that no rule uses"),
    "failed": Said("应答表明交易失败的报文", "messages whose reply says that the transaction failed"),
    "refused": Said("被拒收的报文", "messages refused"),
    "late": Said("上传过晚的报文", "messages uploaded later than the grace"),
    "late_lines": Said(
        "过晚或在未来、未计入的费用明细或进销存记录",
        "fee lines or stock rows left out: later than the grace, or in the future",
    ),
    "bad_codes": Said("不是追溯码的编码", "trace codes that can be none"),
    "missing_codes": Said("应有而缺少的追溯码", "trace codes announced or needed, and not there"),
    "cut": Said("被舍去或截短的字段", "fields that were absurd and left out, or too long and cut"),
    "refunds_without_original": Said("无原结算号的退费记录", "refund rows that name no settlement"),
    "retractions_without_target": Said(
        "找不到对象的撤销、退货或删除", "reversals, cancels, returns or deletions that found nothing"
    ),
    "message_reversals_without_target": Said(
        "找不到报文的2601（超时后属正常）", "2601 that found no message, as is usual after a time-out"
    ),
}
"""What a worker notes -> its meaning."""
_SENTENCE = Said(
    "{what}{detail} {number} 条：机构 {institution}，交易 {transaction}",
    "{number} {what}{detail}: institution {institution}, transaction {transaction}",
)
_UNKNOWN = Said("不明", "unknown")


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


def sentence(noted: Noted, number: int) -> Said:
    """What was noted, of whom, how often.

    >>> sentence(Noted("refused", "no_result", "H34102100021", "2207"), 12).en
    '12 messages refused (no_result): institution H34102100021, transaction 2207'
    """
    return _SENTENCE.filled(
        number=number,
        what=MEANINGS.get(noted.what, noted.what),
        detail=f" ({noted.detail})" if noted.detail else "",
        institution=noted.institution or _UNKNOWN,
        transaction=noted.transaction or _UNKNOWN,
    )
