"""Pages that rest on a disk: whatever becomes of disk and process, what is said and held is what memory would say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine import in_memory, packs
from rules.engine.engine import Engine
from rules.engine.memory import ROOM
from rules.engine.rule import Rule
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS
from rules.reference import Reference
from streams.detect import disk as disks
from streams.detect.detector import process
from streams.detect.disk import Disk, DiskError
from streams.detect.task import Task
from streams.kafka.changelog import HEAD, Changelog, Head
from streams.kafka.versions import InForce
from tests._servers import ended_with
from tests.oracle import wire
from tests.oracle.desk import Desk
from tests.oracle.profile import examples
from tests.oracle.sample_rules import ManySwipes, SoldTwice
from tests.oracle.wire import DAY, MONDAY
from tests.oracle.world import Log, Run, apart, from_sources, in_some_order, logs, run
from tests.rules.engine.test_twin import RULES, SEEDS, WORLDS, World, events_of
from tests.streams._cluster import Cluster, Producer, Reader

SAME = "area a, state 6, 4 partitions"


class Worker:
    """One engine whose pages rest on a disk, and the changelog that outlives it."""

    def __init__(self, folder: Path, watches: Sequence[Watch], reference: Reference, room: int = ROOM) -> None:
        self.folder, self.room = folder, room
        self.given = watches, reference
        self.changelog: list[tuple[bytes, bytes | None]] = []
        self.begin()

    def begin(self) -> None:
        """Take the partition over: the disk, what the changelog says beyond it, and what is not on the disk."""
        self.disk = Disk(self.folder, LEDGERS, SAME)
        end = len(self.changelog)
        start = self.disk.open(0, end)
        for first in range(start, end, 7):
            self.disk.take_in(self.changelog[first : min(first + 7, end)])
        self.disk.complete(end)
        self.engine = Engine(*self.given, LEDGERS, self.disk)
        self.engine.memory.room = self.engine.memory.retractions.room = self.room
        self.engine.load(self.disk.records())
        self.started_at = start

    def checkpoint(self, *, until: str = "settled", meanwhile: Callable[[], None] = lambda: None) -> None:
        """Save what changed, while more is judged. until: where it ends: "committed" leaves the disk behind."""
        records = self.engine.drain_changes()
        meanwhile()
        head = Head(0, self.engine.tick, 4, {})
        self.changelog += [*records, (HEAD, msgspec.msgpack.encode(head))]
        if until == "settled":
            self.disk.write(records, head, len(self.changelog))
            self.disk.settle()

    def state(self) -> dict[bytes, bytes]:
        """What the changelog says, without its head."""
        return {name: value for name, value in dict(self.changelog).items() if value is not None and name != HEAD}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for the disks of one test."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


async def lived(folder: Path | None, on_disk: Callable[[int], bool] = lambda _: True) -> list[dict[bytes, bytes]]:
    """What the changelog says after each of four lives of a worker whose rules come by the log: a box is sold in each.

    on_disk: in which lives there is a disk.
    """
    cluster, said = Cluster(), []
    watches = [Watch(ManySwipes()), Watch(SoldTwice())]

    async def in_force(offsets: Mapping[str, int], _: str) -> InForce:
        return InForce(offsets, "m", Reference(), watches, {})

    for day in range(4):
        disk = Disk(folder / "0", LEDGERS, SAME) if folder is not None and on_disk(day) else None
        desk = Desk()
        desk.engine = Engine([], Reference(), LEDGERS, disk)
        changelog = Changelog("c", 0, cast(Any, lambda: Producer(cluster)), cast(Any, lambda: Reader(cluster)))
        task = Task(0, 4, desk.engine, changelog, lambda: {"state": "6"}, in_force, disk)
        task.start_at(await task.take_over() or 0)
        await task.turn(Head(0, 0, 4, {}, offsets={"rules": 1}, mark="m"))
        at = MONDAY + day * DAY
        async with task.judging(day, day, cast(Any, None)):
            sold = [{"drug_trac_codg": wire.BOX[:-4] + f"{day:04}"}]
            desk.tell(
                wire.settlement(
                    at, msgid=f"M{day}", mdtrt_id=f"V{day}", setl_id=f"S{day}", psn_no=f"p{day}", drug_trac_info=sold
                )
            )
            desk.tick(at + DAY // 2)
        task._finished.clear()
        await task.finish()
        await task.close()
        said.append(cluster.committed())
    return said


async def test_a_worker_whose_rules_come_by_the_log_keeps_what_the_one_before_it_kept(folder: Path) -> None:
    """Life by life the changelog says the same, with the disk and without: what rests is not taken for abandoned."""
    said = await lived(folder)

    assert said == await lived(None)
    assert [1, 2, 3, 4] == [sum(b"\xa7entries\xa5sales" in name for name in one) for one in said]


@pytest.mark.parametrize("first", [0, 1])
async def test_a_worker_with_a_disk_parts_what_one_without_it_saved_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """They follow one another; each finds all, and what it says is the same."""
    monkeypatch.setattr(in_memory, "LATELY", 0)
    monkeypatch.setattr(in_memory, "PACKED", 2)
    monkeypatch.setattr(in_memory, "SPARSE", 0)
    said = await lived(folder, lambda day: day % 2 == first)
    together = [sum(name.startswith(packs.BEGINNING) for name in one) for one in said]

    assert [apart(one) for one in said] == [apart(one) for one in await lived(None)]
    assert [number > 0 for number in together] == [day % 2 != first for day in range(4)]


WRECKS = ("none", "none", "lost", "behind", "of another")


def disturbed(log: Log, rules: Sequence[Rule], reference: Reference, random: Random, room: int, folder: Path) -> Run:
    """As `run` of the world, on a disk: the process ends anywhere, and the disk is behind, lost, or of another area."""
    result, position = Run([], [], [], {}), 0
    worker = Worker(folder / "0", [Watch(rule) for rule in rules], reference, room)

    def judge() -> None:
        nonlocal position
        size = random.randint(1, 9)
        outcome = process(worker.engine, log[position : position + size])
        position += size
        result.values.extend(one.value for one in outcome.alerts)
        result.reminders.extend(one.value for one in outcome.reminders)

    saved_at = 0
    while position < len(log):
        worker.engine.memory.rests_at_once = random.random() < 0.5
        judge()
        chance = random.random()
        if chance < 0.4:
            worker.checkpoint(meanwhile=judge if random.random() < 0.5 else lambda: None)
        elif chance < 0.6:
            judged = [result.values[:], result.reminders[:]]
            saved_at = position
            worker.checkpoint(until=random.choice(("settled", "committed")), meanwhile=judge)
            position, (result.values, result.reminders) = saved_at, judged  # what was not saved is judged again
            worker.disk.close()
            wreck(worker, random.choice(WRECKS))
            worker.begin()
    worker.checkpoint()
    result.state = apart(worker.state())
    assert contents(worker.disk) == contents(rebuilt(worker, folder / "1"))
    worker.disk.close()
    return result


def wreck(worker: Worker, how: str) -> None:
    """Let something become of a disk that no process has. Behind: as it was the last time."""
    old = worker.folder.with_name("old")
    if how == "lost":
        shutil.rmtree(worker.folder)
    elif how == "behind" and old.exists():
        shutil.rmtree(worker.folder)
        shutil.copytree(old, worker.folder)
    elif how == "of another":
        other = Disk(worker.folder, LEDGERS, "area b")
        other.open(0, 0)
        other.write([(b"\x94\xa4tick", b"1")], Head(9, 9, 9, {}), 0)
        other.close()
    shutil.rmtree(old, ignore_errors=True)
    if worker.folder.exists():
        shutil.copytree(worker.folder, old)


def rebuilt(worker: Worker, folder: Path) -> Disk:
    """A disk that has read the whole changelog once."""
    disk = Disk(folder, LEDGERS, SAME)
    disk.open(0, len(worker.changelog))
    disk.take_in(worker.changelog)
    disk.complete(len(worker.changelog))
    return disk


def contents(disk: Disk) -> dict[bytes, bytes]:
    """All keys of a disk but its head."""
    return {key: value for key, value in disk._items(b"") if key != b"h"}


@RULES
@examples(12)
@given(world=WORLDS, seed=SEEDS, room=st.sampled_from((2, ROOM)))
def test_on_a_disk_the_same_is_said_and_saved(
    rules: Sequence[Rule], reference: Reference, world: World, seed: int, room: int
) -> None:
    """E1: one log gives the same bytes and the same state, on a disk and in memory, whatever ends and is lost."""
    random = Random(seed)
    arrived = from_sources(in_some_order(events_of(world), random), random, sources=2)
    [log] = logs(arrived, final=random.random() < 0.5)
    undisturbed = run(log, rules, reference, room=room)

    with tempfile.TemporaryDirectory() as folder:
        found = disturbed(log, rules, reference, random, room, Path(folder))

    assert undisturbed.values == found.values
    assert undisturbed.reminders == found.reminders
    assert not undisturbed.state.items() ^ found.state.items()


def desk_on(worker: Worker) -> Desk:
    """A desk that feeds a worker's engine."""
    desk = Desk()
    desk.engine = worker.engine
    return desk


