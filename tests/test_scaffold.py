import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")

# What the peers of the bench are made of.
PEERS = tuple(str(one.relative_to(ROOT)) for one in ROOT.glob("tests/bench/peers/*/requirements.txt"))

# What setup.sh calls besides Python.
TOOLS = ("cat", "chmod", "cksum", "dirname", "flock", "grep")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with blanks and Chinese characters in its path, whose locks ask for no package."""
    tree = tmp_path / "结算 监测"
    (tree / "deploy").mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "setup.sh", tree / "deploy")
    for lock in LOCKS:
        (tree / lock).write_text("# nothing\n")
    return tree


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH on which there is no Python yet."""
    path = tmp_path / "bin"
    path.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (path / tool).symlink_to(found)
    return path


def run_setup(tree: Path, path: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the script with nothing in its environment but a PATH, and a locale that is not UTF-8."""
    return subprocess.run(
        ["/bin/sh", tree / "deploy" / "setup.sh", *arguments],
        env={"PATH": str(path), "LC_ALL": "C", **env},
        capture_output=True,
        text=True,
        check=False,
    )


def pretend(path: Path, name: str, lie: str) -> None:
    """Put an interpreter on PATH that runs `lie` before what it is asked to run with -c."""
    launcher = path / name
    launcher.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c \"{lie}; exec(__import__('sys').argv[2])\" \"$@\"\n")
    launcher.chmod(0o755)


def refusal(tree: Path, path: Path, **env: str) -> str:
    """Give the one line with which setup.sh refuses."""
    done = run_setup(tree, path, "runtime", **env)
    lines = done.stderr.splitlines()

    assert (2, "", 1) == (done.returncode, done.stdout, len(lines)), done.stderr
    assert not (tree / ".venv").exists()
    return lines[0]


def test_no_python(tree: Path, path: Path) -> None:
    """A machine without Python is refused in one line that says how to get one."""
    line = refusal(tree, path)

    assert "needs CPython 3.11 or 3.12, found none: apt install python3" in line


@pytest.mark.parametrize("version", [(2, 7), (3, 9), (3, 13)])
def test_wrong_python(tree: Path, path: Path, version: tuple[int, int]) -> None:
    """A Python that is too old or too new is refused by its version."""
    pretend(path, "python3", f"import sys; sys.version_info = {(*version, 1)}")

    line = refusal(tree, path)

    assert "needs CPython 3.11 or 3.12, found CPython {}.{} on Linux".format(*version) in line


@pytest.mark.parametrize(
    ("lie", "complaint"),
    [
        (
            "import platform; platform.machine = lambda: 'aarch64'",
            "needs 64-bit Linux on x86-64, found CPython",
        ),
        (
            "import platform; platform.system = lambda: 'Darwin'",
            "needs 64-bit Linux on x86-64, found CPython",
        ),
        ("import os; os.confstr = lambda name: 'glibc 2.17'", "needs glibc 2.28 or newer"),
        ("import os; os.confstr = lambda name: None", "needs glibc 2.28 or newer"),
        ("import sys; sys.modules['ensurepip'] = None", "-venv"),
    ],
    ids=["machine", "system", "old-glibc", "no-glibc", "no-venv"],
)
def test_missing(tree: Path, path: Path, lie: str, complaint: str) -> None:
    """What else is missing is refused in one line too."""
    pretend(path, "python3", lie)

    assert complaint in refusal(tree, path)


def test_named_python(tree: Path, path: Path) -> None:
    """An interpreter that the user names is taken or refused, and no other is looked for."""
    pretend(path, "python3", "pass")

    assert "found none" in refusal(tree, path, PYTHON=str(tree / "no such python"))


def test_unknown_use(tree: Path, path: Path) -> None:
    """A misspelt use of the script is refused with what it expected and what came."""
    done = run_setup(tree, path, "demo")

    assert (2, "setup: expected runtime or dev, was 'demo': sh deploy/setup.sh runtime\n") == (
        done.returncode,
        done.stderr,
    )


def add_python(path: Path) -> None:
    """Put this Python on PATH, and before it a shim that does not run, as pyenv leaves them."""
    shim = path / "python3.12"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    (path / "python3.11").symlink_to(Path(sys.executable).resolve())


def say_hello(tree: Path) -> str:
    """Run the command that setup.sh made, from another directory and without a UTF-8 locale."""
    return subprocess.run(
        [tree / ".venv" / "bin" / "monitor", "a b"],
        cwd="/",
        env={"LC_ALL": "C"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout


def test_set_up(tree: Path, path: Path) -> None:
    """In a path with blanks and Chinese characters, with no UTF-8 locale, the command runs from anywhere."""
    add_python(path)
    (tree / "monitor").mkdir()
    (tree / "monitor" / "__main__.py").write_text("import sys; print(sys.argv[1:], '好')", encoding="utf-8")

    first = run_setup(tree, path, "runtime")

    assert (0, "") == (first.returncode, first.stdout), first.stderr
    assert say_hello(tree) == "['a b'] 好\n"

    # The second time there is nothing to do, nothing is said, and no other Python is asked for.
    second = run_setup(tree, path, "runtime", PYTHON="/no/such/python")

    assert (0, "", "") == (second.returncode, second.stdout, second.stderr)

    # What the tests need is added to a sound .venv, and contains what the command needs.
    (tree / ".venv" / "mark").touch()

    assert run_setup(tree, path, "dev").returncode == 0
    assert (tree / ".venv" / "mark").exists()
    assert run_setup(tree, path, "runtime").stderr == ""

    # The tree may be moved.
    moved = tree.rename(tree.with_name("moved tree"))

    assert say_hello(moved) == "['a b'] 好\n"

    # A changed lock asks for a new .venv, and so for a Python.
    (moved / "requirements.lock").write_text("# changed\n")

    assert run_setup(moved, path, "runtime", PYTHON="/no/such/python").returncode == 2


@pytest.mark.parametrize("exists", [True, False])
def test_an_environment_of_somebody_else_is_left_alone(tree: Path, path: Path, *, exists: bool) -> None:
    """A .venv that is a symbolic link is refused in one line before anything is emptied or made."""
    add_python(path)
    other = tree.parent / "of somebody else"
    if exists:
        other.mkdir()
        (other / "mark").touch()
    (tree / ".venv").symlink_to(other)

    done = run_setup(tree, path, "dev")

    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert done.stderr.startswith("setup: needs to change .venv, which is a symbolic link")
    assert exists == other.exists()
    assert [] == [one.name for one in other.glob("*") if one.name != "mark"]
    assert exists == (other / "mark").exists()


def requirements(lock: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Give the requirements of a lock file, each with its hashes, by name."""
    text = re.sub(r"#.*", "", (ROOT / lock).read_text()).replace("\\\n", " ")
    found: dict[str, tuple[Requirement, list[str]]] = {}
    for line in filter(str.strip, text.splitlines()):
        requirement, *hashes = line.split("--hash=")
        parsed = Requirement(requirement.strip())
        found[canonicalize_name(parsed.name)] = (parsed, [one.strip() for one in hashes])
    return found


@pytest.mark.parametrize("lock", [*LOCKS, *PEERS])
def test_lock_is_pinned(lock: str) -> None:
    """Every requirement of a lock has one exact version and its hashes."""
    locked = requirements(lock)

    assert locked
    for requirement, hashes in locked.values():
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


@pytest.mark.parametrize("lock", [*LOCKS, *PEERS])
def test_lock_names_no_place(lock: str) -> None:
    """A lock names no index and no path: both are the user's own."""
    assert not re.search(r"://|index-url|find-links|trusted-host|(?<![\w.])/\w", (ROOT / lock).read_text())


def test_dev_lock_contains_runtime_lock() -> None:
    """The tests run with exactly the versions that are run with."""
    runtime, dev = map(requirements, LOCKS)

    assert runtime == {name: dev[name] for name in runtime}


def test_locks_follow_pyproject() -> None:
    """What pyproject.toml asks for is in the locks, in a version that it allows."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, dev = map(requirements, LOCKS)
    asked = [(Requirement(one), runtime) for one in pyproject["project"]["dependencies"]]
    asked += [(Requirement(one), dev) for one in pyproject["dependency-groups"]["dev"]]

    for requirement, lock in asked:
        (version,) = lock[canonicalize_name(requirement.name)][0].specifier
        assert requirement.specifier.contains(version.version, prereleases=True), requirement


def test_ci_runs_what_make_test_runs() -> None:
    """.ci/run tests with the very recipe of `make test`."""
    make = subprocess.run(
        ["make", "--dry-run", "test"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    recipe = [line.strip() for line in make.stdout.splitlines()]
    ci = (ROOT / ".ci" / "run").read_text().splitlines()

    assert recipe == [line for line in ci if line in recipe]


def test_without_root_compose_is_passed_over() -> None:
    """One line that says what was not run and why, and an exit code of its own, which .ci/run lets pass."""
    nobody = ["setpriv", "--reuid", "65534", "--clear-groups"] if os.getuid() == 0 else []
    script = (ROOT / "tests" / "compose" / "run").read_text()

    done = subprocess.run([*nobody, "bash", "-s"], cwd="/", input=script, capture_output=True, text=True, check=False)

    assert (77, "") == (done.returncode, done.stdout)
    assert done.stderr == (
        "tests/compose/run: docker-compose.yml was not run: no Docker engine can be started here, for that needs root\n"
    )


@pytest.mark.parametrize(
    ("compose", "checks", "tests", "ends"),
    [(0, 0, 0, 0), (77, 0, 0, 0), (1, 0, 0, 1), (124, 0, 0, 1), (0, 2, 0, 1), (0, 0, 3, 3), (1, 0, 3, 3)],
)
def test_ci_fails_where_anything_fails(compose: int, checks: int, tests: int, ends: int) -> None:
    """And says once more at the end what failed before the tests. 77: no engine can be started; 124: it hung."""
    script = (ROOT / ".ci" / "run").read_text().partition("sh deploy/setup.sh dev\n")[2]
    stand_ins = f"""
        timeout() {{ case "$*" in *compose*) echo stack; return {compose};; *) echo summary; return {tests};; esac; }}
        make() {{ return {checks}; }}
    """

    done = subprocess.run(["bash", "-euc", stand_ins + script], capture_output=True, text=True, check=False)

    again = ["stack"] if compose in (1, 124) else []
    assert (ends, ["stack", "summary", *again]) == (done.returncode, done.stdout.splitlines())
    codes = f".ci/run: exit codes: docker-compose.yml {compose}, make check {checks}, tests {tests}\n"
    assert done.stderr == (codes if again or checks else "")
