"""A ledger: which entries are kept, under which key, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..reference import Reference
from ..times import HOUR
from .entry import Entry
from .retraction import REACH_OF_MESSAGE_REVERSAL

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


@dataclass(frozen=True)
class Ledger:
    """Which entries are kept, under which key.

    key: of an entry, None where this ledger does not keep it. bin: length of the sums that habits are read from, ms.
    reach: how long after an entry a retraction still takes it back, ms. grace: how late its entries may come, ms.
    """

    name: str
    space: str
    entry: type[Entry]
    key: Callable[[Entry, Reference], tuple[str, ...] | None]
    bin: int = 0
    reach: int = 72 * HOUR
    grace: int = GRACE

    @property
    def frozen_after(self) -> int:
        """How long after its business time an entry may still come or change, by the largest inf_time of its key, ms.

        It may come late, or be taken back, and that be taken back by a 2601; and each of them may come out of order.
        """
        return max(self.grace, self.reach + REACH_OF_MESSAGE_REVERSAL) + SKEW


@dataclass(frozen=True)
class Bounds:
    """How far back the pages of a ledger go, behind the largest inf_time of their key, ms.

    retention: what is older is refused, and forgotten. frozen: the sums of a day that ended so long before change no
    more, whatever comes. sums: how long they are kept.
    """

    retention: int
    frozen: int
    sums: int
