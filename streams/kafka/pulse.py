"""The pulse of the event loop: who stood still for long must send nothing more."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable
from time import monotonic

from streams.kafka.ending import die

BEAT_SECONDS = 0.05
WATCH_SECONDS = 0.5


class Pulse:
    """Notices an event loop that stood still: its partitions may belong to somebody else by now."""

    def __init__(
        self, limit: float, end: Callable[[str], object] = die, tell: Callable[[float], object] = lambda _: None
    ) -> None:
        """Take limit: seconds without a beat after which the worker must not send any more.

        tell: takes for each beat how late it came, seconds: so long the loop did something else.
        """
        self._limit = limit
        self._end = end
        self._tell = tell
        self._last = float("inf")  # before the start nothing stands still: joining a group may take long
        self._loop_thread = threading.get_ident()

    def start(self) -> None:
        """Beat in the running loop, and watch from a thread of its own for a loop that never comes back."""
        if self._last == float("inf"):
            loop = asyncio.get_running_loop()
            self._last, self._loop_thread = monotonic(), threading.get_ident()
            loop.call_later(BEAT_SECONDS, self._beat, loop)
            threading.Thread(target=self._watch, name="pulse", daemon=True).start()

    def check(self) -> None:
        """End the process if the loop has stood still; to be called before anything is judged or sent."""
        still = monotonic() - self._last
        if still > self._limit:
            frame = sys._current_frames()[self._loop_thread]  # noqa: SLF001 - nothing else tells where a thread stands
            where = " < ".join(reversed(traceback.format_stack(frame, 6)))
            self._end(
                f"the event loop stood still for {still:.1f} s, longer than the session of {self._limit:.1f} s "
                f"(the closing tick and a checkpoint of very many pages need a longer session): {where}"
            )

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self.check()  # before the beat: after a stop the timer may run before any sender asks
        now = monotonic()
        self._tell(max(0.0, now - self._last - BEAT_SECONDS))
        self._last = now
        loop.call_later(BEAT_SECONDS, self._beat, loop)

    def _watch(self) -> None:
        waiter = threading.Event()
        while not waiter.wait(WATCH_SECONDS):
            self.check()
