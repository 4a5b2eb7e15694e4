"""Reference tables: effective-dated rows that a rule may look up; loaded before the first event, changed by none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import inf

from .columns import TABLE_COLUMNS, Column, checked, key_and_required
from .times import DAY, clock, parse

TABLES = {table: key_and_required(table) for table in TABLE_COLUMNS}
"""Table -> its key column, further columns that every row must have."""

_CHECKED = {table: checked(table) for table in TABLE_COLUMNS}

_WESTERN = re.compile(r"X[A-Z]\d{2}[A-Z]{2}[A-Z]\d{3}[A-Z]\d{3}\d{9}")
_ALWAYS = (-(1 << 62), 1 << 62)

Row = Mapping[str, str]


class BadRowError(ValueError):
    """A row of a reference table that cannot be used; says which, what was expected and what is wrong."""


class Reference:
    """All tables, each row with the time from which and until which it is valid.

    version: a short name of the rows in use, for the alerts that were judged with them.
    """

    __slots__ = ("_tables", "version")

    def __init__(self, version: str = "none") -> None:
        self.version = version
        self._tables: dict[str, dict[str, list[tuple[int, int, Row]]]] = {}

    def put(self, table: str, row: Row) -> None:
        """Add a row. A row with the same key and valid_from replaces the earlier one.

        Raises BadRowError.
        """
        if table not in TABLES:
            raise BadRowError(f"table: expected one of {', '.join(TABLES)}, was {table!r}")
        key_column, needed = TABLES[table]
        for column in (key_column, *needed):
            if not row.get(column):
                raise BadRowError(f"{table}.{column}: expected a value, was empty")
        _check_values(table, row)
        start, end = _validity(table, row)
        rows = self._tables.setdefault(table, {}).setdefault(row[key_column], [])
        rows[:] = sorted([one for one in rows if one[0] != start] + [(start, end, row)], key=lambda one: one[0])

    def has(self, table: str) -> bool:
        """Whether the table has any row."""
        return bool(self._tables.get(table))

    def row(self, table: str, key: str, at: int) -> Row | None:
        """The row of this key that is valid at a time (ms UTC)."""
        rows = self._tables.get(table, {}).get(key, ())
        return next((row for start, end, row in reversed(rows) if start <= at < end), None)

    def latest(self, table: str, key: str, at: int) -> Row | None:
        """The latest row of this key, from whenever it is valid, unless it was closed by then (ms UTC)."""
        rows = self._tables.get(table, {}).get(key, ())
        return next((row for _, end, row in reversed(rows) if at < end), None)

    def keys(self, table: str) -> Iterable[str]:
        """The keys of a table."""
        return self._tables.get(table, {}).keys()

    def substance(self, item: str, at: int) -> str:
        """What an item is the same as: its group in the drug table, else the substance in a western code, else itself.

        National western drug codes hold ATC level 4 in characters 2-6 and the substance in 7-10 (10,044 codes checked).
        Empty for solvents (ATC B05, V07), which accompany other drugs.
        """
        row = self.row("drugs", item, at) or {}
        western = _WESTERN.fullmatch(item) is not None
        atc = row.get("atc") or (item[1:6] if western else "")
        if atc[:3] in ("B05", "V07"):
            return ""
        return row.get("group") or (item[:10] if western else item)

    def is_day(self, day: int, *kinds: str) -> bool:
        """Whether the calendar has this day (its first moment, ms UTC) under one of the kinds."""
        row = self.latest("calendar", clock(day, "%Y-%m-%d"), day) if self.has("calendar") else None
        return row is not None and (not kinds or row.get("kind") in kinds)


def _check_values(table: str, row: Row) -> None:
    """What a rule will read as a time, a number or one of a few words must be one."""
    for column in _CHECKED[table]:
        text = row.get(column.name)
        if text and not _is_fit(column, text):
            raise BadRowError(f"{table}.{column.name}: expected {_expected(column)}, was text of {len(text)}")


def _is_fit(column: Column, text: str) -> bool:
    if column.one_of:
        return text in column.one_of
    if column.kind == "day":
        return _is_day(text)
    if column.kind == "moment":
        return _is_moment(text)
    return _is_number(text, least=-180 if column.kind == "degrees" else 0)


def _expected(column: Column) -> str:
    if column.one_of:
        return f"one of {', '.join(column.one_of)}"
    return {"day": "yyyy-mm-dd", "moment": "yyyy-mm-dd, also with a time"}.get(column.kind, "a number")


def _is_day(text: str) -> bool:
    return _is_moment(text) and clock(parse(text), "%Y-%m-%d") == text


def _is_moment(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _is_number(text: str, least: float) -> bool:
    try:
        return least <= float(text) < inf
    except ValueError:
        return False


def _validity(table: str, row: Row) -> tuple[int, int]:
    limits = list(_ALWAYS)
    for position, column in enumerate(("valid_from", "valid_to")):
        text = row.get(column)
        if not text:
            continue
        limits[position] = parse(text)
        if position == 1 and len(text) == len("yyyy-mm-dd"):
            limits[1] += DAY
    if limits[0] >= limits[1]:
        raise BadRowError(f"{table}.valid_to: expected later than valid_from")
    return limits[0], limits[1]
