"""Pages at rest in memory, packed: of a county these are tens of millions, and nearly all of what a worker holds.

A page has a number from the first time that it is laid or marked until it is dropped. Those that were laid lately are
bytes by themselves; the others lie in packs of sixteen, compressed. Pages with a first entry go into a pack at once,
as soon as there are sixteen of them of one ledger: these are forgotten together. All that leads to a page (its name,
the marks of its entries, the tick at which it was touched) leads to its number, by arrays and not by objects.

A pack is also one record of the saved state, so that who takes over reads one where there were sixteen. Each page is
saved in exactly one place: in its pack, or by itself.
"""

from __future__ import annotations

import heapq
from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

from . import packs
from .marked import Marked
from .packs import Laid
from .pairs import Pairs
from .records import beginning_of, days_at_rest, name_of_day, name_of_record, what_rests
from .resting import AtRest, Dropped, Name, Taken

PACKED = 16
"""Pages of a pack: 32 make it 7 % smaller and are read in twice the time (our assumption)."""
SPARSE = 4
"""When so few pages of a pack still rest, they are laid anew (our assumption)."""
LATELY = 1_024
"""So many pages that were laid last lie by themselves: many come again soon (our assumption)."""
GATHERED = 64
"""So many packs are saved with a checkpoint of pages that were saved by themselves (our assumption)."""
MANY = 100_000
"""So many marks are sorted at once where saved pages come back (our assumption)."""


_EVERY = (1 << PACKED) - 1
"""All places of a pack."""
_NOTHING: Laid = (b"", b"", [])
"""Stands in a pack where a page has left it."""

_Coming = tuple[bytes, str, int, int, Sequence[int]]
"""A page with a first entry, as `lay_first` was given it."""


