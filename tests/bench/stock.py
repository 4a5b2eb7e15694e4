"""A stock Faust agent with one table update per event: what the batch transport is measured against.

Prints one line when it has seen as many events as its argument says, then ends.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import mode.loop

mode.loop.use("uvloop")

import faust  # noqa: E402 - uvloop first

BROKERS, TOPIC, PARTITIONS, EXPECTED = os.environ["BENCH"].split()
app = faust.App(
    f"stock-{TOPIC}", broker=f"kafka://{BROKERS}", web_enabled=False, topic_disable_leader=True, store="memory://",
    consumer_auto_offset_reset="earliest", topic_partitions=int(PARTITIONS), cython_optimizations=True,
)  # fmt: skip
topic = app.topic(TOPIC, key_type=bytes, value_serializer="json")
seen_at = app.Table("seen", default=int, partitions=int(PARTITIONS))


@app.agent(topic)
async def count(stream: faust.StreamT[Any]) -> None:
    """One table update per event."""
    seen, began = 0, 0.0
    async for event in stream:
        began = began or time.monotonic()
        seen_at[event["fixmedins_code"]] += 1
        seen += 1
        if seen == int(EXPECTED):
            # Faust has taken sys.stdout for its log.
            os.write(1, f"\nrate {seen / (time.monotonic() - began):.0f}\n".encode())
            os._exit(0)


if __name__ == "__main__":
    sys.argv = ["faust", "worker", "-l", "error"]
    app.main()
