"""The protocol of a whole area: whatever happens in which order, nothing is lost and nothing has two contents.

Hypothesis chooses what happens next (see `_area`): batches are read at any speed, announcements are heard late, workers
end or are paused at any step and go on when others have taken over, partitions move, tables and rules change, and more
is published. At the end all run fairly to the closing tick. What holds at every step, and at the end, is asked by
`Area.check` and `Area.finish`: no revision with two contents; the log inside judged anew gives the same bytes; what
stands is what one engine says over a file; nothing is refused; no offset beyond what is durable; entries of one key are
out of order by the skew at most; nobody waits for ever.

MONITOR_MODEL_EXAMPLES: so many runs of the machine and of the seeds, more than in CI; MONITOR_MODEL_SEED: the first seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.types import TP
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from rules.engine.item import Tick
from streams.detect.detector import process_in_slices
from streams.detect.pipeline import Pipeline
from streams.kafka.versions import Versions
from streams.route.intake import Intake
from tests.oracle.wire import DAY
from tests.streams._area import INPUTS, INSIDE, NAMES, START, Area, Worker, pieces, read_inside
from tests.streams._cluster import Producer
from tests.streams._wrong import (
    newest_tables,
    no_alignment,
    retention_without_skew,
    rules_before_their_entries,
    stale_end,
)

EXAMPLES = int(os.environ.get("MONITOR_MODEL_EXAMPLES", "0"))
SEED = int(os.environ.get("MONITOR_MODEL_SEED", "0"))
SEEDS = st.integers(0, 2**32 - 1)
WHICH = st.integers(0, 11)


class Protocol(RuleBasedStateMachine):
    """What may happen in an area, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.area = Area()

    @initialize(seed=SEEDS, halves=st.integers(2, 20), workers=st.integers(1, 3))
    def begin(self, seed: int, halves: int, workers: int) -> None:
        """A backlog waits for the first workers."""
        self.area.events.publish(Random(seed), halves)
        for _ in range(workers):
            self.area.start()
        self.area.rebalance()

    def _worker(self, which: int) -> Worker | None:
        return self.area.workers[which % len(self.area.workers)] if self.area.workers else None

    def _after(self) -> None:
        self.area.reap()
        self.area.check()

    @rule(which=WHICH, partition=WHICH, number=st.sampled_from([1, 4, 20]), turns=st.sampled_from([0, 3, 40, 200]))
    def read(self, which: int, partition: int, number: int, turns: int) -> None:
        """A batch of some partition comes, and some steps are done."""
        if (worker := self._worker(which)) and (mine := list(worker.consumer.position)):
            worker.read(mine[partition % len(mine)], number)
        self.area.spin(turns)
        self._after()

    @rule(turns=st.sampled_from([1, 7, 60]))
    def step(self, turns: int) -> None:
        """All go on by some steps."""
        self.area.spin(turns)
        self._after()

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0]))
    def time_passes(self, seconds: float) -> None:
        """Timers come due: ends are asked for, announcements made."""
        self.area.wait(seconds)
        self._after()

    @rule(partition=st.integers(-1, 2))
    def be_slow(self, partition: int) -> None:
        """Nothing more comes of a partition while all others are read."""
        self.area.slow = partition

    @rule()
    def work(self) -> None:
        """Who can takes a batch of each partition."""
        self.area.work()
        self._after()

    @rule(which=WHICH)
    def checkpoint(self, which: int) -> None:
        """A worker begins to save."""
        if worker := self._worker(which):
            worker.go(worker.save())

    @rule(which=WHICH)
    def commit(self, which: int) -> None:
        """A worker commits what is finished."""
        if worker := self._worker(which):
            worker.go(worker.consumer.commit())

    @rule(which=WHICH, steps=st.integers(1, 60))
    def crash(self, which: int, steps: int) -> None:
        """A worker ends after so many steps, wherever it is then."""
        if worker := self._worker(which):
            worker.crash_in = steps

    @rule(which=WHICH)
    def pause_or_go_on(self, which: int) -> None:
        """A worker stands still at its next step, or goes on with what it had in hand."""
        if worker := self._worker(which):
            worker.pause_or_go_on()

    @rule(which=WHICH)
    def hear_late(self, which: int) -> None:
        """Announcements no longer reach a worker, or do again."""
        if worker := self._worker(which):
            worker.hears = not worker.hears

    @rule(shift=st.integers(0, 2), joins=st.booleans())
    def rebalance(self, shift: int, joins: bool) -> None:  # noqa: FBT001 - drawn
        """A new generation of those that answer, and perhaps of a worker more."""
        if joins:
            self.area.start()
        self.area.rebalance(shift)
        self._after()

    @rule(seed=SEEDS)
    def load_row(self, seed: int) -> None:
        """A row of the calendar is loaded."""
        self.area.load_row(Random(seed))

    @rule(enabled=st.booleans())
    def put_rule(self, enabled: bool) -> None:  # noqa: FBT001 - drawn
        """A rule is turned on or off."""
        self.area.put_rule(enabled=enabled)

    @rule(seed=SEEDS, halves=st.sampled_from([1, 3, 6, 30]))
    def publish(self, seed: int, halves: int) -> None:
        """More comes."""
        self.area.events.publish(Random(seed), halves)

    @rule(partition=st.integers(0, 2))
    def publish_wild(self, partition: int) -> None:
        """A date far ahead comes, for now the last of its partition."""
        self.area.events.publish_wild(partition)

    def teardown(self) -> None:
        """All run fairly to the end, unless something was found before."""
        try:
            self.area.finish()
        finally:
            self.area.close()


