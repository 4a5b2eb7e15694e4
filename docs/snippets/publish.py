"""Publish messages with aiokafka: one a line from stdin, unchanged, in order for each person."""

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from itertools import islice

from aiokafka import AIOKafkaProducer


def key_of(message: dict[str, object]) -> bytes | None:
    """The record key: the number of the person; of stock (35xx) the institution."""
    if str(message["infno"]).startswith("35"):
        return str(message["fixmedins_code"]).strip().encode()
    return person_in(message).encode() or None


def person_in(node: object) -> str:
    """The first psn_no (of 3101 and 3102 patn_id): in the header, a node, or the first line of a list."""
    if isinstance(node, list):
        node = node[0] if node else None
    if not isinstance(node, dict):
        return ""
    own = str(node.get("psn_no") or node.get("patn_id") or "").strip()
    return own or next(filter(None, map(person_in, node.values())), "")


async def publish(lines: Iterable[bytes]) -> None:
    """Send messages, one JSON object each. Raises where one was not acknowledged by all replicas."""
    topic = os.environ.get("MONITOR_PREFIX", "settlement") + ".events"
    async with AIOKafkaProducer(
        bootstrap_servers=os.environ["MONITOR_BROKERS"], acks="all", enable_idempotence=True, compression_type="gzip"
    ) as producer:
        messages = filter(None, map(bytes.strip, lines))
        while some := list(islice(messages, 1000)):
            sent = [await producer.send(topic, value=one, key=key_of(json.loads(one))) for one in some]
            await asyncio.gather(*sent)


if __name__ == "__main__":
    asyncio.run(publish(sys.stdin.buffer))
