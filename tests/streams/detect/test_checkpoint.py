# ruff: noqa: D102 - the fakes have the methods and arguments of aiokafka
"""The protocol of a checkpoint, with a crash put at every single step of it."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from aiokafka.errors import ProducerFenced
from aiokafka.structs import TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine.engine import Engine
from streams.detect.disk import Disk
from streams.detect.task import HEAD_EVERY, Task
from streams.kafka.changelog import HEAD, Changelog, Head
from streams.kafka.reading import StandsStillError
from tests.streams._cluster import Cluster, Crash, Producer, Read, Reader

LOG = [f"k{(number * 7) % 5}" for number in range(24)]
"""The internal partition: each record counts one up for its key, each third of a key is an alert."""


class Counting:
    """The smallest engine there is: a number for each key."""

    def __init__(self) -> None:
        self.tick = 0
        self.counts: dict[str, int] = {}
        self._touched: set[str] = set()

    def feed(self, key: str) -> list[str]:
        """Count one up; gives the alert that follows."""
        self.counts[key] = self.counts.get(key, 0) + 1
        self._touched.add(key)
        return [f"{key}:{self.counts[key]}"] if self.counts[key] % 3 == 0 else []

    def drain_in_steps(self) -> Iterator[list[tuple[bytes, bytes | None]] | None]:
        """As of rules.engine.engine.Engine."""
        touched, self._touched = sorted(self._touched), set()
        for _ in touched:
            yield None
        yield [(key.encode(), str(self.counts[key]).encode()) for key in touched]

    def load(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """As of rules.engine.engine.Engine."""
        self.counts.update({key.decode(): int(value or 0) for key, value in records})


def after(offset: int) -> tuple[dict[str, int], list[str]]:
    """What the first records of the log come to: counts and alerts."""
    engine = Counting()
    alerts = [alert for key in LOG[:offset] for alert in engine.feed(key)]
    return engine.counts, alerts


class Event:
    """A batch of Faust."""

    def __init__(self) -> None:
        self.acked = False

    def ack(self) -> None:
        self.acked = True


def changelog_of(cluster: Cluster, seconds: float = 10) -> Changelog:
    """A changelog over a cluster."""
    return Changelog("changelog", 0, cast(Any, lambda: Producer(cluster)), cast(Any, lambda: Reader(cluster)), seconds)


def task_of(cluster: Cluster, partitions: int = 4, state: str = "1", disk: Disk | None = None) -> tuple[Task, Counting]:
    """A task over a cluster, with its engine."""
    engine = Counting()
    changelog = changelog_of(cluster)
    return Task(0, partitions, cast(Engine, engine), changelog, lambda: {"state": state}, disk=disk), engine


async def judge(task: Task, engine: Counting, cluster: Cluster, size: int) -> Event | None:
    """Let the task judge the next records of the log."""
    first = task.position or 0
    batch = LOG[first : first + size]
    if not batch:
        return None
    event = Event()
    async with task.judging(first, first + len(batch) - 1, event):
        alerts = [alert for key in batch for alert in engine.feed(key)]
        await cluster.step()
        cluster.alerts += alerts
        await cluster.step()
    return event


async def live(cluster: Cluster, sizes: Sequence[int], disk: Disk | None = None) -> None:
    """One life of a worker: take over, judge the log to its end, save now and then while it judges on."""
    task, engine = task_of(cluster, disk=disk)
    task.start_at(await task.take_over(len(LOG)) or 0)
    for size in sizes:
        saving = asyncio.create_task(task.save(idle=True))
        try:
            await judge(task, engine, cluster, size)
        finally:
            # A process that is gone saves nothing more; one that lives waits for its checkpoint.
            if cluster.steps == 0:
                saving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await saving
    await task.finish()
    await task.close()


class CrashingDisk(Disk):
    """A disk with a crash before or after the write of this number, counted over all lives; 0: none."""

    def __init__(self, folder: Path, crash_at: int, *, after: bool) -> None:
        super().__init__(folder, (), "the same")
        self._left = crash_at
        self._after = after

    def write(self, records: Iterable[tuple[bytes, bytes | None]], head: Head, offset: int) -> None:
        self._left -= 1
        if self._left or self._after:
            super().write(records, head, offset)
        if not self._left:
            raise Crash


async def lives(cluster: Cluster, sizes: Sequence[int], disk: Disk | None = None) -> int:
    """As many lives as it takes to get to the end of the log; gives their number."""
    number = 1
    while True:
        try:
            await live(cluster, sizes, disk)
        except Crash:
            if disk is not None:
                disk.close()
            assert_whole(cluster)
            number += 1
        else:
            return number


def assert_whole(cluster: Cluster) -> None:
    """What is committed is the state of the head's offset, and no alert before it is missing."""
    state = cluster.committed()
    if not state:
        return
    head = msgspec.msgpack.decode(state.pop(HEAD), type=Head)
    counts, alerts = after(head.offset)
    assert counts == {key.decode(): int(value) for key, value in state.items()}
    assert set(alerts) <= set(cluster.alerts)
    if head.finished:
        assert set(alerts) == set(cluster.alerts)


