"""What a console shows in tests: alerts of every rule, and what it wrote."""

from __future__ import annotations

from functools import cache
from hashlib import md5
from typing import Any

import msgspec
import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from monitor.offline.embedded import PARTITIONS
from rules.catalogue import catalogue
from tests.rules._examples import alerts_of

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://x")'
Lead = dict[str, Any]


def leads() -> list[Lead]:
    """An alert of each rule, as its example has it; and one whose names are a script, a formula and a person."""
    found: list[Lead] = orjson.loads(_written())
    return found


@cache
def _written() -> bytes:
    found: list[Lead] = []
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
    return orjson.dumps([*found, hostile])


def read(bootstrap: str, topic: str) -> list[Lead]:
    """What stands on a topic of an embedded broker."""
    settings = {"bootstrap.servers": bootstrap, "group.id": "none", "log_level": 0, "enable.partition.eof": True}
    consumer, found = Consumer(settings), list[Lead]()
    partitions = [TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(PARTITIONS)]
    unread = {one.partition for one in partitions if consumer.get_watermark_offsets(one, timeout=10)[1]}
    consumer.assign([one for one in partitions if one.partition in unread])
    for _ in range(600):
        if not unread:
            break
        for one in consumer.consume(100, 0.05):
            error = one.error()
            if error is None:
                found.append(orjson.loads(one.value() or b""))
            else:
                assert error.code() == KafkaError._PARTITION_EOF
                unread.discard(one.partition())
    consumer.close()
    assert not unread
    return found