def test_nothing_is_lost_and_nothing_has_two_contents() -> None:
    """In any order of what may happen."""
    run_state_machine_as_test(
        Protocol,
        settings=settings(
            max_examples=EXAMPLES or 12, stateful_step_count=60 if EXAMPLES else 40, deadline=None,
            derandomize=not SEED, database=None, print_blob=bool(SEED), suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def live(seed: int, steps: int = 60) -> None:
    """One area in which chance decides, weighted as in a bad day; raises AssertionError where something is wrong."""
    random, area = Random(seed), Area()
    try:
        area.events.publish(random, 20)
        area.start()
        area.start()
        area.rebalance()
        for _ in range(steps):
            something_happens(area, random)
            area.reap()
            area.check()
        area.finish()
    finally:
        area.close()


def joins(area: Area, shift: int) -> None:
    """A worker more, if there is room for it, and a new generation."""
    area.start()
    area.rebalance(shift)


def something_happens(area: Area, random: Random) -> None:
    """One step of a bad day."""
    worker = random.choice(area.workers) if area.workers else None
    of_area: list[tuple[int, Callable[[], object]]] = [
        (15, lambda: area.spin(random.choice((1, 5, 30, 200)))),
        (15, area.work),
        (15, lambda: area.wait(random.choice((0.1, 0.5, 1.0)))),
        (4, lambda: joins(area, random.randrange(3))),
        (5, lambda: setattr(area, "slow", random.randrange(-1, 3))),
        (8, lambda: area.load_row(random)),
        (2, lambda: area.put_rule(enabled=random.random() < 0.5)),
        (4, lambda: area.events.publish(random, random.choice((1, 3, 6, 30)))),
    ]
    of_worker: list[tuple[int, Callable[[Worker], object]]] = [
        (35, lambda one: one.read(random.choice(list(one.consumer.position)), random.choice((1, 5, 20)))
            if one.consumer.position else None),
        (5, lambda one: one.go(one.save())),
        (5, lambda one: one.go(one.consumer.commit())),
        (4, lambda one: setattr(one, "crash_in", random.randint(1, 40))),
        (4, lambda one: one.pause_or_go_on()),
        (3, lambda one: setattr(one, "hears", not one.hears)),
    ]  # fmt: skip
    choices: list[tuple[int, Callable[[], object]]] = list(of_area)
    if worker is not None:
        choices += [(weight, lambda act=act: act(worker)) for weight, act in of_worker]  # type: ignore[misc]
    [act] = random.choices([act for _, act in choices], [weight for weight, _ in choices])
    act()


@pytest.mark.parametrize("seed", range(SEED, SEED + (EXAMPLES or 8)))
def test_a_bad_day_ends_well(seed: int) -> None:
    """The same as the machine, by chance alone: longer, and with more at once."""
    live(seed)


# Wrong builds: the model has to find each of them.


def commit_before_alert(patch: pytest.MonkeyPatch) -> None:
    """What was judged is saved before its alerts are out."""

    async def detect(self: Pipeline, event: Any) -> None:  # noqa: ANN401 - as of Pipeline
        batch = event.value
        if (task := self._tasks.get(batch[0].partition)) is None:
            return
        records = [(one.value, one.timestamp) for one in batch]
        found = []
        async with task.judging(batch[0].offset, batch[-1].offset, event):
            for outcome in process_in_slices(task.engine, records, 0.0, task.offsets):
                if outcome.awaits is not None:
                    await task.turn(outcome.awaits.item, outcome.awaits.appended)
                found.append(outcome)
        await self._save(task)
        for outcome in found:
            await self._send_judged(outcome)

    patch.setattr(Pipeline, "detect", detect)


def no_fencing(patch: pytest.MonkeyPatch) -> None:
    """Any former owner may write on the changelog."""
    start = Producer.start

    async def unfenced(self: Producer) -> None:
        epoch = self._cluster.epoch
        await start(self)
        self._epoch = self._cluster.epoch = max(epoch, 1)

    patch.setattr(Producer, "start", unfenced)


def come_back(seed: int) -> None:
    """All is read to its end; then twenty days come at once, and of one partition nothing is read for long."""
    random, area = Random(seed), Area()
    try:
        area.events.publish(random, 8)
        area.start()
        area.start()
        area.rebalance()
        for _ in range(12):
            area.work()
        area.events.publish(random, 40)
        area.slow = 2
        for _ in range(20):
            area.work()
        area.finish()
    finally:
        area.close()


def turn_rules(seed: int) -> None:
    """Rules go and come again; the worker whose partition is the furthest behind hears nothing of it."""
    random, area = Random(seed), Area()
    try:
        area.events.publish(random, 8)
        for _ in range(3):
            area.start()
        area.rebalance()
        for enabled in (False, True):
            for _ in range(10):
                area.work()
            area.workers[2].hears = not enabled
            area.put_rule(enabled=enabled)
        for _ in range(4):
            area.work()
            area.events.publish(random, 1)
        area.work()
        area.check()
        area.finish()
    finally:
        area.close()


def test_rules_come_into_force_once_all_send_what_they_read() -> None:
    """Also where one is slow to hear of it."""
    turn_rules(0)


def area_at_work(random: Random) -> Area:
    """Three workers, each with an input partition, the first of them with that of the turns; a backlog is routed."""
    area = Area()
    area.events.publish(random, 8)
    for _ in range(3):
        area.start()
    area.rebalance()
    for _ in range(10):
        area.work()
    return area


def go_on(area: Area, random: Random) -> None:
    """More comes, and all ends well."""
    for _ in range(4):
        area.work()
    for _ in range(4):
        area.events.publish(random, 1)
        area.work()
    area.finish()


def test_rules_that_come_again_wait_until_all_send_anew_what_they_read() -> None:
    """Who asks has not heard yet that all send less by now; what they said before is no answer."""
    random = Random(0)
    area = area_at_work(random)
    try:
        area.workers[0].hears = False
        area.put_rule(enabled=False)
        for _ in range(4):
            area.work()
        area.workers[1].hears = area.workers[2].hears = False
        area.put_rule(enabled=True)
        go_on(area, random)
    finally:
        area.close()


def test_who_asked_before_it_was_replaced_is_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands still when it is about to ask for less, and others put the rules into force anew; then it goes on."""
    random = Random(0)
    area = area_at_work(random)
    try:
        late = area.workers[0]
        kinds = late.pipeline.intake.kinds
        tell = kinds._tell

        async def tell_late(records: Mapping[bytes, bytes]) -> None:
            late.may_go.clear()
            await tell(records)
            late.dead = True

        monkeypatch.setattr(kinds, "_tell", tell_late)
        area.put_rule(enabled=False)
        for _ in range(4):
            area.work()
        stands_still = not late.may_go.is_set()
        area.rebalance()
        area.put_rule(enabled=True)
        for _ in range(6):
            area.work()
        late.may_go.set()
        go_on(area, random)
    finally:
        area.close()

    assert stands_still


def test_who_was_replaced_does_not_put_rules_into_force_that_others_send_nothing_for() -> None:
    """It looks what is loaded before its heir does, and takes what was sent in its own time for sent now."""
    random = Random(0)
    area = area_at_work(random)
    try:
        area.workers[0].pause_or_go_on()
        area.rebalance()
        area.put_rule(enabled=False)
        for _ in range(4):
            area.work()
        area.events.publish(random, 6)
        area.put_rule(enabled=True)
        area.workers[0].pause_or_go_on()
        for _ in range(8):
            area.spin(3)
            for worker in area.workers:
                for tp in worker.consumer.position:
                    worker.read(tp, 1)
        area.check()
        go_on(area, random)
    finally:
        area.close()


def test_what_waits_for_the_rules_to_be_told_holds_up_nothing_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker of the tables is away when a worker alone comes back: what stands inside is judged all the same."""
    random, area = Random(0), Area()
    try:
        area.events.publish(random, 8)
        area.start()
        area.rebalance()
        [worker] = area.workers
        for _ in range(40):
            area.wait(0.1)
            for number in range(INPUTS):
                worker.read(TP(NAMES.events, number), 1)
        area.events.publish(random, 8)
        with monkeypatch.context() as patch:
            patch.setattr(Versions, "ends", away)
            patch.setattr(Intake, "_standing_still", lambda *_: ())  # all three are read at once
            area.rebalance()
            for _ in range(80):
                area.wait(0.1)
                for tp in list(worker.consumer.position):
                    worker.read(tp, 1)
            judged = [worker.pipeline._tasks[number].position for number in range(INSIDE)]
        inside = [area.broker.end(NAMES.entries, number) for number in range(INSIDE)]
        area.finish()
    finally:
        area.close()

    assert min(inside) > 10
    assert judged == inside


async def away(_: Versions) -> dict[str, int]:
    """No broker answers."""
    raise KafkaConnectionError("away")


def test_what_was_read_to_its_end_is_waited_for_when_more_came() -> None:
    """The announcement of then holds for what had been appended by then."""
    come_back(0)


def hours_told(area: Area) -> list[int]:
    """The hours that were told inside, but for the closing one."""
    records = [record for number in range(INSIDE) for record in area.broker.topics[NAMES.entries, number]]
    items = [read_inside(piece) for record in records for piece in pieces(record.value or b"")]
    return [item.hour for item in items if isinstance(item, Tick) and not item.final]


def test_a_wild_last_record_moves_no_clock() -> None:
    """Nothing bears it out: it waits until the others are read to their end, and then they wait as before."""
    random, area = Random(0), Area()
    try:
        area.events.publish(random, 8)
        area.events.publish_wild(2)
        area.start()
        area.start()
        area.rebalance()
        for _ in range(20):
            area.work()
        for worker in area.workers:
            worker.go(worker.consumer.commit())
        area.wait(0.5)
        is_read = area.broker.committed[TP(NAMES.events, 2)] == area.broker.end(NAMES.events, 2)
        latest = max(hours_told(area))
        area.events.publish(random, 40)
        area.slow = 2
        for _ in range(20):
            area.work()
        area.finish()
    finally:
        area.close()

    assert is_read
    assert START < latest < START + 8 * DAY


def go_through(one: Callable[[int], None], first: int) -> None:
    """Some runs, until one ends badly."""
    for seed in range(first, first + 15):
        one(seed)


@pytest.mark.parametrize(
    ("build", "one", "first", "said"),
    [
        (commit_before_alert, live, 0, "was not said before"), (no_alignment, live, 0, "out of order by"),
        (stale_end, come_back, 0, "out of order by"), (retention_without_skew, live, 14, "an entry was refused"),
        (no_fencing, live, 3, "went back from"), (newest_tables, live, 3, "two contents|was not said before"),
        (rules_before_their_entries, turn_rules, 0, "rules in force read"),
    ],
)  # fmt: skip
def test_a_wrong_build_is_found(
    build: Callable[[pytest.MonkeyPatch], None],
    one: Callable[[int], None],
    first: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a run or some more, from the first seed on that is known to find it."""
    build(monkeypatch)

    with pytest.raises(AssertionError, match=said):
        go_through(one, first)