def assert_complete(cluster: Cluster) -> None:
    """All of the log is saved, and its alerts are out."""
    assert_whole(cluster)
    assert msgspec.msgpack.decode(cluster.committed()[HEAD], type=Head).offset == len(LOG)
    assert set(cluster.alerts) == set(after(len(LOG))[1])


SIZES = (5, 3, 8, 1, 7)


async def steps_of_a_life() -> int:
    """How many steps an undisturbed life has."""
    cluster = Cluster()
    await live(cluster, SIZES)
    return cluster.steps


async def test_a_crash_at_any_step_loses_nothing() -> None:
    """Whatever the step at which the process ends, the next one goes on from the state of one exact offset."""
    steps = await steps_of_a_life()
    assert steps > 40
    for crash in range(1, steps + 1):
        cluster = Cluster([crash])

        assert await lives(cluster, SIZES) == 2
        assert_complete(cluster)


async def test_what_is_saved_is_made_ready_while_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the partition itself: what comes meanwhile is judged behind the checkpoint."""
    monkeypatch.setattr("streams.detect.task.SLICE_SECONDS", 0.0)
    cluster = Cluster()
    task, engine = task_of(cluster)
    task.start_at(await task.take_over(len(LOG)) or 0)
    await judge(task, engine, cluster, 5)
    drained, turns = dict(engine.counts), 0
    saving = asyncio.create_task(task.save(idle=True))
    await asyncio.sleep(0)
    judging = asyncio.create_task(judge(task, engine, cluster, 5))
    while engine.counts == drained and not saving.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > len(drained)
    await asyncio.gather(saving, judging)
    assert engine.counts != drained
    assert drained == {key.decode(): int(value) for key, value in cluster.committed().items() if key != HEAD}


async def test_a_checkpoint_that_was_torn_while_it_was_made_ready_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made ready would be in no other one."""
    monkeypatch.setattr("streams.detect.task.SLICE_SECONDS", 0.0)
    cluster = Cluster()
    task, engine = task_of(cluster)
    task.start_at(await task.take_over(len(LOG)) or 0)
    await judge(task, engine, cluster, 5)
    saving = asyncio.create_task(task.save(idle=True))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving

    with pytest.raises(RuntimeError, match="was not finished"):
        await task.save(idle=True)


@pytest.mark.parametrize("written", [False, True], ids=["committed and not on the disk", "on the disk"])
async def test_a_crash_around_the_disk_loses_nothing(tmp_path: Path, written: bool) -> None:  # noqa: FBT001 - a parameter
    """Whichever checkpoint it is: the next one reads on from where the disk is, and what is loaded is what was saved."""
    crashed, (counts, _) = 0, after(len(LOG))
    for crash in range(1, 8):
        cluster = Cluster()
        disk = CrashingDisk(tmp_path / str(crash), crash, after=written)
        crashed += await lives(cluster, SIZES, disk) - 1
        assert_complete(cluster)
        task, engine = task_of(cluster, disk=Disk(tmp_path / str(crash), (), "the same"))
        await task.take_over(len(LOG))
        await task.close()
        assert engine.counts == counts

    assert crashed >= 4


