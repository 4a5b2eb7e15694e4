"""What a console shows in tests: alerts of every rule, and what it wrote."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import msgspec
import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from monitor.offline.embedded import PARTITIONS
from rules.catalogue import catalogue
from tests.rules._examples import alerts_of

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://x")'
Lead = dict[str, Any]


def leads() -> list[Lead]:
    """An alert of each rule, as its example has it; and one whose names are a script, a formula and a person."""
    found = []
    for number, rule in enumerate(catalogue().values()):
        _, alert = next(alerts_of(rule))
        one = msgspec.to_builtins(alert)
        found.append(
            one | {"alert_id": md5(rule.card.id.encode(), usedforsecurity=False).hexdigest(), "vola_amt": 10.0 * number}
        )
    hostile = dict(found[0]) | {
        "alert_id": "f" * 32, "fixmedins_name": FORMULA, "fixmedins_code": f"X/../{SCRIPT}",
        "text": {"zh": f"{SCRIPT} 线索", "en": f"{SCRIPT} lead"}, "rule_name": SCRIPT,
    }  # fmt: skip
    return [*found, hostile]


def read(bootstrap: str, topic: str) -> list[Lead]:
    """What stands on a topic of an embedded broker."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "none", "log_level": 0})
    found: list[Lead] = []
    partitions = [TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    for _ in range(60):
        if all(
            max(0, at.offset) >= consumer.get_watermark_offsets(one, timeout=10)[1]
            for at, one in zip(consumer.position(partitions), partitions, strict=True)
        ):
            break
        found += [orjson.loads(one.value() or b"") for one in consumer.consume(100, 0.5) if one.error() is None]
    consumer.close()
    return found
