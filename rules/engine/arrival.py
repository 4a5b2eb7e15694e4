"""That a message came: what can be taken back of it, and what it takes back."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import ClassVar

from .entry import Entry
from .marks import NARROWED_BY, mark_of, number_of


class Arrival(Entry, frozen=True, tag="m"):
    """At the institution: that a message came.

    targets, narrowed: numbers of the keys by which it can be taken back, beside its msgid; the second of those that
    are narrowed down. coded: whether trace codes are among them. takes: keys that it takes back itself. of_transaction:
    of a message reversal, which messages it names.

    Texts would be most of what is kept of a message. Two keys of one institution may share a number: of a million of
    them a retraction that names nothing finds one in 4,000 times something, and is not counted then.
    """

    targets: tuple[int, ...] = ()
    narrowed: tuple[int, ...] = ()
    coded: bool = False
    takes: tuple[str, ...] = ()
    of_transaction: str = ""
    lasting: ClassVar[bool] = True

    @property
    def retraction_keys(self) -> list[str]:
        """Its msgid; the others are numbers."""
        return [self.own_key]

    @property
    def marks(self) -> set[int]:
        """Those by which others see that there was something to take back."""
        return {mark_of(self.own_key), *self.targets}

    def is_named_by_one_of(self, keys: AbstractSet[str]) -> bool:
        """Whether one of these keys is its own, by its number."""
        return any(
            number_of(key) in (self.narrowed if NARROWED_BY in key else self.targets) or key == self.own_key
            for key in keys
        )

    @property
    def slot(self) -> str:
        """The msgid."""
        return self.message

    def is_named_by(self, taker: Arrival) -> bool:
        """Whether a retraction that came means this message."""
        if taker.institution != self.institution:
            return False
        if taker.person and self.person and taker.person != self.person:
            return False
        return not taker.of_transaction or taker.of_transaction == self.transaction
