"""How the process ends: at once, with its first cause as the last line of its log."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from streams.kafka.lost import LOST, LostOffsetsError

log = logging.getLogger("settlement_monitor.streams")

T = TypeVar("T")

FINISHED = threading.Event()
"""All is saved, and the process leaves in order: what fails from then on, because something else has stopped, is no
failure."""

_ending = threading.Lock()
_PROJECT = Path(__file__).parents[2]


def die(reason: str, code: int = 1) -> NoReturn:
    """End the process at once; nothing in this project depends on a clean stop.

    reason: the first cause. It is the last line of the log: what fails because of it waits here for the end.
    """
    with _ending:
        if FINISHED.is_set():
            leave(0)
        log.critical("worker ends: %s", " ".join(reason.split()))
        leave(code)


async def or_die(work: Coroutine[Any, Any, T], doing: str, *passed: type[Exception]) -> T:
    """Do it, or end the process: what failed here is half done.

    doing: what its last line says of the work. passed: errors that the caller makes a line of.
    """
    try:
        return await work
    except passed:
        raise
    except LostOffsetsError as lost:
        die(str(lost), LOST)
    except Exception as error:  # the process ends
        if not FINISHED.is_set():
            log.exception("failed")
        die(cause(error, doing))


def leave(code: int) -> NoReturn:
    """End the process without waiting for threads, tasks or connections."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)


def cause(error: BaseException, doing: str) -> str:
    """Say in one line what was being done, which error came, and where in our code; what it came from is named too."""
    told = f"{doing}: {named(error)}"
    origin = error.__cause__
    while isinstance(origin, Exception):
        told += f", from {named(origin)}"
        origin = origin.__cause__
    frames = traceback.extract_tb(error.__traceback__)
    places = [one for one in frames if _package(one.filename) and one.filename != __file__]
    if not places:
        return told
    file, number, function, _ = places[-1]
    return f"{told} (in {function}, {Path(file).relative_to(_PROJECT)}:{number})"


def may_name_somebody(error: BaseException) -> bool:
    """Whether a person's number may stand in the text of an error: it came out of what opens and judges messages."""
    return any(_package(one.filename) == "rules" for one in traceback.extract_tb(error.__traceback__))


def named(error: BaseException) -> str:
    """The type of an error and its text; without the text where somebody may be named in it."""
    name, text = type(error).__name__, "" if may_name_somebody(error) else str(error)
    if text.startswith(name):  # those of Kafka say it themselves
        return text
    return f"{name}: {text}" if text else name


def _package(file: str) -> str | None:
    """Which of our packages a source file belongs to."""
    path = Path(file)
    package = path.relative_to(_PROJECT).parts[0] if path.is_relative_to(_PROJECT) else None
    return package if package in ("rules", "streams", "monitor") else None


@asynccontextmanager
async def within(seconds: float, what: str) -> AsyncIterator[None]:
    """Raise TimeoutError, which says what was waited for, where the block takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        if error.args:  # a step inside has said it already
            raise
        raise TimeoutError(f"{what}: expected an answer within {seconds:g} s") from None