class InMemory(AtRest):
    """Pages at rest in memory, and when they were touched last."""

    __slots__ = (
        "_apart", "_awake", "_by_name", "_changed", "_coming", "_coming_of", "_count", "_free", "_fresh", "_lately",
        "_left", "_marked", "_near", "_next_pack", "_packs", "_places", "_read", "_ticks", "_touched", "_unsaved",
        "_written",
    )  # fmt: skip

    def __init__(self) -> None:
        self._count = 0
        self._coming: dict[Name, _Coming] = {}  # pages with a first entry, which have no number yet
        self._coming_of: dict[str, dict[Name, None]] = defaultdict(dict)  # their names by ledger
        self._near: dict[Name, int] = {}  # numbers of pages that are awake or were laid lately
        self._awake: dict[int, Name] = {}
        self._lately: OrderedDict[int, Laid] = OrderedDict()  # in the order in which they were laid
        self._packs: dict[int, bytes] = {}
        self._left: dict[int, int] = {}  # pack -> which of its places nothing rests in any more, a bit for each
        self._next_pack = 1
        self._read: tuple[int, list[Laid]] = (0, [])  # the pack that was read last
        self._places = array("Q", (0,))  # by number: pack * PACKED + position, 0 where the page is near or no more
        self._free: list[int] = []
        self._by_name, self._marked = Pairs(), Marked()
        self._touched: dict[str, dict[int, array[int]]] = defaultdict(dict)  # ledger -> tick -> numbers
        self._ticks: dict[str, list[int]] = defaultdict(list)  # the ticks of a ledger again, as a heap
        # What is not saved yet: pages that lie by themselves; packs, with the records of those of their pages that were
        # saved before. Packs of which every page is saved by itself. Packs that were saved, and have changed since.
        self._unsaved: set[Name] = set()
        self._fresh: dict[int, list[bytes]] = {}
        self._apart: dict[int, None] = {}
        self._changed: dict[int, None] = {}
        self._written: dict[int, bytes] = {}  # packs that are not saved yet and have not changed, as they are saved

    def __len__(self) -> int:
        return self._count + len(self._coming)

    def lay_first(self, name: Name, saved: bytes, ledger: str, touched: int, day: int, marks: Sequence[int]) -> None:
        """As of AtRest."""
        self._coming[name] = (saved, ledger, touched, day, marks)
        of_ledger = self._coming_of[ledger]
        of_ledger[name] = None
        if len(of_ledger) == PACKED:
            del self._coming_of[ledger]
            self._pack_coming(ledger, [*of_ledger])

    def lay(self, name: Name, saved: bytes, ledger: str, touched: int, days: list[int], *, is_saved: bool) -> None:
        """As of AtRest. The page is not at rest already."""
        number = self._near.get(name) or self._number_anew(name)
        self._awake.pop(number, None)
        self._lately[number] = (name, saved, days)
        self._count += 1
        self._touch(number, ledger, touched)
        if not is_saved:
            self._unsaved.add(name)
        if len(self._lately) >= LATELY + PACKED:
            self._pack()

    def take(self, name: Name) -> Taken | None:
        """As of AtRest."""
        number = self._number(name)
        found = self._at_rest(number) if number else None
        if found is None:  # nearly always: most keys come once
            return None
        if self._lately.pop(number, None) is None:
            is_saved = self._take_out(number)
            self._near[name] = number
        else:
            is_saved = name not in self._unsaved
            self._unsaved.discard(name)
        self._awake[number] = name
        self._count -= 1
        return Taken(found[1], is_saved)

    def drop(self, name: Name) -> None:
        """As of AtRest."""
        number = self._near.pop(name, 0)
        if number:
            del self._awake[number]
            self._by_name.drop(crc32(name), number)
            self._free.append(number)

    def drop_untouched(self, name: Name, tick: int) -> Dropped | None:
        """As of AtRest."""
        number = self._number(name)
        found = self._at_rest(number) if number else None
        if found is None or (resting := what_rests(found[1])).touched > tick:
            return None
        if self._lately.pop(number, None) is None:
            self._take_out(number)
        else:
            del self._near[name]
            self._unsaved.discard(name)
        self._count -= 1
        self._by_name.drop(crc32(name), number)
        self._free.append(number)
        return Dropped(resting.entries, _records_of(found))

    def names(self) -> list[Name]:
        """As of AtRest."""
        packed = (one for pack in self._packs for _, one in self._of_pack(pack))
        return [*self._coming, *(name for name, *_ in (*self._lately.values(), *packed))]

    def untouched_since(self, ledger: str, tick: int) -> Iterator[Name]:
        """As of AtRest. Each is told at most once for each time that it was laid to rest."""
        self._settle_all()
        touched, ticks, beginning = self._touched[ledger], self._ticks[ledger], beginning_of(ledger)
        while ticks and ticks[0] <= tick:
            numbers = touched[ticks[0]]
            if not numbers:
                del touched[heapq.heappop(ticks)]
                continue
            found = self._at_rest(numbers.pop())  # who asks may stop here, and ask for the rest later
            if found is not None and found[0].startswith(beginning):  # a number may be another page's by now
                yield found[0]

    def mark(self, name: Name, marks: Iterable[int]) -> None:
        """As of AtRest."""
        number = self._number(name)
        if not number:
            number = self._number_anew(name)
            self._awake[number] = name
        self._marked.put(number, marks)

    def named(self, marks: Iterable[int]) -> list[Name]:
        """As of AtRest. A number may belong to another page by now."""
        marks = {*marks}
        numbers = {number for mark in marks for number in self._marked.find(mark)}
        found = [name for number in numbers if (name := self._name(number)) is not None]
        return sorted(found + [name for name, (*_, own) in self._coming.items() if not marks.isdisjoint(own)])

    def forget_marks(self, tick: int, kept: int) -> None:
        """As of AtRest."""
        self._settle_all()
        self._marked.forget(tick, kept)

    def begin(self) -> None:
        """As of AtRest: what was saved is laid down anew."""

    def changed(self) -> Iterator[tuple[bytes, bytes | None]]:
        """As of AtRest. Also some packs of pages that were saved by themselves, say after a load.

        Where a name is told twice the later value holds.
        """
        self._settle_all()
        for pack in [*self._apart][:GATHERED]:
            del self._apart[pack]
            self._fresh[pack] = [name for _, one in self._of_pack(pack) for name in _records_of(one)]
        for names in self._fresh.values():
            yield from ((name, None) for name in names)
        for pack in (*self._fresh, *self._changed):
            if pack in self._packs:
                yield name_of_record(packs.KIND, part=str(pack)), self._written.get(pack) or self._record_of(pack)
            elif pack in self._changed:
                yield name_of_record(packs.KIND, part=str(pack)), None
        for name in self._unsaved:
            one = self._lately[self._near[name]]
            yield from zip(_records_of(one), days_at_rest(one[1]), strict=True)

    def leave(self) -> None:
        """As of AtRest: all stays here."""
        self._unsaved.clear()
        self._fresh.clear()
        self._changed.clear()
        self._written.clear()

    def put_back(self, saved: Iterable[tuple[int, bytes]]) -> None:
        """As of AtRest. They are not read before a page of them is asked for."""
        places, names, pairs = self._places, list[int](), list[int]()
        for pack, value in saved:
            found = packs.DECODER.decode(value)
            self._packs[pack] = found.pages
            self._next_pack = max(self._next_pack, pack + 1)
            first, size = len(places), len(found.names)
            places.extend(range(pack * PACKED, pack * PACKED + size))
            if size < PACKED:
                self._left[pack] = _EVERY >> size << size
            self._count += size
            names += [name << 32 | number for number, name in enumerate(found.names, first)]
            pairs += [mark << 32 | number for number, marks in enumerate(found.marks, first) for mark in marks]
            for number, (ledger, touched) in enumerate(zip(found.ledgers, found.touched, strict=True), first):
                self._touch(number, ledger, touched)
            if len(pairs) > MANY:
                self._marked.put_pairs(pairs)
                pairs = []
        self._marked.put_pairs(pairs)
        self._by_name.put_all(names)

    def know(self, number: int) -> None:
        """As of AtRest: it is counted here."""

    # Numbers

    def _touch(self, number: int, ledger: str, tick: int) -> None:
        """Note the tick at which a page was touched."""
        touched = self._touched[ledger]
        if (numbers := touched.get(tick)) is None:
            numbers = touched[tick] = array("I")
            heapq.heappush(self._ticks[ledger], tick)
        numbers.append(number)

    def _number_anew(self, name: Name) -> int:
        """The number of a page that has none; from now on it is near."""
        if self._free:
            number = self._free.pop()
        else:
            number = len(self._places)
            self._places.append(0)
        self._near[name] = number
        self._by_name.put(crc32(name), number)
        return number

    def _number(self, name: Name) -> int:
        """The number of a page, at rest or awake; 0 where it has none."""
        if name in self._coming:
            self._settle(name)
        return self._near.get(name) or self._packed_number(name)

    def _packed_number(self, name: Name) -> int:
        """The number of a page in a pack; 0 where there is none of this name."""
        for number in self._by_name.find(crc32(name)):
            place = self._places[number]
            if place and self._packed(place // PACKED)[place % PACKED][0] == name:
                return number
        return 0

    def _name(self, number: int) -> Name | None:
        """The name of a page, at rest or awake; None where it is no more."""
        found = self._at_rest(number)
        return self._awake.get(number) if found is None else found[0]

    def _at_rest(self, number: int) -> Laid | None:
        """The page of a number, if it is at rest."""
        if place := self._places[number]:
            return self._packed(place // PACKED)[place % PACKED]
        return self._lately.get(number)

    # Packs

    def _settle_all(self) -> None:
        """Let the pages with a first entry that are fewer than a pack lie by themselves: they may come again soon."""
        for name in [*self._coming]:
            self._settle(name)

    def _settle(self, name: Name) -> None:
        saved, ledger, touched, day, marks = self._coming.pop(name)
        del self._coming_of[ledger][name]
        self.lay(name, saved, ledger, touched, [day], is_saved=False)
        self.mark(name, marks)

    def _pack_coming(self, ledger: str, coming: Sequence[Name]) -> None:
        """Pack pages with a first entry, which never lay by themselves: what leads to them is at hand."""
        pack, self._next_pack, first = self._next_pack, self._next_pack + 1, len(self._places)
        self._places.extend(range(pack * PACKED, pack * PACKED + len(coming)))
        self._count += len(coming)
        names, put = [crc32(name) for name in coming], self._by_name.put
        saved, ledgers, touched, days, marks = zip(*map(self._coming.pop, coming), strict=True)
        for number, name in enumerate(names, first):
            put(name, number)
        self._marked.put_all(first, marks)
        for number, tick in enumerate(touched, first):
            self._touch(number, ledger, tick)
        self._packs[pack] = pages = packs.pressed([*zip(coming, saved, ([day] for day in days), strict=True)])
        self._written[pack] = packs.together(names, ledgers, touched, marks, pages)
        self._fresh[pack] = []

    def _pack(self) -> None:
        """Pack the pages that were laid first of those that lie by themselves."""
        pack, self._next_pack = self._next_pack, self._next_pack + 1
        some = [self._lately.popitem(last=False) for _ in range(PACKED)]
        for place, (number, (name, _, _)) in enumerate(some, pack * PACKED):
            del self._near[name]
            self._places[number] = place
        pages = [one for _, one in some]
        self._packs[pack] = packs.pressed(pages)
        before = [one for one in pages if one[0] not in self._unsaved]
        if len(before) == len(pages):
            self._apart[pack] = None
            return
        self._fresh[pack] = [name for one in before for name in _records_of(one)]
        self._unsaved.difference_update([name for name, *_ in pages])

    def _packed(self, pack: int) -> list[Laid]:
        """What a pack was made of."""
        if self._read[0] != pack:
            self._read = (pack, packs.unpressed(self._packs[pack]))
        return self._read[1]

    def _of_pack(self, pack: int) -> Iterator[tuple[int, Laid]]:
        """The pages that rest in a pack, with their numbers."""
        for place, one in enumerate(self._packed(pack), pack * PACKED):
            for number in self._by_name.find(crc32(one[0])):
                if self._places[number] == place:
                    yield number, one

    def _record_of(self, pack: int) -> bytes:
        """A pack as it is saved: without what has left it, of which nothing is kept either from now on."""
        pages, left = self._packed(pack), self._left.get(pack, 0)
        resting = [one for place, one in enumerate(pages) if not left >> place & 1]
        if len(resting) == len(pages):
            return packs.saved(pages, self._packs[pack])
        pages = [_NOTHING if left >> place & 1 else one for place, one in enumerate(pages)]
        self._packs[pack], self._read = packs.pressed(pages), (pack, pages)
        return packs.saved(resting, packs.pressed(resting))

    def _take_out(self, number: int) -> bool:
        """Take a page out of its pack; tells whether it is saved by itself."""
        place, self._places[number] = self._places[number], 0
        pack = place // PACKED
        is_apart = pack in self._apart
        self._written.pop(pack, None)
        if not is_apart and pack not in self._fresh:
            self._changed[pack] = None
        left = self._left[pack] = self._left.get(pack, 0) | 1 << place % PACKED
        if left.bit_count() >= PACKED - SPARSE:
            self._dissolve(pack)
        return is_apart

    def _dissolve(self, pack: int) -> None:
        """Let the pages of a pack lie by themselves again."""
        is_apart, before = pack in self._apart, {*self._fresh.get(pack, ())}
        for number, one in [*self._of_pack(pack)]:
            self._places[number] = 0
            self._near[one[0]] = number
            self._lately[number] = one
            if not is_apart and before.isdisjoint(_records_of(one)):
                self._unsaved.add(one[0])
        del self._packs[pack], self._left[pack]
        self._fresh.pop(pack, None)
        self._apart.pop(pack, None)


def _records_of(one: Laid) -> list[bytes]:
    """The names of the records of a page that is saved by itself."""
    name, _, days = one
    return [name_of_day(name, day) for day in days]
