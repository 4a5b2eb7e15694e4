"""Reference tables from CSV files: one file a table, effective-dated rows. docs/reference.md has their columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from monitor.errors import ConfigurationError
from monitor.lines import Warn
from monitor.tabletext import text_of
from rules.columns import names_of
from rules.reference import TABLES, BadRowError, Reference
from rules.wire.notation import clean, readable
from rules.wire.pseudonyms import Pseudonyms

_SEPARATORS = {";": "a semicolon", "\t": "a tab", "，": "a Chinese comma", "|": "a bar"}
_NAME = re.compile(r"[a-z][a-z_]{0,39}")
"""What looks like the name of a column, and like no person's number or name in Chinese."""


def load_reference(place: Path | None, pseudonyms: Pseudonyms, warn: Warn = lambda _: None) -> Reference:
    """All tables of a folder, or the one of a file; an empty reference where there is none.

    warn: told of an encoding that was guessed, and of columns that are not used. Raises ConfigurationError: file, line,
    column, expected, came.
    """
    if place is None:
        return Reference()
    files = files_of(place)
    digest = blake2b(digest_size=4)
    for path in files.values():
        digest.update(path.read_bytes())
    reference = Reference(digest.hexdigest())
    for table, path in files.items():
        for line, row in read_rows(path, warn):
            try:
                reference.put(table, with_pseudonyms(table, row, pseudonyms))
            except BadRowError as error:
                raise ConfigurationError(f"{path}:{line}: {error}") from None
    return reference


def files_of(place: Path) -> dict[str, Path]:
    """Table -> its file, of a folder, or of one file. Raises ConfigurationError."""
    names = ", ".join(f"{table}.csv" for table in TABLES)
    if place.is_dir():
        files = {table: place / f"{table}.csv" for table in TABLES if (place / f"{table}.csv").is_file()}
        if not files:
            raise ConfigurationError(f"{place}: expected at least one of {names}")
        return files
    if not place.is_file():
        raise ConfigurationError(f"{place}: expected a folder with {names}, or one of these files")
    if place.name not in names.split(", "):
        raise ConfigurationError(f"{place}: expected a file named {names}")
    return {place.stem: place}


def read_rows(path: Path, warn: Warn = lambda _: None) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and row of a table's CSV file, in UTF-8 or GB18030; empty rows are passed over.

    Raises ConfigurationError.
    """
    text, encoding = text_of(path)
    if encoding != "UTF-8":
        warn(f"{path}: not UTF-8, read as {encoding}")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    before = 0
    try:
        header = _header(next(reader, []), path, warn)
        before = reader.line_num
        for values in reader:
            row = _row(header, values, f"{path}:{before + 1}")
            if any(row.values()):
                yield before + 1, row
            before = reader.line_num
    except csv.Error as error:
        raise ConfigurationError(f"{path}:{before + 1}: expected CSV: {error}") from None


def _row(header: Sequence[str], values: Sequence[str], place: str) -> dict[str, str]:
    """The cells that say something, by column."""
    if any(values[len(header) :]):
        raise ConfigurationError(f"{place}: expected {len(header)} cells, was {len(values)}: is a comma in no quotes?")
    for name, value in zip(header, values, strict=False):
        if "\n" in value or "\r" in value:
            raise ConfigurationError(f"{place}: {name}: expected no line break in a cell: is a quote not closed?")
    return {name: readable(value) for name, value in zip(header, values, strict=False) if name and value.strip()}


def _header(cells: Sequence[str], path: Path, warn: Warn) -> list[str]:
    """The names of the columns. Raises ConfigurationError."""
    names, known = [clean(cell).lower() for cell in cells], names_of(path.stem)
    key, needed = TABLES[path.stem]
    twice = [name for name in known if names.count(name) > 1]
    if twice:
        raise ConfigurationError(f"{path}:1: columns: expected each once, was twice: {', '.join(twice)}")
    if not {key, *needed} <= set(names):
        raise ConfigurationError(f"{path}:1: {_wrong(cells, names, known, (key, *needed))}")
    others = [readable(name)[:40] for name in names if name and name not in known]
    if others:
        warn(f"{path}:1: columns that are not used: {', '.join(others)}")
    return names


def _wrong(cells: Sequence[str], names: Sequence[str], known: Sequence[str], needed: Sequence[str]) -> str:
    """What is wrong with a header that lacks a column."""
    for separator, called in _SEPARATORS.items():
        if len(cells) == 1 and set(needed) <= {clean(name).lower() for name in cells[0].split(separator)}:
            return f"separator: expected a comma, was {called}"
    optional = ", ".join(name for name in known if name not in needed)
    is_header = not set(names).isdisjoint(known)
    came = ", ".join(_told(name, is_header=is_header) for name in names)
    return f"columns: expected {', '.join(needed)} (and where known {optional}), came {came or 'nothing'}"


def _told(name: str, *, is_header: bool) -> str:
    """The name of a column; not what may be a cell of a row, where the header is missing: that may be a person's."""
    return readable(name)[:40] if is_header or _NAME.fullmatch(name) else f"text of {len(name)}"


def with_pseudonyms(table: str, row: dict[str, str], pseudonyms: Pseudonyms) -> dict[str, str]:
    """The row as it is used inside: no number of a person or a household."""
    if TABLES[table][0] != "psn_no" or not row.get("psn_no"):
        return row
    inside = row | {"psn_no": pseudonyms.person(row["psn_no"])}
    return inside | {"household": pseudonyms.household(row["household"])} if row.get("household") else inside
