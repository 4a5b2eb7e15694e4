"""The file of an area in which the read model stands: SQLite, made of the topics and dropped at any time.

Its name has the form of its tables and a number; of several files of this form the greatest number counts. It is built
beside the one that counts, under another name, and renamed when it is complete: whoever reads goes on with the earlier
one meanwhile. The offsets up to which the topics were read are written in the transaction of the rows, so a process
that is killed loses nothing and takes nothing twice.
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from monitor.errors import ConfigurationError

FORM = "8"
"""The form of the tables. A file of another form is passed over, and one is built from the topics."""
WAIT_SECONDS = 30.0
"""So long one process waits for another that writes. Our assumption: a batch takes less than a second."""
CACHE_KIB = 16 * 1024
BUILD_CACHE_KIB = 128 * 1024
"""Memory for pages: of a connection that reads, and of the one that builds."""
HASH_BYTES = 32 * 1024 * 1024
"""Memory for what is indexed of texts, before a part of the index is written."""

# An alert is a row with what is filtered, sorted and counted by; what it says stands apart, so that rows stay short.
# last, opened: ms UTC. severity: its rank. outcome: the disposition, or that it corrected itself; month: in which that
# was said, yyyy-mm in Beijing, empty where nothing was. Texts and persons are indexed, not kept. word: of the English
# texts; it stays when the last alert with it is forgotten, for the same words come again and again. reference: rows of
# reference tables; record: the record key under which one stands on its topic.
TABLES = f"""
CREATE TABLE alert (
  id INTEGER PRIMARY KEY, alert_id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, last INTEGER NOT NULL,
  amount REAL NOT NULL, opened INTEGER NOT NULL, withdrawn INTEGER, rule TEXT NOT NULL, severity INTEGER NOT NULL,
  status TEXT NOT NULL, is_open INTEGER NOT NULL, institution TEXT, stage TEXT, incident TEXT NOT NULL, insured TEXT,
  treated TEXT, disposition TEXT NOT NULL, assignee TEXT NOT NULL, is_due INTEGER NOT NULL, proposed TEXT NOT NULL,
  is_corrected INTEGER NOT NULL, outcome TEXT NOT NULL, month TEXT NOT NULL
);
CREATE TABLE tally (
  rule TEXT, severity INTEGER, status TEXT, is_open INTEGER, stage TEXT, disposition TEXT, outcome TEXT, month TEXT,
  number INTEGER NOT NULL, PRIMARY KEY (rule, severity, status, is_open, stage, disposition, outcome, month)
) WITHOUT ROWID;
CREATE TABLE body (id INTEGER PRIMARY KEY, json BLOB NOT NULL);
CREATE TABLE act (
  alert_id TEXT, is_work INTEGER, at INTEGER, json TEXT, PRIMARY KEY (alert_id, is_work, at, json)
) WITHOUT ROWID;
CREATE TABLE snooze (at INTEGER, json TEXT, PRIMARY KEY (at, json)) WITHOUT ROWID;
CREATE TABLE reference (
  name TEXT, record BLOB, key TEXT NOT NULL, json BLOB NOT NULL, PRIMARY KEY (name, record)
) WITHOUT ROWID;
CREATE TABLE read (topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE VIRTUAL TABLE said USING fts5 (
  words, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1'
);
INSERT INTO said (said, rank) VALUES ('hashsize', {HASH_BYTES});
CREATE VIRTUAL TABLE told USING fts5 (words, content='', columnsize=0, detail=none, tokenize='ascii');
CREATE TABLE word (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE VIRTUAL TABLE person USING fts5 (words, content='', columnsize=0, detail=none, tokenize='ascii');
CREATE VIRTUAL TABLE trigram USING fts5vocab (said, row);
"""
INDEXES = """
CREATE INDEX by_last ON alert (last);
CREATE INDEX by_amount ON alert (amount, alert_id);
CREATE INDEX by_opened ON alert (opened);
CREATE INDEX by_severity ON alert (severity, last);
CREATE INDEX by_open ON alert (is_open, severity, last);
CREATE INDEX by_rule ON alert (rule, last, severity);
CREATE INDEX by_status ON alert (status, last);
CREATE INDEX by_stage ON alert (stage, last);
CREATE INDEX by_institution ON alert (institution, last);
CREATE INDEX by_disposition ON alert (disposition, last);
CREATE INDEX by_assignee ON alert (assignee, last);
CREATE INDEX by_proposal ON alert (proposed);
CREATE INDEX by_due ON alert (is_due, opened);
CREATE INDEX by_insured ON alert (insured);
CREATE INDEX by_treated ON alert (treated);
CREATE INDEX by_incident ON alert (incident);
CREATE INDEX by_key ON reference (name, key);
"""
_KINDS = "{0}rule, {0}severity, {0}status, {0}is_open, coalesce({0}stage, ''), {0}disposition, {0}outcome, {0}month"


def _count(row: str, number: int) -> str:
    """Counts an old or a new row in the tally."""
    kind = _KINDS.format(f"{row}.")
    return f"INSERT INTO tally VALUES ({kind}, {number}) ON CONFLICT DO UPDATE SET number = number + {number};"


# How many alerts there are of each kind: kept by SQLite itself, so that no page counts a million of them.
TALLY = f"""
INSERT INTO tally SELECT {_KINDS.format("")}, count(*) FROM alert GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
CREATE TRIGGER tally_more AFTER INSERT ON alert BEGIN {_count("new", 1)} END;
CREATE TRIGGER tally_less AFTER DELETE ON alert BEGIN {_count("old", -1)} END;
CREATE TRIGGER tally_other AFTER UPDATE ON alert BEGIN {_count("old", -1)} {_count("new", 1)} END;
"""


class Store:
    """The files of an area. folder: of the read models on this machine; prefix: of the area."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder, self._prefix = folder.expanduser(), prefix

    def path(self) -> Path | None:
        """The file that counts; None where none was built yet."""
        found = self._folder.glob(f"{self._prefix}.{FORM}.*.sqlite")
        return max(found, key=_number, default=None)

    def begin(self) -> Path:
        """The file that counts; an empty one where none is there. Raises ConfigurationError."""
        found = self.path()
        if found is not None:
            return found
        with self.building():
            pass
        return self.begin()

    @contextmanager
    def building(self) -> Iterator[sqlite3.Connection]:
        """An empty file without indexes to be filled, in one transaction; complete behind the block, it counts.

        Raises ConfigurationError where the folder cannot be written, or another process builds.
        """
        made, number = self._folder / f"{self._prefix}.building", time.time_ns()
        with self._lock():
            self._remove(made)
            with closing(_connect(made, "rwc")) as db:
                # It is no file yet of which anybody could miss something.
                db.execute("PRAGMA journal_mode = OFF")
                db.execute("PRAGMA synchronous = OFF")
                db.execute(f"PRAGMA cache_size = -{BUILD_CACHE_KIB}")
                db.executescript(TABLES)
                db.execute("BEGIN")
                yield db
                db.execute("COMMIT")
                db.executescript(INDEXES + TALLY)
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA journal_mode = WAL")
            earlier = [*self._folder.glob(f"{self._prefix}.*.sqlite")]
            made.rename(self._folder / f"{self._prefix}.{FORM}.{number}.sqlite")
            for one in earlier:
                self._remove(one)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Nobody else builds for the length of the block. Raises ConfigurationError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = (self._folder / f"{self._prefix}.lock").open("wb")
        except OSError as error:
            raise ConfigurationError(
                f"MONITOR_READMODEL_DIR: expected a folder that can be written, was {self._folder}: {error.strerror}"
            ) from None
        with held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigurationError(f"{self._prefix}: expected one process that builds it, another does") from None
            yield

    def _remove(self, path: Path) -> None:
        """Remove a file and what SQLite keeps beside it; who has it open goes on reading it."""
        for end in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                path.with_name(path.name + end).unlink()


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there; any thread may use it, one at a time. Raises sqlite3.Error."""
    db = _connect(path, "rw")
    db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    db.execute("PRAGMA synchronous = NORMAL")
    return db


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, WAIT_SECONDS, uri=True, isolation_level=None, check_same_thread=False)


def _number(path: Path) -> int:
    """When a file was begun, nanoseconds since 1970."""
    return int(path.name.split(".")[-2])
