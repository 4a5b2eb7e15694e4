"""What has been taken back: a set of retractions, asked by key; the order in which they came does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from .entry import Entry
from .marks import mark_of
from .retraction import REACH_OF_MESSAGE_REVERSAL, Retraction, comes_before

ROOM = 100_000
"""So many retractions are kept however old they are: what they name may lag behind the clock (our assumption)."""


class Retractions:
    """Retractions by the keys that they name. changed: identities to be saved again.

    of_unpaid: the bills (`Entry.paid_by`) on which it depends what is taken back. room: how many are never too many.
    """

    __slots__ = (
        "_arrived", "_by_identity", "_by_key", "_by_message", "_kept", "_marks", "changed", "of_unpaid", "room",
    )  # fmt: skip

    def __init__(self, kept: int) -> None:
        """Take kept: how long a retraction is kept at least, ms by the log's clock: while what it names may change."""
        self._kept = kept
        self.room = ROOM
        self._by_identity: dict[int, Retraction] = {}
        self._by_key: dict[str, list[Retraction]] = {}
        self._marks: set[int] = set()  # of the keys, and of some that were forgotten
        self._by_message: dict[str, list[Retraction]] = {}
        self._arrived: dict[int, int] = {}
        self.changed: set[int] = set()
        self.of_unpaid: set[str] = set()

    def __contains__(self, identity: int) -> bool:
        return identity in self._by_identity

    def __len__(self) -> int:
        return len(self._by_identity)

    def add(self, retraction: Retraction, tick: int) -> None:
        """Keep a retraction that came when this tick was the last."""
        self._by_identity[retraction.identity] = retraction
        self._arrived[retraction.identity] = tick
        self.changed.add(retraction.identity)
        self._by_message.setdefault(retraction.own_key, []).append(retraction)
        for key in retraction.retraction_keys:
            self._by_key.setdefault(key, []).append(retraction)
            self._marks.add(mark_of(key))
            if retraction.unpaid_only:
                self.of_unpaid.add(f"p{key[1:]}")

    def names_none_of(self, marks: AbstractSet[int]) -> bool:
        """Whether no retraction names a key with one of these marks: by far the most frequent case."""
        return self._marks.isdisjoint(marks)

    def naming(self, entry: Entry, keys: list[str], reach: int) -> Iterator[Retraction]:
        """The standing retractions that act on this entry."""
        for key in keys:
            for retraction in self._by_key.get(key, ()):
                if retraction.acts_on(entry, reach) and self.stands(retraction):
                    yield retraction

    def took_back_before(self, entry: Entry, keys: list[str], reach: int, moment: Retraction) -> bool:
        """Whether this entry was taken back already when another retraction was sent."""
        return any(
            comes_before(one, moment) and one.acts_on(entry, reach) and self.stands(one, before=moment)
            for key in keys
            for one in self._by_key.get(key, ())
        )

    def stands(self, retraction: Retraction, before: Retraction | None = None) -> bool:
        """Whether no message reversal names the retraction's message; a message reversal always stands.

        before: only those that were sent before this one are asked.
        """
        if retraction.final:
            return True
        return not any(
            one.final
            and one.may_name(retraction)
            and one.uploaded <= retraction.uploaded + REACH_OF_MESSAGE_REVERSAL
            and (before is None or comes_before(one, before))
            for one in self._by_key.get(retraction.own_key, ())
        )

    def named_by(self, retraction: Retraction) -> list[Retraction]:
        """The retractions whose messages this one names."""
        if not retraction.final:
            return []
        return [
            one
            for key in retraction.retraction_keys
            for one in self._by_message.get(key, ())
            if not one.final and retraction.may_name(one)
        ]

    def forget(self, tick: int) -> None:
        """Once there are very many, drop the retractions that came too long ago."""
        if len(self._arrived) <= self.room:
            return
        for identity in [identity for identity, arrived in self._arrived.items() if arrived + self._kept < tick]:
            retraction = self._by_identity.pop(identity)
            del self._arrived[identity]
            self.changed.add(identity)
            _drop(self._by_message, retraction.own_key, identity)
            for key in retraction.retraction_keys:
                _drop(self._by_key, key, identity)
        if len(self._marks) > 2 * len(self._by_key):  # else what is too much only has a look taken in vain
            self._marks = {mark_of(key) for key in self._by_key}

    def saved(self, identity: int) -> tuple[Retraction, int] | None:
        """A retraction and the tick at which it came, for the changelog; None where it was dropped."""
        retraction = self._by_identity.get(identity)
        return None if retraction is None else (retraction, self._arrived[identity])


def _drop(index: dict[str, list[Retraction]], name: str, identity: int) -> None:
    left = [one for one in index.pop(name, ()) if one.identity != identity]
    if left:
        index[name] = left
