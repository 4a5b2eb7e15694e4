"""The product as its users run it: the command, worker processes, the topics of one test."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import orjson
from aiokafka import AIOKafkaProducer, ConsumerRecord
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from tests.kafka._cluster import Kafka

ROOT = Path(__file__).parents[2]
PATIENCE = 240.0
PARTITIONS = 4

NOBODY_KNOWS = (
    KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.REQUEST_TIMED_OUT, KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._WAIT_COORD,
)  # fmt: skip
"""The group's coordinator is not there yet, or busy."""

Event = tuple[str, bytes]
"""Record key and value."""


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = PATIENCE, what: str = "") -> None:
    """Wait until a condition, plain or awaitable, holds."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what or condition}"
        await asyncio.sleep(0.1)


def environment(**settings: object) -> dict[str, str]:
    """This process's environment with these settings and no others of ours."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
    given["PYTHONPATH"] = str(ROOT)
    return given | {f"MONITOR_{name.upper()}": str(value) for name, value in settings.items()}


def monitor(*arguments: str, env: dict[str, str] | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "monitor", *arguments]
    return subprocess.run(
        command, env=env or environment(), cwd=cwd, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


@dataclass
class Worker:
    """A process of `monitor worker`, or of another command that lasts; its terminal in a file."""

    process: subprocess.Popen[bytes]
    log: Path
    _file: IO[bytes]

    @classmethod
    def start(cls, env: dict[str, str], log: Path, name: str = "worker") -> "Worker":
        """Start one; it is at work some seconds later."""
        file = log.open("ab")
        command = [sys.executable, "-m", "monitor", name]
        return cls(subprocess.Popen(command, env=env, cwd=ROOT, stdout=file, stderr=file), log, file)

    def said(self) -> str:
        """All that it printed."""
        return self.log.read_text(encoding="utf-8")

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 90) -> int:
        """Send a signal, wait for the end; gives the exit code."""
        if self.runs:
            self.process.send_signal(number)
        code = self.process.wait(seconds)
        self._file.close()
        return code

    def scrape(self, path: str = "/metrics") -> str:
        """What it says of itself over HTTP; nothing where it does not listen yet."""
        ports: list[str] = re.findall(r'"metrics_port": (\d+)', self.said())
        if not ports:
            return ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{ports[-1]}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    def ready(self) -> bool:
        """Whether it has partitions to work on. An ended one fails the test at once."""
        assert self.runs, self.said()[-4000:]
        return '"ok": true' in self.scrape("/readyz")

    def counts(self, metric: str) -> Counter[str]:
        """The samples of one metric by the value of its first label, "" where it has none."""
        found: Counter[str] = Counter()
        for line in self.scrape().splitlines():
            if match := re.fullmatch(rf'settlement_monitor_{metric}(?:{{\w+="([^"]*)".*}})? ([0-9.e+]+)', line):
                found[match[1] or ""] += int(float(match[2]))
        return found


@dataclass
class Area:
    """The topics of one test on a real Kafka, and the workers on them."""

    kafka: Kafka
    prefix: str
    folder: Path
    settings: dict[str, object] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)

    def env(self, **more: object) -> dict[str, str]:
        """The environment of a command on this area."""
        plain: dict[str, object] = {
            "brokers": self.kafka.bootstrap, "prefix": self.prefix, "allow_final": True, "metrics_port": 0,
            "events_partitions": PARTITIONS, "entries_partitions": PARTITIONS, "checkpoint_seconds": 0.5,
            "session_seconds": 8, "redis": f"unix://{self.folder}/no-redis.sock", "state_dir": self.folder / "state",
        }  # fmt: skip
        return environment(**plain | self.settings | more)

    def run(self, *arguments: str, code: int = 0, **settings: object) -> str:
        """Run a command that must end with this code; gives what it printed."""
        done = monitor(*arguments, env=self.env(**settings))
        assert done.returncode == code, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout + done.stderr

    def worker(self, **settings: object) -> Worker:
        """Start a worker."""
        return self.start("worker", **settings)

    def start(self, name: str, **settings: object) -> Worker:
        """Start a command that lasts; it is ended with the workers."""
        worker = Worker.start(self.env(**settings), self.folder / f"{name}-{len(self.workers)}.log", name)
        self.workers.append(worker)
        return worker

    async def send(self, events: Iterable[Event]) -> None:
        """Publish events in order; returns when the broker has them."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.kafka.bootstrap, linger_ms=5, acks="all", max_request_size=2 << 20
        )
        async with producer:
            waiting = [
                await producer.send(f"{self.prefix}.events", value, key=key.encode() if key else None)
                for key, value in events
            ]
            await asyncio.gather(*waiting)

    def behind(self, topic: str) -> int | None:
        """How many records of a topic the workers' group has not committed; None where nobody knows just now."""
        consumer = Consumer(
            {"bootstrap.servers": self.kafka.bootstrap, "group.id": f"{self.prefix}-monitor", "log_level": 0}
        )
        try:
            tps = [TopicPartition(f"{self.prefix}.{topic}", number) for number in range(PARTITIONS)]
            done = {tp.partition: max(0, tp.offset) for tp in consumer.committed(tps, timeout=10)}
            ends = {tp.partition: consumer.get_watermark_offsets(tp, timeout=10)[1] for tp in tps}
            return sum(end - done[number] for number, end in ends.items())
        except KafkaException as error:
            if error.args[0].code() not in NOBODY_KNOWS:
                raise
            return None
        finally:
            consumer.close()

    async def routed(self) -> None:
        """Wait until every event is routed."""
        await self._wait_for("events")

    async def judged(self) -> None:
        """Wait until every event is routed and every entry judged and saved."""
        await self._wait_for("events")
        await self._wait_for("internal.entries")

    async def _wait_for(self, topic: str) -> None:
        def done() -> bool:
            for worker in self.workers:
                if not worker.runs and worker.process.returncode == 1:
                    raise AssertionError(worker.said()[-6000:])
            return self.behind(topic) == 0

        await until(done, what=f"{topic} to be read")

    async def read(self, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
        """Every record that stands on a topic now."""
        return await self.kafka.read(f"{self.prefix}.{topic}")

    async def alerts(self) -> list[bytes]:
        """Every alert revision, in the order of each partition."""
        return [record.value or b"" for record in await self.read("alerts")]

    def end(self) -> None:
        """Leave no worker behind."""
        for worker in self.workers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.end(signal.SIGKILL)


def key_of(event: dict[str, object]) -> str:
    """The record key that the contract gives an event."""
    return str(event.get("fixmedins_code" if str(event["infno"]).startswith("35") else "psn_no", ""))


def encoded(event: dict[str, object]) -> Event:
    """An event as it is published."""
    return key_of(event), orjson.dumps(event)
