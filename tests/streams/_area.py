"""A whole area without Kafka: workers with the real pieces over a fake log, in a time that only goes on when asked.

Each worker is a real Pipeline: Intake with Board, Lane, Progress, Ticks and Turns, Router, Engine, Task and Changelog,
and Versions. Fakes stand for Kafka alone: the log, the group's consumer and producer, and aiokafka's consumers. Each
call of a fake is a step at which its worker may be paused, or be gone for ever. Without the watch over a loop that
stands still (`Pulse`): here a worker that was paused always goes on with what it had in hand.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, replace
from random import Random
from types import SimpleNamespace
from typing import Any, NoReturn, cast
from weakref import WeakSet

import msgspec
import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import ProducerFenced
from faust.types import TP

from rules import Entry, Finding, Reference, Swipe, Window
from rules.engine.alert import Alert
from rules.engine.engine import Engine
from rules.engine.item import Tick, Turn
from rules.engine.ledger import SKEW
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS, Inside, Record, kinds_read
from rules.times import DAY, HOUR, MINUTE, clock, day_of
from streams.config import StreamConfig
from streams.detect import pipeline
from streams.detect.detector import process_in_slices
from streams.detect.meter import Unmetered
from streams.detect.pipeline import Pipeline
from streams.detect.task import Task
from streams.kafka import ending, reading
from streams.kafka.changelog import HEAD, Changelog, Head
from streams.kafka.ends import End
from streams.kafka.lost import Bounds
from streams.kafka.topics import Names
from streams.kafka.versions import Versions
from streams.route import intake, progress, ticks, turns
from streams.route.intake import Batch
from streams.route.router import Routed, Router, partition_of
from tests.oracle import wire
from tests.oracle.sample_rules import BusyDay, LongEpisode, ManyPeople, ManyPlaces, ManySwipes, SoldTwice
from tests.oracle.world import a_door, logs, run, standing_at_end
from tests.streams._cluster import Cluster, Crash, Producer, Reader

INPUTS, INSIDE, MOST_WORKERS = 3, 2, 3
START = wire.MONDAY
TODAY = START + 900 * DAY
"""What the broker's clock shows at the beginning: the events are history."""
NAMES = Names("p")
CALENDAR = "p.reference.calendar"
SHOPS = ("P34102100029", "P34102100030", "H34102100001")


class BeforeHolidays(ManySwipes):
    """Every swipe on a day that the calendar names: what it says depends on the tables in force."""

    card = msgspec.structs.replace(ManySwipes.card, id="T11")

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Whether there are too many, or the day is in the table."""
        named = reference.is_day(day_of(entry.time), "promotion")
        return self.finding(window.count + self.limit * named, list(window.entries))


ALIKE = (ManySwipes(), ManyPlaces(), BusyDay(), LongEpisode())
"""Rules that neither tables nor definitions change: what they say is compared with a file."""
TURNED = (ManyPeople(), SoldTwice())
"""Rules that are turned on and off; what the second reads is read by no other."""
WATCHES = [Watch(rule) for rule in (*ALIKE, *TURNED, BeforeHolidays())]
ALWAYS = kinds_read([Watch(rule) for rule in ALIKE], Reference())
"""Kinds of entries that are sent at all times."""


def defined(given: Mapping[str, object]) -> Watch:
    """The watch of a definition on the topic of rules."""
    found = next(watch for watch in WATCHES if watch.rule.id == given["rule_id"])
    return replace(found, enabled=bool(given["enabled"]))


class Loop(asyncio.SelectorEventLoop):
    """A loop whose time goes on by 1 ms with each step of a fake, and to the next timer when nothing is to be done."""

    def __init__(self) -> None:
        self.ms = 1_000
        super().__init__()

    def time(self) -> float:
        return self.ms / 1000

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]  # noqa: ANN401
        done = self.create_future()
        done.set_result(func(*args))
        return done

    def _run_once(self) -> None:
        inner = cast(Any, self)
        if not inner._ready:
            if not inner._scheduled:
                raise RuntimeError("everybody waits for ever")
            self.ms = max(self.ms, math.ceil(inner._scheduled[0]._when * 1000))
        cast(Any, super())._run_once()


@dataclass(frozen=True)
class Kept:
    """A record as a consumer gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


