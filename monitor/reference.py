"""Reference tables from CSV files: one file a table, effective-dated rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from monitor.errors import ConfigurationError
from rules.reference import TABLES, BadRowError, Reference
from rules.wire.notation import readable
from rules.wire.pseudonyms import Pseudonyms


def load_reference(folder: Path | None, pseudonyms: Pseudonyms) -> Reference:
    """All tables found in a folder; an empty reference where there is none.

    Raises ConfigurationError: file, line, column, expected, came.
    """
    if folder is None:
        return Reference()
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: expected a folder with CSV files ({', '.join(TABLES)})")
    files = {table: folder / f"{table}.csv" for table in TABLES if (folder / f"{table}.csv").is_file()}
    if not files:
        raise ConfigurationError(f"{folder}: expected at least one of {', '.join(f'{table}.csv' for table in TABLES)}")
    digest = blake2b(digest_size=4)
    for path in files.values():
        digest.update(path.read_bytes())
    reference = Reference(digest.hexdigest())
    for table, path in files.items():
        for line, row in read_rows(path):
            try:
                reference.put(table, with_pseudonyms(table, row, pseudonyms))
            except BadRowError as error:
                raise ConfigurationError(f"{path}:{line}: {error}") from None
    return reference


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and row of a CSV file in UTF-8, with or without a byte order mark. Raises ConfigurationError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for row in reader:
                yield reader.line_num, {name: readable(value or "") for name, value in row.items() if name}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: expected CSV in UTF-8: {type(error).__name__}") from None


def with_pseudonyms(table: str, row: dict[str, str], pseudonyms: Pseudonyms) -> dict[str, str]:
    """The row as it is used inside: no person's number."""
    if TABLES[table][0] != "psn_no" or not row.get("psn_no"):
        return row
    return row | {"psn_no": pseudonyms.person(row["psn_no"])}
