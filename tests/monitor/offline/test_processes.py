"""The processes of the demo end with it, however it ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.offline.processes import process

PARENT = """
import os, signal, sys
from pathlib import Path
from monitor.offline.processes import process
with process([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"],
             Path(sys.argv[1]), os.environ) as started:
    while not Path(sys.argv[1]).read_bytes():
        pass
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_is_the_command_itself(tmp_path: Path) -> None:
    """With its arguments and its environment; a signal reaches it."""
    log, code = tmp_path / "log", "import os, sys; print(sys.argv[1], os.environ['A']); sys.stdin.read()"
    with process([sys.executable, "-c", f"{code}; raise SystemExit(7)", "x y"], log, {"A": "b"}) as started:
        assert started.wait(30) == 7

    assert log.read_text() == "x y b\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_process_ends_where_the_demo_is_killed(tmp_path: Path) -> None:
    """By SIGKILL, which no program can answer."""
    log = tmp_path / "log"
    killed = subprocess.run([sys.executable, "-c", PARENT, str(log)], check=False, timeout=60)

    assert killed.returncode == -signal.SIGKILL
    assert _ends(int(log.read_text()))


def _ends(number: int) -> bool:
    """Whether a process is gone, or ends within ten seconds: its descriptor can be read then."""
    try:
        descriptor = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    with os.fdopen(descriptor) as readable:
        return bool(select.select([readable], [], [], 10)[0])
