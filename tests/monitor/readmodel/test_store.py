"""The file of the read model: which one counts, and that a process that is killed loses nothing."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from aiokafka.structs import ConsumerRecord

from monitor.errors import ConfigurationError
from monitor.readmodel.projector import Batch, Projector, _write
from monitor.readmodel.store import Store, connect
from monitor.settings import load_settings
from tests.monitor.readmodel.test_readmodel import alert

ROOT = Path(__file__).parents[3]
WRITES = """
import sys
from contextlib import closing
from aiokafka.structs import ConsumerRecord
import orjson
from monitor.readmodel.projector import Projector, _write
from monitor.readmodel.store import Store, connect
from monitor.settings import load_settings
from tests.monitor.readmodel.test_readmodel import alert

settings = load_settings(prefix="p", readmodel_dir=sys.argv[1])
projector, offset = Projector(settings), 0
with closing(connect(Store(settings.readmodel_dir, "p").begin())) as db:
    while True:
        records = [
            ConsumerRecord("p.alerts", 0, at, 0, 0, None, orjson.dumps(alert(f"{at:032x}")), None, 0, 0, ())
            for at in range(offset, offset + 7)
        ]
        _write(db, projector.read(records))
        offset += 7
        print(offset, flush=True)
"""


def told(db: Path) -> tuple[int, int, int]:
    """How many alerts there are, how many texts of them, and where the topic is read on."""
    with closing(connect(db)) as found:
        alerts, texts, ends = (
            found.execute(asked).fetchone()[0]
            for asked in (
                "SELECT count(*) FROM alert", "SELECT count(*) FROM told WHERE told MATCH 'lead'",
                "SELECT next FROM read",
            )
        )  # fmt: skip
    return alerts, texts, ends


@pytest.mark.parametrize("after", [1, 40])
def test_a_process_that_is_killed_leaves_rows_and_offset_as_one(tmp_path: Path, after: int) -> None:
    """By SIGKILL, in whatever it does: rows and texts stand to the offset, and what it said was written is there."""
    program = [sys.executable, "-c", WRITES, str(tmp_path)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout.read().split()]

    path = Store(tmp_path, "p").path()
    assert path is not None
    alerts, texts, end = told(path)
    assert alerts == texts == end
    assert end >= said[-1]


def test_a_disk_that_is_full_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    """What was written before stays, and once there is room it goes on."""
    projector = Projector(load_settings(prefix="p", readmodel_dir=tmp_path))

    def batch(first: int, end: int) -> Batch:
        values = ((at, orjson.dumps(alert(f"{at:032x}"))) for at in range(first, end))
        return projector.read([ConsumerRecord("p.alerts", 0, at, 0, 0, None, it, None, 0, 0, ()) for at, it in values])

    file = Store(tmp_path, "p").begin()
    with closing(connect(file)) as db:
        _write(db, batch(0, 7))
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
            _write(db, batch(7, 500))
        assert told(file) == (7, 7, 7)
        db.execute(f"PRAGMA max_page_count = {10_000 * pages}")
        _write(db, batch(7, 500))

    assert told(file) == (500, 500, 500)


def test_a_new_file_counts_when_it_is_complete(tmp_path: Path) -> None:
    """Until then the earlier one does; who has that one open goes on reading it, and nothing else of it is left."""
    store = Store(tmp_path, "p")
    earlier = store.begin()
    with closing(connect(earlier)) as db:
        db.execute("INSERT INTO snooze VALUES (1, '{}')")
        with store.building() as new:
            new.execute("INSERT INTO snooze VALUES (2, '{}')")
            assert store.path() == earlier
        later = store.path()

        assert later is not None
        assert later != earlier
        assert [(1,)] == db.execute("SELECT at FROM snooze").fetchall()
    with closing(connect(later)) as db:
        assert [(2,)] == db.execute("SELECT at FROM snooze").fetchall()
    assert {"p.lock", later.name} == {one.name for one in tmp_path.iterdir()}


def test_a_build_that_fails_changes_nothing(tmp_path: Path) -> None:
    """The earlier file counts, and the next build begins anew."""
    store = Store(tmp_path, "p")
    earlier = store.begin()
    with pytest.raises(sqlite3.OperationalError), store.building() as db:
        db.execute("INSERT INTO nothing_like_it VALUES (1)")
    assert store.path() == earlier

    with store.building() as db:
        db.execute("INSERT INTO snooze VALUES (1, '{}')")
    assert store.path() not in (None, earlier)


def test_a_file_of_another_form_or_area_is_passed_over(tmp_path: Path) -> None:
    """The next build removes that of the other form, and never one of another area."""
    other_form, other_area = tmp_path / "p.5.17.sqlite", tmp_path / "p-2.6.17.sqlite"
    for one in (other_form, other_area):
        one.touch()
    store = Store(tmp_path, "p")
    assert store.path() is None

    store.begin()

    assert (False, True) == (other_form.exists(), other_area.exists())


def test_two_do_not_build_at_once(tmp_path: Path) -> None:
    """The second one is told."""
    store = Store(tmp_path, "p")
    with store.building(), pytest.raises(ConfigurationError, match="expected one process that builds it"):
        store.begin()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """With its name, and why."""
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match=r"MONITOR_READMODEL_DIR: expected a folder .*/file: "):
        Store(tmp_path / "file", "p").begin()
