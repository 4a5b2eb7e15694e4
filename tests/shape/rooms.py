"""Who imports whom: modules, and the rooms that they are in. A room is a package without the packages inside it."""

from collections import Counter
from collections.abc import Mapping

import grimp

PACKAGES = ("rules", "streams", "monitor")

Imports = Mapping[str, set[str]]
"""Of each module, or room, those that it imports."""


def imports() -> dict[str, set[str]]:
    """Of each module the modules that it imports, those for type checkers included."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def room_of(module: str, packages: set[str]) -> str:
    """The room of a module; the `__init__` of a package is in the package.

    >>> room_of("rules.times", {"rules", "rules.wire"}), room_of("rules.wire", {"rules", "rules.wire"})
    ('rules', 'rules.wire')
    """
    return module if module in packages else module.rpartition(".")[0]


def arrows(found: Imports) -> dict[str, Counter[str]]:
    """Of each room the other rooms that its modules import, with the number of imports.

    An import is a pair of modules, however many names the one takes from the other.

    >>> arrows({"a": set(), "a.one": {"b.two"}, "b": set(), "b.two": set()})
    {'a': Counter({'b': 1}), 'b': Counter()}
    """
    packages = {module.rpartition(".")[0] for module in found if "." in module}
    counts: dict[str, Counter[str]] = {room: Counter() for room in sorted(packages)}
    for module, several in found.items():
        room = room_of(module, packages)
        counts[room].update(room_of(imported, packages) for imported in several)
        del counts[room][room]  # a Counter does not mind where there is none
    return counts


def circles(found: Imports) -> list[list[str]]:
    """Groups of which each member imports every other, itself included, directly or by way of others.

    >>> circles({"a": {"b"}, "b": {"c"}, "c": {"b"}})
    [['b', 'c']]
    """
    reach = {one: reached(one, found) for one in found}
    groups = {frozenset(other for other in reach[one] if one in reach[other]) for one in found}
    return sorted(sorted(group) for group in groups if group)


def reached(start: str, found: Imports) -> set[str]:
    """All that one module imports, directly or by way of others."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        new = found[ahead.pop()] - seen
        seen |= new
        ahead += new
    return seen
