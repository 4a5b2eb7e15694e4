"""Totals of a window that are kept while entries come and go, so that a busy key costs no more than a quiet one."""

from __future__ import annotations

from typing import Protocol

from .entry import Entry


class Total(Protocol):
    """A total over the entries of a window."""

    def add(self, entry: Entry) -> None:
        """Count an entry that came into the window."""

    def remove(self, entry: Entry) -> None:
        """Count no longer an entry that left the window."""

    @property
    def value(self) -> int:
        """The total now."""


class Distinct:
    """How many distinct values a field has."""

    __slots__ = ("_counts", "_field")

    def __init__(self, field: str) -> None:
        self._field = field
        self._counts: dict[object, int] = {}

    def add(self, entry: Entry) -> None:
        """Count the value of an entry."""
        value = getattr(entry, self._field)
        self._counts[value] = self._counts.get(value, 0) + 1

    def remove(self, entry: Entry) -> None:
        """Count the value of an entry no longer."""
        value = getattr(entry, self._field)
        self._counts[value] -= 1
        if not self._counts[value]:
            del self._counts[value]

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

    def add(self, entry: Entry) -> None:
        """Add the value of an entry."""
        self.value += getattr(entry, self._field)

    def remove(self, entry: Entry) -> None:
        """Subtract the value of an entry."""
        self.value -= getattr(entry, self._field)
