"""Reference tables: effective-dated rows that a rule may look up; no event changes them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from hashlib import blake2b
from math import inf

from .columns import TABLE_COLUMNS, Column, checked, key_and_required
from .times import DAY, clock, parse

TABLES = {table: key_and_required(table) for table in TABLE_COLUMNS}
"""Table -> its key column, further columns that every row must have."""

_CHECKED = {table: checked(table) for table in TABLE_COLUMNS}

_WESTERN = re.compile(r"X[A-Z]\d{2}[A-Z]{2}[A-Z]\d{3}[A-Z]\d{3}\d{9}")
SOLVENTS = ("B05", "V07")
"""ATC level 2 of what accompanies other drugs."""
_ALWAYS = (-(1 << 62), 1 << 62)

Row = Mapping[str, str]
_Dated = tuple[int, int, Row]


class BadRowError(ValueError):
    """A row of a reference table that cannot be used; says which, what was expected and what is wrong."""


class Table:
    """The rows of one table, each with the time from which and until which it is valid.

    mark: of the rows that are in it; the order in which they came, and what they replaced, does not matter.
    """

    __slots__ = ("_name", "_rows", "mark")

    def __init__(self, name: str) -> None:
        self.mark = 0
        self._name = name
        self._rows: dict[str, tuple[_Dated, ...]] = {}

    def copy(self) -> Table:
        """The same rows; what is put into the copy does not change this one."""
        other = Table(self._name)
        other.mark, other._rows = self.mark, self._rows.copy()
        return other

    def put(self, row: Row) -> None:
        """Add a row. A row with the same key and valid_from replaces the earlier one. Raises BadRowError."""
        key_column, needed = TABLES[self._name]
        for column in (key_column, *needed):
            if not row.get(column):
                raise BadRowError(f"{self._name}.{column}: expected a value, was empty")
        _check_values(self._name, row)
        start, end = _validity(self._name, row)
        rows = self.of(row[key_column])
        self._keep(row[key_column], rows, [*(one for one in rows if one[0] != start), (start, end, row)])

    def drop(self, key: str, valid_from: str) -> None:
        """Remove the row of this key that names this valid_from (empty: none); nothing where there is no such row."""
        rows = self.of(key)
        self._keep(key, rows, [one for one in rows if one[2].get("valid_from", "") != valid_from])

    def _keep(self, key: str, before: tuple[_Dated, ...], after: list[_Dated]) -> None:
        for _, _, row in (*before, *after):  # of what stands in both nothing is left
            self.mark ^= _mark(self._name, row)
        if after:
            self._rows[key] = tuple(sorted(after, key=lambda one: one[0]))
        else:
            self._rows.pop(key, None)

    def of(self, key: str) -> tuple[_Dated, ...]:
        """The rows of a key by the time from which they are valid, with that time and when it ends, ms UTC."""
        return self._rows.get(key, ())

    def keys(self) -> Collection[str]:
        """The keys that have a row."""
        return self._rows.keys()


class Reference:
    """All tables.

    version: a short name of what is in use, for the alerts that were judged with it.
    """

    __slots__ = ("_tables", "version")

    def __init__(self, version: str = "none", tables: Mapping[str, Table] | None = None) -> None:
        self.version = version
        self._tables = {name: Table(name) for name in TABLES} | dict(tables or {})

    def put(self, table: str, row: Row) -> None:
        """Add a row. A row with the same key and valid_from replaces the earlier one.

        Raises BadRowError.
        """
        if table not in TABLES:
            raise BadRowError(f"table: expected one of {', '.join(TABLES)}, was {table!r}")
        self._tables[table].put(row)

    def has(self, table: str) -> bool:
        """Whether the table has any row."""
        return bool(self._tables[table].keys())

    def row(self, table: str, key: str, at: int) -> Row | None:
        """The row of this key that is valid at a time (ms UTC)."""
        rows = self._tables[table].of(key)
        return next((row for start, end, row in reversed(rows) if start <= at < end), None)

    def rows(self, table: str, key: str) -> list[Row]:
        """The rows of this key, whenever they are valid, the earliest first."""
        return [row for _, _, row in self._tables[table].of(key)]

    def latest(self, table: str, key: str, at: int) -> Row | None:
        """The latest row of this key, from whenever it is valid, unless it was closed by then (ms UTC)."""
        rows = self._tables[table].of(key)
        return next((row for _, end, row in reversed(rows) if at < end), None)

    def keys(self, table: str) -> Collection[str]:
        """The keys of a table."""
        return self._tables[table].keys()

    def substance(self, item: str, at: int) -> str:
        """What an item is the same as: its group in the drug table, else the substance in a western code, else itself.

        National western drug codes hold ATC level 4 in characters 2-6 and the substance in 7-10 (10,044 codes checked).
        Empty for solvents (ATC B05, V07), which accompany other drugs.
        """
        row = self.row("drugs", item, at) or {}
        western = _WESTERN.fullmatch(item) is not None
        if _atc(item, row, western=western)[:3] in SOLVENTS:
            return ""
        return row.get("group") or (item[:10] if western else item)

    def action(self, item: str, at: int) -> str:
        """How an item acts: its ATC code to level 4 (five characters), of the drug table, else of a western code.

        Empty where it is not known so far, and for solvents.
        """
        row = self.row("drugs", item, at) or {}
        action = _atc(item, row, western=_WESTERN.fullmatch(item) is not None)[:5]
        return action if len(action) == 5 and action[:3] not in SOLVENTS else ""

    def is_day(self, day: int, *kinds: str) -> bool:
        """Whether the calendar has this day (its first moment, ms UTC) under one of the kinds."""
        row = self.latest("calendar", clock(day, "%Y-%m-%d"), day) if self.has("calendar") else None
        return row is not None and (not kinds or row.get("kind") in kinds)


def _atc(item: str, row: Row, *, western: bool) -> str:
    """The ATC code of an item: of its row, else to level 4 of a western code; empty where neither has one."""
    return row.get("atc") or (item[1:6] if western else "")


def _mark(table: str, row: Row) -> int:
    content = repr((table, sorted(row.items()))).encode()
    return int.from_bytes(blake2b(content, digest_size=8).digest())


def _check_values(table: str, row: Row) -> None:
    """What a rule will read as a time, a number or one of a few words must be one."""
    for column in _CHECKED[table]:
        text = row.get(column.name)
        if text and not _is_fit(column, text):
            raise BadRowError(f"{table}.{column.name}: expected {_expected(column)}, was text of {len(text)}")


def _is_fit(column: Column, text: str) -> bool:
    if column.one_of:
        return text in column.one_of
    if column.kind == "pair":
        return re.fullmatch(r"[^:\s]+:\S.*", text) is not None
    if column.kind == "day":
        return _is_day(text)
    if column.kind == "moment":
        return _is_moment(text)
    return _is_number(text, least=-180 if column.kind == "degrees" else 0)


def _expected(column: Column) -> str:
    if column.one_of:
        return f"one of {', '.join(column.one_of)}"
    return {
        "pair": "two texts with a colon between",
        "day": "yyyy-mm-dd",
        "moment": "yyyy-mm-dd, also with a time",
    }.get(column.kind, "a number")


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
