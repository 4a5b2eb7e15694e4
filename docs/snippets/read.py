"""Read alerts with aiokafka and keep the latest revision of each: a revision may come twice."""

import asyncio
import json
import os

from aiokafka import AIOKafkaConsumer


async def read(seconds: float) -> dict[str, dict[str, object]]:
    """The latest revision of every alert, read until nothing came for so many seconds."""
    latest: dict[str, dict[str, object]] = {}
    async with AIOKafkaConsumer(
        os.environ.get("MONITOR_PREFIX", "settlement") + ".alerts",
        bootstrap_servers=os.environ["MONITOR_BROKERS"],
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        while batches := await consumer.getmany(timeout_ms=int(1000 * seconds)):
            for record in (record for records in batches.values() for record in records):
                alert = json.loads(record.value)
                if alert["revision"] > latest.get(alert["alert_id"], {"revision": 0})["revision"]:
                    latest[alert["alert_id"]] = alert
    return latest


for alert_id, alert in asyncio.run(read(3)).items():
    print(alert_id, alert["status"], alert["severity"], alert["rule_id"])
