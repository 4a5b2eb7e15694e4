"""The cluster of the tests does what the monitor's plumbing rests on, whichever of the three it is."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import ProducerFenced, TopicAlreadyExistsError

from tests.kafka._cluster import Kafka, ScriptKafka

pytestmark = pytest.mark.kafka


async def test_what_is_written_is_read_in_order(kafka: Kafka, prefix: str) -> None:
    """Records of one partition come back in the order of sending, with key, value and headers."""
    topic = f"{prefix}.events"
    await kafka.create(topic, partitions=3)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, enable_idempotence=True) as producer:
        for number in range(30):
            await producer.send_and_wait(topic, b"%d" % number, key=b"k", partition=number % 3, headers=[("h", b"1")])

    read = [(record.partition, record.key, record.value, record.headers) for record in await kafka.read(topic)]

    assert read == [
        (number % 3, b"k", b"%d" % number, (("h", b"1"),)) for rest in range(3) for number in range(rest, 30, 3)
    ]


async def test_a_topic_stands_with_its_settings(kafka: Kafka, prefix: str) -> None:
    """A compacted topic is compacted: the settings that were asked for are those that the broker reports."""
    topic = f"{prefix}.changelog"
    await kafka.create(topic, cleanup_policy="compact", min_cleanable_dirty_ratio="0.1")
    async with kafka.admin() as admin:
        [response] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    [(_, _, _, _, entries)] = response.resources
    settings = {name: value for name, value, *_ in entries}

    assert (settings["cleanup.policy"], settings["min.cleanable.dirty.ratio"]) == ("compact", "0.1")


async def test_a_topic_is_created_once(kafka: Kafka, prefix: str) -> None:
    """What the broker refuses is an error here, though aiokafka only mentions it."""
    await kafka.create(f"{prefix}.once")

    with pytest.raises(TopicAlreadyExistsError):
        await kafka.create(f"{prefix}.once")


async def test_no_topic_comes_by_itself(kafka: Kafka, prefix: str) -> None:
    """A misspelled topic is not created by reading it."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap) as consumer:
        consumer.assign([TopicPartition(f"{prefix}.misspelled", 0)])
        topics = await consumer.topics()

    assert f"{prefix}.misspelled" not in topics


async def test_a_reader_of_committed_records_sees_whole_transactions_only(kafka: Kafka, prefix: str) -> None:
    """Of three transactions, one committed, one aborted, one open, read_committed hands out the first."""
    topic = f"{prefix}.changelog"
    await kafka.create(topic)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=f"{prefix}-0") as producer:
        async with producer.transaction():
            await producer.send_and_wait(topic, b"committed")
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"aborted")
        await producer.abort_transaction()
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"open")
        committed = [record.value for record in await kafka.read(topic)]
        everything = [record.value for record in await kafka.read(topic, "read_uncommitted")]
        await producer.abort_transaction()

    assert (committed, everything) == ([b"committed"], [b"committed", b"aborted", b"open"])


async def test_a_second_producer_of_one_transactional_id_fences_the_first(kafka: Kafka, prefix: str) -> None:
    """Who was replaced cannot write any more, and what he had begun is aborted."""
    topic = f"{prefix}.changelog"
    await kafka.create(topic)
    settings = {"bootstrap_servers": kafka.bootstrap, "transactional_id": f"{prefix}-0"}
    async with AIOKafkaProducer(**settings) as old:
        await old.begin_transaction()
        await old.send_and_wait(topic, b"old")
        async with AIOKafkaProducer(**settings) as new, new.transaction():
            await new.send_and_wait(topic, b"new")

        with pytest.raises(ProducerFenced):
            await old.send_and_wait(topic, b"zombie")

    assert [record.value for record in await kafka.read(topic)] == [b"new"]


@pytest.mark.long
async def test_a_killed_broker_comes_back_with_all_that_it_acknowledged(
    killable_kafka: ScriptKafka, prefix: str
) -> None:
    """After kill -9 and a start the broker has its address and its records again."""
    topic = f"{prefix}.events"
    await killable_kafka.create(topic)
    async with AIOKafkaProducer(bootstrap_servers=killable_kafka.bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, b"before")
    killable_kafka.kill()
    killable_kafka.start()

    assert [record.value for record in await killable_kafka.read(topic)] == [b"before"]


@pytest.mark.parametrize("away", ["killed", pytest.param("paused", marks=pytest.mark.long)])
async def test_three_brokers_go_on_without_one(away: str, three_brokers: ScriptKafka, prefix: str) -> None:
    """What needs two acknowledgements is written and read while one of them is dead, or hangs."""
    topic = f"{prefix}.events"
    await three_brokers.create(topic, partitions=3, replicas=3, min_insync_replicas="2")
    (three_brokers.kill if away == "killed" else three_brokers.pause)(node=2)
    try:
        async with AIOKafkaProducer(bootstrap_servers=three_brokers.bootstrap, enable_idempotence=True) as producer:
            for partition in range(3):
                await producer.send_and_wait(topic, b"%d" % partition, partition=partition)

        assert [record.value for record in await three_brokers.read(topic)] == [b"0", b"1", b"2"]
    finally:
        three_brokers.resume(node=2)
        three_brokers.start()
