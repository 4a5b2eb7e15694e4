"""Publish events with aiokafka, acknowledged by all replicas, in order for each person."""

import asyncio
import json
import os
import sys

from aiokafka import AIOKafkaProducer


async def publish(lines: list[str]) -> None:
    """Send events, one JSON object each; the key is psn_no, of stock events (35xx) fixmedins_code."""
    topic = os.environ.get("MONITOR_PREFIX", "settlement") + ".events"
    async with AIOKafkaProducer(
        bootstrap_servers=os.environ["MONITOR_BROKERS"], acks="all", enable_idempotence=True
    ) as producer:
        for line in lines:
            event = json.loads(line)
            key = event["fixmedins_code" if event["infno"].startswith("35") else "psn_no"]
            await producer.send_and_wait(topic, value=line.encode(), key=key.encode())


asyncio.run(publish(sys.stdin.read().splitlines()))
