"""What has been taken back: a set of retractions, asked by name; the order in which they came does not matter."""

from __future__ import annotations

from ._ledger import GRACE, Entry, Retraction
from .times import DAY, HOUR

KEPT = 90 * DAY + 2 * GRACE
"""How long a retraction is kept at least, by the log's own clock, ms: the longest reach of a ledger, and the graces."""
ROOM = 100_000
"""So many retractions are kept however old they are: what they name may lag behind the clock (our assumption)."""
REACH_OF_MESSAGE_REVERSAL = 72 * HOUR


class Retractions:
    """Retractions by the keys that they name. changed: identities to be saved again.

    room: how many are never too many.
    """

    __slots__ = ("_arrived", "_by_identity", "_by_message", "_by_name", "changed", "room")

    def __init__(self) -> None:
        self.room = ROOM
        self._by_identity: dict[int, Retraction] = {}
        self._by_name: dict[str, list[Retraction]] = {}
        self._by_message: dict[str, list[Retraction]] = {}
        self._arrived: dict[int, int] = {}
        self.changed: set[int] = set()

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
        for name in retraction.retraction_keys:
            self._by_name.setdefault(name, []).append(retraction)

    def take_back(self, entry: Entry, names: list[str], reach: int) -> bool:
        """Whether a standing retraction takes this entry back."""
        if self._by_name.keys().isdisjoint(names):  # by far the most frequent case
            return False
        for name in names:
            for retraction in self._by_name.get(name, ()):
                if retraction.acts_on(entry, reach) and self.stands(retraction):
                    return True
        return False

    def stands(self, retraction: Retraction) -> bool:
        """Whether no message reversal names the retraction's message; a message reversal always stands."""
        if retraction.final:
            return True
        against = self._by_name.get(retraction.own_key, ())
        return not any(one.final and one.uploaded <= retraction.uploaded + REACH_OF_MESSAGE_REVERSAL for one in against)

    def named_by(self, retraction: Retraction) -> list[Retraction]:
        """The retractions whose messages this retraction names."""
        if not retraction.final:
            return []
        return [one for name in retraction.retraction_keys for one in self._by_message.get(name, ()) if not one.final]

    def forget(self, tick: int) -> None:
        """Once there are very many, drop the retractions that came too long ago."""
        if len(self._arrived) <= self.room:
            return
        for identity in [identity for identity, arrived in self._arrived.items() if arrived + KEPT < tick]:
            retraction = self._by_identity.pop(identity)
            del self._arrived[identity]
            self.changed.add(identity)
            _drop(self._by_message, retraction.own_key, identity)
            for name in retraction.retraction_keys:
                _drop(self._by_name, name, identity)

    def saved(self, identity: int) -> tuple[Retraction, int] | None:
        """A retraction and the tick at which it came, for the changelog; None where it was dropped."""
        retraction = self._by_identity.get(identity)
        return None if retraction is None else (retraction, self._arrived[identity])


def _drop(index: dict[str, list[Retraction]], name: str, identity: int) -> None:
    left = [one for one in index.pop(name, ()) if one.identity != identity]
    if left:
        index[name] = left
