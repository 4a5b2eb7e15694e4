"""What has been taken back: a set of facts, asked by name; the order in which they came does not matter."""

from __future__ import annotations

from ._ledger import GRACE, Entry, Fact
from ._times import DAY, HOUR

KEPT = 90 * DAY + 2 * GRACE
"""How long a fact is kept at least, by the log's own clock, ms: the longest reach of a ledger, and the graces."""
ROOM = 100_000
"""So many facts are kept however old they are: what they name may lag behind the clock (our assumption)."""
REACH_OF_MESSAGE_REVERSAL = 72 * HOUR


class Facts:
    """Facts by the names that they name. changed: identities to be saved again. room: how many are never too many."""

    __slots__ = ("_arrived", "_by_identity", "_by_message", "_by_name", "changed", "room")

    def __init__(self) -> None:
        self.room = ROOM
        self._by_identity: dict[int, Fact] = {}
        self._by_name: dict[str, list[Fact]] = {}
        self._by_message: dict[str, list[Fact]] = {}
        self._arrived: dict[int, int] = {}
        self.changed: set[int] = set()

    def __contains__(self, identity: int) -> bool:
        return identity in self._by_identity

    def __len__(self) -> int:
        return len(self._by_identity)

    def add(self, fact: Fact, tick: int) -> None:
        """Keep a fact that came when this tick was the last."""
        self._by_identity[fact.identity] = fact
        self._arrived[fact.identity] = tick
        self.changed.add(fact.identity)
        self._by_message.setdefault(fact.own_name, []).append(fact)
        for name in fact.names:
            self._by_name.setdefault(name, []).append(fact)

    def take_back(self, entry: Entry, names: list[str], reach: int) -> bool:
        """Whether a standing fact takes this entry back."""
        if self._by_name.keys().isdisjoint(names):  # by far the most frequent case
            return False
        for name in names:
            for fact in self._by_name.get(name, ()):
                if fact.acts_on(entry, reach) and self.stands(fact):
                    return True
        return False

    def stands(self, fact: Fact) -> bool:
        """Whether no message reversal names the fact's message; a message reversal always stands."""
        if fact.final:
            return True
        against = self._by_name.get(fact.own_name, ())
        return not any(one.final and one.uploaded <= fact.uploaded + REACH_OF_MESSAGE_REVERSAL for one in against)

    def named_by(self, fact: Fact) -> list[Fact]:
        """The facts whose messages this fact names."""
        if not fact.final:
            return []
        return [one for name in fact.names for one in self._by_message.get(name, ()) if not one.final]

    def forget(self, tick: int) -> None:
        """Once there are very many, drop the facts that came too long ago."""
        if len(self._arrived) <= self.room:
            return
        for identity in [identity for identity, arrived in self._arrived.items() if arrived + KEPT < tick]:
            fact = self._by_identity.pop(identity)
            del self._arrived[identity]
            self.changed.add(identity)
            _drop(self._by_message, fact.own_name, identity)
            for name in fact.names:
                _drop(self._by_name, name, identity)

    def saved(self, identity: int) -> tuple[Fact, int] | None:
        """A fact and the tick at which it came, for the changelog; None where it was dropped."""
        fact = self._by_identity.get(identity)
        return None if fact is None else (fact, self._arrived[identity])


def _drop(index: dict[str, list[Fact]], name: str, identity: int) -> None:
    left = [one for one in index.pop(name, ()) if one.identity != identity]
    if left:
        index[name] = left