def boxes(worker: Worker, days: range) -> None:
    """A settlement with a box of its own on each day, saved in the evening."""
    desk = desk_on(worker)
    for day in days:
        at = MONDAY + day * DAY
        trace = [{"drug_trac_codg": wire.BOX[:-4] + f"{day:04}"}]
        ids = {"setl_id": f"S{day}", "psn_no": f"p{day}"}
        desk.tell(wire.settlement(at, **ids, drug_trac_info=trace, feedetail=[wire.line(1, at)]))
        desk.tick(at + DAY // 2)
        worker.checkpoint()


def a_worker(folder: Path) -> Worker:
    """A worker with two rules."""
    return Worker(folder / "0", [Watch(ManySwipes()), Watch(SoldTwice())], Reference())


def test_what_rests_is_on_the_disk_alone(folder: Path) -> None:
    """Nothing of it is in memory, also after a take-over; and a reversal finds it there."""
    worker = a_worker(folder)
    boxes(worker, range(40))
    for _ in range(3):
        worker.checkpoint()
    sizes = worker.engine.sizes()
    worker.disk.close()
    worker.begin()
    taken_over = worker.engine.sizes()
    awake, in_memory = {name for name, _ in worker.engine.memory.pages}, list(worker.disk._laid)
    desk_on(worker).tell(wire.reversal("S3", MONDAY + 5 * DAY, psn_no="p3"))

    assert worker.started_at == len(worker.changelog)
    assert sizes["pages_at_rest"] > 60
    assert (sizes["entries"], sizes["pages"]) == (taken_over["entries"], taken_over["pages"])
    assert "sales" not in awake
    assert not in_memory
    assert "sales" in {page.ledger.name for page in worker.engine.memory.pages.values() if page.taken}


def test_what_is_old_is_dropped_from_the_disk(folder: Path) -> None:
    """With all by which it is found."""
    worker = a_worker(folder)
    worker.engine.memory.room = 0
    boxes(worker, range(6))
    desk = desk_on(worker)
    for day in (3000, 3001, 3002):
        desk.tick(MONDAY + day * DAY)
        worker.checkpoint()

    assert worker.engine.sizes()["pages"] == 0
    assert {key[:1] for key in contents(worker.disk)} == {b"r"}


def test_a_ledger_that_nothing_reads_is_dropped_from_the_disk(folder: Path) -> None:
    """In slices at the next tick, what was laid to rest a moment ago included."""
    worker = a_worker(folder)
    boxes(worker, range(6))
    assert any(b"\xa5sales" in key for key in contents(worker.disk))
    worker.engine.turn([Watch(ManySwipes())], Reference())
    desk_on(worker).tick(MONDAY + 8 * DAY)
    desk_on(worker).tick(MONDAY + 9 * DAY)
    worker.checkpoint()

    assert not any(b"\xa5sales" in key for key in contents(worker.disk))


@pytest.mark.parametrize(
    ("first", "end", "change"),
    [
        (0, 0, lambda _: None),
        (1000, 2000, lambda _: None),
        (0, 1000, lambda monkeypatch: monkeypatch.setattr(disks, "OLDEST_SECONDS", -1.0)),
    ],
    ids=["ahead of the changelog", "behind all that it has", "too old"],
)
def test_a_copy_that_cannot_be_read_on_from_is_made_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch, first: int, end: int, change: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """Its offset is not the changelog's, or it may have missed that something is gone."""
    worker = a_worker(folder)
    boxes(worker, range(2))
    worker.disk.close()
    change(monkeypatch)
    disk = Disk(folder / "0", LEDGERS, SAME)

    assert disk.open(first, end) == first
    assert contents(disk) == {}


def test_a_copy_of_a_later_time_is_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock was wrong: nobody knows how old it is."""
    worker = a_worker(folder)
    monkeypatch.setattr(disks, "time", lambda: time.time() + 400 * 86_400)
    boxes(worker, range(2))
    worker.disk.close()
    monkeypatch.undo()
    worker.begin()

    assert worker.started_at == 0


def test_a_copy_of_other_ledgers_is_made_anew(folder: Path) -> None:
    """Of a ledger that rests no more its entries stand under other keys."""
    worker = a_worker(folder)
    boxes(worker, range(2))
    worker.disk.close()
    others = [replace(one, bin=DAY) if one.name == "sales" else one for one in LEDGERS]
    disk = Disk(folder / "0", others, SAME)

    assert disk.open(0, len(worker.changelog)) == 0
    assert contents(disk) == {}


def test_a_copy_whose_head_is_of_another_form_is_made_anew(folder: Path) -> None:
    """An older or a newer build wrote it."""
    worker = a_worker(folder)
    boxes(worker, range(2))
    worker.disk._db.put(b"h", b"\x93\x01\x02\x03")
    worker.disk.close()
    worker.begin()

    assert worker.started_at == 0


def test_files_that_cannot_be_removed_are_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would be taken for what the changelog says."""
    worker = a_worker(folder)
    boxes(worker, range(2))
    worker.disk.close()
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)

    with pytest.raises(DiskError, match="expected to be removed"):
        Disk(folder / "0", LEDGERS, "area b").open(0, 0)


