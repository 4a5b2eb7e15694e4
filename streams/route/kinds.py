"""Which kinds of entries are sent inside: what no rule in force reads is not.

The owner of input partition 0 asks for kinds; all others do what it asks, and say so. More is asked for before the log
inside says that a rule which reads it is in force, and that waits until everybody sends it; less is asked for only
afterwards. So behind the place of the log where a rule comes into force, nothing that it reads is missing. Nothing here
knows Kafka.
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
    """What the owner of input partition 0 asks everybody to send.

    kinds: names of kinds of entries, None: all. told: all send them, and the log inside has said what reads them.
    """

    area: str
    kinds: Names | None
    told: bool


class Sent(msgspec.Struct, frozen=True):
    """What is sent of an input partition from now on, by its owner in this generation of the group."""

    area: str
    generation: int
    kinds: Names | None


_encode = msgspec.msgpack.Encoder().encode
_asked = msgspec.msgpack.Decoder(Asked).decode
_sent = msgspec.msgpack.Decoder(Sent).decode


class Kinds:
    """What a worker knows of the kinds that are asked for and sent. asked: the last that was asked for."""

    def __init__(
        self, area: str, hold_seconds: float, tell: Callable[[Mapping[bytes, bytes]], Awaitable[None]]
    ) -> None:
        """Take hold_seconds: nobody is waited for longer. tell: lets all workers hear records, by key."""
        self.asked = Asked(area, None, told=True)
        self._area = area
        self._hold = hold_seconds
        self._tell = tell
        self._generation = -1
        self._partitions = 0
        self._sent: dict[int, Sent] = {}
        self._heard = asyncio.Event()

    def begin(self, generation: int, partitions: int) -> None:
        """A new generation of the group: who sends what is said anew."""
        self._generation, self._partitions = generation, partitions

    def hear(self, key: bytes, value: bytes) -> None:
        """Take note of a record of this kind; of what another release said, only what is understood."""
        name, _, partition = key.partition(b"/")
        if name != ASKED:
            return
        if partition.isdigit():
            sent = _sent(value)
            if sent.area == self._area:
                self._sent[int(partition)] = sent
        elif (asked := _asked(value)).area == self._area:
            self.asked = asked
        self._heard.set()

    async def say(self, partitions: Iterable[int], generation: int, kinds: Names | None) -> None:
        """Say what is sent of these partitions from now on."""
        said = _encode(Sent(self._area, generation, kinds))
        await self._tell({b"%s/%d" % (ASKED, partition): said for partition in partitions})

    async def widen(self, needed: frozenset[str]) -> None:
        """Ask for these kinds too, and return when they are sent of every input partition.

        A partition that nobody reads, or whose owner hangs, is waited for no longer than the limit.
        """
        kinds, told = self.asked.kinds, self.asked.told
        if kinds is None or (told and needed <= set(kinds)):
            return
        wanted = tuple(sorted({*kinds, *needed}))
        await self._ask(wanted, told=False)
        try:
            async with asyncio.timeout(self._hold):
                while self._without(wanted):
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            missing = self._without(wanted)
            log.warning("not everybody sends what the rules read", extra={"partitions": missing, "kinds": wanted})

    async def narrow(self, needed: frozenset[str]) -> None:
        """Ask for these kinds alone; what is in force is told."""
        await self._ask(tuple(sorted(needed)), told=True)

    async def _ask(self, kinds: Names, *, told: bool) -> None:
        asked = Asked(self._area, kinds, told)
        if asked != self.asked:
            self.asked = asked
            await self._tell({ASKED: _encode(asked)})

    def _without(self, kinds: Names) -> list[int]:
        """The input partitions of which these kinds are not known to be sent."""
        return [p for p in range(self._partitions) if not self._is_sent(p, kinds)]

    def _is_sent(self, partition: int, kinds: Names) -> bool:
        sent = self._sent.get(partition)
        if sent is None or sent.generation != self._generation:
            return False
        return sent.kinds is None or set(kinds) <= set(sent.kinds)
