"""Where the worker says what it did."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple, Protocol, Self

from faust.types import TP

from streams.detect.detector import Outcome
from streams.detect.task import Saved
from streams.kafka.ends import End
from streams.route.intake import IntakeMeter
from streams.route.router import Routed

Blocked = Literal["open_transaction", "no_leader"]
"""Why a partition cannot be read on: a publisher's transaction is open, or no leader answers."""


class Standing(NamedTuple):
    """Where a partition stands."""

    done: int
    """Offset up to which it is finished."""
    end: int | None
    """Offset of the next record that will be appended; None where no leader tells."""
    blocked: Blocked | None

    @classmethod
    def at(cls, done: int, end: End | None) -> Self:
        """What follows from its end; a transaction blocks it where all before that is finished."""
        if end is None:
            return cls(done, None, "no_leader")
        return cls(done, end.offset, "open_transaction" if end.stable <= done < end.offset else None)


class Meter(IntakeMeter, Protocol):
    """Where the worker says what it did; the monitor makes metrics of it."""

    def detected(self, partition: int, outcome: Outcome, seconds: float) -> None:
        """One internal batch was judged and its alerts acknowledged."""

    def checkpointed(self, partition: int, saved: Saved) -> None:
        """One checkpoint was committed."""

    def standing(self, standings: Mapping[TP, Standing]) -> None:
        """Where each partition at work stands; every few seconds while a broker answers."""

    def away(self, why: str) -> None:
        """No broker answers; every few seconds until one does."""

    def beat(self, seconds: float) -> None:
        """The event loop came back so long after it should have; some times a second."""

    def partitions(self, inputs: int, internal: int) -> None:
        """So many partitions came to this worker; the internal ones are not yet taken over."""

    def taken_over(self, partition: int) -> None:
        """An internal partition is at work."""


class Unmetered:
    """The meter of who does not want one."""

    def routed(self, routed: Routed, seconds: float) -> None:
        """Do nothing."""

    def detected(self, partition: int, outcome: Outcome, seconds: float) -> None:
        """Do nothing."""

    def checkpointed(self, partition: int, saved: Saved) -> None:
        """Do nothing."""

    def standing(self, standings: Mapping[TP, Standing]) -> None:
        """Do nothing."""

    def away(self, why: str) -> None:
        """Do nothing."""

    def beat(self, seconds: float) -> None:
        """Do nothing."""

    def aligned(self, held: Mapping[TP, float], waits_for: AbstractSet[int], left_out: AbstractSet[int]) -> None:
        """Do nothing."""

    def partitions(self, inputs: int, internal: int) -> None:
        """Do nothing."""

    def taken_over(self, partition: int) -> None:
        """Do nothing."""
