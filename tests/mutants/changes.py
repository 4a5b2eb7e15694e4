"""What is changed in a rule's source: numbers of parameters, lengths of time, comparisons."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from typing import NamedTuple

LENGTHS = frozenset({"SECOND", "MINUTE", "HOUR", "DAY"})
"""Names of rules.times; what is multiplied by one is a time, moved by a second either way."""

SECOND_MS = 1000

SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt
}  # fmt: skip

SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


class Mutant(NamedTuple):
    """One change of one source."""

    line: int
    what: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Each change by itself, in the order of the source.

    The default of a parameter by 1 either way (a share of less than 3 by a tenth of itself), a length of time by a
    second, `<` with `<=`, `>` with `>=`.
    """
    tree = ast.parse(source)
    for number, node in enumerate(ast.walk(tree)):
        for what, changed in _changes(node):
            copy = deepcopy(tree)
            _put(copy, number, changed)
            yield Mutant(getattr(node, "lineno", 0), what, ast.fix_missing_locations(copy))


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("parameter", "ends_after"):
        yield from _of_default(node)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _is_length(node.right):
        for by in (SECOND_MS, -SECOND_MS):
            moved = ast.BinOp(deepcopy(node), ast.Add(), ast.Constant(by))
            yield f"{ast.unparse(node)} {by:+d} ms", moved
    elif isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if (other := SWAPPED.get(type(operator))) is not None:
                changed = deepcopy(node)
                changed.ops[place] = other()
                yield f"{ast.unparse(node)}: {SIGNS[other]}", changed


def _of_default(call: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    default = call.args[0] if call.args else None
    if not isinstance(default, ast.Constant) or isinstance(default.value, bool):
        return
    value = default.value
    if isinstance(value, int | float):
        step = 1 if isinstance(value, int) or value >= 3 else value / 10
        for moved in (value + step, value - step):
            changed = deepcopy(call)
            changed.args[0] = ast.Constant(moved)
            yield f"default {value}: {moved}", changed


def _is_length(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in LENGTHS


def _put(tree: ast.Module, number: int, changed: ast.AST) -> None:
    """Put a node in the place of the one with this number."""
    target = next(node for place, node in enumerate(ast.walk(tree)) if place == number)
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, changed)
            elif isinstance(value, list):
                setattr(parent, name, [changed if one is target else one for one in value])
