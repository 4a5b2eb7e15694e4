"""A ledger: which entries are kept, under which key, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar, cast

from ..reference import Reference
from ..times import DAY, HOUR
from .entry import Entry
from .retraction import REACH_OF_MESSAGE_REVERSAL

REACH = 72 * HOUR
"""How long after a message a retraction still takes it back, ms (contract, section 3)."""

REACH_OF_STAYS = 63 * DAY
"""The same of what belongs to a stay: its admission, discharge, lines and bills."""

REACH_OF_CODES = 90 * DAY
"""The same of a trace code: a box may be brought back weeks after its sale; our assumption."""

GRACE = 72 * HOUR
"""How much later than its business time an event may come, and out of order within its input partition, ms."""

ALIGNMENT = 24 * HOUR
"""How far one input partition is read ahead of another in inf_time, ms."""

SKEW = ALIGNMENT + 2 * GRACE
"""How much out of order in inf_time the entries of one key come at most, ms: two partitions may be apart by the
alignment, and each of them is out of order in itself."""

WAIT = GRACE + ALIGNMENT
"""So long after its deadline a tick judges what did not happen, ms: what is late has come by then, and no partition is
further behind."""

SLOW = 15 * DAY
"""Grace of admissions, discharges and stock: they come from nightly and weekly batches (contract, section 2)."""

Key = tuple[str, ...]
E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Feed:
    """Entries of one kind that a ledger keeps.

    key: of an entry, None where the ledger does not keep it. reach: how long after an entry a retraction still takes it
    back, ms. grace: how late its entries may come, ms.
    """

    entry: type[Entry]
    key: Callable[[Entry, Reference], Key | None]
    reach: int = REACH
    grace: int = GRACE

    @staticmethod
    def of(
        entry: type[E], key: Callable[[E, Reference], Key | None], *, reach: int = REACH, grace: int = GRACE
    ) -> Feed:
        """Entries of this kind, under this key."""
        return Feed(entry, cast("Callable[[Entry, Reference], Key | None]", key), reach, grace)

    @property
    def frozen_after(self) -> int:
        """How long after its business time an entry may still come or change, by the largest inf_time of its key, ms.

        It may come late, or be taken back, and that be taken back by a 2601; and each of them may come out of order.
        """
        return max(self.grace, self.reach + REACH_OF_MESSAGE_REVERSAL) + SKEW


@dataclass(frozen=True)
class Ledger:
    """Which entries are kept, and under which key.

    space: the key space that its keys are in. bin: length of the sums that habits are read from, ms; 0 where it keeps
    none. summed: what such a sum adds up beside the number of entries: fen, unless it says otherwise. keeps_arrivals:
    whether it says which messages came. needs: ledgers that are kept where it is.

    It is kept where a rule in force reads it, or another ledger needs it; one that says which messages came always is.
    """

    name: str
    space: str
    feeds: tuple[Feed, ...]
    bin: int = 0
    keeps_arrivals: bool = False
    needs: tuple[str, ...] = ()
    summed: Callable[[Entry], int] = attrgetter("amount")

    @property
    def may_rest(self) -> bool:
        """Whether its pages rest as bytes: not those with sums, which are at work all the time."""
        return not self.bin

    @property
    def frozen_after(self) -> int:
        """How long after its business time an entry of any feed may still come or change, ms."""
        return max(feed.frozen_after for feed in self.feeds)


def kept(ledgers: Mapping[str, Ledger], read: Iterable[str]) -> list[Ledger]:
    """The ledgers that are kept where rules read these, by name: with what they need, in their order."""
    names = {*read, *(name for name, one in ledgers.items() if one.keeps_arrivals)}
    while more := {needed for name in names for needed in ledgers[name].needs} - names:
        names |= more
    return [one for name, one in ledgers.items() if name in names]


@dataclass(frozen=True)
class Bounds:
    """How far back the pages of a ledger go, behind the largest inf_time of their key, ms.

    retention: what is older is refused, and forgotten. frozen: the sums of a day that ended so long before change no
    more, whatever comes. sums: how long they are kept.
    """

    retention: int
    frozen: int
    sums: int