async def test_a_crash_at_any_step_loses_nothing_on_a_disk(tmp_path: Path) -> None:
    """The same as without a disk, at every third step: it is behind, or begun and not complete."""
    for crash in range(1, await steps_of_a_life() + 1, 3):
        cluster = Cluster([crash])

        assert await lives(cluster, SIZES, Disk(tmp_path / str(crash), (), "the same")) == 2
        assert_complete(cluster)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(1, 90), max_size=6),
    st.lists(st.integers(1, 9), min_size=24, max_size=24),
)
def test_any_number_of_crashes_loses_nothing(crashes: list[int], sizes: list[int]) -> None:
    """Many crashes, whatever the batches: the state and the alerts are those of an undisturbed run."""
    cluster = Cluster(crashes)
    asyncio.run(lives(cluster, sizes))

    assert_complete(cluster)


async def test_a_former_owner_cannot_write() -> None:
    """Who was replaced while it stood still fails at its next checkpoint, and nothing of it is read by anybody."""
    cluster = Cluster()
    old, old_engine = task_of(cluster)
    old.start_at(await old.take_over() or 0)
    await judge(old, old_engine, cluster, 6)
    await old.save()
    await judge(old, old_engine, cluster, 2)
    new, new_engine = task_of(cluster)
    new.start_at(await new.take_over() or 0)
    await judge(new, new_engine, cluster, 10)
    await new.save()

    with pytest.raises(ProducerFenced):
        await old.save()
    assert_whole(cluster)
    assert msgspec.msgpack.decode(cluster.committed()[HEAD], type=Head).offset == 16


async def test_an_open_transaction_of_the_former_owner_is_ended() -> None:
    """Half a checkpoint of a process that is gone is not part of what the next owner reads."""
    cluster = Cluster()
    old, engine = task_of(cluster)
    old.start_at(await old.take_over() or 0)
    await judge(old, engine, cluster, 4)
    cluster.crash_at, cluster.steps = [3], 0
    with pytest.raises(Crash):
        await old.save()
    assert cluster.open
    new, engine = task_of(cluster)

    assert await new.take_over() is None
    assert engine.counts == {}


async def test_a_partition_that_stays_is_kept_only_after_a_checkpoint() -> None:
    """After a rebalance the live state counts only when a checkpoint proves that nobody else opened it."""
    cluster = Cluster()
    task, engine = task_of(cluster)
    task.start_at(await task.take_over() or 0)
    await judge(task, engine, cluster, 4)
    await task.finish()
    markers = cluster.records.count((b"", None, False))

    assert await task.take_over() == 4
    assert cluster.records.count((b"", None, False)) == markers + 1

    await task.finish()
    other, _ = task_of(cluster)
    await other.take_over()
    with pytest.raises(ProducerFenced):
        await task.take_over()


def head_of(cluster: Cluster) -> Head:
    """The head that is committed."""
    return msgspec.msgpack.decode(cluster.committed()[HEAD], type=Head)


async def test_what_a_killed_owner_may_have_judged_is_not_finished_before_it_is_judged_again() -> None:
    """An owner that stops in order finishes the log, but not what somebody else sent beyond: that comes again first."""
    cluster = Cluster()
    killed, engine = task_of(cluster)
    killed.start_at(await killed.take_over(0) or 0)
    await judge(killed, engine, cluster, 4)
    await killed.save()
    await judge(killed, engine, cluster, 4)
    finished = [head_of(cluster).finished]

    for end, size in ((8, 2), (8, 1), (8, 1), (9, 0)):
        heir, engine = task_of(cluster)
        await heir.take_over(end)
        assert not head_of(cluster).finished
        await judge(heir, engine, cluster, size)
        await heir.finish()
        finished.append(head_of(cluster).finished)

    assert [False, False, False, True, True] == finished