@pytest.mark.parametrize(
    ("fault", "kept"), [("No space left on device", True), ("Corruption: block checksum mismatch", False)]
)
def test_a_fault_that_passes_leaves_the_copy(folder: Path, fault: str, kept: bool) -> None:  # noqa: FBT001 - a column
    """A full disk does not make it worthless; a damaged one does."""
    worker = a_worker(folder)
    boxes(worker, range(2))
    assert fault in str(worker.disk._failed(Exception(f"IO error: {fault}")))
    worker.disk.close()
    worker.begin()

    assert (worker.started_at > 0) == kept


def test_a_copy_that_was_not_complete_is_made_anew(folder: Path) -> None:
    """The process ended while it read the changelog for the first time."""
    disk = Disk(folder / "0", LEDGERS, SAME)
    disk.open(0, 10)
    disk.take_in([(b"\x94\xa4tick", b"1")])
    disk.close()

    assert disk.open(0, 10) == 0
    assert contents(disk) == {}


def test_what_is_no_disk_or_damaged_is_made_anew(folder: Path) -> None:
    """It is a copy: nothing of it is worth a person's time."""
    worker = a_worker(folder)
    boxes(worker, range(3))
    worker.disk.close()
    for file in (folder / "0").iterdir():
        file.write_bytes(b"\x00" * 7)
    worker.begin()

    assert worker.started_at == 0
    assert contents(worker.disk) == contents(rebuilt(worker, folder / "1"))


