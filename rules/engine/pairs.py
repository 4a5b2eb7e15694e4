"""Pairs of a key and a number, tens of millions of them, at some twelve to twenty-four bytes a pair."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

_GONE = (1 << 32) - 1
"""A place from which a pair was taken out; 0: a place that was never used."""
_BITS = 8
_PARTS = 1 << _BITS
_SMALLEST = 8


class Pairs:
    """Which numbers a key has: of keys that are spread evenly nearly all have one.

    Keys are from 0 to 2^32 - 1, numbers from 1 to 2^32 - 2.

    A table with open addressing, in parts that grow one after the other: none of them takes long. A dictionary of
    integers takes a hundred bytes for each.
    """

    __slots__ = ("_parts", "_used")

    def __init__(self) -> None:
        self._parts = [array("Q", bytes(8 * _SMALLEST)) for _ in range(_PARTS)]
        self._used = [0] * _PARTS

    def __len__(self) -> int:
        """How many pairs there are; counts them."""
        return sum(len(part) - part.count(0) - part.count(_GONE) for part in self._parts)

    def put(self, key: int, number: int) -> None:
        """Let a key have a number, if it does not have it yet."""
        part = self._parts[key & (_PARTS - 1)]
        last = len(part) - 1
        at = (key >> _BITS) & last
        pair = key << 32 | number
        while there := part[at]:
            if there == pair:
                return
            at = (at + 1) & last
        part[at] = pair
        which = key & (_PARTS - 1)
        used = self._used[which] = self._used[which] + 1
        if 3 * used > 2 * len(part):
            self._make_anew(which)

    def put_all(self, pairs: Iterable[int]) -> None:
        """Let keys have numbers, very many at once: key * 2^32 + number, none of which is there yet."""
        parts: list[list[int]] = [[] for _ in range(_PARTS)]
        for pair in pairs:
            parts[pair >> 32 & (_PARTS - 1)].append(pair)
        for which, more in enumerate(parts):
            if more:
                self._make_anew(which, more)

    def drop(self, key: int, number: int) -> None:
        """Let a key not have a number any more, if it has it."""
        part = self._parts[key & (_PARTS - 1)]
        last = len(part) - 1
        at = (key >> _BITS) & last
        pair = key << 32 | number
        while there := part[at]:
            if there == pair:
                part[at] = _GONE
                return
            at = (at + 1) & last

    def find(self, key: int) -> list[int]:
        """The numbers of a key, in no order."""
        part = self._parts[key & (_PARTS - 1)]
        last = len(part) - 1
        at = (key >> _BITS) & last
        found = []
        while there := part[at]:
            if there >> 32 == key and there != _GONE:
                found.append(there & 0xFFFFFFFF)
            at = (at + 1) & last
        return found

    def _make_anew(self, which: int, more: Sequence[int] = ()) -> None:
        """Make a part anew that has not the room for more pairs, without those that are gone."""
        pairs = [pair for pair in self._parts[which] if pair and pair != _GONE]
        pairs += more
        size = _SMALLEST
        while size < 2 * len(pairs):
            size *= 2
        part = self._parts[which] = array("Q", bytes(8 * size))
        self._used[which] = len(pairs)
        for pair in pairs:
            at = (pair >> 32 + _BITS) & (size - 1)
            while part[at]:
                at = (at + 1) & (size - 1)
            part[at] = pair
