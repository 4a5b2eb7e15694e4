"""What `monitor doctor` tells of Alertmanager and of `monitor notify`: a real broker, and a real server of HTTP."""

import time

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from prometheus_client import CollectorRegistry

from monitor.area.doctor import notify_check
from monitor.area.notifying import Telling, ask_alertmanagers, telling
from monitor.notify.notifier import group_of
from monitor.serving import serve
from rules.times import HOUR
from streams.kafka import topics
from streams.kafka.topics import Names, Sizes
from tests.kafka._cluster import Kafka


async def test_alertmanager_is_ready_or_it_is_said_why_not() -> None:
    """Each one of a cluster answers for itself, and no address stands in what is said."""
    starting = serve(CollectorRegistry(), {"/-/ready": lambda: (False, {})}, "127.0.0.1", 0)
    ready = serve(CollectorRegistry(), {"/-/ready": lambda: (True, {})}, "127.0.0.1", 0)
    ports = [starting.server_address[1], ready.server_address[1]]

    said = await ask_alertmanagers(f"http://127.0.0.1:{ports[0]}, http://u:pw@127.0.0.1:{ports[1]}/,http://127.0.0.1:1")

    assert said == ["status 503", "", "ClientConnectorError"]
    for server in (starting, ready):
        server.shutdown()
        server.server_close()


def test_revisions_that_wait_are_a_problem() -> None:
    """So is a notifier that never ran, where an Alertmanager is set."""
    assert notify_check(Telling(None, None), wanted=True).ok
    assert not notify_check(Telling(0, 60_000), wanted=False).ok
    assert "wait since 1970-01-01T08:01:00+08:00" in notify_check(Telling(0, 60_000), wanted=True).detail.en
    assert notify_check(None, wanted=False).ok
    assert not notify_check(None, wanted=True).ok


@pytest.mark.kafka
async def test_the_topics_tell_the_last_sign_of_life(kafka: Kafka, prefix: str) -> None:
    """It never ran; then it has read all; then a revision waits, which is no problem while it is younger than asked."""
    client, names, group = {"bootstrap_servers": kafka.bootstrap}, Names(prefix), group_of(prefix)
    await topics.create(client, prefix, Sizes(1, 1))
    soon = int(time.time() * 1000) + HOUR
    assert await telling(kafka.bootstrap, prefix, group, soon) is None

    at = TopicPartition(names.alerts, 0)
    async with AIOKafkaProducer(transactional_id=prefix, **client) as producer:
        async with producer.transaction():
            told = await producer.send_and_wait(names.notified, b"{}", key=b"a", partition=0)
            read = await producer.send_and_wait(names.alerts, b"{}", partition=0)
        async with AIOKafkaConsumer(group_id=group, enable_auto_commit=False, **client) as notifier:
            notifier.assign([at])
            await notifier.commit({at: read.offset + 1})
        assert await telling(kafka.bootstrap, prefix, group, soon) == Telling(told.timestamp, None)

        async with producer.transaction():
            waits = await producer.send_and_wait(names.alerts, b"{}", partition=0)

    assert await telling(kafka.bootstrap, prefix, group, soon) == Telling(told.timestamp, waits.timestamp)
    assert await telling(kafka.bootstrap, prefix, group, before=waits.timestamp) == Telling(told.timestamp, None)
