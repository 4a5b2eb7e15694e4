"""Which kinds of entries are sent inside: what no rule in force reads is not.

The owner of input partition 0 asks for kinds; all others do what it asks, and say so. In a new generation of the group
each sends all kinds until it hears what is asked for in that generation: so what is left of an owner or a group before
counts for nobody. More is asked for before the log inside says that a rule which reads it is in force, and that waits
until everybody has answered; less is asked for only afterwards. So behind the place of the log where a rule comes into
force, nothing that it reads is missing. Nothing here knows Kafka.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec

log = logging.getLogger("settlement_monitor.streams")

ASKED = b"kinds"
"""Key of what is asked for; what is sent of an input partition stands under `kinds/<partition>`."""

Names = tuple[str, ...]


class Asked(msgspec.Struct, frozen=True):
    """What the owner of input partition 0 asks everybody to send in this generation of the group.

    number: each thing that is asked for in a generation has another one. kinds: names of kinds of entries, and
    `item:` before the code of each item whose lines are sent to their institution.
    """

    area: str
    generation: int
    number: int
    kinds: Names


class Sent(msgspec.Struct, frozen=True):
    """What was asked for under this number in this generation is sent of an input partition from now on."""

    area: str
    generation: int
    number: int


_encode = msgspec.msgpack.Encoder().encode
_asked = msgspec.msgpack.Decoder(Asked).decode
_sent = msgspec.msgpack.Decoder(Sent).decode


class Kinds:
    """What a worker knows of the kinds that are asked for and sent."""

    def __init__(
        self, area: str, hold_seconds: float, tell: Callable[[Mapping[bytes, bytes]], Awaitable[None]]
    ) -> None:
        """Take hold_seconds: nobody is waited for longer. tell: lets all workers hear records, by key."""
        self._area = area
        self._hold = hold_seconds
        self._tell = tell
        self._generation = -1
        self._partitions = 0
        self._asked: dict[int, Asked] = {}
        """The last that was asked for, by generation: the next one may be heard of before it begins here."""
        self._sure: Names | None = None
        """What all send at least in this generation, as the owner of input partition 0 knows; None: all kinds."""
        self._told: Asked | None = None
        """What the owner asked for last, where it is known to be on the topic."""
        self._number = 0
        self._answered: set[int] = set()
        """Input partitions of which is sent what the owner asked for last."""
        self._is_doubted = False
        """Whether anybody asked in another generation since this one began: this worker may have been replaced."""
        self._heard = asyncio.Event()

    @property
    def asked(self) -> Asked | None:
        """What is asked for in this generation; None where nothing is yet: then all kinds are sent."""
        return self._asked.get(self._generation)

    def begin(self, generation: int, partitions: int) -> None:
        """A new generation of the group: nothing that was asked for or said before counts.

        Generations begin again where a group was forgotten. What one of the same number left on the topic is heard by
        all: it is taken for asked for, and more than that is waited for.
        """
        self._generation, self._partitions = generation, partitions
        left = self.asked
        self._asked = {} if left is None else {generation: left}
        self._sure, self._told, self._number = (None, None, 0) if left is None else (left.kinds, left, left.number)
        self._answered, self._is_doubted = set(), False

    def hear(self, key: bytes, value: bytes) -> None:
        """Take note of a record of this kind; of what another release said, only what is understood."""
        name, _, partition = key.partition(b"/")
        if name != ASKED:
            return
        if partition.isdigit():
            sent = _sent(value)
            if (sent.area, sent.generation, sent.number) == (self._area, self._generation, self._number):
                self._answered.add(int(partition))
        elif (asked := _asked(value)).area == self._area:
            self._asked[asked.generation] = asked
            self._is_doubted = self._is_doubted or asked.generation != self._generation
        self._heard.set()

    async def answer(self, partitions: Iterable[int], asked: Asked) -> None:
        """Say that what was asked for is sent of these partitions from now on."""
        said = _encode(Sent(self._area, asked.generation, asked.number))
        await self._tell({b"%s/%d" % (ASKED, partition): said for partition in partitions})

    async def widen(self, needed: frozenset[str]) -> None:
        """Ask for these kinds too, and return when they are sent of every input partition.

        A partition that nobody reads, or whose owner hangs, is waited for no longer than the limit. Who may have been
        replaced asks for what it knows to be sent too: where it was, nobody answers.
        """
        if self._sure is None or (needed <= set(self._sure) and not self._is_doubted):
            return
        wanted = tuple(sorted({*self._sure, *needed}))
        if self._is_doubted:
            self._told = None
        await self._ask(wanted)
        try:
            async with asyncio.timeout(self._hold):
                while self._silent():
                    self._heard.clear()
                    await self._heard.wait()
            self._is_doubted = False
        except TimeoutError:
            missing = self._silent()
            log.warning("not everybody sends what the rules read", extra={"partitions": missing, "kinds": wanted})
        self._sure = wanted

    async def narrow(self, needed: frozenset[str]) -> None:
        """Ask for these kinds alone; what is in force is told."""
        self._sure = tuple(sorted(needed))  # before it is told: also where that fails, somebody may have heard it
        await self._ask(self._sure)

    async def _ask(self, kinds: Names) -> None:
        """Ask for these kinds, unless they are what was asked for last. Where it fails, it is asked anew later."""
        if self._told is not None and self._told.kinds == kinds:
            return
        self._told, self._number, self._answered = None, self._number + 1, set()
        asked = Asked(self._area, self._generation, self._number, kinds)
        await self._tell({ASKED: _encode(asked)})
        self._told = asked

    def _silent(self) -> list[int]:
        """The input partitions of which is not known that what was asked for last is sent."""
        return [p for p in range(self._partitions) if p not in self._answered]
