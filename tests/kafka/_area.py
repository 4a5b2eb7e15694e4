"""Workers of the tests on a real Kafka: their topics, what is published to them, and what has to come of it."""

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord

from streams.kafka.changelog import HEAD, Head
from streams.kafka.topics import Names, Sizes
from tests.kafka._cluster import Kafka
from tests.kafka._worker import router

ROOT = Path(__file__).parents[2]
SIZES = Sizes(inputs=4, internal=4, outputs=2)
SESSION = 8.0
PATIENCE = 240.0

Log = list[ConsumerRecord[bytes, bytes]]


def event(number: int, base: int) -> bytes:
    """One settlement: each tenth at a pharmacy where many swipe, the others at quiet ones."""
    when = datetime.fromtimestamp(base + number, UTC).isoformat()
    place = number // 500 if number % 10 == 0 else 1000 + number % 700
    return json.dumps({
        "msgid": f"m{number}", "infno": "2102", "fixmedins_code": f"P3410210{place:04d}", "inf_time": when,
        "psn_no": f"3410{number:08d}", "setl_id": f"s{number}", "mdtrt_id": f"v{number}", "med_type": "41",
        "setl_time": when, "medfee_sumamt": 50.0, "fund_pay_sumamt": 40.0, "mdtrt_cert_type": "03",
        "feedetail": [],
    }).encode()  # fmt: skip


@dataclass
class Worker:
    """A worker process, and what it said."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    may_end: bool = False
    listening: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, settings: dict[str, Any]) -> "Worker":
        """Start a worker, and listen to it."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.kafka._worker", json.dumps(settings), cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        worker = cls(process)
        worker.listening = asyncio.create_task(worker.listen())
        return worker

    async def listen(self) -> None:
        """Keep every line."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())

    def said(self, word: str) -> int:
        """How many lines begin with a word."""
        return sum(line.startswith(word) for line in self.lines)

    @property
    def complaints(self) -> list[str]:
        """The last lines of its log, without what `_worker.Told` prints of the work that is done."""
        return [line for line in self.lines if line.partition(" ")[0] not in ("routed", "detected", "saved")][-60:]

    def has_said(self, word: str) -> bool:
        """Whether a line begins with a word."""
        return self.said(word) > 0

    async def end(self, number: signal.Signals, seconds: float = 90) -> int:
        """Send a signal and wait for the end; gives the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        return await self.ended(seconds)

    async def ended(self, seconds: float = 90) -> int:
        """Wait for the end; gives the exit code."""
        self.may_end = True
        async with asyncio.timeout(seconds):
            code = await self.process.wait()
            if self.listening is not None:
                await self.listening
        return code


