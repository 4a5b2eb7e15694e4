"""Every partition is read whole, whoever leads it and whatever transactions left on it, or the read fails by name."""

from collections.abc import AsyncIterable, Sequence

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete

from streams.kafka.clients import started
from streams.kafka.reading import GoneError, Offsets, Record, StandsStillError, read, read_all, reader
from tests.kafka._cluster import Kafka, script_cluster

pytestmark = pytest.mark.kafka

TIMES = 40
"""So often is everything read: aiokafka's reset loses a partition in two of three starts where it does."""
TOPICS = tuple(f"table-{number}" for number in range(5))
PARTITIONS = 3
RECORDS = 7


async def values(batches: AsyncIterable[Sequence[Record]]) -> dict[int, list[bytes]]:
    """What is read, by partition, in the order in which it comes."""
    found: dict[int, list[bytes]] = {}
    async for records in batches:
        for record in records:
            found.setdefault(record.partition, []).append(record.value or b"")
    return found


async def read_once(kafka: Kafka, topic: str, last: int | None = None, first: int | None = None) -> list[bytes]:
    """What a new reader reads of a topic of one partition; first and last are offsets."""
    at = TopicPartition(topic, 0)
    async with started(reader({"bootstrap_servers": kafka.bootstrap})) as consumer:
        if last is None and first is None:
            return (await values(read_all(consumer, [at]))).get(0, [])
        start: Offsets = {at: first or 0}
        end = await consumer.end_offsets([at]) if last is None else {at: last}
        return (await values(read(consumer, start, end, still_seconds=1))).get(0, [])


@pytest.mark.long
async def test_partitions_of_several_leaders_are_read_whole_each_time() -> None:
    """On three brokers, as a worker reads its tables when it starts: all rows of all of them, forty times."""
    with script_cluster(3) as kafka:
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, enable_idempotence=True) as producer:
            for topic in TOPICS:
                await kafka.create(topic, PARTITIONS)
                for number in range(PARTITIONS * RECORDS):
                    await producer.send_and_wait(topic, b"%d" % number, partition=number % PARTITIONS)
        partitions = [TopicPartition(topic, partition) for topic in TOPICS for partition in range(PARTITIONS)]
        read_short = []
        for _ in range(TIMES):
            async with started(reader({"bootstrap_servers": kafka.bootstrap})) as consumer:
                found = await values(read_all(consumer, partitions))
            if [len(found.get(partition, ())) for partition in range(PARTITIONS)] != [len(TOPICS) * RECORDS] * 3:
                read_short.append(found)

        assert read_short == []


async def test_what_transactions_leave_is_no_end(kafka: Kafka, prefix: str) -> None:
    """Markers and what was ended unfinished are passed over, at the end too; what is open is not there yet."""
    await kafka.create(prefix)
    settings = {"bootstrap_servers": kafka.bootstrap, "transactional_id": prefix}
    async with AIOKafkaProducer(**settings) as producer:
        for number, is_committed in enumerate((True, False, False, True, False)):
            await producer.begin_transaction()
            await producer.send_and_wait(prefix, b"%d" % number)
            await (producer.commit_transaction() if is_committed else producer.abort_transaction())
        assert [b"0", b"3"] == await read_once(kafka, prefix)

        await producer.begin_transaction()
        open_at = (await producer.send_and_wait(prefix, b"open")).offset
        assert [b"0", b"3"] == await read_once(kafka, prefix)
        # Whoever is told to read it waits for the end of the transaction, but not for ever.
        with pytest.raises(StandsStillError, match=rf"to be read to {open_at + 1}, stands still at {open_at} for 1 s"):
            await read_once(kafka, prefix, last=open_at + 1)
        await producer.commit_transaction()

    assert [b"0", b"3", b"open"] == await read_once(kafka, prefix, last=open_at + 1)


async def test_nothing_but_what_was_ended_is_nothing(kafka: Kafka, prefix: str) -> None:
    """A partition on which no record stands is read at once, and so is an empty one."""
    await kafka.create(prefix)
    assert [] == await read_once(kafka, prefix)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=prefix) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(prefix, b"0")
        await producer.abort_transaction()

    assert [] == await read_once(kafka, prefix)


async def test_a_span_is_read_to_exactly_its_offsets(kafka: Kafka, prefix: str) -> None:
    """Also where it begins and ends within what the broker hands out at once."""
    await kafka.create(prefix)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        batch = producer.create_batch()
        for number in range(10):
            batch.append(key=None, value=b"%d" % number, timestamp=None)
        batch.close()
        await (await producer.send_batch(batch, prefix, partition=0))

    assert [b"3", b"4", b"5"] == await read_once(kafka, prefix, first=3, last=6)
    assert [] == await read_once(kafka, prefix, first=6, last=6)
    assert [b"8", b"9"] == await read_once(kafka, prefix, first=8)


async def test_what_is_gone_or_was_never_there_is_named(kafka: Kafka, prefix: str) -> None:
    """A read that cannot begin where it should begins nowhere else."""
    await kafka.create(prefix)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for number in range(5):
            await producer.send_and_wait(prefix, b"%d" % number)
    with pytest.raises(GoneError, match=f"{prefix}/0: expected offset 9 to exist, it ends at 5"):
        await read_once(kafka, prefix, first=9)
    async with kafka.admin() as admin:
        await admin.delete_records({TopicPartition(prefix, 0): RecordsToDelete(3)})

    with pytest.raises(GoneError, match=f"{prefix}/0: expected offset 1 to be there still, it is gone"):
        await read_once(kafka, prefix, first=1)
    assert [b"3", b"4"] == await read_once(kafka, prefix)
