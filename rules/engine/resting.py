"""Pages at rest: of millions of pages nearly all, as bytes.

Most keys (a box, a person's substance) are touched once in years. A page that nobody touches is no object: it is kept
as the records that it is saved as, and wakes when its key comes again, or when a retraction may name an entry of it.
Where these bytes are, in memory or on a disk, is the choice of who makes the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

Name = bytes
"""The name of a page, encoded."""


class Taken(NamedTuple):
    """A page that wakes: its bytes, and whether it is saved, as it is, by itself."""

    saved: bytes
    is_saved: bool


class Dropped(NamedTuple):
    """A page that was dropped at rest: how many entries it had, and the names of the records of its days."""

    entries: int
    records: list[bytes]


class AtRest(Protocol):
    """The pages at rest, and by the marks of retraction keys which pages, awake or at rest, may have an entry.

    A page may be told for a mark that none of its entries has any more.

    A page that woke may still be told here as it was: who is awake is known to whom asks.
    """

    def __len__(self) -> int:
        """How many pages are at rest."""

    def lay(self, name: Name, saved: bytes, ledger: str, touched: int, days: list[int], *, is_saved: bool) -> None:
        """Lay a page to rest.

        touched: tick of its last entry, ms. days: of its entries, in order, as `name_of_day` takes them. is_saved:
        whether the records of these days are saved by now, as they are.
        """

    def lay_first(self, name: Name, saved: bytes, ledger: str, touched: int, day: int, marks: Sequence[int]) -> None:
        """Lay a page to rest that is new, with its only entry, which has these marks: by far the most frequent one."""
        self.lay(name, saved, ledger, touched, [day], is_saved=False)
        self.mark(name, marks)

    def take(self, name: Name) -> Taken | None:
        """Take a page out that is to wake; None where it is not at rest."""

    def drop(self, name: Name) -> None:
        """A page that is awake is no more."""

    def drop_untouched(self, name: Name, tick: int) -> Dropped | None:
        """Drop a page that rests and was touched last at this tick or before; None where it is no such page."""

    def names(self) -> Iterable[Name]:
        """The pages at rest."""

    def untouched_since(self, ledger: str, tick: int) -> Iterator[Name]:
        """The pages of a ledger whose last entry came at this tick or before; they may have been touched since then."""

    def mark(self, name: Name, marks: Iterable[int]) -> None:
        """A page has entries with these marks."""

    def named(self, marks: Iterable[int]) -> list[Name]:
        """The pages that may have an entry with one of these marks, in order."""

    def forget_marks(self, tick: int, kept: int) -> None:
        """Time has come to this tick: what was marked longer ago than `kept`, both ms, may be forgotten."""

    def begin(self) -> None:
        """What was saved before is there from now on; until then there is nothing."""

    def changed(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The records of what was laid unsaved, or is saved in another way from now on; None of what is gone."""

    def put_back(self, saved: Iterable[tuple[int, bytes]]) -> None:
        """Packs of pages that are saved together, by number: they rest from now on."""

    def leave(self) -> None:
        """The records of all that was laid, marked or dropped so far are handed out to be saved."""

    def know(self, number: int) -> None:
        """So many pages are at rest, says who saved them."""
