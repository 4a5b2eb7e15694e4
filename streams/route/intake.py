"""The input partitions of this worker: read, routed in turn, and held where they would run ahead of the others."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, perf_counter
from typing import Any, Protocol, cast

import faust
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from faust.types import TP

from rules.engine.item import Turn
from rules.ledgers.inside import EVERY
from rules.times import HOUR
from streams.config import StreamConfig
from streams.kafka.ending import or_die
from streams.kafka.ends import End, Ends
from streams.kafka.faust import BatchConsumer, BatchProducer
from streams.kafka.topics import Names
from streams.route.alignment import EVER, JUMP, Announcement, Board, Lane
from streams.route.kinds import Asked, Kinds
from streams.route.progress import Progress
from streams.route.router import NO_TURN, Read, Routed, Router
from streams.route.ticks import Ticks
from streams.route.turns import Turns

log = logging.getLogger("settlement_monitor.streams")

Batch = list[ConsumerRecord[bytes, bytes]]
Send = Callable[[int, Batch, Routed], Awaitable[None]]

LOOK_SECONDS = 0.3
"""How often is looked for what has no event of its own: ends of partitions, hold limits. An event behind a partition
to which nobody has written for a day waits as long."""
LEEWAY_MS = 5_000
"""A record is appended no later than so long after what this worker takes for the broker's clock (our assumption)."""
LAST_SECONDS = 1.0
"""What stood still with its owner before is looked at so much later than the others (our assumption)."""
HELD_SECONDS = 10.0
"""A partition that is held for so long is told of in the log."""


@dataclass
class _Arrived:
    """A batch as Faust brought it. left: records that are not yet acknowledged inside."""

    event: faust.EventT[Any]
    left: int
    closing: Callable[[], Awaitable[None]] | None = None


@dataclass(slots=True)
class _Piece:
    """One record of a batch, and what the door said of it; nothing of the closing record.

    appended: the latest moment at which the broker may have appended it, ms; 0 before anybody asked.
    """

    record: ConsumerRecord[bytes, bytes]
    batch: _Arrived
    read: Read | None
    appended: int = 0


@dataclass
class _Input:
    """One input partition of this worker. done: the offset to which all is acknowledged inside.

    last: offset of the last record that arrived. closing: offset of a closing record that waits for the other
    partitions. behind: how long after its inf_time the last record came, ms.
    end_at: when it was read to its end, by the broker's clock, 0 if it is not. stalled: seconds that it had not moved
    when it came to this worker; since: since when it has not moved here. held: since when it is held. said: what was
    announced last, at told.
    """

    lane: Lane[_Piece]
    router: Router
    done: int
    last: int
    closing: int = EVER
    behind: int = EVER
    end_at: int = 0
    whole: bool = False
    stalled: float = 0.0
    since: float = field(default_factory=monotonic)
    held: float | None = None
    is_told: bool = False
    said: Announcement | None = None
    told: float = 0.0

    @property
    def ahead(self) -> int | None:
        """The clock as it will stand with the next record; None where that cannot be told before more is read."""
        return None if self._is_lone else self.lane.ahead(whole=self.whole)

    @property
    def hour(self) -> int:
        """The same, as far as it is known."""
        return self.ahead or self.lane.clock

    @property
    def is_undecided(self) -> bool:
        """Whether more has to be read before the clock can be told."""
        return len(self.lane) > 0 and self.ahead is None

    @property
    def lone(self) -> int:
        """The hour of a last record that nothing bears out; 0 where there is none.

        It may be wild, or the first after a silence: so it waits as if it were right, and moves no clock.
        """
        return self.lane.next_hour if self.whole and self._is_lone else 0

    def take(self) -> _Piece:
        """Take the next record, once it may pass."""
        piece = self.lane.pass_by() if self.lone else self.lane.take()
        if piece.read is not None and piece.read.uploaded:
            self.behind = max(0, piece.record.timestamp - piece.read.uploaded)
        return piece

    @property
    def _is_lone(self) -> bool:
        """Whether nothing bears the next record out, its append time neither: what is live is uploaded when it is."""
        if not self.lane.is_lone:
            return False
        piece = self.lane.first
        return piece.read is not None and piece.record.timestamp - piece.read.uploaded > JUMP


