"""The column of rule ids in all that is printed as lines: as wide as the longest id of the catalogue."""

from __future__ import annotations

from monitor.text import padded
from rules.catalogue import catalogue

RULE_WIDTH = max(map(len, catalogue()))
"""Columns of the terminal."""


def rule_cell(text: str) -> str:
    """A rule id, or the heading above them, with the blanks behind it.

    >>> [len(rule_cell(rule)) for rule in catalogue()] == [RULE_WIDTH] * len(catalogue())
    True
    """
    return padded(text, RULE_WIDTH)
