"""Wrong builds of the worker, each a defence taken away: a harness that finds none of them proves nothing."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer

from streams import plant
from streams._faust import Pulse
from streams.detector import Outcome

LATE_SECONDS = 3.0

_waiting: set[asyncio.Task[None]] = set()


def commit_before_alert() -> None:
    """A checkpoint may hold what led to an alert that is not acknowledged, nor even sent."""
    send = plant.Plant._send_judged

    async def late(self: plant.Plant, outcome: Outcome) -> None:
        await asyncio.sleep(LATE_SECONDS)
        await send(self, outcome)

    async def at_once(self: plant.Plant, outcome: Outcome) -> None:
        task = asyncio.create_task(late(self, outcome))
        _waiting.add(task)
        task.add_done_callback(_waiting.discard)

    plant.Plant._send_judged = at_once  # type: ignore[method-assign]


def no_fencing() -> None:
    """Nobody fences off the worker before: each process has a transactional id of its own, and no pulse."""
    start = AIOKafkaProducer.__init__

    def own(self: Any, *, transactional_id: str | None = None, **settings: Any) -> None:  # noqa: ANN401 - as it has
        start(self, transactional_id=transactional_id and f"{transactional_id}-{os.getpid()}", **settings)

    def believe(self: Pulse) -> None:
        """Whatever the clock says."""

    AIOKafkaProducer.__init__ = own
    Pulse.check = believe  # type: ignore[method-assign]


MUTANTS: dict[str, Callable[[], None]] = {
    "commit-before-alert": commit_before_alert,
    "no-fencing": no_fencing,
}
