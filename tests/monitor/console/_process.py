"""The command `monitor console` as a process, and the browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests._servers import ended_with, unavailable

SECONDS = 30_000
"""So long may a page take on a loaded machine, ms."""


@contextmanager
def console_process(folder: Path, **settings: object) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Its address, which ends with /, and the process; what it says goes into a log in the folder.

    settings: MONITOR_ and this name in capitals. It is ended with the block, unless it has ended before.
    """
    wanted = {"console_port": 0, "metrics_port": 0} | settings
    environment = os.environ | {f"MONITOR_{name.upper()}": str(value) for name, value in wanted.items()}
    log, command = folder / "console.log", [sys.executable, "-m", "monitor", "console"]
    with (
        log.open("wb") as file,
        subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True) as process,
        ended_with(process),
    ):
        while not (found := re.search(rb'"address": ?"([^"]+)"', log.read_bytes())):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        yield found[1].decode(), process
        if process.poll() is None:
            process.terminate()
            assert process.wait(15) == 0, log.read_text(encoding="utf-8")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; without one the test is skipped."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        unavailable("browser", "no Chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
