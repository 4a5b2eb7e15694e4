"""That a message came: what can be taken back of it, and what it takes back."""

from __future__ import annotations

from typing import ClassVar

from .entry import Entry


class Arrival(Entry, frozen=True, tag="m"):
    """At the institution: that a message came.

    targets: keys by which it can be taken back. takes: keys that it takes back itself. of_transaction: of a message
    reversal, which messages it names.
    """

    targets: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    of_transaction: str = ""
    lasting: ClassVar[bool] = True

    @property
    def retraction_keys(self) -> list[str]:
        """Those by which others see that there was something to take back."""
        return [self.own_key, *self.targets]

    @property
    def slot(self) -> str:
        """The msgid."""
        return self.message

    def is_named_by(self, taker: Arrival) -> bool:
        """Whether a retraction that came means this message."""
        if taker.person and self.person and taker.person != self.person:
            return False
        return not taker.of_transaction or taker.of_transaction == self.transaction
