"""Change rules and see whether their own tests notice: `make mutants`, for some rules `make mutants ARGS='B12 S01'`.

Prints what no test noticed, and ends with 1 where there is any. What makes no difference stands in equal.py.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from .changes import Mutant, mutants
from .equal import EQUAL

ROOT = Path(__file__).parents[2]
SECONDS = 60
"""A test that takes longer has noticed something."""

BEFORE = ("pytest", "hypothesis", "msgspec", "orjson", "pydantic", "structlog")
"""What tests import beside our own code: once, before each change gets a process of its own."""


class Subject(NamedTuple):
    """A source file of the rules, and the test files that import it."""

    module: str
    path: Path
    tests: tuple[Path, ...]


class Changed(importlib.machinery.SourceFileLoader):
    """Gives one module with a change in it: compiled anew, never from a cache."""

    def __init__(self, module: str, path: Path, tree: ast.Module) -> None:
        super().__init__(module, str(path))
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        """The code with the change."""
        return compile(self._tree, self.get_filename(fullname), "exec")


class Finder(importlib.abc.MetaPathFinder):
    """Finds the module that is changed; others are found as ever."""

    def __init__(self, loader: Changed) -> None:
        self._loader = loader

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:  # noqa: ARG002 - as every finder
        """Where the module comes from."""
        if fullname != self._loader.name:
            return None
        return importlib.util.spec_from_loader(fullname, self._loader)


def subjects(wanted: Sequence[str]) -> Iterator[Subject]:
    """The files of these rules, all where none is named."""
    for path in sorted((ROOT / "rules").glob("*/[a-z][0-9][0-9]_*.py")):
        module = f"rules.{path.parent.name}.{path.stem}"
        ids = set(re.findall(r'^ +id="([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE))
        if wanted and not ids & set(wanted):
            continue
        own = (ROOT / "tests" / "rules" / path.parent.name).glob("test_*.py")
        yield Subject(module, path, tuple(one for one in own if f"{module} import" in one.read_text(encoding="utf-8")))


def survivors(subject: Subject, changes: Sequence[Mutant | None], processes: int) -> list[Mutant | None]:
    """The changes with which every test passes; each has a process of its own. None: the source as it is."""
    waiting, at_work, found = list(reversed(changes)), dict[int, Mutant | None](), list[Mutant | None]()
    while waiting or at_work:
        if waiting and len(at_work) < processes:
            change = waiting.pop()
            child = os.fork()
            if not child:
                _test(subject, change)
            at_work[child] = change
        else:
            child, status = os.wait()
            change = at_work.pop(child)
            if os.waitstatus_to_exitcode(status) == 0:
                found.append(change)
    return found


def _test(subject: Subject, mutant: Mutant | None) -> None:
    """Run the tests and end the process with what pytest says."""
    import pytest  # noqa: PLC0415 - a child has it from its parent
    from hypothesis import Phase, settings  # noqa: PLC0415

    # Whether something fails is asked, not the smallest example of it.
    settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None, deadline=None)
    settings.load_profile("mutants")

    silent = os.open(os.devnull, os.O_WRONLY)
    for stream in () if os.environ.get("SHOW") else (1, 2):
        os.dup2(silent, stream)
    signal.alarm(SECONDS)
    if mutant is not None:
        sys.meta_path.insert(0, Finder(Changed(subject.module, subject.path, mutant.tree)))
    os._exit(
        pytest.main(
            [
                "-n0",
                "-x",
                "-q",
                "--assert=plain",
                "--noconftest",
                "-p",
                "no:cacheprovider",
                "-m",
                "",
                *map(str, subject.tests),
            ],
        )
    )


def main() -> int:
    """Ask every change; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rules", nargs="*", help="ids of rules, all where none is given")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    for name in BEFORE:
        importlib.import_module(name)
    sys.path.insert(0, str(ROOT))
    number, left = 0, list[str]()
    for subject in subjects(asked.rules):
        file = subject.path.relative_to(ROOT)
        if not subject.tests or not survivors(subject, [None], 1):
            left.append(f"{file}: expected tests that pass without a change")
            continue
        equal = EQUAL.get(subject.module, {})
        every = list(mutants(subject.path.read_text(encoding="utf-8")))
        changes = [one for one in every if one.what not in equal]
        left += [
            f"{file}: {what}: equal by the list, and no change" for what in equal.keys() - {one.what for one in every}
        ]
        survived = survivors(subject, changes, asked.processes)
        left += sorted(f"{file}:{one.line}: {one.what}" for one in survived if one)
        number += len(changes)
        print(f"{subject.module}: {len(changes) - len(survived)} of {len(changes)} noticed", flush=True)  # noqa: T201
    print(*left, f"{number} changes, {len(left)} that no test noticed", sep="\n")  # noqa: T201
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
