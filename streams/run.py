"""Run the worker's app as this process: signals, bounded stop, exit code."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import threading
from typing import NoReturn

import faust
import uvloop

from streams._faust import BatchApp

log = logging.getLogger("settlement_monitor.streams")


class _Worker(faust.Worker):
    """A Faust worker that ends, whatever happens: 0 after a signal, 1 after a crash or too long a stop."""

    def __init__(self, app: BatchApp, stop_seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(app, quiet=True, override_logging=False, redirect_stdouts=False, loop=loop)
        self.spinner = None
        self._stop_seconds = stop_seconds
        self._bounded = False

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        self._bound()
        super()._schedule_shutdown(signal)

    def _crash(self, reason: BaseException) -> None:
        self._bound()
        super()._crash(reason)

    def _bound(self) -> None:
        """End the process by force after a while: nothing depends on a clean stop."""
        if not self._bounded:
            self._bounded = True
            timer = threading.Timer(self._stop_seconds, _end)
            timer.daemon = True
            timer.start()


def _end() -> None:
    log.critical("worker ends: it could not be stopped in time")
    logging.shutdown()
    os._exit(1)


def run(app: BatchApp, stop_seconds: float = 30.0) -> NoReturn:
    """Run the worker until SIGTERM or SIGINT (exit 0, after a last checkpoint) or a crash (exit 1).

    stop_seconds: after so long a stop is cut short; what was not saved is done again at the next start.
    """
    # State is millions of objects without cycles: walking them all, again and again, costs half of the throughput.
    gc.set_threshold(200_000, 50, 1_000)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # before any loop: the consumer's thread has its own
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    _Worker(app, stop_seconds, loop).execute_from_commandline()
