"""Pages at rest: of millions of pages nearly all, as bytes.

Most keys (a box, a person's substance) are touched once in years. A page that nobody touches is no object: it is kept
as the records that it is saved as, and wakes when its key comes again, or when a retraction may name an entry of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Name = bytes
"""The name of a page, encoded."""


class Resting:
    """The bytes of pages at rest; which of them a retraction may name; when they were touched last.

    Of a key by which a retraction finds an entry the hash is kept: one that hashes alike wakes a page in vain, and
    nothing else comes of it.
    """

    __slots__ = ("_named", "_saved", "_touched")

    def __init__(self) -> None:
        self._saved: dict[Name, bytes] = {}
        self._named: dict[int, Name | tuple[Name, ...]] = {}
        self._touched: dict[str, dict[int, list[Name]]] = {}

    def __len__(self) -> int:
        return len(self._saved)

    def __iter__(self) -> Iterator[Name]:
        return iter(self._saved)

    def lay(self, name: Name, saved: bytes, keys: Iterable[str], ledger: str, touched: int) -> None:
        """Lay a page to rest. keys: by which a retraction names its entries. touched: tick of its last entry, ms."""
        self._saved[name] = saved
        named = self._named
        for mark in set(map(hash, keys)):
            others = named.get(mark)
            named[mark] = name if others is None else (*_several(others), name)
        self._touched.setdefault(ledger, {}).setdefault(touched, []).append(name)

    def saved(self, name: Name) -> bytes:
        """The bytes of a page at rest."""
        return self._saved[name]

    def take(self, name: Name) -> bytes | None:
        """Take a page out that is to wake; None where it is not at rest. Its keys are still to be let go."""
        return self._saved.pop(name, None)

    def let_go(self, name: Name, keys: Iterable[str]) -> None:
        """Let retractions no longer find a page that is out. keys: those that it was laid down with."""
        for mark in set(map(hash, keys)):
            left = tuple(one for one in _several(self._named.get(mark, ())) if one != name)
            if left:
                self._named[mark] = left if len(left) > 1 else left[0]
            else:
                self._named.pop(mark, None)

    def named(self, keys: Iterable[str]) -> list[Name]:
        """The pages of which an entry may have one of these keys."""
        return sorted({name for key in keys for name in _several(self._named.get(hash(key), ()))})

    def untouched_since(self, ledger: str, tick: int) -> list[Name]:
        """The pages of a ledger whose last entry came at this tick or before; they may have been touched since then.

        Each is told once for each time that it was laid to rest.
        """
        touched = self._touched.get(ledger, {})
        past = sorted(at for at in touched if at <= tick)
        return [name for at in past for name in touched.pop(at)]


def _several(names: Name | tuple[Name, ...]) -> tuple[Name, ...]:
    return names if isinstance(names, tuple) else (names,)