WHO: ContextVar[Worker | None] = ContextVar("worker", default=None)


class Broker:
    """The log of all topics, and the consumer group. faults: what no worker may ever bring about."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.topics: defaultdict[tuple[str, int], list[Kept]] = defaultdict(list)
        self.committed: dict[TP, int] = {}
        self.generation = 0
        self.said: dict[str, bytes] = {}
        self.said_at: dict[tuple[str, bytes], int] = {}
        self.inside: list[set[object]] = [set() for _ in range(INSIDE)]
        self.told = -1
        self.needed: frozenset[str] = frozenset()
        self.faults: list[str] = []
        self.state = [Saved(self, number) for number in range(INSIDE)]

    def now(self) -> int:
        return TODAY + self.loop.ms

    async def step(self) -> None:
        """Time passes; the worker may be paused here, or end."""
        self.loop.ms += 1
        if (worker := WHO.get()) is None:
            await asyncio.sleep(0)
        else:
            await worker.step()

    def append(self, topic: str, partition: int, records: Iterable[tuple[Any, Any, Any]]) -> list[Kept]:
        self.loop.ms += 1
        log = self.topics[topic, partition]
        new = [
            Kept(topic, partition, len(log) + n, self.now(), key, value, headers)
            for n, (key, value, headers) in enumerate(records)
        ]
        log += new
        for record in new:
            self._look_at(record)
        return new

    def _look_at(self, record: Kept) -> None:
        if record.topic == NAMES.alerts and record.value is not None:
            name = dict(record.headers)["ce_id"].decode()
            if self.said.setdefault(name, record.value) != record.value:
                self.faults.append(f"a revision with two contents: {name}")
            self.said_at.setdefault((name, record.value), len(self.said_at))
        if record.topic == NAMES.entries and record.value is not None:
            for piece in pieces(record.value):
                self.inside[record.partition] |= set(marks(piece))
                item = read_inside(piece)
                if isinstance(item, Turn | Tick):
                    self._take_turn(item.offsets.get("rules", 0))

    def _take_turn(self, rules: int) -> None:
        """Rules are in force by the log inside: what they read has to be sent from now on."""
        if rules > self.told:
            defs = [orjson.loads(one.value or b"") for one in self.topics[NAMES.rules, 0][:rules]]
            on = {one.rule.id: True for one in WATCHES} | {one["rule_id"]: one["enabled"] for one in defs}
            self.told = rules
            self.needed = kinds_read([replace(one, enabled=on[one.rule.id]) for one in WATCHES], Reference())

    def end(self, topic: str, partition: int) -> int:
        return len(self.topics[topic, partition])

    def commit(self, tp: TP, offset: int) -> None:
        """Take the group's offset; what it says is finished has to be durable."""
        self.committed[tp] = offset
        if tp.topic == NAMES.entries:
            if offset > self.state[tp.partition].head:
                self.faults.append(f"committed {tp} {offset}, its head is {self.state[tp.partition].head}")
            return
        for record in self.topics[tp.topic, tp.partition][:offset]:
            for number, one in left_by(record):
                if one not in self.inside[number]:
                    self.faults.append(f"committed {tp} {offset}, and record {record.offset} is not inside")


def pieces(value: bytes) -> list[msgspec.Raw]:
    """The items of a record of the topic inside."""
    return msgspec.msgpack.decode(value, type=list[msgspec.Raw])


_inside: msgspec.msgpack.Decoder[Inside] = msgspec.msgpack.Decoder(Inside)


def read_inside(piece: msgspec.Raw) -> Inside:
    """An item of the topic inside."""
    return _inside.decode(piece)


def marks(piece: msgspec.Raw) -> Iterator[object]:
    """What tells the contents of an item apart from all others: of a record each of its entries."""
    item = read_inside(piece)
    if isinstance(item, Record):
        for entry in item.entries:
            yield item.space, item.key, type(entry).__name__, entry.id
    else:
        yield bytes(piece)


def left_by(record: Kept) -> list[tuple[int, object]]:
    """What a record of the input has to leave inside at all times, by partition."""
    if record.value is None or record.headers:
        return []
    entries = Router(a_door(), ALWAYS).route([(record.value, record.timestamp)]).entries
    return [(p, mark) for key, value in entries for mark in marks(msgspec.Raw(value))
            for p in (range(INSIDE) if key is None else [partition_of(key, INSIDE)])]  # fmt: skip


