"""What is read as lines of messages, and how other files are named."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import json
import lzma
import os
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigurationError, InputError
from monitor.lines import WINDOW, read_lines

compress = partial(gzip.compress, mtime=0)
"""The names of the tests must not tell when they were collected."""

MESSAGE = b'{"infno":"2102","msgid":"m1","fixmedins_name":"\xe5\xba\x97"}'
GB = '{"infno":"2102","fixmedins_name":"示例大药房"}'.encode("gb18030")


def read(folder: Path, content: bytes) -> tuple[list[bytes], list[str]]:
    """The lines of a file with this content, and what was warned of."""
    warnings: list[str] = []
    path = folder / "events"
    path.write_bytes(content)
    return list(read_lines(path, warnings.append)), warnings


def archive(name: str) -> bytes:
    """A zip archive with one file of this name."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr(name, MESSAGE)
    return held.getvalue()


def tar() -> bytes:
    """A tar archive with one file."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as file:
        file.addfile(tarfile.TarInfo("events.jsonl"))
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"1\n\n2\n",
        b"1\r\n \r\n2",
        codecs.BOM_UTF8 + b"1\n2\n",
        compress(b"1\n2\n"),
        compress(codecs.BOM_UTF8 + b"1\n2\n"),
        compress(b"1\n") + compress(b"2\n"),
        compress(b"1") + b"\0" * 600 + compress(b"\n2\n") + b"\0" * 600,
    ],
)
def test_lines_are_read_whatever_they_are_wrapped_in(tmp_path: Path, content: bytes) -> None:
    """Empty lines, a byte order mark and the members of a gzip file change nothing."""
    assert ([b"1", b"2"], []) == read(tmp_path, content)


@pytest.mark.parametrize("garbage", [b"\n", b"\x1f\x8b", b"\x1f\x8bx", b"garbage" * 100_000])
def test_what_follows_a_gzip_file_is_a_warning(tmp_path: Path, garbage: bytes) -> None:
    """The lines before it are read; what is no further member is passed over and told."""
    lines, warnings = read(tmp_path, compress(b"1\n2\n") + garbage)

    assert [b"1", b"2"] == lines
    assert [f"{tmp_path / 'events'}: what follows the end of the gzip file is passed over"] == warnings


@settings(deadline=None)  # files are written, and a busy machine takes its time
@given(members=st.lists(st.lists(st.sampled_from([b"", b"1", b"x" * 99]), max_size=4), min_size=1, max_size=4),
       size=st.integers(1, 40), most=st.integers(1, 50))  # fmt: skip
def test_members_are_read_in_whatever_pieces_they_come(members: list[list[bytes]], size: int, most: int) -> None:
    """The borders of pieces and of members fall anywhere."""
    text = [b"\n".join(lines) for lines in members]
    zipped = b"".join(map(compress, text))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("monitor.lines._CHUNK", size)
        patched.setattr("monitor.lines._MOST_AT_ONCE", most)
        patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(zipped)))
        lines = list(read_lines(Path("-")))

    assert [line for line in b"".join(text).split(b"\n") if line] == lines


@pytest.mark.parametrize("content", [b"1\n2\n", compress(b"1\n2\n")])
def test_a_dash_is_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Plain or gzip."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    assert [b"1", b"2"] == list(read_lines(Path("-")))


def test_a_stdin_that_is_closed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, no traceback."""
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(ConfigurationError, match="stdin: expected something to read, is closed"):
        read_lines(Path("-"))


def test_a_pipe_is_read_from_its_first_byte(tmp_path: Path) -> None:
    """What it is, is seen without taking anything out of it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as writer:
        written = writer.submit(pipe.write_bytes, b"1\n2\n")
        lines = list(read_lines(pipe))

    assert 4 == written.result()
    assert [b"1", b"2"] == lines


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (compress(b"1\n" * 99)[:-9], "ends early"),
        (compress(b"1\n") + compress(b"2\n")[:-9], "ends early"),
        (compress(b"1\n" * 99)[:10] + b"\xff" * 9, "it is damaged"),
        (b"\x1f\x8bgarbage", "expected a whole gzip file"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A file that is not there, or that ends early or is damaged, is a configuration error of one line."""
    path = tmp_path / "events.gz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=said):
        list(read_lines(path))


def test_damage_far_on_is_named_after_the_lines_before_it(tmp_path: Path) -> None:
    """What was whole is read; then the error comes from the iterator."""
    path = tmp_path / "events.gz"
    path.write_bytes(compress(os.urandom(3 * WINDOW).hex(" ").replace(" ", "\n").encode())[:-9])
    lines = read_lines(path)

    assert 2 == len(next(lines))
    with pytest.raises(ConfigurationError, match="ends early"):
        list(lines)


