"""What was made of the log of leads, in a file of this machine, so that a start need not read the whole log again.

It may be lost at any time: then the whole log is read again, which gives the same. State and the offset behind which
reading goes on are written in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

import msgspec
import structlog

from monitor import __version__
from monitor.leads.facts import InForce
from monitor.leads.judging import Judging, watches_of
from monitor.worker.fingerprint import catalogue_version
from rules.engine.records import VERSION as STATE_VERSION

FORM = "3"
"""The form of the file, and of what the book of leads makes of facts."""
_TABLES = """
CREATE TABLE IF NOT EXISTS head (only INTEGER PRIMARY KEY CHECK (only = 1), value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS state (name BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (alert_id TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


class Head(msgspec.Struct, frozen=True):
    """To where the log was judged. offset: of the next record; clock: of Judging; in_force: what the log said last."""

    build: str
    offset: int
    clock: int
    in_force: InForce | None


@cache
def build() -> str:
    """Who wrote a file: what another build made of the log, or other parameters by default, is not taken over."""
    defaults = repr([watch.rule for watch in watches_of(InForce(()))])
    of_rules = blake2b(defaults.encode(), digest_size=4).hexdigest()
    return f"{FORM} {__version__} {catalogue_version()} {STATE_VERSION} {of_rules}"


class SavedLeads:
    """The file of an area. Where it cannot be read or written a start reads the whole log, and a warning says so.

    A file that is damaged is replaced.

    One process keeps it: where another wrote meanwhile, this one writes no more.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._path = folder.expanduser() / f"{prefix}.leads"
        self._db: sqlite3.Connection | None = None
        self._head: bytes | None = None
        self._log = structlog.get_logger("settlement_monitor.leads")

    def load(self, judging: Judging, first: int, end: int) -> int:
        """Load what this build saved at an offset from first to end; gives that offset, else first, and begins anew."""
        with self._told("read"):
            try:
                return self._load(judging, first, end)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                self._log.warning("what is known of leads is damaged, its file is replaced", reason=str(error))
                self._replace()
        return first

    def _load(self, judging: Judging, first: int, end: int) -> int:
        """As `load`. Raises sqlite3.DatabaseError, OSError; nothing was put into `judging` then."""
        self._open()
        head = self._found()
        if head is None or not first <= head.offset <= end:
            self._begin_anew()
            return first
        state = self._connected().execute("SELECT name, value FROM state").fetchall()
        known = self._connected().execute("SELECT alert_id, value FROM known").fetchall()
        judging.load(head.clock, head.in_force, state, known)
        return head.offset

    def _replace(self) -> None:
        """Begin with an empty file, and what SQLite keeps beside the earlier one is gone with it."""
        self.close()
        for end in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)
        self._open()
        self._head = None

    def save(self, judging: Judging, offset: int) -> None:
        """Save what was made of the log before an offset."""
        state, known = judging.drain_changes()
        if self._db is None:
            return
        head = msgspec.msgpack.encode(Head(build(), offset, judging.clock, judging.in_force))
        with self._told("written"), self._db as db:
            db.execute("BEGIN IMMEDIATE")
            if self._saved_head() != self._head:
                raise sqlite3.OperationalError("expected one process that keeps the file, another does")
            db.executemany("DELETE FROM state WHERE name = ?", [(name,) for name, value in state if value is None])
            db.executemany("REPLACE INTO state VALUES (?, ?)", [one for one in state if one[1] is not None])
            db.executemany("REPLACE INTO known VALUES (?, ?)", known)
            db.execute("REPLACE INTO head VALUES (1, ?)", (head,))
            self._head = head

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
        self._db = None

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Where the file fails it is used no more, and a warning says so."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self._log.warning(f"what is known of leads cannot be {what}", reason=type(error).__name__)
            self.close()

    def _open(self) -> None:
        self.close()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    def _connected(self) -> sqlite3.Connection:
        if self._db is None:
            raise sqlite3.OperationalError("expected a file that is open")
        return self._db

    def _saved_head(self) -> bytes | None:
        found = self._connected().execute("SELECT value FROM head").fetchone()
        return None if found is None else bytes(found[0])

    def _found(self) -> Head | None:
        """Where the file ends; None where this build wrote nothing."""
        self._head = self._saved_head()
        head = None
        with suppress(msgspec.DecodeError):
            head = None if self._head is None else msgspec.msgpack.decode(self._head, type=Head)
        return head if head is not None and head.build == build() else None

    def _begin_anew(self) -> None:
        self._connected().executescript("BEGIN; DELETE FROM head; DELETE FROM state; DELETE FROM known; COMMIT;")
        self._head = None