class Saved(Cluster):
    """The changelog of one partition. heads: offset of each that was committed, and how much had been said by then."""

    def __init__(self, broker: Broker, number: int) -> None:
        super().__init__()
        self.broker = broker
        self.number = number
        self.head = 0
        self.heads: deque[tuple[int, int]] = deque()

    async def step(self) -> None:
        await self.broker.step()

    def end(self, *, committed: bool) -> None:
        new = [value for key, value in self.open if key == HEAD and value is not None]
        super().end(committed=committed)
        if committed and new:
            offset = msgspec.msgpack.decode(new[-1], type=Head).offset
            if offset < self.head:
                self.broker.faults.append(f"head {self.number} went back from {self.head} to {offset}")
            self.head = max(self.head, offset)
            self.heads.append((offset, len(self.broker.said_at)))


class Ends:
    """Of `streams.kafka.ends`: where input partitions end."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def ask(self, partitions: Iterable[TP]) -> dict[TP, End]:
        await self._broker.step()
        return {tp: End(self._broker.end(*tp), self._broker.end(*tp)) for tp in partitions}


class Topics:
    """aiokafka's consumer outside of any group: of the announcements, of tables and rules."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._at: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        await self._broker.step()

    async def stop(self) -> None: ...

    async def topics(self) -> set[str]:
        return {topic for topic, _ in self._broker.topics}

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        await self._broker.step()
        return {tp: self._broker.end(*tp) for tp in partitions}

    def assign(self, partitions: list[TopicPartition]) -> None:
        self._at = dict.fromkeys(partitions, 0)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self._at[tp] = offset

    def pause(self, *partitions: TopicPartition) -> None: ...

    async def position(self, tp: TopicPartition) -> int:
        return self._at[tp]

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Kept]]:
        await self._broker.step()
        worker = WHO.get()
        found: dict[TopicPartition, list[Kept]] = {}
        for tp in partitions:
            is_later = self._at[tp] > 0
            if tp.topic == NAMES.progress and is_later and worker is not None and not worker.hears:
                continue
            if new := self._broker.topics[tp][self._at[tp] :]:
                found[tp] = new
                self._at[tp] += len(new)
        if not found:
            await asyncio.sleep(0.1)
        return found


class Consumer:
    """The worker's consumer in the group."""

    def __init__(self, broker: Broker, worker: Worker) -> None:
        self._broker = broker
        self._worker = worker
        self.position: dict[TP, int] = {}
        self.paused: set[TP] = set()
        self.delivered: defaultdict[TP, deque[Event]] = defaultdict(deque)
        self.finished: dict[TP, int] = {}
        self.flows = False

    def begin(self, inputs: Mapping[TP, int]) -> None:
        self.position, self.paused = dict(inputs), set()
        self.delivered.clear()
        self.finished.clear()

    async def ends(self, topic: str) -> dict[int, tuple[int, int, int | None]]:
        await self._broker.step()
        count = INPUTS if topic == NAMES.events else INSIDE
        return {p: (0, self._broker.end(topic, p), self._broker.committed.get(TP(topic, p))) for p in range(count)}

    async def bounds(self, tp: TP) -> Bounds:
        await self._broker.step()
        return Bounds(0, self._broker.end(*tp), self._broker.committed.get(tp))

    async def release(self, tp: TP, offset: int | None) -> int:
        await self._broker.step()
        self.position[tp] = offset or 0
        return offset or 0

    def pause_partitions(self, partitions: Iterable[TP]) -> None:
        self.paused |= set(partitions)

    def hold_back(self, partitions: Iterable[TP]) -> None:
        self.pause_partitions(partitions)

    def go_on_with(self, tp: TP) -> None:
        self.paused.discard(tp)

    def finish(self, tp: TP, offset: int) -> None:
        self.finished[tp] = max(self.finished.get(tp, 0), offset)

    def read_to(self, tp: TP, last: int) -> int | None:
        return None if self.position.get(tp, 0) > last + 1 else last + 1

    def fetch(self, tp: TP, number: int) -> Event | None:
        """The next records as a batch, if any may be fetched now."""
        at = self.position.get(tp) if self.flows else None
        if at is None or tp in self.paused or not (records := self._broker.topics[tp][at : at + number]):
            return None
        self.position[tp] = at + len(records)
        event = Event(records)
        self.delivered[tp].append(event)
        return event

    async def commit(self) -> None:
        """Commit the finished prefix of what was delivered; the group refuses what another generation says."""
        for tp, events in self.delivered.items():
            while events and events[0].acked:
                self.finish(tp, events.popleft().value[-1].offset + 1)
        done, committed = dict(self.finished), self._broker.committed
        done = {tp: offset for tp, offset in done.items() if offset > committed.get(tp, 0)}
        await self._broker.step()
        if self._worker.generation == self._broker.generation:
            for tp, offset in done.items():
                self._broker.commit(tp, offset)
        await self._broker.step()


