"""The settlement platform's own list: how many settlements an institution has on a day, and what the fund pays."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from monitor.errors import ConfigurationError
from monitor.tabletext import text_of
from rules.wire.notation import clean
from rules.wire.reasons import describe

COLUMNS = {
    "institution": ("institution", "机构编码"),
    "day": ("day", "日期"),
    "number": ("number", "笔数"),
    "sum": ("sum", "基金支付"),
}
"""Column -> the names that its header may have."""

_NUMBER = re.compile(r"\d{1,12}", re.ASCII)
_SUM = re.compile(r"-?\d{1,12}(\.\d{1,2})?", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})(\d\d)(\d\d)", re.ASCII)


class Listed(NamedTuple):
    """What the list has for one institution and day. fund: fen."""

    number: int
    fund: int


class _UnfitError(ValueError):
    """A value that a column cannot hold."""

    def __init__(self, column: str, expected: str, came: str) -> None:
        super().__init__(f"{column}: expected {expected}, was {describe(came) if came else 'missing'}")


def read_list(path: Path, day: date) -> dict[str, Listed]:
    """What a list has for a day, by institution; its other days are passed over.

    CSV in UTF-8, with or without a byte order mark, or in GB18030. Raises ConfigurationError: file, line and reason.
    """
    found: dict[str, Listed] = {}
    for line, row in _rows(path):
        try:
            institution, of_day, listed = _read(row)
        except _UnfitError as error:
            raise ConfigurationError(f"{path}:{line}: {error}") from None
        if of_day == day and institution in found:
            raise ConfigurationError(f"{path}:{line}: institution: expected once for each day, is listed already")
        if of_day == day:
            found[institution] = listed
    if not found:
        raise ConfigurationError(f"{path}: expected rows of {day}, has none")
    return found


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and values by column of each row that is not empty."""
    text, _ = text_of(path)
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        places = _places(next(reader, []), path)
        for values in reader:
            row = {column: clean(values[place]) for column, place in places.items() if place < len(values)}
            if any(row.values()):
                yield reader.line_num, row
    except csv.Error as error:
        raise ConfigurationError(f"{path}:{reader.line_num}: expected CSV: {error}") from None


def _places(header: list[str], path: Path) -> dict[str, int]:
    """Where each column stands."""
    told = [clean(name).lower() for name in header]
    places = {
        column: next((told.index(name) for name in names if name in told), -1) for column, names in COLUMNS.items()
    }
    if -1 in places.values():
        english, chinese = (",".join(names) for names in zip(*COLUMNS.values(), strict=True))
        raise ConfigurationError(f"{path}:1: expected the columns {english} or {chinese}")
    return places


def _read(row: dict[str, str]) -> tuple[str, date, Listed]:
    """Institution, day and what is listed. Raises _UnfitError."""
    institution, number, fund = (row.get(column, "") for column in ("institution", "number", "sum"))
    if not 0 < len(institution) <= 64:
        raise _UnfitError("institution", "text of 1 to 64", institution)
    day = _day(row.get("day", ""))
    if not _NUMBER.fullmatch(number):
        raise _UnfitError("number", "a whole number", number)
    if not _SUM.fullmatch(fund):
        raise _UnfitError("sum", "yuan with at most two decimals", fund)
    return institution.upper(), day, Listed(int(number), int(Decimal(fund) * 100))


def _day(came: str) -> date:
    found = _DAY.fullmatch(came)
    try:
        return date(*(int(part) for part in (found.groups() if found else ()) if part))
    except (TypeError, ValueError):
        raise _UnfitError("day", "yyyy-mm-dd, yyyy/m/d or yyyymmdd", came) from None
