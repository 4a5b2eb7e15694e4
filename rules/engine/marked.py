"""Which numbers have a mark, of tens of millions, at some eight bytes each."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

LATELY = 4_096
"""So many marks that came last are held in a dictionary (our assumption)."""
MOST = 1 << 17
"""A run has at most so many pairs, or as many as came at once: to merge so many takes 0.04 s (our assumption)."""
_RATIO = 4
_ERAS = 4
_FRESH = -1
"""Stands for the tick of a run that was sorted since the last one."""


class Marked:
    """Numbers by mark, both from 0 to 2^32 - 1. What was put is found until it is old, never taken out.

    Who asks looks at what is found anyway, and finds nothing on it where it is stale. What came last is in a
    dictionary; then it is sorted into a run. A run is merged with the one before if that is not much longer, and
    forgotten as a whole.
    """

    __slots__ = ("_closed", "_lately", "_more", "_runs", "_until")

    def __init__(self) -> None:
        self._lately: dict[int, int] = {}
        self._more: dict[int, set[int]] = {}  # of marks that have one number already
        self._runs: list[tuple[int, array[int]]] = []  # tick of its newest pair, and the pairs; the oldest run first
        self._closed = 0  # so many runs, the oldest, are not merged any more: they are of an era that is over
        self._until = 0

    def __len__(self) -> int:
        """How many pairs are held, some of them more than once."""
        return len(self._lately) + sum(map(len, self._more.values())) + sum(len(run) for _, run in self._runs)

    def put(self, number: int, marks: Iterable[int]) -> None:
        """Let a number have these marks."""
        self.put_all(number, (marks,))

    def put_all(self, first: int, marks: Iterable[Iterable[int]]) -> None:
        """Let numbers, from `first` on, have these marks, each its own."""
        lately = self._lately
        for number, own in enumerate(marks, first):
            for mark in own:
                if lately.setdefault(mark, number) != number:
                    self._more.setdefault(mark, set()).add(number)
        if len(lately) >= LATELY:
            self._settle()

    def find(self, mark: int) -> set[int]:
        """The numbers that have a mark, and perhaps some that had it."""
        found = {*self._more.get(mark, ())}
        if (number := self._lately.get(mark)) is not None:
            found.add(number)
        first, end = mark << 32, mark + 1 << 32
        for _, run in self._runs:
            at = bisect_left(run, first)
            while at < len(run) and run[at] < end:
                found.add(run[at] & 0xFFFFFFFF)
                at += 1
        return found

    def forget(self, tick: int, kept: int) -> None:
        """Time has come to this tick: forget what was put longer ago than `kept`, both ms, at the latest a third later.

        What came since the tick before is as old as this one: the log may have stood still between.
        """
        if tick >= self._until:
            self._settle()
            self._until = tick + kept // _ERAS
            self._closed = len(self._runs)
        self._runs = [(tick if newest == _FRESH else newest, run) for newest, run in self._runs]
        gone = sum(newest < tick - kept for newest, _ in self._runs)
        if gone:
            del self._runs[:gone]
            self._closed = max(0, self._closed - gone)

    def _settle(self) -> None:
        """Sort what came last into a run, and merge it with those that are not much longer."""
        if not self._lately:
            return
        run = [mark << 32 | number for mark, number in self._lately.items()]
        run += [mark << 32 | number for mark, numbers in self._more.items() for number in numbers]
        self._lately, self._more = {}, {}
        self.put_pairs(run)

    def put_pairs(self, run: list[int]) -> None:
        """Let numbers have marks: mark * 2^32 + number, in any order, very many at once. The list is used up."""
        if not run:
            return
        run.sort()
        runs = self._runs
        while len(runs) > self._closed and len(runs[-1][1]) < min(_RATIO * len(run), MOST - len(run)):
            run += runs.pop()[1]
            run.sort()  # of two runs: merges them
        runs.append((_FRESH, array("Q", run)))
