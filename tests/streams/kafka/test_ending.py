"""What the last line of a process says."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import textwrap
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from rules.reference import BadRowError, Reference
from streams.kafka.ending import FINISHED, cause, die, or_die, within
from streams.kafka.topics import Names

ROOT = Path(__file__).parents[3]


async def broken() -> None:
    """Fail as a library does that hides why."""
    raise RuntimeError("delivery failed") from OSError("disk full")


async def of_rules() -> None:
    """Fail where messages are judged: what came may stand in the text."""
    Reference().put("341021199001011234", {})


async def of_streams() -> None:
    """Fail in our own plumbing."""
    Names().nothing  # type: ignore[attr-defined]  # noqa: B018 - the error is wanted


async def too_slow() -> None:
    """Wait for what does not come."""
    async with within(60, "the whole"), within(0.01, "checkpoint on t/0"):
        await asyncio.sleep(60)


def last_line(work: Coroutine[Any, Any, None], caplog: pytest.LogCaptureFixture) -> str:
    """What the process says last when this fails while it saves."""
    with pytest.raises(SystemExit) as ended:
        asyncio.run(or_die(work, "saving"))
    last = caplog.records[-1]
    assert (1, logging.CRITICAL) == (ended.value.code, last.levelno)
    return last.getMessage()


def test_the_last_line_names_what_was_done_the_error_and_what_it_came_from(caplog: pytest.LogCaptureFixture) -> None:
    """The first cause may stand behind the error that was raised."""
    expected = "worker ends: saving: RuntimeError: delivery failed, from OSError: disk full"

    assert last_line(broken(), caplog) == expected


def test_what_fails_when_all_is_saved_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """Who announces or tells the hours finds its producer stopped: the process leaves with 0, and says nothing."""
    FINISHED.set()
    try:
        with pytest.raises(SystemExit) as ended:
            asyncio.run(or_die(broken(), "announcing"))
    finally:
        FINISHED.clear()

    assert (ended.value.code, caplog.records) == (0, [])


def test_a_step_that_took_too_long_says_which(caplog: pytest.LogCaptureFixture) -> None:
    """An error of asyncio itself has no text; of nested limits the one that was reached counts."""
    line = last_line(too_slow(), caplog)

    assert line == "worker ends: saving: TimeoutError: checkpoint on t/0: expected an answer within 0.01 s"


def test_who_is_judged_does_not_stand_in_the_last_line(caplog: pytest.LogCaptureFixture) -> None:
    """Only the type of the error, and the place."""
    with pytest.raises(BadRowError, match="341021199001011234"):
        asyncio.run(of_rules())

    assert last_line(of_rules(), caplog).startswith("worker ends: saving: BadRowError (in put, rules/reference.py:")


def test_an_error_outside_of_our_packages_has_no_place() -> None:
    """What lies in libraries helps nobody who looks at our code; tests are none of our packages."""
    with pytest.raises(AttributeError) as raised:
        asyncio.run(of_streams())

    assert cause(raised.value, "testing") == "testing: AttributeError: 'Names' object has no attribute 'nothing'"


def test_the_exit_code_is_the_one_that_was_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    """And the reason is one line."""
    with pytest.raises(SystemExit) as ended:
        die("first\n  second", 3)

    assert (3, "worker ends: first second") == (ended.value.code, caplog.records[-1].getMessage())


def test_whoever_fails_second_says_nothing() -> None:
    """Of threads and tasks that fail for the same reason only the first has a last line."""
    script = """
        import logging, sys, threading, time
        from streams.kafka import ending
        logging.basicConfig(level=logging.INFO)
        class Slow(logging.Handler):
            def emit(self, record):
                time.sleep(0.5)
        logging.getLogger().addHandler(Slow())
        threading.Timer(0.1, lambda: ending.die("second")).start()
        ending.die("first")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (1, ["CRITICAL:settlement_monitor.streams:worker ends: first"]) == (
        done.returncode,
        done.stderr.splitlines(),
    )
