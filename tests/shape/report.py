"""The three parts of the report, as lines of text."""

from collections.abc import Iterable
from pathlib import Path
from statistics import median

from .functions import MANY_BRANCHES, Function, functions_under
from .rooms import PACKAGES, arrows, circles, imports

ROOT = Path(__file__).parents[2]
MACHINERY = ("rules.wire", "rules.engine", "rules.ledgers")

COLUMNS = ("", "modules", "functions", "lines", "tokens a line", "branches in ten lines", "median tokens")
# Both from our guide to style: what was measured over arroyo, quix-streams, bytewax and river, and what we aim at.
MODELS = ("models", "", "", "", "5-7", "2-2.5", "33-41")
GOAL = ("goal for rules", "", "", "", "8.5", "3.5", "")

Modules = dict[str, list[Function]]
"""Of each module its functions."""


def report() -> list[str]:
    """The whole report."""
    modules = functions_under(ROOT, PACKAGES)
    return [*figures(modules), "", *branchy(modules), "", *rooms()]


def figures(modules: Modules) -> list[str]:
    """How full the functions are, beside the models."""
    parts = {
        "rules": ["rules"],
        **{f"  {name}": [name] for name in MACHINERY},
        "  families of rules": families(),
        "streams": ["streams"],
        "monitor": ["monitor"],
    }
    rows = [row(name, within(modules, packages)) for name, packages in parts.items()]
    return ["FUNCTIONS", *table([COLUMNS, *rows, MODELS, GOAL])]


def families() -> list[str]:
    """The packages of rules/ that are not machinery."""
    packages = {f"rules.{file.parent.name}" for file in (ROOT / "rules").glob("*/__init__.py")}
    return sorted(packages.difference(MACHINERY))


def within(modules: Modules, packages: Iterable[str]) -> Modules:
    """The modules of these packages, with those of the packages inside them."""
    prefixes = tuple(f"{package}." for package in packages)
    return {module: functions for module, functions in modules.items() if f"{module}.".startswith(prefixes)}


def row(name: str, modules: Modules) -> tuple[str, ...]:
    """The figures of some modules together."""
    functions = [one for several in modules.values() for one in several]
    lines = sum(one.lines for one in functions)
    fullness = sum(one.tokens for one in functions) / lines
    branches = 10 * sum(one.branches for one in functions) / lines
    middle = median(one.tokens for one in functions)
    counts = (str(len(modules)), str(len(functions)), str(lines))
    return (name, *counts, f"{fullness:.1f}", f"{branches:.1f}", f"{middle:.0f}")


def branchy(modules: Modules) -> list[str]:
    """The functions of many branches, those of most first."""
    found = [one for functions in modules.values() for one in functions if one.has_many_branches]
    found.sort(key=lambda one: (-one.branches, one.module, one.name))
    rows = [(f"{one.module}: {one.name}", str(one.branches), "yes" if one.has_reason else "no") for one in found]
    title = f"FUNCTIONS OF MORE THAN {MANY_BRANCHES} BRANCHES: {len(found)}"
    return [title, *table([("", "branches", "reason"), *rows])]


def rooms() -> list[str]:
    """The rooms with their imports, and the circles: of modules none is expected."""
    found = imports()
    between = arrows(found)
    width = max(len(room) for room in between)
    return [
        "ROOMS: what each imports, and how often",
        *(f"{room:{width}}  {targets(others)}".rstrip() for room, others in between.items()),
        "",
        f"circles of modules: {groups(circles(found))}",
        f"circles of rooms: {groups(circles({room: {*others} for room, others in between.items()}))}",
    ]


def targets(others: dict[str, int]) -> str:
    """The rooms that a room imports, with the number of imports.

    >>> targets({"rules.wire": 2, "rules": 10})
    'rules 10, rules.wire 2'
    """
    return ", ".join(f"{room} {count}" for room, count in sorted(others.items()))


def groups(found: list[list[str]]) -> str:
    """The number of circles, and the members of each.

    >>> groups([["a", "b"], ["c", "d"]]), groups([])
    ('2 (a, b; c, d)', '0')
    """
    members = "; ".join(", ".join(group) for group in found)
    return f"{len(found)} ({members})" if found else "0"


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows in columns: names on the left, figures on the right.

    >>> table([("", "count"), ("rules", "7")])
    ['       count', 'rules      7']
    """
    names, *columns = zip(*rows, strict=True)
    lined_up = [aligned(names, "<"), *(aligned(column, ">") for column in columns)]
    return ["  ".join(cells).rstrip() for cells in zip(*lined_up, strict=True)]


def aligned(cells: tuple[str, ...], side: str) -> list[str]:
    """The cells of one column, all as wide as the widest.

    >>> aligned(("7", "12"), ">")
    [' 7', '12']
    """
    width = max(len(cell) for cell in cells)
    return [f"{cell:{side}{width}}" for cell in cells]
