"""The lines of a file of messages, plain or gzip, from a path or stdin; what is another kind of file is named.

The first bytes decide, not the name. They are looked at before anything else is opened or emptied.
"""

from __future__ import annotations

import codecs
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, NamedTuple, cast

from monitor.errors import ConfigurationError, InputError

Warn = Callable[[str], None]
"""Takes one line about what was passed over."""

STDIN = Path("-")
WINDOW = 64 * 1024
"""So many bytes of the text are looked at to see what it is."""

_CHUNK = 256 * 1024
_MOST_AT_ONCE = 1 << 20
_GZIP = b"\x1f\x8b"
_MEMBER = _GZIP + b"\x08"
_OF_GZIP = 16 + zlib.MAX_WBITS
_BOM = codecs.BOM_UTF8
_VALUE = json.JSONDecoder()


class Kind(NamedTuple):
    """A kind of file that holds no lines of messages: what it is, and what to do with it."""

    what: str
    do: str


_ARRAY = Kind("a JSON array", "jq -c '.[]' FILE")
_PRETTY = Kind("an object of several lines", "jq -c . FILE")
_GB18030 = Kind("text in GB18030", "iconv -f GB18030 -t UTF-8 FILE")
_CSV = Kind("CSV", "export it as JSON, one object a line")
_XLSX = Kind("an Excel file", "export it as JSON, one object a line")
_ZIP = Kind("a zip archive", "unzip -p FILE")

_BY_FIRST_BYTES: tuple[tuple[bytes, Kind], ...] = (
    (codecs.BOM_UTF32_LE, Kind("text in UTF-32", "iconv -f UTF-32 -t UTF-8 FILE")),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, Kind("text in UTF-32", "iconv -f UTF-32 -t UTF-8 FILE")),
    (codecs.BOM_UTF16_LE, Kind("text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE")),
    (codecs.BOM_UTF16_BE, Kind("text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE")),
    (b"PK\x03\x04", _ZIP),
    (b"\x28\xb5\x2f\xfd", Kind("a zstd file", "zstd -dc FILE")),
    (b"BZh", Kind("a bzip2 file", "bzip2 -dc FILE")),
    (b"\xfd7zXZ\x00", Kind("an xz file", "xz -dc FILE")),
    (b"\x04\x22\x4d\x18", Kind("an lz4 file", "lz4 -dc FILE")),
    (b"\xff\x06\x00\x00sNaPpY", Kind("a snappy file", "uncompress it first")),
    (b"PAR1", Kind("a Parquet file", "export it as JSON, one object a line")),
    (b"Obj\x01", Kind("an Avro file", "export it as JSON, one object a line")),
)
_TAR, _TAR_AT = b"ustar", 257


def read_lines(
    path: Path, warn: Warn = lambda _: None, progress: Callable[[int], None] = lambda _: None
) -> Iterator[bytes]:
    """The lines that are not empty, without the blanks at their ends. The path - is stdin.

    progress: told of every piece of the file how many bytes it has.

    Raises ConfigurationError where it cannot be read, InputError where it is another kind of file; where a gzip file
    turns out to be damaged or short, ConfigurationError from the iterator.
    """
    name = "stdin" if path == STDIN else str(path)
    raw = _Ahead(_chunks(path, name, progress))
    if raw.head(len(_GZIP)) == _GZIP:
        raw = _Ahead(_unzipped(raw, name, warn))
    raw.pass_over(_BOM)
    head = raw.head(WINDOW)
    kind = kind_of(head, whole=len(head) < WINDOW)
    if kind is not None:
        raise InputError(f"{name}: expected one JSON object a line, was {kind.what}: {kind.do}")
    return _lines(raw)


