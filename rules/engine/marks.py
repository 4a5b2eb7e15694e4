"""Retraction keys as numbers: short, and the same in every process."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

NARROWED_BY = "\x1f"
"""Stands in a retraction key before what narrows it down: both are found by what stands before it."""


def number_of(key: str) -> int:
    """The number of a whole retraction key, 32 bits."""
    return crc32(key.encode())


def mark_of(key: str) -> int:
    """The number by which entries are found that have this retraction key; a few keys share one.

    It is the same in every process, so it is saved beside the entries. 32 bits: of ten million keys in memory one in
    430 finds a page in vain, and nothing else comes of it.
    """
    return crc32((key if NARROWED_BY not in key else key.partition(NARROWED_BY)[0]).encode())


def marks_of(keys: Iterable[str]) -> set[int]:
    """The numbers of these keys."""
    return {crc32((key if NARROWED_BY not in key else key.partition(NARROWED_BY)[0]).encode()) for key in keys}