PRETTY = json.dumps([{"infno": "2102", "input": {"data": {"psn_no": "1"}}}] * 3, indent=2).encode()
KINDS: list[tuple[str, str, bytes]] = [
    ("a JSON array", "jq -c '.[]' FILE", b"[" + MESSAGE + b"]"),
    ("a JSON array", "jq -c '.[]' FILE", b"[\n" + MESSAGE + b",\n" + MESSAGE + b"\n]\n"),
    ("a JSON array", "jq -c '.[]' FILE", PRETTY),
    ("a JSON array", "jq -c '.[]' FILE", b"[" + b",".join([MESSAGE] * 5000) + b"]"),
    ("a JSON array", "jq -c '.[]' FILE", b"[" + b",\n".join([MESSAGE] * 5000) + b"]"),
    ("a JSON array", "jq -c '.[]' FILE", codecs.BOM_UTF8 + b" \n [\n]\n"),
    ("an object of several lines", "jq -c . FILE", json.dumps(json.loads(MESSAGE), indent=2).encode()),
    ("an object of several lines", "jq -c . FILE", b'{"infno": "2102",\n "msgid": "m1"}\n' * 3),
    ("an object of several lines", "jq -c . FILE", b'{\n\n"infno": "2102",\n"msgid": oops\n}'),
    ("an object of several lines", "jq -c . FILE", b'{\n"infno": "2102",\n"note": "' + b"x" * WINDOW + b'"\n}'),
    ("an object of several lines", "jq -c . FILE", b'{"infno": "2102",\n"input": ['),
    ("text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE", MESSAGE.decode().encode("utf-16")),
    ("text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE", codecs.BOM_UTF16_BE + MESSAGE.decode().encode("utf-16-be")),
    ("text in UTF-32", "iconv -f UTF-32 -t UTF-8 FILE", MESSAGE.decode().encode("utf-32")),
    ("text in GB18030", "iconv -f GB18030 -t UTF-8 FILE", GB),
    ("text in GB18030", "iconv -f GB18030 -t UTF-8 FILE", b"{}\n" + (GB + b"\n") * 2000),
    ("CSV", "export it as JSON, one object a line", b"infno,msgid\n2102,m1\n"),
    ("a zip archive", "unzip -p FILE", archive("events.jsonl")),
    ("an Excel file", "export it as JSON, one object a line", archive("[Content_Types].xml")),
    ("a bzip2 file", "bzip2 -dc FILE", bz2.compress(MESSAGE)),
    ("an xz file", "xz -dc FILE", lzma.compress(MESSAGE)),
    ("a zstd file", "zstd -dc FILE", b"\x28\xb5\x2f\xfd\x04\x00"),
    ("an lz4 file", "lz4 -dc FILE", b"\x04\x22\x4d\x18\x64\x40"),
    ("a snappy file", "uncompress it first", b"\xff\x06\x00\x00sNaPpY"),
    ("a Parquet file", "export it as JSON, one object a line", b"PAR1\x15\x04"),
    ("an Avro file", "export it as JSON, one object a line", b"Obj\x01\x04"),
    ("a tar archive", "tar -xOf FILE", tar()),
]


@pytest.mark.parametrize(("what", "do", "content"), KINDS)
@pytest.mark.parametrize("zipped", [False, True])
def test_another_kind_of_file_is_named_with_what_to_do(
    tmp_path: Path, what: str, do: str, content: bytes, *, zipped: bool
) -> None:
    """In one line, whether it is zipped or not, and before a line is read."""
    path = tmp_path / "events"
    path.write_bytes(compress(content) if zipped else content)

    with pytest.raises(InputError) as raised:
        read_lines(path)

    assert f"{path}: expected one JSON object a line, was {what}: {do}" == str(raised.value)


@pytest.mark.parametrize(
    "first",
    [
        b"{", b"[", b'{"a": 1,', b'{"a": [', b'{"a', b'["a", 1]', b'[{"a": 1}]', b"[1", b"null", b"a, b", b"1" * 6000,
        b"[" * 50_000, b'{"a":' * 50_000, b'{"a": ' + b"9" * 6000 + b"}", GB, b"\xff\xfa\xc3", MESSAGE * 2,
        b"PK", b"x" * 257 + b"usta",
    ],
)  # fmt: skip
def test_a_bad_first_line_does_not_condemn_a_file(tmp_path: Path, first: bytes) -> None:
    """It is one bad message before good ones, which are read."""
    assert [first, MESSAGE, MESSAGE] == read(tmp_path, b"\n".join([first, MESSAGE, MESSAGE]))[0]


@pytest.mark.parametrize("content", [b"", b"\n \n", codecs.BOM_UTF8, compress(b"")])
def test_an_empty_file_has_no_lines(tmp_path: Path, content: bytes) -> None:
    """And is no error of its own."""
    assert ([], []) == read(tmp_path, content)


def test_a_line_may_be_longer_than_what_is_looked_at(tmp_path: Path) -> None:
    """A large message is a message."""
    large = b'{"note": "' + b"x" * 3 * WINDOW + b'"}'

    assert [large, MESSAGE] == read(tmp_path, large + b"\n" + MESSAGE)[0]
    assert [large] == read(tmp_path, large)[0]
