"""Keyed names for persons and telephones: nobody inside sees a number."""

from __future__ import annotations

from hashlib import blake2b


class Pseudonyms:
    """Keyed, stable names for persons, telephones and households; without the key nobody goes back.

    raw: leave the numbers as they are (persons = "raw"); for networks where a county has decided so.
    """

    __slots__ = ("_cache", "_keyed", "key", "raw")

    def __init__(self, key: str, *, raw: bool = False) -> None:
        self.key = blake2b(key.encode(), digest_size=32).digest()
        self._keyed = blake2b(digest_size=10, key=self.key)
        self._cache: dict[str, str] = {}
        self.raw = raw

    def person(self, number: str) -> str:
        """p_ and 20 hex digits."""
        return self._name("p_", number)

    def telephone(self, number: str) -> str:
        """t_ and 20 hex digits."""
        return self._name("t_", number)

    def household(self, number: str) -> str:
        """h_ and 20 hex digits."""
        return self._name("h_", number)

    def _name(self, prefix: str, number: str) -> str:
        if self.raw:
            return number
        named = prefix + number
        known = self._cache.get(named)
        if known is None:
            hashed = self._keyed.copy()
            hashed.update(named.encode())
            known = prefix + hashed.hexdigest()
            if len(self._cache) >= 200_000:
                self._cache.clear()
            self._cache[named] = known
        return known
