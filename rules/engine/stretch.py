"""A stretch: neighbouring entries of a page, as the answer to a question about a window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from .entry import E_co


class Stretch(Sequence[E_co]):
    """Neighbouring entries of a page, in order. They are copied only when they are read, so a length costs nothing.

    A rule reads it during its check; afterwards the page goes on, and the stretch no longer holds.
    """

    __slots__ = ("_first", "_page", "_until")

    def __init__(self, page: Sequence[E_co], first: int, until: int) -> None:
        self._page = page
        self._first = first
        self._until = until

    def __len__(self) -> int:
        return self._until - self._first

    def __iter__(self) -> Iterator[E_co]:
        return iter(self._page[self._first : self._until])

    @overload
    def __getitem__(self, index: int) -> E_co: ...

    @overload
    def __getitem__(self, index: slice[int | None, int | None, int | None]) -> Sequence[E_co]: ...

    def __getitem__(self, index: int | slice[int | None, int | None, int | None]) -> E_co | Sequence[E_co]:
        chosen = range(self._first, self._until)[index]
        if isinstance(chosen, range):
            return [self._page[position] for position in chosen]
        return self._page[chosen]