def test_a_disk_that_cannot_be_read_any_more_says_so_and_is_made_anew(folder: Path) -> None:
    """The process ends with the folder in its last line; the next one does not fall over the same."""
    worker = a_worker(folder)
    boxes(worker, range(200))
    worker.disk._db.flush()
    for table in (folder / "0").glob("*.sst"):
        table.write_bytes(b"\x00" * table.stat().st_size)

    with pytest.raises(DiskError, match="/0: "):
        list(worker.disk._items(b"p"))
    worker.disk.close()
    worker.begin()

    assert worker.started_at == 0
    assert contents(worker.disk) == contents(rebuilt(worker, folder / "1"))


HOLD = """
import sys
from pathlib import Path
from rules.ledgers import LEDGERS
from streams.detect.disk import Disk
held = Disk(Path(sys.argv[1]), LEDGERS, "other")
held.open(0, 0)
print("open", flush=True)
sys.stdin.read()
"""


def test_a_folder_that_another_process_has_is_left_to_it(folder: Path) -> None:
    """A worker that was replaced and does not know it yet must not keep its heir waiting: a spare one is filled."""
    worker = a_worker(folder)
    boxes(worker, range(3))
    worker.disk.close()
    command = [sys.executable, "-c", HOLD, str(folder / "0")]
    with (
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as other,
        ended_with(other),
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        worker.begin()
        spare = [one.name for one in folder.iterdir()]
        other.kill()
    found = contents(worker.disk) == contents(rebuilt(worker, folder / "1"))
    worker.disk.close()

    assert (worker.started_at, found) == (0, True)
    assert "0.spare-0" in spare
    assert "0.spare-0" not in [one.name for one in folder.iterdir()]


def test_a_spare_folder_that_no_process_has_is_removed(folder: Path) -> None:
    """Its process was killed."""
    (folder / "0.spare-0").mkdir()
    (folder / "0.spare-1").mkdir()  # of a process that is about to open it
    os.utime(folder / "0.spare-0", (0, 0))
    disk = Disk(folder / "0", LEDGERS, SAME)
    disk.open(0, 0)

    assert sorted(one.name for one in folder.iterdir()) == ["0", "0.spare-1"]


def test_what_was_handed_out_is_settled_before_more_is(folder: Path) -> None:
    """A checkpoint that never ended must not be followed by another one."""
    worker = a_worker(folder)
    boxes(worker, range(1))
    desk_on(worker).tell(wire.settlement(MONDAY + DAY, setl_id="S9", psn_no="p9"))
    worker.engine.drain_changes()
    desk_on(worker).tell(wire.settlement(MONDAY + DAY, setl_id="S10", psn_no="p10"))

    with pytest.raises(RuntimeError, match="not settled"):
        worker.engine.drain_changes()
