"""Lines of messages in order of (inf_time, msgid), however many they are: an external merge sort.

A year of a region comes by institution or by person; what decides about windows is the order of uploads. Memory
holds one chunk; the other lines lie in temporary files without a name, which are gone when the process is, however it
ends.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import IO, TypeAlias

import msgspec

from monitor.errors import ConfigurationError
from rules.wire.door import stamp_of

Row: TypeAlias = tuple[int, str, int, bytes]
"""inf_time (ms UTC), msgid, number of the line, line: in this order lines are sorted."""

CHUNK_BYTES = 96 << 20
"""So much of the input is held in memory. Our assumption: a whole process then stays under 500 MB."""
FAN = 64
"""So many runs are merged at once."""

_ROW_BYTES = 320
"""What the objects of a row take beside the line itself."""
_BLOCK_BYTES = 128 << 10
"""So much of each run is held in memory while runs are merged."""
_FIRST = -(1 << 62)
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Row])


class Sorter:
    """Sorts the lines of one file; says how many it read, and how many of them state no inf_time that can be read."""

    def __init__(self, chunk_bytes: int = CHUNK_BYTES) -> None:
        """Take the size of what is held in memory."""
        self._chunk_bytes = chunk_bytes
        self.lines = 0
        self.without_time = 0

    def sort(self, lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        """The lines with their numbers, in order; equal ones stay in the order in which they came.

        A line without an inf_time stays behind the line before it. Raises ConfigurationError where no temporary file
        can be written.
        """
        try:
            with ExitStack() as files:
                for _, _, number, line in self._sorted(self._rows(lines), _Runs(files)):
                    yield number, line
        except OSError as error:
            folder = tempfile.gettempdir()
            raise ConfigurationError(
                f"--sort: expected room for temporary files in {folder} (TMPDIR names another folder): {error.strerror}"
            ) from None

    def _sorted(self, rows: Iterable[Row], runs: _Runs) -> Iterator[Row]:
        held: list[Row] = []
        room = self._chunk_bytes
        for row in rows:
            held.append(row)
            room -= len(row[-1]) + _ROW_BYTES
            if room < 0:
                held.sort()
                runs.add(held)
                held, room = [], self._chunk_bytes
        held.sort()
        return heapq.merge(*runs.read(), held)

    def _rows(self, lines: Iterable[bytes]) -> Iterator[Row]:
        place = _FIRST, ""
        for line in lines:
            self.lines += 1
            stamp = stamp_of(line)
            if stamp is None:
                self.without_time += 1
            else:
                place = stamp
            yield (*place, self.lines, line)


class _Runs:
    """Sorted runs in temporary files: when a level has as many as can be merged, they become one run of the next."""

    def __init__(self, files: ExitStack) -> None:
        self._levels: list[list[IO[bytes]]] = []
        self._files = files

    def add(self, rows: Iterable[Row], level: int = 0) -> None:
        """Write rows that are in order."""
        if level == len(self._levels):
            self._levels.append([])
        runs = self._levels[level]
        runs.append(self._write(rows))
        if len(runs) == FAN:
            self.add(heapq.merge(*map(_rows_in, runs)), level + 1)
            for run in runs:
                run.close()
            runs.clear()

    def read(self) -> Iterator[Iterator[Row]]:
        """The rows of each run."""
        return (_rows_in(run) for runs in self._levels for run in runs)

    def _write(self, rows: Iterable[Row]) -> IO[bytes]:
        run = self._files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it is on the stack
        for block in _blocks(rows):
            encoded = _ENCODER.encode(block)
            run.write(len(encoded).to_bytes(8, "big"))
            run.write(encoded)
        run.seek(0)
        return run


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    block: list[Row] = []
    room = _BLOCK_BYTES
    for row in rows:
        block.append(row)
        room -= len(row[-1]) + _ROW_BYTES
        if room < 0:
            yield block
            block, room = [], _BLOCK_BYTES
    yield block


def _rows_in(run: IO[bytes]) -> Iterator[Row]:
    while size := run.read(8):
        yield from _DECODER.decode(run.read(int.from_bytes(size, "big")))
