"""The versions in force, told to every partition of the internal topic: after each load, and before the first entry.

Only the worker that owns input partition 0 tells them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError

from rules.engine.item import Turn
from rules.ledgers import kinds_read
from streams.kafka.ending import cause, die
from streams.kafka.faust import BatchConsumer, BatchProducer
from streams.kafka.reading import UnreadError
from streams.kafka.topics import Names
from streams.kafka.versions import InForce, Versions, is_ahead
from streams.route.kinds import Kinds
from streams.route.router import NO_TURN, encode_turn

log = logging.getLogger("settlement_monitor.versions")

WAIT_SECONDS = 0.2
LOOK_SECONDS = 5.0
"""How often the owner of input partition 0 looks whether anything was loaded (our assumption)."""


@contextmanager
def _unless_broker_is_away() -> Iterator[None]:
    """Read it; where the broker does not answer now, it is read later."""
    try:
        yield
    except (KafkaError, UnreadError, TimeoutError, OSError) as error:
        log.warning("versions cannot be read now", extra={"reason": type(error).__name__})


class Turns:
    """Tells every internal partition which versions are in force: after each load, and before anything is routed.

    Only the worker that owns input partition 0 does. latest: what was told last; every tick says it again.
    """

    def __init__(
        self,
        names: Names,
        versions: Versions,
        consumer: Callable[[], BatchConsumer],
        producer: Callable[[], BatchProducer],
        kinds: Kinds,
    ) -> None:
        """Take kinds: those that the rules read are sent by all before the rules are told."""
        self.latest = NO_TURN
        self._kinds = kinds
        self._names = names
        self._versions = versions
        self._consumer = consumer
        self._producer = producer
        self._watching: asyncio.Task[None] | None = None
        self._told = asyncio.Event()
        self._begun = False

    async def announce(self, found: InForce) -> None:
        """Tell what is in force; returns when every internal partition has it."""
        needed = kinds_read(found.watches, found.reference)
        await self._kinds.widen(needed)
        self.latest = Turn(dict(found.offsets), found.mark)
        producer, topic = self._producer(), self._names.entries
        record = (None, encode_turn(self.latest), ())
        count = await producer.partitions(topic)
        await asyncio.gather(*(producer.publish(topic, p, [record]) for p in range(count)))
        await self._kinds.narrow(needed)
        log.info("versions told", extra={"mark": found.mark})
        self._told.set()

    async def wait(self) -> None:
        """Wait until anything may be routed: no entry of the log inside stands before the first versions.

        The owner of input partition 0 has told what is in force since it got it; others see that somebody did, once.
        """
        await self._told.wait()
        while not self._begun:
            with _unless_broker_is_away():
                now = await self._consumer().ends(self._names.entries)
                self._begun = bool(now) and all(end > 0 for _, end, _ in now.values())
            if not self._begun:
                await asyncio.sleep(WAIT_SECONDS)

    def watch(self, *, owner: bool) -> None:
        """Begin or end to look for what is loaded."""
        if self._watching is not None:
            self._watching.cancel()
        if owner:
            self._told.clear()
        else:
            self._told.set()  # nothing is to be told here
        self._watching = asyncio.create_task(self._watch()) if owner else None

    async def _watch(self) -> None:
        try:
            while True:
                found = None
                with _unless_broker_is_away():
                    if not self._told.is_set() or is_ahead(await self._versions.ends(), self.latest.offsets):
                        found = await self._versions.newest()
                if found is not None:  # what was sent and not acknowledged ends the process, as everywhere
                    await self.announce(found)
                await asyncio.sleep(LOOK_SECONDS if self._told.is_set() else WAIT_SECONDS)
        except Exception as error:  # noqa: BLE001 - the process ends
            die(cause(error, "telling which versions are in force"))
