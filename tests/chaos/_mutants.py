"""Wrong builds of the worker, each a defence taken away: a harness that finds none of them proves nothing."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from streams.detect import pipeline
from streams.detect.detector import Outcome
from streams.kafka.pulse import Pulse
from tests.streams._wrong import newest_tables, no_alignment, retention_without_skew, stale_end

LATE_SECONDS = 20.0

_waiting: set[asyncio.Task[None]] = set()


def commit_before_alert() -> None:
    """A checkpoint may hold what led to an alert that is not acknowledged, nor even sent."""
    send = pipeline.Pipeline._send_judged

    async def late(self: pipeline.Pipeline, outcome: Outcome) -> None:
        await asyncio.sleep(LATE_SECONDS)
        await send(self, outcome)

    async def at_once(self: pipeline.Pipeline, outcome: Outcome) -> None:
        task = asyncio.create_task(late(self, outcome))
        _waiting.add(task)
        task.add_done_callback(_waiting.discard)

    pipeline.Pipeline._send_judged = at_once  # type: ignore[method-assign]


def no_fencing() -> None:
    """Nobody fences off the worker before: each process has a transactional id of its own, and no pulse."""
    start = AIOKafkaProducer.__init__

    def own(self: Any, *, transactional_id: str | None = None, **settings: Any) -> None:  # noqa: ANN401 - as it has
        start(self, transactional_id=transactional_id and f"{transactional_id}-{os.getpid()}", **settings)

    def believe(self: Pulse) -> None:
        """Whatever the clock says."""

    AIOKafkaProducer.__init__ = own
    Pulse.check = believe  # type: ignore[method-assign]


def _for_ever(build: Callable[[pytest.MonkeyPatch], None]) -> Callable[[], None]:
    """A wrong build of the model, for the whole life of a process."""
    return lambda: build(pytest.MonkeyPatch())


MUTANTS: dict[str, Callable[[], None]] = {
    "commit-before-alert": commit_before_alert,
    "no-fencing": no_fencing,
    "no-alignment": _for_ever(no_alignment),
    "stale-end": _for_ever(stale_end),
    "retention-without-skew": _for_ever(retention_without_skew),
    "newest-tables": _for_ever(newest_tables),
}