class Event:
    """A batch of Faust."""

    def __init__(self, records: list[Kept]) -> None:
        self.value = records
        self.acked = False

    def ack(self) -> None:
        self.acked = True


class Waiting(asyncio.Queue[Event]):
    """The batches that wait for an agent, as in Faust: test_faust_contract.py has the same of Faust itself.

    A partition whose batch finds six of them is fetched no more before three are left. Behind a batch that finds eight
    nothing is delivered to any agent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.buffered: set[TP] = set()

    @property
    def holds_up(self) -> bool:
        """Whether a batch waits for room here."""
        return self.qsize() > 8

    def take(self, tp: TP, event: Event) -> None:
        """Let a batch wait."""
        if self.qsize() >= 6:
            self.buffered.add(tp)
        self.put_nowait(event)

    def _get(self) -> Event:
        event: Event = cast(Any, super())._get()
        if self.qsize() <= 3:
            self.buffered.clear()
        return event


class Sender:
    """The worker's producer."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def partitions(self, topic: str) -> int:
        return {NAMES.events: INPUTS, NAMES.entries: INSIDE}.get(topic, 1)

    async def publish(self, topic: str, partition: int, records: Iterable[tuple[Any, Any, Any]]) -> list[Kept]:
        await self._broker.step()
        sent = self._broker.append(topic, partition, records)
        await self._broker.step()
        return sent


class ModelPipeline(Pipeline):
    """The pipeline of a worker, with a changelog that is no Kafka's."""

    broker: Broker

    async def _send_routed(self, partition: int, batch: Batch, routed: Routed) -> None:
        sends, generation = self.intake._inputs[partition].router.kinds, self.broker.generation
        await super()._send_routed(partition, batch, routed)
        is_owner = self.intake._generation == generation == self.broker.generation
        if is_owner and (missing := [kind for kind in self.broker.needed if kind not in sends]):
            self.broker.faults.append(f"rules in force read {missing}, which is not sent of {partition}")

    def _changelog(self, partition: int) -> Changelog:
        saved = self.broker.state[partition]
        return Changelog(
            NAMES.changelog, partition, cast(Any, lambda: Producer(saved)), cast(Any, lambda: Reader(saved)), 1e6
        )


