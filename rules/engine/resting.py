"""Pages at rest: of millions of pages nearly all, as bytes.

Most keys (a box, a person's substance) are touched once in years. A page that nobody touches is no object: it is kept
as the records that it is saved as, and wakes when its key comes again, or when a retraction may name an entry of it.
Where these bytes are, in memory or on a disk, is the choice of who makes the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

Name = bytes
"""The name of a page, encoded."""


class AtRest(Protocol):
    """The pages at rest, and by the marks of retraction keys which pages, awake or at rest, may have an entry.

    A page that woke may still be told here as it was: who is awake is known to whom asks.
    """

    def __len__(self) -> int:
        """How many pages are at rest."""

    def lay(self, name: Name, saved: bytes, ledger: str, touched: int) -> None:
        """Lay a page to rest. touched: tick of its last entry, ms."""

    def laid(self, name: Name) -> bytes:
        """The bytes of a page that was laid to rest since `leave`."""

    def take(self, name: Name) -> bytes | None:
        """Take a page out that is to wake; None where it is not at rest."""

    def drop(self, name: Name) -> None:
        """A page that is awake is no more."""

    def names(self) -> Iterable[Name]:
        """The pages at rest."""

    def untouched_since(self, ledger: str, tick: int) -> Iterator[Name]:
        """The pages of a ledger whose last entry came at this tick or before; they may have been touched since then."""

    def mark(self, name: Name, marks: Iterable[int]) -> None:
        """A page has entries with these marks."""

    def unmark(self, name: Name, marks: Iterable[int]) -> None:
        """A page has no entry with these marks any more."""

    def named(self, marks: Iterable[int]) -> list[Name]:
        """The pages that may have an entry with one of these marks, in order."""

    def begin(self) -> None:
        """What was saved before is there from now on; until then there is nothing."""

    def leave(self) -> None:
        """The records of all that was laid, marked or dropped so far are handed out to be saved."""

    def know(self, number: int) -> None:
        """So many pages are at rest, says who saved them."""


class InMemory(AtRest):
    """Pages at rest in memory, and when they were touched last."""

    __slots__ = ("_marked", "_saved", "_touched")

    def __init__(self) -> None:
        self._saved: dict[Name, bytes] = {}
        self._touched: dict[str, dict[int, list[Name]]] = {}
        self._marked = Marked()

    def __len__(self) -> int:
        return len(self._saved)

    def lay(self, name: Name, saved: bytes, ledger: str, touched: int) -> None:
        """As of AtRest."""
        self._saved[name] = saved
        self._touched.setdefault(ledger, {}).setdefault(touched, []).append(name)

    def laid(self, name: Name) -> bytes:
        """As of AtRest."""
        return self._saved[name]

    def take(self, name: Name) -> bytes | None:
        """As of AtRest."""
        return self._saved.pop(name, None)

    def drop(self, name: Name) -> None:
        """As of AtRest: it was taken out."""

    def names(self) -> list[Name]:
        """As of AtRest."""
        return list(self._saved)

    def untouched_since(self, ledger: str, tick: int) -> Iterator[Name]:
        """As of AtRest. Each is told once for each time that it was laid to rest."""
        touched = self._touched.get(ledger, {})
        for at in sorted(at for at in touched if at <= tick):
            names = touched[at]
            while names:  # who asks may stop here, and ask for the rest later
                yield names.pop()
            del touched[at]

    def mark(self, name: Name, marks: Iterable[int]) -> None:
        """As of AtRest."""
        self._marked.put(name, marks)

    def unmark(self, name: Name, marks: Iterable[int]) -> None:
        """As of AtRest."""
        self._marked.drop(name, marks)

    def named(self, marks: Iterable[int]) -> list[Name]:
        """As of AtRest."""
        return self._marked.named(marks)

    def begin(self) -> None:
        """As of AtRest: what was saved is laid down anew."""

    def leave(self) -> None:
        """As of AtRest: all stays here."""

    def know(self, number: int) -> None:
        """As of AtRest: it is counted here."""


_MANY = 8
"""So many pages of one mark are kept in a tuple; more, as of a message with thousands of lines, in a dictionary."""

_Names = Name | tuple[Name, ...] | dict[Name, None]


class Marked:
    """Which pages, awake or at rest, may have an entry of a retraction key, by the mark of the key."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[int, _Names] = {}

    def __len__(self) -> int:
        return len(self._names)

    def put(self, name: Name, marks: Iterable[int]) -> None:
        """A page has entries with these marks."""
        names = self._names
        for mark in marks:
            others = names.setdefault(mark, name)
            if others is not name and others != name:
                names[mark] = _with(others, name)

    def drop(self, name: Name, marks: Iterable[int]) -> None:
        """A page has no entry with these marks any more."""
        for mark in marks:
            names = self._names.get(mark, ())
            if isinstance(names, dict) and len(names) > 1:
                names.pop(name, None)
                continue
            left = tuple(one for one in _several(names) if one != name)
            if left:
                self._names[mark] = left if len(left) > 1 else left[0]
            else:
                self._names.pop(mark, None)

    def named(self, marks: Iterable[int]) -> list[Name]:
        """The pages that may have an entry with one of these marks, in order."""
        return sorted({name for mark in marks for name in _several(self._names.get(mark, ()))})


def _several(names: _Names) -> Iterable[Name]:
    return (names,) if isinstance(names, bytes) else names


def _with(others: _Names, name: Name) -> _Names:
    if isinstance(others, dict):
        others[name] = None
        return others
    names = dict.fromkeys([*_several(others), name])
    return tuple(names) if len(names) <= _MANY else names