class IntakeMeter(Protocol):
    """Where an intake says what it did."""

    def routed(self, routed: Routed, seconds: float) -> None:
        """One input batch was routed and acknowledged."""

    def aligned(self, held: Mapping[TP, float], waits_for: AbstractSet[int], left_out: AbstractSet[int]) -> None:
        """Input partitions of this worker that are held, for so many seconds; which ones all wait for, or no more."""


class Intake:
    """Takes batches of the input partitions, and lets their records pass in turn."""

    def __init__(
        self,
        config: StreamConfig,
        router_factory: Callable[[int], Router],
        consumer: Callable[[], BatchConsumer],
        producer: Callable[[], BatchProducer],
        send: Send,
        meter: IntakeMeter,
        client: Callable[[], Mapping[str, Any]],
    ) -> None:
        """Take send: puts what a batch left inside, and returns when it is acknowledged.

        client: says how to reach the cluster, once the worker runs.
        """
        names = Names(config.prefix)
        self._topic = names.events
        self._config = config
        self._router = router_factory
        self._consumer = consumer
        self._send = send
        self._meter = meter
        self._board = Board(config.area, config.alignment_ms, config.hold_seconds)
        self.turns: Turns | None = None
        """Tells inside what is in force, before anything is announced: all wait for that."""
        self.kinds = Kinds(config.area, config.hold_seconds, self._tell)
        self._answered: Asked | None = None
        """What was asked for when it was last said what is sent."""
        self._ticks = Ticks(names, config.idle_seconds, consumer, producer, self._board.is_live, self._in_force)
        self._client = client
        self._ends: Ends
        self._progress = Progress(
            names, self._board, client if config.changelog else None, producer, self._changed_board, self.kinds.hear
        )
        self._inputs: dict[int, _Input] = {}
        self._left_out: frozenset[int] = frozenset()
        """Of which the log says that nobody waits for them any more."""
        self._generation = -1
        self._last: list[int] = []
        """Partitions that stood still with their owner before, at which it may have ended: looked at last."""
        self._let_go = 0.0
        self._routing = asyncio.Lock()
        self._changed, self._dirty = asyncio.Event(), asyncio.Event()
        self._is_announced = False
        """Whether the others know in this generation where the partitions of this worker stand."""
        self._closing: set[asyncio.Task[None]] = set()

    def _changed_board(self) -> None:
        self._changed.set()

    async def _tell(self, records: Mapping[bytes, bytes]) -> None:
        await self._progress.tell(records)

    async def follow(self) -> None:
        """Read for ever what the workers announce."""
        await self._progress.follow()

    async def has_heard(self) -> None:
        """Wait until all is read that was announced before this worker came."""
        await self._progress.is_read.wait()

    # --- partitions come and go

    def begin(self, generation: int, partitions: int, positions: Mapping[int, int]) -> None:
        """These input partitions came to this worker, and are read from these offsets on.

        Nothing of them is fetched before it is announced where each stands: of a record that ends every owner, each
        still says for how long it stands there. They wait in the consumer, not in their agent: behind an agent that
        waits, Faust delivers nothing to the other one either.
        """
        self._generation = generation
        self._board.begin(generation, partitions)
        self.kinds.begin(generation, partitions)
        self._inputs = {p: self._input(p, at) for p, at in positions.items()}
        # Which of them is the first is another one each time.
        self._last = sorted(self._standing_still(positions), key=lambda p: (p + generation) % partitions)
        self._is_announced = False
        self._consumer().hold_back({TP(self._topic, p) for p in positions})
        self._watch(owner=0 in positions)
        self._dirty.set()
        self._changed.set()

    def _watch(self, *, owner: bool) -> None:
        self._ticks.watch(owner=owner)
        if self.turns is not None:
            self.turns.watch(owner=owner)

    def _in_force(self) -> Turn:
        return self.turns.latest if self.turns else NO_TURN

    def _input(self, partition: int, position: int) -> _Input:
        known = self._board.said_of(partition)
        one = _Input(Lane(known.hour if known else 0), self._router(partition), position, position - 1)
        self._let_send(one)
        if known is not None:
            one.behind = known.behind
            if known.offset == position and not known.end_at:
                # It stood still between two owners too; but an area that was switched off has waited for nobody.
                between = min(self._progress.silence(partition), self._config.session_seconds)
                one.stalled = known.stalled / 1000 + between
        return one

    def _standing_still(self, positions: Mapping[int, int]) -> Iterator[int]:
        for partition, position in positions.items():
            known = self._board.said_of(partition)
            if known is not None and known.offset == position and known.stalled:
                yield partition

    def _let_come(self) -> None:
        """Let records come, now that all know where the partitions of this worker stand."""
        if self._is_announced:
            return
        self._is_announced, self._let_go = True, asyncio.get_running_loop().time()
        for partition in self._inputs:
            if partition not in self._last:
                self._consumer().go_on_with(TP(self._topic, partition))

    def _go_on_with_the_last(self) -> None:
        """One after the other, so that a record that ends every owner lets each of the others be read first."""
        now = asyncio.get_running_loop().time()
        if self._last and now - self._let_go >= LAST_SECONDS:
            self._let_go = now
            self._consumer().go_on_with(TP(self._topic, self._last.pop(0)))

    async def finish(self) -> None:
        """Let the batch at work end, and drop what waits: it belongs to the next owner's reading."""
        self._watch(owner=False)
        async with self._routing:
            self._inputs, self._last = {}, []

    # --- records come

    async def take(self, event: faust.EventT[Any]) -> None:
        """Take a batch, and let pass what may pass."""
        batch, generation = cast(Batch, event.value), self._generation
        partition = batch[0].partition
        async with self._routing:
            one = self._inputs.get(partition)
            if one is None or generation != self._generation:
                return
            arrived = _Arrived(event, len(batch))
            for record in batch:
                final = self._config.allow_final and partition == 0 and is_final(record)
                read = None if final else one.router.read(record.value or b"", record.timestamp)
                one.lane.push(_Piece(record, arrived, read), read.uploaded if read else 0)
            one.last, one.end_at, one.whole = batch[-1].offset, 0, False
            await self._go_on(partition, one)

    async def move(self) -> None:
        """Let pass for ever what was held, as soon as it may."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._send_what_is_asked()
            async with self._routing:
                for partition, one in list(self._inputs.items()):
                    if len(one.lane):
                        await self._go_on(partition, one)

    async def _send_what_is_asked(self) -> None:
        """Send the kinds of entries that are asked for, and say so once nothing else is on its way."""
        if self.turns is None or self.kinds.asked in (None, self._answered):
            return
        async with self._routing:
            asked = self.kinds.asked  # of the generation that the partitions are of by now
            for one in self._inputs.values():
                self._let_send(one)
            partitions = list(self._inputs)
        if asked is not None:
            self._answered = asked
            await self.kinds.answer(partitions, asked)

    def _let_send(self, one: _Input) -> None:
        if self.turns is not None:
            one.router.kinds = EVERY if self.kinds.asked is None else frozenset(self.kinds.asked.kinds)

    async def _go_on(self, partition: int, one: _Input) -> None:
        while run := self._next_run(one):
            started, routed = perf_counter(), Routed()
            for index, piece in enumerate(run):
                if piece.read is not None:
                    one.router.leave(piece.read, piece.record.timestamp, index, routed)
            await self._send(partition, [piece.record for piece in run], routed)
            self._meter.routed(routed, perf_counter() - started)
            self._finish(partition, one, run)
        self._hold(partition, one)
        if one.said is None or one.said.hour != one.hour:
            self._dirty.set()

    def _next_run(self, one: _Input) -> list[_Piece]:
        """The records that may pass now, at most of one batch."""
        run: list[_Piece] = []
        lane = one.lane
        is_announced = one.said is not None and one.said.generation == self._generation
        while is_announced and len(lane):
            piece = lane.first
            if run and piece.batch is not run[0].batch:
                break
            hour = one.lone or one.ahead
            if hour is None or not self._may_pass(piece, hour):
                break
            run.append(one.take())
        return run

    def _may_pass(self, piece: _Piece, hour: int) -> bool:
        moves_no_clock = piece.read is None or not piece.read.uploaded
        if moves_no_clock or self._board.always_passes(hour):
            return True
        if not piece.appended:
            # A publisher's clock, or one of the broker's that was set back, may show a time that has not come yet.
            piece.appended = min(piece.record.timestamp, self._progress.now() + LEEWAY_MS)
        return self._board.may_pass(hour, piece.appended)

    def _finish(self, partition: int, one: _Input, run: list[_Piece]) -> None:
        """What is acknowledged inside is done, also where the rest of its batch is held: days may lie in between."""
        one.done, one.since, one.stalled = run[-1].record.offset + 1, monotonic(), 0.0
        batch = run[0].batch
        for piece in run:
            if piece.read is None:
                batch.closing = partial(self._ticks.close, piece.record.timestamp)
                one.closing = piece.record.offset
        batch.left -= len(run)
        if not batch.left:
            self._acknowledge(one, batch)
        self._consumer().finish(TP(self._topic, partition), min(one.done, one.closing))

    def _acknowledge(self, one: _Input, batch: _Arrived) -> None:
        if batch.closing is None:
            cast(Any, batch.event).ack()
            return
        closing = asyncio.create_task(or_die(_close(one, batch.closing(), batch.event), "closing the log"))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def _hold(self, partition: int, one: _Input) -> None:
        """Fetch no more of a partition that is held; more of one whose clock cannot be told yet."""
        holds = len(one.lane) > 0 and not one.is_undecided
        tp = TP(self._topic, partition)
        if holds:
            one.whole = False  # more may come while nothing is fetched
            self._consumer().pause_partitions({tp})
        elif one.held is not None:
            self._consumer().go_on_with(tp)
        if holds or one.lone:
            one.held = one.held or monotonic()
        elif one.held is not None:
            one.held, one.since = None, monotonic()
            if one.is_told:
                one.is_told = False
                log.info("input partition goes on", extra={"partition": partition})

    # --- what is announced

    async def announce(self) -> None:
        """Announce for ever where the partitions of this worker stand, and let the hours pass."""
        self._ends = Ends(self._client())
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._dirty.wait(), LOOK_SECONDS)
            self._dirty.clear()
            generation, inputs = self._generation, dict(self._inputs)
            if self._is_announced:
                self._go_on_with_the_last()
                await self._look_for_ends(inputs)
            said = {p: one for p, input_ in inputs.items() if (one := self._announcement(input_, generation))}
            if said and self.turns is not None:
                await self.turns.wait()
            if said and generation == self._generation:
                await self._say(said, inputs)
                if generation == self._generation:  # else the partitions of now are still to be announced
                    self._let_come()
            if 0 in inputs:
                await self._ticks.passed(min(self._board.tick(), self._progress.now() // HOUR * HOUR))
            self._tell_of_holds()

    async def _say(self, said: Mapping[int, Announcement], inputs: Mapping[int, _Input]) -> None:
        await self._progress.announce(said)
        for p, one in said.items():
            inputs[p].said, inputs[p].told = one, monotonic()
        self._changed.set()

    async def _look_for_ends(self, inputs: Mapping[int, _Input]) -> None:
        asked_at = self._progress.now()
        wanted = [p for p, one in inputs.items() if self._is_end_wanted(one)]
        for p in inputs.keys() - set(wanted):
            if not len(inputs[p].lane):
                inputs[p].since, inputs[p].stalled = monotonic(), 0.0  # it rests, as far as anybody wants to know
        for tp, end in (await self._ask_for_ends(wanted)).items():
            one, position = inputs[tp.partition], self._consumer().read_to(tp, inputs[tp.partition].last)
            if position is not None and position >= end.offset and self._inputs.get(tp.partition) is one:
                self._note_end(one, asked_at)

    def _note_end(self, one: _Input, asked_at: int) -> None:
        """All that a partition had when its end was asked for has arrived."""
        if len(one.lane) and not one.whole:
            one.whole = True
            self._changed.set()
        if one.lone or not len(one.lane):
            one.end_at, one.since, one.stalled = asked_at, monotonic(), 0.0

    async def _ask_for_ends(self, partitions: Sequence[int]) -> Mapping[TP, End]:
        """Where partitions end, with what is not committed; those are missing of which nobody knows now."""
        with contextlib.suppress(KafkaError):
            return await self._ends.ask(TP(self._topic, p) for p in partitions) if partitions else {}
        return {}

    def _is_end_wanted(self, one: _Input) -> bool:
        """Whether anybody has to know that there is no more: this clock itself, a tick, or one that waits for it."""
        if len(one.lane):
            return one.is_undecided
        latest = self._board.latest()
        if one.hour and latest <= one.hour:
            return False
        is_waited_for = latest > one.hour + self._config.alignment_ms - HOUR
        return is_waited_for or one.end_at < max(latest, 1)

    def _announcement(self, one: _Input, generation: int) -> Announcement | None:
        """What is to be announced; None where that would be no news."""
        now, before = monotonic(), one.said
        stalled = 0.0 if one.held is not None or one.end_at else one.stalled + now - one.since
        said = Announcement(
            self._config.area, generation, one.done, one.hour, one.behind, one.end_at, int(stalled * 1000), one.lone
        )
        if before is None or (before.generation, before.hour) != (generation, said.hour):
            return said
        if said.end_at > before.end_at:
            return said
        refresh = min(5.0, self._config.hold_seconds / 5)
        is_news = said.offset != before.offset or (said.stalled > 0 and not said.end_at)
        return said if is_news and now - one.told >= refresh else None

    def _tell_of_holds(self) -> None:
        """What waits, and for what, must be seen."""
        now, board = monotonic(), self._board
        board.look()
        for partition in board.left_out - self._left_out:
            log.warning("input partition left out", extra={
                "partition": partition, "seconds": self._config.hold_seconds,
                "meaning": "it has not moved for so long, and others wait for it no more until it moves",
            })  # fmt: skip
        for partition in self._left_out - board.left_out:
            log.info("input partition moves again", extra={"partition": partition})
        self._left_out = frozenset(board.left_out)
        held = {p: now - one.held for p, one in self._inputs.items() if one.held is not None}
        waits_for = board.waits_for() if held else set()
        for partition, seconds in held.items():
            if seconds >= HELD_SECONDS and not self._inputs[partition].is_told:
                self._inputs[partition].is_told = True
                log.warning("input partition held", extra={
                    "partition": partition, "waits_for": sorted(waits_for), "seconds": round(seconds),
                })  # fmt: skip
        self._meter.aligned({TP(self._topic, p): seconds for p, seconds in held.items()}, waits_for, board.left_out)


async def _close(one: _Input, closing: Awaitable[None], event: faust.EventT[Any]) -> None:
    await closing
    one.closing = EVER
    cast(Any, event).ack()


def is_final(record: ConsumerRecord[bytes, bytes]) -> bool:
    """Whether this is the record that asks for the closing tick."""
    return record.key is None and any(name == "final" for name, _ in record.headers)
