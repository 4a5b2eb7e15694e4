"""A real Kafka for the tests: one that is given, one in Docker, or the one of deploy/kafka."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code
from testcontainers.community.kafka import KafkaContainer

from tests._servers import docker_has, followed_by, started, unavailable

DEPLOY = Path(__file__).parents[2] / "deploy" / "kafka"
SCRIPT = DEPLOY / "kafka.sh"


@dataclass(frozen=True)
class Kafka:
    """A running cluster, and the few things that nearly every test wants of it."""

    bootstrap: str

    @contextlib.asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """An administrator's connection for the length of the block."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()

    async def create(self, topic: str, partitions: int = 1, replicas: int = 1, **config: str) -> None:
        """Create a topic and wait for its leaders; a setting cleanup.policy is given as cleanup_policy."""
        settings = {name.replace("_", "."): value for name, value in config.items()}
        async with self.admin() as admin:
            response = await admin.create_topics([NewTopic(topic, partitions, replicas, topic_configs=settings)])
            # aiokafka raises nothing here: what was refused stands in the response only.
            for _, code, *message in response.topic_errors:
                if code:
                    raise for_code(code)(*message)
            leaders: dict[int, int] = {}
            async with asyncio.timeout(60):
                while sum(leader >= 0 for leader in leaders.values()) < partitions:
                    await asyncio.sleep(0.02)
                    leaders = await _leaders(admin, topic)

    async def read(
        self, topic: str, isolation: Literal["read_committed", "read_uncommitted"] = "read_committed"
    ) -> list[ConsumerRecord[bytes, bytes]]:
        """Every record that stands on the topic now, partition by partition."""
        async with AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            isolation_level=isolation,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        ) as consumer:
            async with self.admin() as admin:
                partitions = [TopicPartition(topic, number) for number in await _leaders(admin, topic)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            records: list[ConsumerRecord[bytes, bytes]] = []
            # The position decides: the last offset may be a transaction's marker, which is never handed out.
            while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
                fetched = await consumer.getmany(timeout_ms=100)
                records += [record for batch in fetched.values() for record in batch]
        return sorted(records, key=lambda record: (record.partition, record.offset))


@dataclass(frozen=True)
class ScriptKafka(Kafka):
    """Brokers of deploy/kafka: these alone can be killed and started again, at the same addresses."""

    data: Path

    def kill(self, node: int = 1) -> None:
        """End one broker as a power cut would."""
        _script("kill", "--data", str(self.data), "--node", str(node))

    def pause(self, node: int = 1) -> None:
        """Let one broker hang: it runs no more, and nobody is told."""
        _script("pause", "--data", str(self.data), "--node", str(node))

    def resume(self, node: int = 1) -> None:
        """Let it go on."""
        _script("resume", "--data", str(self.data), "--node", str(node))

    def start(self) -> None:
        """Start the brokers that are not running, and wait until they answer."""
        _script("start", "--data", str(self.data))


class _ApacheContainer(KafkaContainer):
    """Testcontainers' Kafka with Apache's image, which is started and set otherwise than Confluent's."""

    def start(self, timeout: int = 120) -> Self:
        """Start the broker and wait, on a busy machine too, until it says that it has started. timeout: in seconds."""
        return super().start(timeout)

    def configure(self) -> None:
        self.with_env("CLUSTER_ID", self.cluster_id)
        self.with_env("KAFKA_NODE_ID", "1")
        self.with_env("KAFKA_PROCESS_ROLES", "broker,controller")
        self.with_env("KAFKA_LISTENERS", f"{self.listeners},CONTROLLER://0.0.0.0:9094")
        self.with_env("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", f"{self.security_protocol_map},CONTROLLER:PLAINTEXT")
        self.with_env("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER")
        self.with_env("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9094")
        self.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
        self.with_env("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1")
        self.with_env("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1")
        self.with_env("KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS", "1000")

    def tc_start(self) -> None:
        # The port that clients see is known only now: the container has waited for this file with its start.
        advertised = f"{self.listener_name}://{self.get_bootstrap_server()},BROKER://localhost:9092"
        start = f"export KAFKA_ADVERTISED_LISTENERS={advertised}\nexec /etc/kafka/docker/run\n"
        self.create_file(start.encode(), KafkaContainer.TC_START_SCRIPT)


@contextlib.contextmanager
def kafka_cluster() -> Iterator[Kafka]:
    """The cluster that this machine can have, until the block is left; without one the test is skipped."""
    image = f"apache/kafka:{kafka_version()}"
    if given := os.environ.get("MONITOR_TEST_KAFKA"):
        yield Kafka(given)
    elif docker_has(image):
        with started(_ApacheContainer(image, wait_strategy_check_string=r".*Kafka Server started.*")) as container:
            yield Kafka(container.get_bootstrap_server())
    else:
        with script_cluster() as kafka:
            yield kafka


@contextlib.contextmanager
def script_cluster(brokers: Literal[1, 3] = 1) -> Iterator[ScriptKafka]:
    """Brokers of deploy/kafka with a store that is thrown away afterwards."""
    fetched = subprocess.run(["sh", SCRIPT, "fetch"], capture_output=True, text=True, check=False)
    if fetched.returncode:
        unavailable("kafka", f"no broker of deploy/kafka: {fetched.stderr.splitlines()[-1]}")
    data = tempfile.mkdtemp(prefix="kafka-")
    with followed_by("sh", "-c", 'sh "$0" kill --data "$1"; rm -rf "$1"', str(SCRIPT), data):
        bootstrap = _script("start", "--data", data, "--brokers", str(brokers))
        yield ScriptKafka(bootstrap, Path(data))


def kafka_version() -> str:
    """The version that deploy/kafka runs: what Docker runs is the same."""
    return (DEPLOY / "pom.xml").read_text().partition("<kafka.version>")[2].partition("<")[0]


def _script(*arguments: str) -> str:
    # A broker of the tests is young and mostly idle: the second compiler costs it as much as all else.
    env = {"KAFKA_HEAP_OPTS": "-Xmx512m -XX:TieredStopAtLevel=1"} | os.environ
    done = subprocess.run(["sh", SCRIPT, *arguments], env=env, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


async def _leaders(admin: AIOKafkaAdminClient, topic: str) -> dict[int, int]:
    """The broker that leads each partition; -1 where there is none yet."""
    [description] = await admin.describe_topics([topic])
    return {partition["partition"]: partition["leader"] for partition in description["partitions"]}
