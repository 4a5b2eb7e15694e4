"""A Docker engine of its own, its images, and the commands that are given to it."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.deploy._compose import services
from tests.deploy._processes import ROOT, eventually, running

IMAGES = Path(__file__).parent / "images"
STARTED_SECONDS = 60.0
SWEEP = """
docker ps --all --quiet | xargs -r docker rm --force --volumes
docker volume ls --quiet | xargs -r docker volume rm
docker network prune --force
"""
"""What a run that was killed has left in the engine's folder."""
CGROUPS = Path("/sys/fs/cgroup")
PARENT = "settlement-monitor-compose"


class FailedError(Exception):
    """A command ended otherwise than it should."""


def run(*command: str, cwd: Path | None = None, codes: tuple[int, ...] = (0,), seconds: float = 600) -> str:
    """Run a command that must end with one of these codes; gives what it printed. Raises FailedError."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=seconds)
    if done.returncode not in codes:
        said = f"{done.stdout[-4000:]}{done.stderr[-4000:]}"
        raise FailedError(f"{' '.join(command)}: expected exit code {codes}, was {done.returncode}: {said}")
    return done.stdout


@contextlib.contextmanager
def engine(cache: Path) -> Iterator[None]:
    """An engine for the length of the block; what docker and Compose are run as here speaks to it alone.

    cache: the folder that keeps images from one run to the next, and has Compose.
    """
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "run", "/run")  # sockets and pids of its own
    plugins = Path("/run/docker-config/cli-plugins")
    plugins.mkdir(parents=True)
    [plugin] = (cache / "plugin").rglob("cli-plugins/docker-compose")
    shutil.copy(plugin, plugins)
    # The classic builder needs no registry where the image that it begins with is there.
    os.environ |= {
        "DOCKER_HOST": "unix:///run/docker.sock", "DOCKER_CONFIG": str(plugins.parent), "DOCKER_BUILDKIT": "0",
        "COMPOSE_ANSI": "never",
    }  # fmt: skip
    command = [
        "dockerd", "--data-root", str(cache / "engine"), "--cgroup-parent", PARENT, "--host", os.environ["DOCKER_HOST"]
    ]  # fmt: skip
    _remove_cgroups()
    try:
        with running(command, cache / "dockerd.log") as process:
            eventually(lambda: _answers(process), "the engine answers", STARTED_SECONDS)
            run("sh", "-c", SWEEP)
            yield
    finally:
        _remove_cgroups()


def _answers(process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the engine has ended: see dockerd.log"
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def _remove_cgroups() -> None:
    """The engine leaves the empty groups of its containers behind, and one that is killed those of all."""
    for folder in CGROUPS.glob(f"**/{PARENT}"):
        for group in [*folder.glob("*/"), folder]:
            group.rmdir()


def build_stand_ins(root: Path) -> None:
    """Build the stand-ins under the very names that the files of deployment use.

    root: the archive of the file system that they share.
    """
    stamp = f"stand-in:{root.stat().st_mtime_ns}"
    if not run("docker", "images", "--quiet", stamp):
        run("docker", "import", str(root), stamp)
    run("docker", "tag", stamp, "stand-in")
    builds = [["docker", "build", "--quiet", "--tag", _tag(one.name), str(one)] for one in sorted(IMAGES.iterdir())]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda command: run(*command), builds))


def _tag(name: str) -> str:
    """The name of the image that a folder stands in for."""
    if name == "python":
        return (ROOT / "deploy" / "Dockerfile").read_text().partition("\nFROM ")[2].partition("\n")[0]
    return str(services()[name]["image"])