class _Ahead:
    """Pieces of bytes of which the first can be looked at before they are taken."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""

    def head(self, size: int) -> bytes:
        """So many of the next bytes; fewer at the end."""
        while len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held += piece
        return self._held[:size]

    def pass_over(self, beginning: bytes) -> None:
        """Leave these bytes out where it begins with them."""
        if self.head(len(beginning)) == beginning:
            self._held = self._held[len(beginning) :]

    def __iter__(self) -> Iterator[bytes]:
        yield self._held
        self._held = b""
        yield from self._pieces


def _chunks(path: Path, name: str, progress: Callable[[int], None]) -> Iterator[bytes]:
    """The bytes of a file, as they come."""
    try:
        with _opened(path) as file:
            while chunk := cast("bytes", file.read1(_CHUNK)):  # type: ignore[attr-defined]  # both kinds have it
                progress(len(chunk))
                yield chunk
    except OSError as error:
        raise ConfigurationError(f"{name}: {error.strerror}") from None


def _opened(path: Path) -> AbstractContextManager[IO[bytes]]:
    if path != STDIN:
        return path.open("rb")
    if sys.stdin is None:
        raise ConfigurationError("stdin: expected something to read, is closed")
    return nullcontext(sys.stdin.buffer)


def _unzipped(pieces: Iterable[bytes], name: str, warn: Warn) -> Iterator[bytes]:
    """What all members of a gzip file hold, one after the other; what follows the last is told."""
    member, after = zlib.decompressobj(_OF_GZIP), b""
    try:
        for piece in pieces:
            rest = (after + piece).lstrip(b"\x00") if member.eof else piece
            while rest and (not member.eof or rest.startswith(_MEMBER)):
                member = zlib.decompressobj(_OF_GZIP) if member.eof else member
                yield from _texts(member, rest)
                rest = member.unused_data.lstrip(b"\x00")  # zeros may fill a block
            after = rest
            if len(after) >= len(_MEMBER):
                break
    except zlib.error:
        raise ConfigurationError(f"{name}: expected a whole gzip file, it is damaged") from None
    if not member.eof:
        raise ConfigurationError(f"{name}: expected a whole gzip file, it ends early")
    if after:
        warn(f"{name}: what follows the end of the gzip file is passed over")


def _texts(member: zlib._Decompress, zipped: bytes) -> Iterator[bytes]:
    """What a member gives for these bytes, in pieces: a small file may hold a very large one."""
    text = member.decompress(zipped, _MOST_AT_ONCE)
    while text:
        yield text
        text = b"" if member.eof else member.decompress(member.unconsumed_tail, _MOST_AT_ONCE)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []
    for piece in pieces:
        end, *more = piece.split(b"\n")
        begun.append(end)
        for next_begun in more:
            if line := b"".join(begun).strip():
                yield line
            begun = [next_begun]
    if line := b"".join(begun).strip():
        yield line


# What a file is


def kind_of(head: bytes, *, whole: bool) -> Kind | None:
    """What a file is by the beginning of its bytes, which may be the whole of it; None where it may hold messages.

    A first line that is no message does not make a file of another kind: the lines after it are asked too.
    """
    if (foreign := foreign_kind(head)) is not None:
        return foreign
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return Kind("a tar archive", "tar -xOf FILE")
    lines = [line for line in head.split(b"\n") if line.strip()]
    if _is_gb18030(lines):
        return _GB18030
    return _kind_of_text("\n".join(line.decode("utf-8", "replace").strip() for line in lines), whole=whole)


def foreign_kind(head: bytes) -> Kind | None:
    """What a file is whose first bytes say that it is no text in UTF-8 or GB18030."""
    for beginning, kind in _BY_FIRST_BYTES:
        if head.startswith(beginning):
            return _XLSX if kind is _ZIP and b"[Content_Types].xml" in head else kind
    return None


def _is_gb18030(lines: list[bytes]) -> bool:
    """Whether half of the lines or more are GB18030 and none is UTF-8, but for those that are both."""
    of_neither = [line for line in lines if not line.isascii()]
    if 2 * len(of_neither) < len(lines) or any(_decodes(line, "utf-8") for line in of_neither):
        return False
    return bool(of_neither) and all(_decodes(line, "gb18030") for line in of_neither)


def _decodes(line: bytes, encoding: str) -> bool:
    """Whether a line is text in this encoding; its last character may be cut."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(line)
    except UnicodeDecodeError:
        return False
    return True


def _kind_of_text(text: str, *, whole: bool) -> Kind | None:
    """What a text of lines without empty ones is."""
    if text.startswith("["):
        return _ARRAY if _is_array(text, whole=whole) else None
    if text.startswith("{"):
        return _PRETTY if _goes_on(text, whole=whole) else None
    first, _, others = text.partition("\n")
    is_table = "," in first and not any(bracket in first for bracket in "{}[]")
    return _CSV if is_table and not others.startswith("{") else None


def _is_array(text: str, *, whole: bool) -> bool:
    """Whether the file is an array: not only its first line, before lines of objects."""
    try:
        _, end = _VALUE.raw_decode(text)
    except (ValueError, RecursionError):
        return _goes_on(text, whole=whole) or ("\n" not in text and not whole)
    return "\n" in text[:end] or not text[end:].lstrip().startswith("{")


def _goes_on(text: str, *, whole: bool) -> bool:
    """Whether the first JSON value of a text goes on in its second line: well, or wrong further on, or cut there."""
    try:
        _, end = _VALUE.raw_decode(text)
    except json.JSONDecodeError as error:
        line = text.count("\n", 0, error.pos)
        is_cut = error.pos >= len(text) - (0 if whole else 8) or error.msg.startswith("Unterminated string")
        return (line >= 2 or (line == 1 and is_cut)) and object_in(text.split("\n", 2)[1]) is None
    except (ValueError, RecursionError):  # a number of thousands of digits; very deep nesting
        return False
    return "\n" in text[:end]


def object_in(line: str | bytes) -> dict[str, object] | None:
    """The JSON object in a line; None where it holds something else."""
    try:
        came = json.loads(line)
    except (ValueError, RecursionError):  # JSONDecodeError and UnicodeDecodeError are among them
        return None
    return came if isinstance(came, dict) else None