class Worker:
    """One process. crash_in: ends after so many steps; 0: it does not. hears: whether announcements reach it now."""

    def __init__(self, broker: Broker, number: int) -> None:
        self.broker = broker
        self.number = number
        self.tasks: WeakSet[asyncio.Task[Any]] = WeakSet()
        self.generation = -1
        self.crash_in = 0
        self.dead = False
        self.hears = True
        self.may_go = asyncio.Event()
        self.may_go.set()
        self.consumer = Consumer(broker, self)
        self.app = SimpleNamespace(
            consumer=self.consumer, producer=Sender(broker), consumer_generation_id=-1, add_future=self.go
        )
        config = StreamConfig("none", prefix="p", area="a", allow_final=True, rebalance_seconds=1e6, step_seconds=1e6,
                              idle_seconds=1e6)  # fmt: skip
        self.pipeline = ModelPipeline(
            cast(Any, self.app), config, lambda *_: Engine([], Reference(), LEDGERS), lambda _: Router(a_door()),
            Unmetered(), lambda: {"state": "1"}, Versions({}, "p", WATCHES, defined),
        )  # fmt: skip
        self.pipeline.broker = broker
        self.pipeline._pulse = cast(Any, SimpleNamespace(start=lambda: None, check=lambda: None))
        self.pipeline.intake._board._now = broker.loop.time
        self.pipeline.intake.kinds._hold = 1e6
        self._new_input, self.pipeline.intake._input = self.pipeline.intake._input, self._input  # type: ignore[method-assign]
        self._rebalances = asyncio.Lock()  # aiokafka's callbacks come one after the other
        self.routed, self.judged = Waiting(), Waiting()

    def _input(self, partition: int, position: int) -> Any:  # noqa: ANN401 - private to the intake
        one = self._new_input(partition, position)
        one.since = self.broker.loop.time()
        return one

    async def step(self) -> None:
        if self.crash_in == 1:
            self.dead = True
        self.crash_in = max(0, self.crash_in - 1)
        if self.dead:
            raise Crash
        await self.may_go.wait()
        await asyncio.sleep(0)
        if self.dead:
            raise Crash

    def go(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let it do something; where that fails the process ends."""
        context = copy_context()
        context.run(WHO.set, self)
        return self.broker.loop.create_task(self._or_die(work), context=context)

    async def _or_die(self, work: Awaitable[Any]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, the process ends
            self.end(error)

    def end(self, error: BaseException | None) -> None:
        """The process ends. Only a crash, and being replaced, are reasons for it.

        What was fenced off while its rebalance was broken off is told by the next step: a checkpoint was not finished.
        """
        was_dead, self.dead = self.dead, True
        is_replaced = isinstance(error, ProducerFenced) or "the checkpoint before was not finished" in str(error)
        if not was_dead and not is_replaced and not isinstance(error, Crash):
            self.broker.faults.append(f"worker ended: {error!r}")

    def start(self) -> None:
        """Begin what a worker does all the time; agents take one batch after another."""
        self.go(self.pipeline.intake.announce())
        self.go(self.pipeline.intake.move())
        self.go(self._agent(self.routed, self.pipeline.intake.take))
        self.go(self._agent(self.judged, self.pipeline.detect))

    async def _agent(self, queue: asyncio.Queue[Event], work: Callable[[Any], Awaitable[None]]) -> None:
        while True:
            await work(await queue.get())

    def read(self, tp: TP, number: int) -> None:
        """Let a batch come."""
        queue = self.routed if tp.topic == NAMES.events else self.judged
        if self.routed.holds_up or self.judged.holds_up or tp in queue.buffered:
            return
        if event := self.consumer.fetch(tp, number):
            queue.take(tp, event)

    async def finish(self) -> None:
        """Before a rebalance."""
        async with self._rebalances:
            self.consumer.flows = False
            for queue in (self.routed, self.judged):
                while not queue.empty():
                    queue.get_nowait()
            await self.pipeline.finish()
            await self.consumer.commit()

    async def take(self, generation: int, tps: list[TP]) -> None:
        """After a rebalance; nothing is fetched before it is over."""
        async with self._rebalances:
            await self.broker.step()
            self.generation = self.app.consumer_generation_id = generation
            positions = {tp: self.broker.committed.get(tp, 0) for tp in tps if tp.topic == NAMES.events}
            self.consumer.begin(positions)
            await self.pipeline.assigned(tps)
            await self.pipeline.begin(positions)
            self.consumer.flows = True

    async def save(self) -> None:
        """Write a checkpoint of all that it has."""
        await asyncio.gather(*(self.pipeline._save(task) for task in list(self.pipeline._tasks.values())))

    def pause_or_go_on(self) -> None:
        """Stand still at the next step, or go on."""
        if self.may_go.is_set():
            self.may_go.clear()
        else:
            self.may_go.set()

    def kill(self) -> None:
        """Let go of what the process had in hand."""
        self.dead = True
        self.may_go.set()
        for task in list(self.tasks):
            task.cancel()


class Judge:
    """An engine of its own over the log of one internal partition: what has to be said, and what came out of order."""

    def __init__(self, broker: Broker, number: int) -> None:
        self._broker = broker
        self._log = broker.topics[NAMES.entries, number]
        self._task = Task(
            number, INSIDE, Engine([], Reference(), LEDGERS), None, dict, Versions({}, "p", WATCHES, defined).at
        )
        self._newest: dict[str, int] = {}
        self._seen: set[tuple[str, type[Entry], tuple[int, str]]] = set()
        self.at = 0
        self.skew = 0
        self.said: dict[str, bytes] = {}
        self.alerts: list[Alert] = []

    async def go_to(self, offset: int) -> None:
        for record in self._log[self.at : offset]:
            new = self._measure(record)
            for outcome in process_in_slices(
                self._task.engine, [(record.value or b"", record.timestamp)], math.inf, self._task.offsets
            ):
                if outcome.awaits is not None:
                    await self._task.turn(outcome.awaits.item, outcome.awaits.appended)
                self.alerts += outcome.revisions
                self.said |= {dict(one.headers)["ce_id"].decode(): one.value for one in outcome.alerts}
                for one in outcome.late:
                    self._refuse(one.value, new)
        self.at = max(self.at, offset)

    def _refuse(self, value: bytes, new: set[int]) -> None:
        identities = {part for part in orjson.loads(value) if isinstance(part, int)}
        if identities & new:
            self._broker.faults.append(f"an entry was refused that came for the first time: {value!r}")

    def _measure(self, record: Kept) -> set[int]:
        """How far out of order entries are; gives the identities of those that come for the first time."""
        new: set[int] = set()
        for piece in pieces(record.value or b""):
            try:
                one = msgspec.msgpack.decode(piece, type=Record)
            except msgspec.ValidationError:
                continue
            name = f"{one.space}:{one.key}"
            for entry in one.entries:
                if (mark := (name, type(entry), entry.id)) in self._seen:
                    continue
                self._seen.add(mark)
                new.add(entry.identity)
                newest = self._newest[name] = max(self._newest.get(name, 0), entry.uploaded)
                self.skew = max(self.skew, newest - entry.uploaded)
        if self.skew > SKEW:
            self._broker.faults.append(f"out of order by {self.skew / HOUR:g} h")
        return new


class Area:
    """Workers, their group and their log; each method is something that may happen.

    slow: an input partition of which nothing comes while all others are read.
    """

    def __init__(self) -> None:
        self.loop = Loop()
        self.loop.set_task_factory(cast(Any, self._task))
        self._patches = ExitStack()
        self._patches.enter_context(self._world())
        self.broker = Broker(self.loop)
        self.workers: list[Worker] = []
        self.judges = [Judge(self.broker, number) for number in range(INSIDE)]
        self.events = Events(self.broker)
        self.slow = -1
        self._started = 0
        self._members: set[int] = set()

    def _task(self, loop: Loop, work: Coroutine[Any, Any, Any], context: Context | None = None) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, context=context)
        worker = context.get(WHO) if context else WHO.get()
        if worker is not None:
            worker.tasks.add(task)
        return task

    @contextmanager
    def _world(self) -> Iterator[None]:
        def topics(**_: object) -> Topics:
            return Topics(self.broker)

        def leave(_: int) -> NoReturn:
            if (worker := WHO.get()) is not None:
                worker.end(sys.exc_info()[1])
            raise Crash

        with pytest.MonkeyPatch.context() as patch:
            for module in (intake, progress, ticks):
                patch.setattr(module, "monotonic", self.loop.time)
            patch.setattr(pipeline, "client_settings", lambda _: {})
            patch.setattr(pipeline, "SLICE_SECONDS", 0.0)
            patch.setattr(intake, "Ends", lambda _: Ends(self.broker))
            patch.setattr(progress, "AIOKafkaConsumer", topics)
            patch.setattr(progress, "time", lambda: self.broker.now() / 1000)
            patch.setattr(reading, "AIOKafkaConsumer", topics)
            patch.setattr(turns, "LOOK_SECONDS", 0.5)
            patch.setattr(ending, "leave", leave)
            yield

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
        self.spin(20)
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.spin(20)
        self.loop.close()
        self._patches.close()

    # --- what may happen

    def spin(self, turns: int) -> None:
        """Let everybody do so many steps; no time passes but that of the steps."""

        async def turn() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turn())

    def wait(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def work(self) -> None:
        """Let all that can take a batch of each of their partitions."""
        self.wait(0.4)
        for worker in self.workers:
            for tp in list(worker.consumer.position):
                if tp != TP(NAMES.events, self.slow):
                    worker.read(tp, 20)
        self.wait(0.4)

    def start(self) -> None:
        """A worker more, which has no partitions yet."""
        if len(self.workers) < MOST_WORKERS:
            self._started += 1
            worker = Worker(self.broker, self._started)
            self.workers.append(worker)
            worker.start()

    def rebalance(self, shift: int = 0) -> None:
        """A new generation of all that answer; who does not is out of the group and goes on as before, when it can."""
        broker = self.broker
        members = [worker for worker in self.workers if worker.may_go.is_set()]
        finishing = [w.go(w.finish()) for w in members]
        if finishing:
            self.loop.run_until_complete(asyncio.wait(finishing))
        members = [worker for worker in members if not worker.dead]
        broker.generation += 1
        every = [TP(NAMES.events, p) for p in range(INPUTS)] + [TP(NAMES.entries, p) for p in range(INSIDE)]
        self._members = {worker.number for worker in members}
        for number, worker in enumerate(members):
            mine = [tp for n, tp in enumerate(every) if (n + shift) % len(members) == number]
            worker.go(worker.take(broker.generation, mine))

    def reap(self) -> None:
        """Take processes away that have ended."""
        for worker in [one for one in self.workers if one.dead]:
            worker.kill()
            self.workers.remove(worker)
        self.spin(3)

    def load_row(self, random: Random) -> None:
        """Some days more of the calendar, of any time."""
        rows = []
        for _ in range(3):
            day = clock(random.randrange(START - 2 * DAY, self.events.cursor + DAY, HOUR), "%Y-%m-%d")
            row = {"date": day, "kind": random.choice(("promotion", "promotion", "workday"))}
            rows.append((f"{day}/".encode(), orjson.dumps(row), ()))
        self.broker.append(CALENDAR, 0, rows)

    def put_rule(self, *, enabled: bool) -> None:
        """Two rules are turned on or off."""
        for one in TURNED:
            value = orjson.dumps({"rule_id": one.id, "enabled": enabled})
            self.broker.append(NAMES.rules, 0, [(f"{one.id}/1".encode(), value, ())])

    # --- what has to hold

    def check(self) -> None:
        """What holds at every moment."""

        async def judge() -> None:
            for judge, state in zip(self.judges, self.broker.state, strict=True):
                while state.heads:
                    offset, said = state.heads.popleft()
                    await judge.go_to(offset)
                    if judge.at > offset:
                        continue
                    missing = [one for one in judge.said.items() if self.broker.said_at.get(one, said) >= said]
                    if missing:
                        self.broker.faults.append(f"head {offset}, and {missing[0][0]} was not said before")

        self.loop.run_until_complete(judge())
        assert not self.broker.faults, self.broker.faults[:3]

    def _is_done(self) -> bool:
        broker = self.broker
        routed = all(broker.committed.get(TP(NAMES.events, p), 0) == broker.end(NAMES.events, p) for p in range(INPUTS))
        return routed and all(state.head == broker.end(NAMES.entries, state.number) for state in broker.state)

    def finish(self, rounds: int = 300) -> None:
        """Let all run fairly to the closing tick; then what was said is what one engine says over a file."""
        self.broker.append(NAMES.events, 0, [(None, b"", [("final", b"")])])
        self.slow = -1
        for worker in self.workers:
            worker.crash_in, worker.hears = 0, True
            worker.may_go.set()
        for _ in range(rounds):
            self._fair_round()
            if self._is_done():
                break
        else:
            self.broker.faults.append("somebody waits for ever")
        self.check()
        self._compare()

    def _fair_round(self) -> None:
        self.reap()
        if not self.workers:
            self.start()
        if {worker.number for worker in self.workers} != self._members:
            self.rebalance()
        self.work()
        saving = [work for w in self.workers for work in (w.go(w.save()), w.go(w.consumer.commit()))]
        if saving:
            self.loop.run_until_complete(asyncio.wait(saving))
        self.check()

    def _compare(self) -> None:
        async def judge() -> None:
            for number, one in enumerate(self.judges):
                await one.go_to(self.broker.end(NAMES.entries, number))

        self.loop.run_until_complete(judge())
        assert not self.broker.faults, self.broker.faults[:3]
        said = {name: value for one in self.judges for name, value in one.said.items()}
        assert said == self.broker.said, "judged anew, the log inside says something else"
        alike = {rule.id for rule in ALIKE}
        came = [alert for judge in self.judges for alert in judge.alerts if alert.rule_id in alike]
        [log] = logs([(0, record.value or b"", record.timestamp) for record in self.events.as_file()])
        assert standing_at_end(run(log, ALIKE, Reference()).alerts) == standing_at_end(came)


class Events:
    """What institutions send: settlements of few persons at few shops, half a day after half a day.

    Each input partition is behind by a lag of its own; stragglers, late events and repeats come up to the grace; after
    a silence nothing of before it comes. A wild date is of a shop of its own.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.cursor = START
        self._number = 0
        self._lags = (0, 30 * HOUR, 59 * HOUR)
        self._floor = [0] * INPUTS
        self._last: list[list[wire.Body]] = [[] for _ in range(INPUTS)]

    def publish(self, random: Random, halves: int) -> None:
        """So many half days on all partitions; now and then a partition, or all, are silent for days."""
        for _ in range(halves):
            if random.random() < 0.04:
                self.cursor += random.randint(2, 5) * DAY
                self._floor = [0] * INPUTS
            silent = {p for p in range(INPUTS) if random.random() < 0.05}
            for p in range(INPUTS):
                if p in silent:
                    self._floor[p] = 0
                else:
                    self._publish(p, random)
            self.cursor += DAY // 2

    def _publish(self, p: int, random: Random) -> None:
        base = self.cursor - self._lags[p]
        self._floor[p] = self._floor[p] or base
        bodies = [self._body(p, random, base) for _ in range(random.choice((1, 1, 2, 4)))]
        if random.random() < 0.05:
            bodies = [self._wild(base + random.randint(20, 300) * DAY), *bodies, self._body(p, random, base)]
            bodies.append(self._body(p, random, base))
        self._broker.append(NAMES.events, p, [(b"k", wire.raw(body), ()) for body in bodies])

    def publish_wild(self, p: int) -> None:
        """A wild date, and nothing behind it."""
        self._broker.append(NAMES.events, p, [(b"k", wire.raw(self._wild(self.cursor + 200 * DAY)), ())])

    def _wild(self, uploaded: int) -> wire.Body:
        ids = self._ids()
        return wire.settlement(uploaded, **ids | {"fixmedins_code": f"W{self._number}", "psn_no": f"w{self._number}"})

    def _ids(self) -> wire.Body:
        self._number += 1
        n = self._number
        return {"msgid": f"M{n}", "setl_id": f"S{n}", "mdtrt_id": f"V{n}"}

    def _body(self, p: int, random: Random, base: int) -> wire.Body:
        if self._last[p] and random.random() < 0.04:
            return random.choice(self._last[p])
        uploaded = base + random.randint(0, 11 * 60) * MINUTE
        late = random.choice((0, 0, 0, 0, 0, 0, 20, 70)) * HOUR
        if random.random() < 0.1:
            uploaded = max(self._floor[p], uploaded - random.randint(40, 60) * HOUR)
            late = random.choice((0, 71)) * HOUR
        ids: wire.Body = self._ids() | {"fixmedins_code": random.choice(SHOPS), "psn_no": f"{p}{random.randint(0, 2)}"}
        kind, paid = random.choice(("41", "41", "11")), random.choice((10, 20, 35))
        money: wire.Body = {"fund_pay_sumamt": paid, "inf_time": wire.text(uploaded), "med_type": kind}
        money["drug_trac_info"] = [{"drug_trac_codg": f"8123{self._number % 40:016d}", "trdn_flag": "0"}]
        body = wire.settlement(uploaded - late, **ids | money)
        if self._last[p] and random.random() < 0.1:
            target = random.choice(self._last[p])
            if target["infno"] == "2102":
                same = {name: target[name] for name in ("fixmedins_code", "psn_no", "mdtrt_id")} | {
                    "msgid": ids["msgid"]
                }
                body = wire.reversal(str(target["setl_id"]), uploaded, "2103", **same)
        self._last[p] = [*self._last[p][-3:], body]
        return body

    def as_file(self) -> list[Kept]:
        """All events, sorted by inf_time and msgid."""
        every = [record for p in range(INPUTS) for record in self._broker.topics[NAMES.events, p] if not record.headers]

        def order(record: Kept) -> tuple[str, str]:
            body = orjson.loads(record.value or b"")
            return body["inf_time"], body["msgid"]

        return sorted(every, key=order)
