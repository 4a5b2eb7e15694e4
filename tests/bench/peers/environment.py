"""The virtual environment of a peer in Python: made on first use from its pinned packages."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from tests.bench.peers.job import Task

ROOT = Path(__file__).parents[3]
HOME = ROOT / ".bench"
PEERS = {"faust": "stock Faust", "quix": "Quix Streams", "bytewax": "Bytewax"}
"""The peers in Python, by folder."""


def command(peer: str, task: Task) -> list[str]:
    """How a peer is started, once its environment is there."""
    python = str(made(peer) / "bin" / "python")
    program = f"tests.bench.peers.{peer}.program"
    if peer != "bytewax":
        return [python, "-m", program]
    saved = Path(task.folder) / "snapshots"
    saved.mkdir()
    subprocess.run([python, "-m", "bytewax.recovery", str(saved), "1"], check=True)
    return [python, "-m", "bytewax.run", f"{program}:flow", "-r", str(saved), "-s", "2", "-b", "0"]


def made(peer: str) -> Path:
    """The environment of a peer, made where it is missing or older than its packages."""
    lock = Path(__file__).parent / peer / "requirements.txt"
    folder, mark = HOME / peer, sha256(lock.read_bytes()).hexdigest()
    made_of = folder / "made-of"
    if made_of.exists() and made_of.read_text() == mark:
        return folder
    sys.stderr.write(f"bench: making {folder.relative_to(ROOT)} for {PEERS[peer]}\n")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--requirement", str(lock)], check=True)
    made_of.write_text(mark)
    return folder