@dataclass
class Area:
    """The topics of one test, and the workers on them."""

    kafka: Kafka
    prefix: str
    names: Names
    workers: list[Worker] = field(default_factory=list)
    sent: int = 0
    base: int = field(default_factory=lambda: int(time.time()) - 82_800)
    _routed: tuple[int, tuple[int, set[bytes]]] = (-1, (0, set()))
    """What a router made of so many events."""

    @property
    def client(self) -> dict[str, Any]:
        """How to reach the cluster."""
        return {"bootstrap_servers": self.kafka.bootstrap}

    async def worker(self, **more: object) -> Worker:
        """Start one worker."""
        settings = {
            "brokers": self.kafka.bootstrap, "prefix": self.prefix, "group": self.prefix,
            "checkpoint_seconds": 0.3, "step_seconds": 15.0, "session_seconds": SESSION,
            "rebalance_seconds": 30.0, "batch_records": 300, "allow_final": True,
        }  # fmt: skip
        worker = await Worker.start(settings | more)
        self.workers.append(worker)
        return worker

    async def stop(self, *workers: Worker) -> None:
        """End workers by SIGTERM, one after the other: each must end with 0.

        Not before each has joined: a join waits for members that were killed, and may outlast what a stop waits for.
        """
        await self.until(lambda: all(worker.has_said("assigned") for worker in workers))
        for worker in workers:
            code = await worker.end(signal.SIGTERM)
            assert code == 0, worker.complaints

    async def publish(self, number: int) -> None:
        """Publish so many events more, each twentieth twice and each fiftieth broken."""
        async with AIOKafkaProducer(**self.client, linger_ms=5) as producer:
            waiting = []
            for each in range(self.sent, self.sent + number):
                value, key = event(each, self.base) if each % 50 else b"{", str(each).encode()
                waiting.append(await producer.send(self.names.events, value, key=key))
                if each % 20 == 0:
                    waiting.append(await producer.send(self.names.events, value, key=key))
            await asyncio.gather(*waiting)
        self.sent += number

    @contextlib.asynccontextmanager
    async def fed(self) -> AsyncIterator[None]:
        """Let events come in a steady stream as long as the block lasts."""
        stop = asyncio.Event()

        async def feed() -> None:
            while not stop.is_set():
                await self.publish(100)
                await asyncio.sleep(0.2)

        feeding = asyncio.create_task(feed())
        yield
        stop.set()
        await feeding

    async def heads(self) -> dict[int, Head]:
        """The last head of every changelog partition."""
        state = await self.state()
        return {p: msgspec.msgpack.decode(of[HEAD], type=Head) for p, of in state.items() if HEAD in of}

    async def state(self) -> dict[int, dict[bytes, bytes]]:
        """What the changelog says, by partition."""
        state: dict[int, dict[bytes, bytes]] = {p: {} for p in range(SIZES.internal)}
        for record in await self.kafka.read(self.names.changelog):
            assert record.key is not None
            if record.value is None:
                state[record.partition].pop(record.key, None)
            else:
                state[record.partition][record.key] = record.value
        return state

    async def settled(self) -> bool:
        """Whether everything published is routed, judged and saved."""
        logs = await self.logs()
        ends = {p: log[-1].offset + 1 if log else 0 for p, log in logs.items()}
        if ends != {p: head.offset for p, head in (await self.heads()).items()}:
            return False
        _, entries = await self.expected_entries()
        return entries <= {value for log in logs.values() for record in log for value in pieces(record.value)}

    async def logs(self) -> dict[int, Log]:
        """The internal topic, by partition."""
        logs: dict[int, Log] = {p: [] for p in range(SIZES.internal)}
        for record in await self.kafka.read(self.names.entries):
            logs[record.partition].append(record)
        return logs

    async def expected_entries(self) -> tuple[int, set[bytes]]:
        """What a router makes of all events: how many are refused, and the entries."""
        events = await self.kafka.read(self.names.events)
        if len(events) == self._routed[0]:  # nothing was published meanwhile
            return self._routed[1]
        routed = router(0).route([(r.value or b"", r.timestamp) for r in events if r.key is not None])
        self._routed = len(events), (len(routed.dead_letters), {value for _, value in routed.entries})
        return self._routed[1]

    async def until(self, condition: Callable[[], bool | Awaitable[bool]]) -> None:
        """Wait until a condition is true; no worker may end meanwhile."""
        end = time.monotonic() + PATIENCE
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            for worker in self.workers:
                if not worker.may_end and worker.process.returncode is not None:
                    pytest.fail("a worker ended:\n" + "\n".join(worker.complaints), pytrace=False)
            if time.monotonic() > end:
                pytest.fail("\n\n".join("\n".join(worker.complaints) for worker in self.workers), pytrace=False)
            await asyncio.sleep(0.1)


def pieces(bundle: bytes | None) -> list[bytes]:
    """The values in one record of the internal topic; none where it is not ours."""
    with contextlib.suppress(msgspec.DecodeError):
        return [bytes(one) for one in msgspec.msgpack.decode(bundle or b"", type=list[msgspec.Raw])]
    return []
