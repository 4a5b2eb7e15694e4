"""The day of a cluster, beside a platform's list: every message appended in its span, and no other."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import RecordsToDelete
from aiokafka.structs import TopicPartition

from monitor.errors import ConfigurationError
from monitor.reconcile.compare import Count, Seen
from monitor.reconcile.span import read_span, span_of
from rules.times import DAY, HOUR, MINUTE, parse
from rules.wire.door import Door, Limits
from rules.wire.pseudonyms import Pseudonyms
from streams.kafka.topics import Names
from tests.e2e._area import environment, monitor
from tests.kafka._cluster import Kafka

pytestmark = pytest.mark.kafka

TODAY = (datetime.now(UTC) - timedelta(days=5)).date()
"""A day of which the grace is over, and which no broker has forgotten yet."""
START = parse(TODAY.isoformat())
PARTITIONS = 3


def settlement(number: int, at: int, **more: object) -> dict[str, Any]:
    """A settlement of 40 yuan at this moment, uploaded with it."""
    when = datetime.fromtimestamp(at / 1000, UTC).isoformat()
    return {
        "msgid": f"m{number}", "infno": "2102", "fixmedins_code": "P1", "inf_time": when, "psn_no": f"341{number}",
        "setl_id": f"s{number}", "mdtrt_id": f"v{number}", "med_type": "41", "setl_time": when, "medfee_sumamt": 50,
        "fund_pay_sumamt": 40,
    } | more  # fmt: skip


async def publish(kafka: Kafka, prefix: str, number: int, appended: int, body: dict[str, Any]) -> None:
    """A message in one of the partitions, as if the broker had taken it at this moment."""
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        await producer.send_and_wait(
            Names(prefix).events, json.dumps(body).encode(), partition=number % PARTITIONS, timestamp_ms=appended
        )


async def traffic(kafka: Kafka, prefix: str) -> None:
    """Seven settlements of the day, one of them taken back; and what was appended before and after its span."""
    # The producer's time stands for the broker's, so that a test need not wait for days.
    await kafka.create(Names(prefix).events, PARTITIONS, message_timestamp_type="CreateTime")
    await kafka.create(Names(prefix).audit, 1)
    await publish(kafka, prefix, 0, START - HOUR, settlement(90, START - HOUR))
    for number in range(7):
        await publish(kafka, prefix, number, START + number * HOUR, settlement(number, START + number * HOUR))
    back = settlement(3, START + DAY + HOUR, infno="2103", msgid="r")
    await publish(kafka, prefix, 1, START + DAY + HOUR, back)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=prefix) as producer:
        await producer.begin_transaction()
        body = json.dumps(settlement(91, START + 9 * HOUR)).encode()
        # Alone at the end of its partition: the marker of its end bears the broker's own time.
        await producer.send_and_wait(Names(prefix).events, body, partition=0, timestamp_ms=START + DAY)
        await producer.abort_transaction()
    end = span_of(TODAY, Limits()).end
    await publish(kafka, prefix, 2, end - 1, settlement(7, START, msgid="not in time", inf_time=at(end - 1)))
    await publish(kafka, prefix, 2, end, settlement(8, START, inf_time=at(end)))


def at(moment: int) -> str:
    """A moment as the wire writes it."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat()


async def read(kafka: Kafka, prefix: str, day: date = TODAY) -> tuple[Count, list[int], list[str]]:
    """What is counted of a day, when the messages of it were appended, and the warnings."""
    count, appends = Count(day, Door(Pseudonyms("key"))), list[int]()

    def take(raw: bytes, appended: int) -> None:
        appends.append(appended)
        count.take(raw, appended)

    client = {"bootstrap_servers": kafka.bootstrap}
    warnings = await read_span(client, prefix, span_of(day, Limits()), take)
    return count, appends, warnings


async def test_every_message_of_the_span_is_read_once(kafka: Kafka, prefix: str) -> None:
    """From all partitions, in transactions that were committed; what came before and after is not asked for."""
    await traffic(kafka, prefix)

    count, appends, warnings = await read(kafka, prefix)

    expected = Seen(accepted=7, accepted_fund=28000, taken_back=1, taken_back_fund=4000, late=1)
    assert {"P1": expected} == count.seen()
    assert 9 == len(appends)
    assert START - 20 * MINUTE <= min(appends)
    assert span_of(TODAY, Limits()).end - 1 == max(appends)
    assert [] == warnings


async def test_a_day_of_which_nothing_is_there_is_read_at_once(kafka: Kafka, prefix: str) -> None:
    """Whether it lies before every message or after the last."""
    await traffic(kafka, prefix)

    for day in (TODAY - timedelta(days=30), TODAY + timedelta(days=30)):
        count, appends, warnings = await read(kafka, prefix, day)
        assert (0, {}, []) == (len(appends), count.seen(), warnings)


async def test_messages_that_are_gone_are_told(kafka: Kafka, prefix: str) -> None:
    """Retention may have taken some of the day: the count cannot be relied on."""
    await traffic(kafka, prefix)
    async with kafka.admin() as admin:
        await admin.delete_records({TopicPartition(Names(prefix).events, 1): RecordsToDelete(1)})

    count, _, warnings = await read(kafka, prefix)

    assert 6 == count.seen()["P1"].accepted
    assert [f"{prefix}.events/1: older messages are gone, some of the day may have been among them"] == warnings


async def test_a_topic_that_is_not_there_is_named(kafka: Kafka, prefix: str) -> None:
    """With the command that makes it."""
    with pytest.raises(ConfigurationError, match=f"{prefix}.events: expected a topic that exists: monitor topics cre"):
        await read(kafka, prefix)


async def test_the_command_compares_the_cluster_with_a_list(kafka: Kafka, prefix: str, tmp_path: Path) -> None:
    """As people type it: 1 where something differs, 0 where all adds up."""
    await traffic(kafka, prefix)
    path = tmp_path / "list.csv"

    def reconciled(rows: str, code: int) -> dict[str, Any]:
        path.write_text(f"机构编码,日期,笔数,基金支付\n{rows}", encoding="gb18030")
        done = monitor("reconcile", str(path), "--day", TODAY.isoformat(), "--json",
                       env=environment(brokers=kafka.bootstrap, prefix=prefix))  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    assert [] == reconciled(f"P1,{TODAY},6,240.00\n", 0)["warnings"]
    rows = reconciled(f"P1,{TODAY},7,280.00\nP2,{TODAY},3,900.00\n", 1)["institutions"]
    assert [("P2", "never_sent"), ("P1", "before_taking_back")] == [
        (row["institution"], row["verdict"]) for row in rows
    ]
