"""Pages at rest in memory, packed: of a county these are tens of millions, and nearly all of what a worker holds.

A page has a number from the first time that it is laid or marked until it is dropped. Those that were laid lately are
bytes by themselves; the others lie in packs of sixteen, compressed. All that leads to a page (its name, the marks of
its entries, the tick at which it was touched) leads to its number, by arrays and not by objects.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator

import msgspec
from cramjam import lz4

from .marked import Marked
from .pairs import Pairs
from .resting import AtRest, Name

PACKED = 16
"""Pages of a pack: 32 make it 7 % smaller and are read in twice the time (our assumption)."""
SPARSE = 4
"""When so few pages of a pack still rest, they are laid anew (our assumption)."""
LATELY = 4_096
"""So many pages that were laid last lie by themselves: many come again soon (our assumption)."""


_Laid = tuple[int, Name, bytes, str]
"""A page at rest: number, name, bytes, ledger."""

_BITS = (1 << 32) - 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_Laid]).decode


class InMemory(AtRest):
    """Pages at rest in memory, and when they were touched last."""

    __slots__ = (
        "_awake", "_by_name", "_count", "_free", "_lately", "_left", "_marked", "_near", "_next_pack", "_packs",
        "_places", "_read", "_touched",
    )  # fmt: skip

    def __init__(self) -> None:
        self._count = 0
        self._near: dict[Name, int] = {}  # numbers of pages that are awake or were laid lately
        self._awake: dict[int, Name] = {}
        self._lately: OrderedDict[int, _Laid] = OrderedDict()  # in the order in which they were laid
        self._packs: dict[int, bytes] = {}
        self._left: dict[int, int] = {}  # pack -> how many of its pages have left it
        self._next_pack = 1
        self._read: tuple[int, list[_Laid]] = (0, [])  # the pack that was read last
        self._places = array("Q", (0,))  # by number: pack * PACKED + position, 0 where the page is near or no more
        self._free: list[int] = []
        self._by_name, self._marked = Pairs(), Marked()
        self._touched: dict[str, dict[int, array[int]]] = defaultdict(lambda: defaultdict(lambda: array("I")))

    def __len__(self) -> int:
        return self._count

    def lay(self, name: Name, saved: bytes, ledger: str, touched: int) -> None:
        """As of AtRest. The page is not at rest already."""
        number = self._near.get(name) or self._number_anew(name)
        self._awake.pop(number, None)
        self._lately[number] = (number, name, saved, ledger)
        self._count += 1
        self._touched[ledger][touched].append(number)
        if len(self._lately) >= LATELY + PACKED:
            self._pack()

    def laid(self, name: Name) -> bytes:
        """As of AtRest. Raises KeyError where the page is not at rest."""
        found = self._at_rest(self._near.get(name) or self._packed_number(name))
        if found is None:
            raise KeyError(name)
        return found[2]

    def take(self, name: Name) -> bytes | None:
        """As of AtRest."""
        number = self._near.get(name) or self._packed_number(name)
        found = self._at_rest(number) if number else None
        if found is None:  # nearly always: most keys come once
            return None
        if self._lately.pop(number, None) is None:
            self._take_out(number)
            self._near[name] = number
        self._awake[number] = name
        self._count -= 1
        return found[2]

    def drop(self, name: Name) -> None:
        """As of AtRest."""
        number = self._near.pop(name, 0)
        if number:
            del self._awake[number]
            self._by_name.drop(hash(name) & _BITS, number)
            self._free.append(number)

    def names(self) -> list[Name]:
        """As of AtRest."""
        packed = (one for pack in self._packs for one in self._of_pack(pack))
        return [name for _, name, _, _ in (*self._lately.values(), *packed)]

    def untouched_since(self, ledger: str, tick: int) -> Iterator[Name]:
        """As of AtRest. Each is told at most once for each time that it was laid to rest."""
        ticks = self._touched[ledger]
        for at in sorted(at for at in ticks if at <= tick):
            numbers = ticks[at]
            while numbers:  # who asks may stop here, and ask for the rest later
                found = self._at_rest(numbers.pop())
                if found is not None and found[3] == ledger:  # a number may belong to another page by now
                    yield found[1]
            del ticks[at]

    def mark(self, name: Name, marks: Iterable[int]) -> None:
        """As of AtRest."""
        number = self._near.get(name) or self._packed_number(name)
        if not number:
            number = self._number_anew(name)
            self._awake[number] = name
        self._marked.put(number, marks)

    def named(self, marks: Iterable[int]) -> list[Name]:
        """As of AtRest. A number may belong to another page by now."""
        numbers = {number for mark in marks for number in self._marked.find(mark)}
        return sorted(name for number in numbers if (name := self._name(number)) is not None)

    def forget_marks(self, tick: int, kept: int) -> None:
        """As of AtRest."""
        self._marked.forget(tick, kept)

    def begin(self) -> None:
        """As of AtRest: what was saved is laid down anew."""

    def leave(self) -> None:
        """As of AtRest: all stays here."""

    def know(self, number: int) -> None:
        """As of AtRest: it is counted here."""

    # Numbers

    def _number_anew(self, name: Name) -> int:
        """The number of a page that has none; from now on it is near."""
        if self._free:
            number = self._free.pop()
        else:
            number = len(self._places)
            self._places.append(0)
        self._near[name] = number
        self._by_name.put(hash(name) & _BITS, number)
        return number

    def _packed_number(self, name: Name) -> int:
        """The number of a page in a pack; 0 where there is none of this name."""
        for number in self._by_name.find(hash(name) & _BITS):
            place = self._places[number]
            if place and self._packed(place // PACKED)[place % PACKED][1] == name:
                return number
        return 0

    def _name(self, number: int) -> Name | None:
        """The name of a page, at rest or awake; None where it is no more."""
        found = self._at_rest(number)
        return self._awake.get(number) if found is None else found[1]

    def _at_rest(self, number: int) -> _Laid | None:
        """The page of a number, if it is at rest."""
        if place := self._places[number]:
            return self._packed(place // PACKED)[place % PACKED]
        return self._lately.get(number)

    # Packs

    def _pack(self) -> None:
        """Pack the pages that were laid first of those that lie by themselves."""
        some = [self._lately.popitem(last=False)[1] for _ in range(PACKED)]
        for place, (number, name, _, _) in enumerate(some, self._next_pack * PACKED):
            del self._near[name]
            self._places[number] = place
        self._packs[self._next_pack] = bytes(lz4.compress_block(_encode(some)))
        self._next_pack += 1

    def _packed(self, pack: int) -> list[_Laid]:
        """What a pack was made of."""
        if self._read[0] != pack:
            self._read = (pack, _decode(lz4.decompress_block(self._packs[pack])))
        return self._read[1]

    def _of_pack(self, pack: int) -> Iterator[_Laid]:
        """The pages that rest in a pack."""
        return (one for at, one in enumerate(self._packed(pack), pack * PACKED) if self._places[one[0]] == at)

    def _take_out(self, number: int) -> None:
        """Take a page out of its pack."""
        pack, self._places[number] = self._places[number] // PACKED, 0
        left = self._left[pack] = self._left.get(pack, 0) + 1
        if left < PACKED - SPARSE:
            return
        for one in [*self._of_pack(pack)]:
            number, name, _, _ = one
            self._places[number] = 0
            self._near[name] = number
            self._lately[number] = one
        del self._packs[pack], self._left[pack]
