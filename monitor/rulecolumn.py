"""The column of rule ids in all that is printed as lines: as wide as the longest id of the catalogue."""

from __future__ import annotations

from functools import cache

from monitor.text import padded
from rules.catalogue import catalogue


@cache
def rule_width() -> int:
    """Columns of the terminal. Looks at the whole catalogue, so not before something is printed."""
    return max(map(len, catalogue()))


def rule_cell(text: str) -> str:
    """A rule id, or the heading above them, with the blanks behind it.

    >>> [len(rule_cell(rule)) for rule in catalogue()] == [rule_width()] * len(catalogue())
    True
    """
    return padded(text, rule_width())
