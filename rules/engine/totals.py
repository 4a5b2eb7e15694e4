"""Totals of a window that are kept while entries come and go, so that a busy key costs no more than a quiet one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from .entry import Entry


class Total(Protocol):
    """A total over the entries of a window."""

    def move(self, entered: Iterable[Entry], left: Iterable[Entry]) -> None:
        """Count the entries that came into the window, and no longer those that left it."""

    @property
    def value(self) -> int:
        """The total now."""


class Distinct:
    """How many distinct values a field has."""

    __slots__ = ("_counts", "_field")

    def __init__(self, field: str) -> None:
        self._field = field
        self._counts: dict[object, int] = {}

    def move(self, entered: Iterable[Entry], left: Iterable[Entry]) -> None:
        """Count the values of the entries that came, and no longer of those that left."""
        counts = self._counts
        for entry in entered:
            value = getattr(entry, self._field)
            counts[value] = counts.get(value, 0) + 1
        for entry in left:
            value = getattr(entry, self._field)
            counts[value] -= 1
            if not counts[value]:
                del counts[value]

    @property
    def value(self) -> int:
        """How many values are counted at least once."""
        return len(self._counts)


class Sum:
    """The sum of an integer field."""

    __slots__ = ("_field", "value")

    def __init__(self, field: str) -> None:
        self._field = field
        self.value: int = 0

    def move(self, entered: Iterable[Entry], left: Iterable[Entry]) -> None:
        """Add the values of the entries that came, and subtract those of the entries that left."""
        for entry in entered:
            self.value += getattr(entry, self._field)
        for entry in left:
            self.value -= getattr(entry, self._field)
