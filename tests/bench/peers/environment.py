"""The environment of a peer: made on first use from its pinned packages, and how the peer is started in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from tests.bench.peers.job import Task

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
HOME = ROOT / ".bench"
PEERS = {"faust": "stock Faust", "quix": "Quix Streams", "bytewax": "Bytewax"}
"""The peers in Python, by folder."""
JAVA = {"kafka_streams": "Kafka Streams", "flink": "Flink"}
"""The peers in Java, by folder."""
HEAP = "-Xmx512m"
"""Of a peer in Java; the rest of its memory is RocksDB's and the machine's."""


def command(peer: str, task: Task) -> list[str]:
    """How a peer is started, once its environment is there."""
    if peer in JAVA:
        folder = _made_of_jars(peer)
        return ["java", HEAP, *_OPENED, "-cp", f"{folder / 'classes'}:{folder / 'libs'}/*", "Program"]
    python = str(_made_of_packages(peer) / "bin" / "python")
    program = f"tests.bench.peers.{peer}.program"
    return _bytewax(python, program, task) if peer == "bytewax" else [python, "-m", program]


_OPENED = ["--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED"]
"""What Flink's serializers look into."""


def _bytewax(python: str, program: str, task: Task) -> list[str]:
    """Its own command, with a folder for snapshots."""
    saved = Path(task.folder) / "snapshots"
    saved.mkdir()
    subprocess.run([python, "-m", "bytewax.recovery", str(saved), "1"], check=True)
    return [python, "-m", "bytewax.run", f"{program}:flow", "-r", str(saved), "-s", "2", "-b", "0"]


def _made_of_packages(peer: str) -> Path:
    """The virtual environment of a peer in Python."""
    lock = HERE / peer / "requirements.txt"
    return _made(peer, [lock], lambda folder: _install(folder, lock))


def _install(folder: Path, lock: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--requirement", str(lock)], check=True)


def _made_of_jars(peer: str) -> Path:
    """The jars and classes of a peer in Java."""
    sources = [HERE / peer / "pom.xml", HERE / "java" / "Job.java", HERE / peer / "Program.java"]
    return _made(peer, sources, lambda folder: _compile(folder, *sources))


def _compile(folder: Path, pom: Path, *sources: Path) -> None:
    libs = folder / "libs"
    subprocess.run(["mvn", "-B", "-q", "-f", pom, f"-Dlibs={libs}", "dependency:copy-dependencies"], check=True)
    subprocess.run(["javac", "-cp", f"{libs}/*", "-d", folder / "classes", *sources], check=True)


def _made(peer: str, sources: list[Path], make: Callable[[Path], None]) -> Path:
    """The folder of a peer, made where it is missing or older than what it is made of."""
    folder, mark = HOME / peer, sha256(b"".join(one.read_bytes() for one in sources)).hexdigest()
    made_of = folder / "made-of"
    if not made_of.exists() or made_of.read_text() != mark:
        sys.stderr.write(f"bench: making {folder.relative_to(ROOT)} for {(PEERS | JAVA)[peer]}\n")
        shutil.rmtree(folder, ignore_errors=True)
        make(folder)
        made_of.write_text(mark)
    return folder