async def test_nothing_is_written_between_settling_and_taking_over() -> None:
    """A partition that may belong to somebody else by now is not saved."""
    cluster = Cluster()
    task, engine = task_of(cluster)
    task.start_at(await task.take_over() or 0)
    await task.finish()
    settled = cluster.committed()
    await judge(task, engine, cluster, 4)

    assert await task.save() is None
    assert settled == cluster.committed()


async def test_a_refused_record_is_not_committed_over() -> None:
    """When the broker refuses a state record, neither head nor commit follows, and nothing is saved any more."""
    cluster = Cluster(refuse=LOG[0])
    task, engine = task_of(cluster)
    task.start_at(await task.take_over() or 0)
    await judge(task, engine, cluster, 4)
    with pytest.raises(ValueError, match="refused"):
        await task.save()
    cluster.refuse = ""

    with pytest.raises(RuntimeError, match="not finished"):
        await task.save()
    assert cluster.committed() == {}


async def test_a_step_that_takes_too_long_fails() -> None:
    """A checkpoint that hangs does not hang for ever."""
    cluster = Cluster()

    class Slow(Producer):
        async def commit_transaction(self) -> None:
            await asyncio.sleep(60)

    changelog = Changelog("c", 0, cast(Any, lambda: Slow(cluster)), cast(Any, lambda: Reader(cluster)), 0.05)
    await changelog.open()

    with pytest.raises(TimeoutError):
        await changelog.write([], Head(1, 0, 4, {}))


async def test_a_changelog_that_cannot_be_read_on_fails() -> None:
    """A broker that has the records and does not give them must not be asked for ever; who asked lets go of it."""
    cluster = Cluster(records=[(b"a", b"1", True)])
    stopped = []

    class Stuck(Reader):
        async def getmany(self, partition: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Read]]:
            await asyncio.sleep(0)
            return {}

        async def stop(self) -> None:
            stopped.append(self)

    changelog = Changelog("c", 0, cast(Any, None), cast(Any, lambda: Stuck(cluster)), 0.05)

    with pytest.raises(StandsStillError, match=r"c/0: expected to be read to 1, stands still at 0 for 0\.05 s"):
        await changelog.read()
    assert len(stopped) == 1


async def test_a_reader_that_does_not_start_is_let_go_of() -> None:
    """A take-over that is broken off leaves nothing behind."""
    stopped = []

    class Away(Reader):
        async def start(self) -> None:
            await asyncio.sleep(60)

        async def stop(self) -> None:
            stopped.append(self)

    changelog = Changelog("c", 0, cast(Any, None), cast(Any, lambda: Away(Cluster())), 10)
    taking = asyncio.create_task(changelog.read())
    await asyncio.sleep(0)
    taking.cancel()
    await asyncio.wait([taking])

    assert len(stopped) == 1


async def test_a_producer_that_does_not_stop_fails() -> None:
    """A partition that is given up does not hold the others up."""
    cluster = Cluster()

    class Stuck(Producer):
        async def stop(self) -> None:
            await asyncio.sleep(60)

    changelog = Changelog("c", 0, cast(Any, lambda: Stuck(cluster)), cast(Any, lambda: Reader(cluster)), 0.01)
    await changelog.open()

    with pytest.raises(TimeoutError):
        await changelog.close()


async def test_a_batch_whose_alerts_are_not_out_is_not_saved() -> None:
    """Once sending failed, no checkpoint may claim that the batch was judged."""
    cluster = Cluster()
    task, engine = task_of(cluster)
    task.start_at(await task.take_over() or 0)
    cluster.crash_at, cluster.steps = [1], 0
    with pytest.raises(Crash):
        await judge(task, engine, cluster, 4)

    assert await task.finish() is None
    assert cluster.committed() == {}


async def test_only_what_is_saved_is_acknowledged() -> None:
    """The group's offset never runs ahead of the head."""
    cluster = Cluster()
    task, engine = task_of(cluster)
    task.start_at(await task.take_over() or 0)
    first = await judge(task, engine, cluster, 4)
    saving = asyncio.create_task(task.save())
    while not cluster.open:  # noqa: ASYNC110 - the steps are counted, there is no event for each
        await asyncio.sleep(0)
    second = await judge(task, engine, cluster, 4)
    saved = await saving

    assert first is not None
    assert second is not None
    assert saved is not None
    assert (saved.offset, first.acked, second.acked) == (4, True, False)


