"""Run the worker's app as this process: signals, bounded stop, exit code."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import threading
from time import monotonic
from typing import NoReturn

import faust
import uvloop

from streams.detect.detector import GARBAGE
from streams.kafka.ending import FINISHED, cause, die, leave
from streams.kafka.faust import BatchApp

log = logging.getLogger("settlement_monitor.streams")

LEAVE_SECONDS = 5.0
"""So long a stop may take beside its last checkpoint: to end the batch at work, and to leave the group."""


HOLD_SECONDS = 0.05
"""In this time an agent begins with the batch that it took just before."""


class _Worker(faust.Worker):
    """A Faust worker that ends, whatever happens: 0 after a signal, 1 after a crash or where it could not save."""

    def __init__(self, app: BatchApp, save_seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(app, quiet=True, override_logging=False, redirect_stdouts=False, loop=loop)
        self.spinner = None
        self._app = app
        self._stop_seconds = LEAVE_SECONDS + save_seconds
        self._stopping = False

    async def start(self) -> None:
        """Start; what fails on the way ends the process, for Faust would first take down what never stood."""
        try:
            await super().start()
        except Exception as error:  # noqa: BLE001 - the process ends
            self._end(error, "starting")

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        if not self._stopping:
            self._stopping = True
            threading.Thread(target=self._bound, name="stop", daemon=True).start()
            super()._schedule_shutdown(signal)

    async def _stop_on_signal(self, signal: signal.Signals) -> None:
        """Save at once, whatever the consumer's thread is at; then leave the group, if that does not take long."""
        log.info("stopping", extra={"signal": signal.name})
        self._app.hold()
        await asyncio.sleep(HOLD_SECONDS)
        if self._app.finish_work is not None:
            await self._app.finish_work()
        FINISHED.set()
        await self.stop()
        leave(0)

    def _crash(self, reason: BaseException) -> None:
        """End at once: a crash that first stops Faust's services brings errors of its own, and the cause is lost."""
        self._end(reason, "running")

    def _end(self, error: BaseException, doing: str) -> NoReturn:
        die(cause(error, doing))

    def _bound(self) -> None:
        """End the process where the stop takes too long; from a thread, for the loop may be what hangs."""
        started = monotonic()
        if not FINISHED.wait(self._stop_seconds):
            die(f"stopping: expected work in flight to be saved within {self._stop_seconds:g} s; "
                "what was not is done again at the next start")  # fmt: skip
        spent = monotonic() - started
        threading.Event().wait(min(LEAVE_SECONDS, self._stop_seconds - spent))
        leave(0)


def run(app: BatchApp, save_seconds: float = 10.0) -> NoReturn:
    """Run the worker until SIGTERM or SIGINT (exit 0, after a last checkpoint) or a crash (exit 1).

    save_seconds: longest time of a checkpoint. A stop takes at most 5 s longer: then exit 1 where something was not
    saved, which the next start does again.
    """
    gc.set_threshold(*GARBAGE)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # before any loop: the consumer's thread has its own
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    _Worker(app, save_seconds, loop).execute_from_commandline()
