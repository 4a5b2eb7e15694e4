"""Pages at rest on a disk: what a changelog partition says, up to one of its offsets, in a RocksDB of this machine.

The changelog is the truth, the disk a copy of it that may be thrown away at any time. Records reach it only after the
transaction that saved them committed, all of a checkpoint and the offset behind it in one step. So it is always what
the changelog said at one offset; who takes over reads on from there. What was laid to rest and has not reached the disk
yet is kept in memory beside it.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import monotonic, sleep, time
from typing import NamedTuple, cast

import msgspec
from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, WriteBatch

from rules.engine import packs
from rules.engine.ledger import Ledger
from rules.engine.marked import Marked
from rules.engine.records import (
    DAY_AT_REST,
    beginning_of,
    days_at_rest,
    encode,
    entries_of,
    name_of,
    name_of_day,
    page_and_day,
    several_at_rest,
    what_rests,
)
from rules.engine.resting import AtRest, Dropped, Name, Taken
from streams.kafka.changelog import HEAD, Head

log = logging.getLogger("settlement_monitor.streams")

OLDEST_SECONDS = 84 * 3600.0
"""A copy older than half of what the changelog keeps of records that are gone is not read on from: it may have missed
that they are gone."""
AHEAD_SECONDS = 3600.0
"""A copy of a later time than this is one of a wrong clock: nobody knows how old it is (our assumption)."""
MEMTABLE_BYTES = 8 << 20
"""Memory of a partition for what was written last; there are two (our assumption)."""
CACHE = Cache(64 << 20)
"""Memory of all partitions of a process for what was read last (our assumption)."""
KEYS = "1"
"""Of the form of keys and values in the RocksDB; a copy of another one is worthless."""
MOST_FILES = 256
"""So many files of a partition are open at most (our assumption: a process may have 1,024)."""
LOCK_SECONDS = 3.0
"""So long a folder that another process has is waited for: at a rebalance its last owner is about to leave it."""
NEW_SECONDS = 60.0
"""A spare folder that is younger may be about to be opened."""
_PASSING = ("No space left", "Too many open files")
"""What RocksDB says of faults that pass; the copy is as good as it was."""
_FAILED = "FAILED"
"""A file of this name says that RocksDB could not read or write: who opens the folder next begins anew."""

_HEAD = b"h"
_PAGE, _MARK, _TOUCHED, _RECORD = b"p", b"m", b"t", b"r"
"""First byte of a key. Page: name -> its days. Mark and touched: both with the name, -> nothing. Record: name -> value,
of all that is no entry of a page that may rest."""

_Days = list[tuple[int, msgspec.Raw]]
_DAYS = msgspec.msgpack.Decoder(_Days)
Record = tuple[bytes, bytes | None]
_NamesByMark = dict[int, set[Name]]


class _Laid(NamedTuple):
    """A page that was laid to rest lately. days: of its entries."""

    saved: bytes
    ledger: str
    touched: int
    days: list[int]


class DiskError(Exception):
    """The disk did not take or give what was asked; the text names the folder."""


class _Head(msgspec.Struct, array_like=True):
    """Of what the disk is the copy. identity: of changelog and form. offset: the first record that it does not have.

    written: seconds since 1970. head: of the changelog, encoded.
    """

    identity: str
    offset: int
    written: float
    head: bytes


class Disk(AtRest):
    """Where the pages of one partition rest, and the records of all else, as of one offset of its changelog.

    Two may use it at once, each in a thread of its own: the engine, which reads pages, and who writes what was saved.
    """

    def __init__(self, folder: Path, ledgers: Collection[Ledger], identity: str) -> None:
        """Take a folder of this partition's own.

        identity: of the area, the form of the records and the number of partitions: a copy of another one is worthless.
        """
        self._folder = folder
        resting = ", ".join(sorted(one.name for one in ledgers if one.may_rest))
        self._identity = f"{identity}, keys {KEYS}, resting {resting}"
        self._names = tuple(beginning_of(one.name) for one in ledgers if one.may_rest)
        self._entries = tuple(entries_of(one.name) for one in ledgers if one.may_rest)
        self._opened: Rdict | None = None
        self._begun = False
        self._at: _Head | None = None
        self._guard = threading.Lock()
        self._laid: dict[Name, _Laid | None] = {}
        self._leaving: dict[Name, _Laid | None] = {}
        self._unsaved: dict[Name, None] = {}  # of those laid
        self._marked: _NamesByMark = {}
        self._leaving_marked: _NamesByMark = {}
        self._always_marked = Marked()
        self._numbers: dict[Name, int] = {}  # of pages that never rest, for the marks that are always in memory
        self._numbered: dict[int, Name] = {}
        self._next_number = 0
        self._number = 0

    # What the engine asks

    def __len__(self) -> int:
        return max(self._number, 0)  # while a state is loaded nobody knows it

    def lay(self, name: Name, saved: bytes, ledger: str, touched: int, days: list[int], *, is_saved: bool) -> None:
        """As of AtRest."""
        self._number += 1
        self._laid[name] = _Laid(saved, ledger, touched, days)
        if not is_saved:
            self._unsaved[name] = None

    def take(self, name: Name) -> Taken | None:
        """As of AtRest."""
        found = self._found(name)
        if found is None:
            return None
        self._number -= 1
        is_saved = name not in self._unsaved
        self._unsaved.pop(name, None)
        return Taken(found[0], is_saved)

    def _found(self, name: Name) -> tuple[bytes, list[int]] | None:
        """A page at rest, and the days of its entries."""
        for lately in (self._laid, self._leaving):
            if name in lately:
                found = lately[name]
                return (found.saved, found.days) if found else None
        value = self._get(_PAGE + name) if self._begun else None
        if value is None:
            return None
        days = _DAYS.decode(value)
        return several_at_rest([saved for _, saved in days]), [day for day, _ in days]

    def drop(self, name: Name) -> None:
        """As of AtRest."""
        self._laid[name] = None
        if (number := self._numbers.pop(name, None)) is not None:
            del self._numbered[number]

    def drop_untouched(self, name: Name, tick: int) -> Dropped | None:
        """As of AtRest."""
        found = self._found(name)
        if found is None or (resting := what_rests(found[0])).touched > tick:
            return None
        self._number -= 1
        self._unsaved.pop(name, None)
        self._laid[name] = None
        return Dropped(resting.entries, [name_of_day(name, day) for day in found[1]])

    def names(self) -> Iterator[Name]:
        """As of AtRest, and pages that are awake."""
        lately = self._leaving | self._laid
        yield from (name for name, found in lately.items() if found)
        yield from (name for name in self._shown(_PAGE) if name not in lately)

    def untouched_since(self, ledger: str, tick: int) -> Iterator[Name]:
        """As of AtRest, and pages that are awake."""
        lately = self._leaving | self._laid
        yield from (n for n, found in lately.items() if found and found.ledger == ledger and found.touched <= tick)
        prefix = _TOUCHED + encode(ledger)
        for key in self._shown(prefix):
            if int.from_bytes(key[:8], signed=True) > tick:
                break
            if key[8:] not in lately:
                yield key[8:]

    def mark(self, name: Name, marks: Iterable[int]) -> None:
        """As of AtRest."""
        if not name.startswith(self._names):
            if name not in self._numbers:
                self._numbers[name] = self._next_number
                self._numbered[self._next_number] = name
                self._next_number += 1
            self._always_marked.put(self._numbers[name], marks)
            return
        for mark in marks:
            self._marked.setdefault(mark, set()).add(name)

    def named(self, marks: Iterable[int]) -> list[Name]:
        """As of AtRest."""
        marks = list(marks)
        found = {name for mark in marks for name in self._shown(_MARK + mark.to_bytes(4))}
        found.update(*(lately.get(mark, ()) for lately in (self._marked, self._leaving_marked) for mark in marks))
        numbers = {number for mark in marks for number in self._always_marked.find(mark)}
        found.update(self._numbered[number] for number in numbers if number in self._numbered)
        return sorted(found)

    def forget_marks(self, tick: int, kept: int) -> None:
        """As of AtRest: of pages that never rest. Those on the disk go with their entries."""
        self._always_marked.forget(tick, kept)

    def begin(self) -> None:
        """As of AtRest."""
        self._begun = True

    def changed(self) -> Iterator[Record]:
        """As of AtRest."""
        for name in self._unsaved:
            one = cast("_Laid", self._laid[name])
            yield from zip((name_of_day(name, day) for day in one.days), days_at_rest(one.saved), strict=True)

    def put_back(self, saved: Iterable[tuple[int, bytes]]) -> None:
        """As of AtRest: who takes over has parted them. Raises RuntimeError where one came."""
        if any(saved):
            raise RuntimeError(f"{self._folder}: expected each page saved by itself, packs came")

    def leave(self) -> None:
        """As of AtRest. Raises RuntimeError where what left before is not settled."""
        if self._leaving or self._leaving_marked:
            raise RuntimeError(f"{self._folder}: what was handed out before was not settled")
        self._unsaved.clear()
        self._leaving, self._laid = self._laid, {}
        self._leaving_marked, self._marked = self._marked, {}

    def know(self, number: int) -> None:
        """As of AtRest."""
        self._number = number

    # What its owner asks

    @property
    def _db(self) -> Rdict:
        if self._opened is None:
            raise DiskError(f"{self._folder}: expected to be open")
        return self._opened

    def open(self, first: int, end: int) -> int:
        """Open the copy, or begin a new one; gives the offset to read the changelog on from.

        first, end: offsets of the changelog. Where another process has the folder a spare one is begun beside it.
        """
        with self._guard:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            self._remove_spares()
            try:
                self._opened = _open_patiently(self._folder)
            except Exception as error:  # noqa: BLE001 - RocksDB raises nothing more exact
                if _is_locked(error):
                    return self._anew(_spare(self._folder), first, "another process has the folder")
                if _passes(error):
                    raise DiskError(f"{self._folder}: {error}") from None
                return self._anew(self._folder, first, f"it cannot be opened: {error}")
            value = self._get(_HEAD)
            try:
                found = msgspec.msgpack.decode(value, type=_Head) if value else None
            except msgspec.MsgspecError:
                return self._anew(self._folder, first, "its head cannot be read")
            if why := self._why_worthless(found, first, end):
                return self._anew(self._folder, first, why)
            self._at = found
            return found.offset if found else first

    def _why_worthless(self, found: _Head | None, first: int, end: int) -> str:
        """Why the copy cannot be read on from; "" where it can."""
        if (self._folder / _FAILED).exists():
            return "it failed before"
        if found is None:
            return "it is not complete" if next(self._keys(b""), None) is not None else ""
        if found.identity != self._identity:
            return f"expected a copy of {self._identity}, was of {found.identity}"
        if not first <= found.offset <= end:
            return f"expected an offset from {first} to {end}, was {found.offset}"
        if not -AHEAD_SECONDS <= time() - found.written <= OLDEST_SECONDS:
            return f"it is older than {OLDEST_SECONDS / 3600:g} hours, or a clock was wrong"
        return ""

    def _anew(self, folder: Path, first: int, why: str) -> int:
        """Begin an empty copy; gives the offset to read the changelog from: its first."""
        log.warning("the copy on disk is made anew", extra={"folder": str(folder), "reason": why})
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        shutil.rmtree(folder, ignore_errors=True)
        self._folder = folder
        self._opened = _open(folder)
        if next(self._keys(b""), None) is not None:
            raise DiskError(f"{folder}: expected to be removed, its files stayed")
        return first

    def _remove_spares(self) -> None:
        """Remove the spare folders that no process has any more."""
        for spare in self._folder.parent.glob(f"{self._folder.name}.spare-*"):
            with suppress(OSError):  # another one may remove it, too
                if time() - spare.stat().st_mtime < NEW_SECONDS:
                    continue
            try:
                _open(spare).close()
            except Exception as error:  # noqa: BLE001 - RocksDB raises nothing more exact
                if _is_locked(error):
                    continue
            shutil.rmtree(spare, ignore_errors=True)

    def take_in(self, records: Sequence[Record]) -> None:
        """Take in committed records of the changelog, in their order, of who takes over: not yet a whole."""
        with self._guard:
            state = dict(records)
            head = state.pop(HEAD, None)
            if head is not None:
                self._at = _Head(self._identity, 0, 0.0, head)
            self._write(state)

    def complete(self, end: int) -> bytes | None:
        """Say that all of the changelog up to this offset is here; gives its head, None where it has none."""
        if self._at is None:
            return None
        with self._guard:
            self._write({}, _Head(self._identity, end, time(), self._at.head))
        return self._at.head

    def records(self) -> list[tuple[bytes, bytes]]:
        """All records but those of entries of pages that may rest."""
        return list(self._items(_RECORD))

    def write(self, records: Iterable[Record], head: Head, offset: int) -> None:
        """Take in a checkpoint that was committed. head: of the changelog; offset: behind it."""
        with self._guard:
            self._write(dict(records), _Head(self._identity, offset, time(), encode(head)))

    def settle(self) -> None:
        """What was handed out to be saved is here now."""
        self._leaving, self._leaving_marked = {}, {}

    def close(self) -> None:
        """Leave the folder to others; a spare one is removed."""
        with self._guard:
            if self._opened is not None:
                self._opened.close()
                self._opened = None
                if ".spare-" in self._folder.name:
                    shutil.rmtree(self._folder, ignore_errors=True)

    # Keys and values

    def _write(self, records: Mapping[bytes, bytes | None], at: _Head | None = None) -> None:
        batch = WriteBatch(raw_mode=True)
        pages: dict[Name, dict[int, bytes | None]] = {}
        for name, value in packs.parted(records):
            if name.startswith(self._entries):
                page, day = page_and_day(name)
                pages.setdefault(page, {})[day] = value
            elif value is None:
                batch.delete(_RECORD + name)
            else:
                batch.put(_RECORD + name, value)
        for page, days in pages.items():
            self._write_page(batch, page, days)
        if at is not None:
            self._at = at
            batch.put(_HEAD, encode(at))
        db = self._db
        try:
            db.write(batch)
        except Exception as error:  # noqa: BLE001 - RocksDB raises nothing more exact
            raise self._failed(error) from None

    def _write_page(self, batch: WriteBatch, page: Name, changed: Mapping[int, bytes | None]) -> None:
        """Put some days of a page, and what finds it."""
        value = self._get(_PAGE + page)
        before = _DAYS.decode(value) if value is not None else []
        days: dict[int, msgspec.Raw] = dict(before)
        for day, saved in changed.items():
            if saved is None:
                days.pop(day, None)
            else:
                days[day] = msgspec.Raw(saved)
        old, new = self._finders(page, [day for _, day in before]), self._finders(page, days.values())
        for key in old - new:
            batch.delete(key)
        for key in new - old:
            batch.put(key, b"")
        if days:
            batch.put(_PAGE + page, encode(sorted(days.items(), key=lambda one: one[0])))
        elif value is not None:
            batch.delete(_PAGE + page)

    def _finders(self, page: Name, days: Iterable[msgspec.Raw]) -> set[bytes]:
        """The keys by which a page is found: of its marks, and of when it was touched last."""
        read = [DAY_AT_REST.decode(day) for day in days]
        if not read:
            return set()
        keys = {_MARK + mark.to_bytes(4) + page for day in read for mark in day.marks}
        ledger, _ = name_of(page)
        keys.add(_TOUCHED + encode(ledger) + max(day.touched for day in read).to_bytes(8, signed=True) + page)
        return keys

    def _shown(self, prefix: bytes) -> Iterator[bytes]:
        """The keys that the engine may see."""
        return self._keys(prefix) if self._begun else iter(())

    def _keys(self, prefix: bytes) -> Iterator[bytes]:
        """The keys that begin so, without that, in order."""
        return (key for key, _ in self._items(prefix))

    def _items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        at = self._db.iter()
        at.seek(prefix)
        while at.valid() and (key := at.key()).startswith(prefix):
            yield key[len(prefix) :], at.value()
            at.next()
        try:
            at.status()  # it ends, too, where the disk cannot be read
        except Exception as error:  # noqa: BLE001 - RocksDB raises nothing more exact
            raise self._failed(error) from None

    def _get(self, key: bytes) -> bytes | None:
        db = self._db
        try:
            return cast("bytes | None", db.get(key))
        except Exception as error:  # noqa: BLE001 - RocksDB raises nothing more exact
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> DiskError:
        """Leave word that the copy is worthless, unless it was closed meanwhile, or the fault passes."""
        if self._opened is not None and not _passes(error):
            with suppress(OSError):
                (self._folder / _FAILED).touch()
        return DiskError(f"{self._folder}: {error}")


def _open(folder: Path) -> Rdict:
    """A RocksDB of bytes. Filters of keys are always in memory: nearly all that is asked for was never there."""
    options = Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003 - of RocksDB
    options.set_write_buffer_size(MEMTABLE_BYTES)
    options.set_max_write_buffer_number(2)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_keep_log_file_num(2)
    options.set_max_open_files(MOST_FILES)
    blocks = BlockBasedOptions()
    blocks.set_block_cache(CACHE)
    blocks.set_bloom_filter(10, block_based=False)
    options.set_block_based_table_factory(blocks)
    return Rdict(str(folder), options)


def _open_patiently(folder: Path) -> Rdict:
    until = monotonic() + LOCK_SECONDS
    while True:
        try:
            return _open(folder)
        except Exception as error:
            if not _is_locked(error) or monotonic() > until:
                raise
            sleep(0.1)


def _passes(error: Exception) -> bool:
    return any(fault in str(error) for fault in _PASSING)


def _is_locked(error: Exception) -> bool:
    return "/LOCK: " in str(error)


def _spare(folder: Path) -> Path:
    """The first folder of its kind that is not there."""
    return next(one for n in count() if not (one := folder.with_name(f"{folder.name}.spare-{n}")).exists())