async def test_a_hole_in_the_log_is_passed_over() -> None:
    """Transactions leave offsets out, whether they were committed or not."""
    cluster = Cluster()
    task, _ = task_of(cluster)
    task.start_at(await task.take_over() or 0)
    for first, last in ((2, 3), (9, 9)):
        async with task.judging(first, last, Event()):
            pass
    saved = await task.save(idle=True)

    assert saved is not None
    assert saved.offset == 10


@pytest.mark.parametrize("position", [None, 2])
async def test_what_was_judged_is_not_judged_again(position: int | None) -> None:
    """A record before the position, or of a partition that is not taken over, ends the process."""
    task, _ = task_of(Cluster())
    task.position = position

    with pytest.raises(RuntimeError, match=f"expected offset {position} or more, was 1"):
        async with task.judging(1, 2, Event()):
            pass


async def test_an_untouched_state_is_saved_when_it_rests_or_has_moved_far() -> None:
    """Retractions that touch nothing cost no transaction, and still the head comes to the end."""
    cluster = Cluster()
    task, _ = task_of(cluster)
    task.start_at(await task.take_over() or 0)
    async with task.judging(0, 9, Event()):
        pass

    assert await task.save() is None
    idle = await task.save(idle=True)
    assert idle is not None
    assert (idle.offset, idle.records) == (10, 0)
    assert await task.save(idle=True) is None
    async with task.judging(10, HEAD_EVERY + 9, Event()):
        pass
    far = await task.save()
    assert far is not None
    assert far.offset == HEAD_EVERY + 10


@pytest.mark.parametrize(("partitions", "state"), [(6, "1"), (4, "2")])
async def test_state_of_another_shape_is_not_taken_over(partitions: int, state: str) -> None:
    """Another number of partitions, or another version of the state, is refused in one line."""
    cluster = Cluster()
    await live(cluster, SIZES)
    task, _ = task_of(cluster, partitions, state)

    with pytest.raises(ValueError, match=r"saved state: expected \(partitions, state version\)"):
        await task.take_over()


async def test_without_a_changelog_a_batch_is_finished_at_once() -> None:
    """On the embedded broker the state is in memory only."""
    task = Task(0, 4, cast(Engine, Counting()), None)
    task.start_at(await task.take_over() or 0)
    event = Event()
    async with task.judging(0, 3, event):
        pass

    assert event.acked
    assert await task.save(idle=True) is None
    await task.close()


async def test_tombstones_are_gone_from_what_is_read() -> None:
    """A state record that was taken back is not loaded."""
    cluster = Cluster()
    changelog = changelog_of(cluster)
    await changelog.open()
    await changelog.write([(b"a", b"1"), (b"b", b"2")], Head(2, 0, 4, {}))
    await changelog.write([(b"a", None)], Head(3, 0, 4, {}))

    assert {b"b"} == (await changelog.read()).keys() - {HEAD}


async def test_a_changelog_that_was_not_opened_is_not_written() -> None:
    """Only who fenced the others off may write."""
    changelog = changelog_of(Cluster())

    with pytest.raises(RuntimeError, match="expected to be opened first"):
        await changelog.write([], Head(1, 0, 4, {}))
    await changelog.close()


@pytest.mark.parametrize("aborted", [0, 30])
async def test_the_last_head_is_read_from_the_end(aborted: int) -> None:
    """Whatever stands behind it of transactions that were ended; nobody is fenced off by it."""
    cluster = Cluster()
    changelog = changelog_of(cluster)
    assert await changelog.head() is None
    await changelog.open()
    await changelog.write([(str(n).encode(), b"1") for n in range(40)], Head(2, 7, 4, {}))
    cluster.records += [(HEAD, b"half", False)] * aborted
    read_from = Reader(cluster)

    assert await Changelog("changelog", 0, cast(Any, None), cast(Any, lambda: read_from), 10).head() == Head(
        2, 7, 4, {}
    )
    assert cluster.epoch == 1
