"""deploy/Dockerfile: what goes into the image exists and is enough, and it does not run as root."""

import json
import re
import shutil
import sys
import time
from pathlib import Path

import pytest
from faust.types import TP

from monitor.worker.health import serve
from monitor.worker.metrics import Metrics
from streams.detect.meter import Standing
from tests.deploy._compose import services, words
from tests.deploy._processes import DEPLOY, ROOT, free_port, run

LINES = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text()).splitlines()
PLACE = "/opt/settlement-monitor/"


def instructions(name: str) -> list[str]:
    """The arguments of all instructions of this name, in order."""
    return [line.removeprefix(f"{name} ").strip() for line in LINES if line.startswith(f"{name} ")]


def copied() -> dict[str, str]:
    """What is copied from the tree, and where to."""
    return dict(line.split() for line in instructions("COPY"))


def check() -> list[str]:
    """The words of the health check."""
    [instruction] = instructions("HEALTHCHECK")
    found: list[str] = json.loads(instruction.partition("CMD ")[2])
    return found


def test_it_is_built_from_a_pinned_python() -> None:
    """To the last digit, and of a Python that the monitor takes."""
    [image] = instructions("FROM")

    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", image)


def test_only_what_runs_is_copied() -> None:
    """The packages and their lock; the builder is shown nothing else."""
    shown = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] in ("*", "!")]
    places = {name: PLACE + name for name in ("monitor", "streams", "rules")}

    assert {"requirements.lock": PLACE} | places == copied()
    assert all((ROOT / source).exists() for source in copied())
    assert ["*", *(f"!{source}" for source in copied())] == shown[: 1 + len(copied())]


def test_it_can_be_read_though_the_clone_cannot() -> None:
    """Files of a clone under umask 077 are copied as they are; after the last of them all may be read."""
    after = LINES[max(number for number, line in enumerate(LINES) if line.startswith("COPY ")) :]

    assert any(line.startswith(f"RUN chmod -R a+rX {PLACE.rstrip('/')} ") for line in after)


def test_packages_come_from_the_lock_with_its_hashes() -> None:
    """The same flags as for .venv."""
    [command] = [line for line in instructions("RUN") if "pip install" in line]
    flags = "--require-hashes --no-deps --only-binary :all: -r "

    assert flags + PLACE + "requirements.lock" in re.sub(" +", " ", command)
    assert flags in (DEPLOY / "setup.sh").read_text()


def test_it_does_not_run_as_root() -> None:
    """The last word on the user is a number above those of the system."""
    user, group = instructions("USER")[-1].split(":")

    assert int(user) >= 10_000
    assert int(group) >= 10_000


@pytest.mark.parametrize("service", ["topics", "worker"])
def test_what_is_copied_is_enough_for_the_command(service: str, tmp_path: Path) -> None:
    """The commands of the compose file run from a copy of the image's folders, and are known to the monitor."""
    for package in ("monitor", "streams", "rules"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    program = (
        "import os, runpy, monitor\n"
        "assert monitor.__file__.startswith(os.getcwd()), monitor.__file__\n"
        "runpy.run_module('monitor', run_name='__main__', alter_sys=True)"
    )
    command = (sys.executable, "-c", program, *words(service), "--help")
    done = run(*command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})

    assert done.returncode == 0, done.stderr
    named = " ".join(word for word in words(service) if not word.startswith("-"))
    assert f"Usage: python -m monitor {named} [OPTIONS]" in done.stdout


def test_its_command_is_the_monitor() -> None:
    """`docker run IMAGE alerts list` is `monitor alerts list`, and without a word it is a worker."""
    [launcher] = [line for line in instructions("RUN") if "/usr/local/bin/monitor" in line]

    assert (['["monitor"]'], ['["worker"]']) == (instructions("ENTRYPOINT"), instructions("CMD"))
    assert 'exec python -m monitor "$@"' in launcher


def test_its_health_check_follows_the_worker() -> None:
    """Well; records wait and nothing moves; gone."""
    python, *words = check()
    assert python == "python"
    now = [time.time()]
    metrics, port = Metrics(lambda: now[0]), free_port()
    server = serve(metrics, "127.0.0.1", port)

    def ask() -> int:
        return run(sys.executable, *words, env={"MONITOR_METRICS_PORT": str(port)}).returncode

    well = ask()
    now[0] -= 3600
    metrics.standing({TP("settlement.events", 0): Standing(5, 10, None)})
    now[0] += 3600
    metrics.standing({TP("settlement.events", 0): Standing(5, 10, None)})
    stuck = ask()
    server.shutdown()
    server.server_close()
    gone = ask()

    assert (0, 1, 1) == (well, stuck, gone)


def test_a_worker_of_the_compose_file_uses_the_health_check_of_the_image() -> None:
    """One place says how a worker is asked; what ends is not asked."""
    worker, topics = services()["worker"], services()["topics"]
    environment = dict(pair.split("=") for line in instructions("ENV") for pair in line.split())

    assert "healthcheck" not in worker
    assert topics["healthcheck"] == {"disable": True}
    assert environment["MONITOR_METRICS_PORT"] == str(worker["environment"]["MONITOR_METRICS_PORT"])
    assert environment["MONITOR_METRICS_PORT"] == instructions("EXPOSE")[0]
