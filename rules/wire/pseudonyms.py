"""Keyed names for persons and telephones: nobody inside sees a number."""

from __future__ import annotations

from hashlib import blake2b


class Pseudonyms:
    """Keyed, stable names for persons, telephones and households; without the key nobody goes back.

    raw: leave the numbers as they are (persons = "raw"); for networks where a county has decided so.
    """

    __slots__ = ("_keyed", "key", "raw")

    def __init__(self, key: str, *, raw: bool = False) -> None:
        self.key = blake2b(key.encode(), digest_size=32).digest()
        self._keyed = blake2b(digest_size=10, key=self.key)
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
        hashed = self._keyed.copy()
        hashed.update((prefix + number).encode())
        return prefix + hashed.hexdigest()
