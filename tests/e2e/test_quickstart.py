"""docs/quickstart.md, block by block, in a tree of its own: from there to a disposition."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests._servers import followed_by, unavailable
from tests.kafka._cluster import SCRIPT

ROOT = Path(__file__).parents[2]
SECONDS = 360
_END = 'for one in "$0"/*/kafka; do if [ -d "$one" ]; then sh "$1" kill --data "$one"; fi; done; pkill -f "$0"'
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[str]:
    """The shell blocks of a page of docs/."""
    return _BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))


def test_both_pages_do_the_same() -> None:
    """But for the words of a reviewer."""
    english, chinese = ("".join(blocks(page)) for page in ("quickstart.md", "quickstart.zh.md"))

    assert len(blocks("quickstart.md")) == 7
    assert re.sub(r"--reason '[^']*'", "", english) == re.sub(r"--reason '[^']*'", "", chinese)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A copy of this tree, with the environment and the jars that are here: what is fetched is tried elsewhere."""
    for server in ("redis-server", "redis-cli"):
        if shutil.which(server) is None:
            unavailable("redis", f"no {server} on PATH (apt-get install redis-server)")
    fetched = subprocess.run(["sh", SCRIPT, "fetch"], capture_output=True, text=True, check=False)
    if fetched.returncode:
        unavailable("kafka", fetched.stderr.splitlines()[-1])
    made = tmp_path / "clone"
    made.mkdir()
    copied = 'git ls-files -z | tar -c --null --files-from - | tar -x -C "$0"'
    subprocess.run(["sh", "-c", copied, made], cwd=ROOT, check=True)
    subprocess.run(["cp", "-a", ROOT / ".venv", made / ".venv"], check=True)
    shutil.copytree(SCRIPT.parent / ".libs", made / "deploy" / "kafka" / ".libs")
    # Whatever a block that fails has left behind ends with the test.
    with followed_by("sh", "-c", _END, str(tmp_path), str(SCRIPT)):
        yield made


@pytest.mark.kafka
@pytest.mark.slow
def test_from_a_clone_to_a_disposition(clone: Path, tmp_path: Path) -> None:
    """Every block ends well, and the reviewer's word is on the lead."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
    environment |= {"TMPDIR": str(tmp_path), "LC_ALL": "C.UTF-8"}
    environment |= {"MONITOR_CONSOLE_PORT": "0", "MONITOR_METRICS_PORT": "0"}  # others may have the usual ones
    script = "\n".join(blocks("quickstart.md"))

    done = subprocess.run(
        ["sh", "-eu"], input=script, cwd=clone, env=environment, capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-3000:]
    assert "合理情形" in done.stdout
    assert [] == [*tmp_path.glob("tmp.*")]
