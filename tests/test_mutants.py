"""What `make mutants` changes."""

from __future__ import annotations

import ast

from tests.mutants.changes import mutants

SOURCE = """
limit: int = parameter(8, "上限", "limit")
share: float = parameter(0.5, "比例", "share")
asked: bool = parameter(True, "是否", "whether")
span = window * SECOND

def check(a: int) -> bool:
    return 0 < a <= limit
"""


def test_each_number_length_and_comparison_is_changed_by_itself() -> None:
    """Nothing else is: a flag, an equality, a factor that is no time."""
    plain = ast.unparse(ast.parse(SOURCE))
    changed = [ast.unparse(one.tree) for one in mutants(SOURCE)]
    lines = [
        [new for old, new in zip(plain.splitlines(), text.splitlines(), strict=True) if old != new] for text in changed
    ]

    assert lines == [
        ["limit: int = parameter(9, '上限', 'limit')"],
        ["limit: int = parameter(7, '上限', 'limit')"],
        ["share: float = parameter(0.55, '比例', 'share')"],
        ["share: float = parameter(0.45, '比例', 'share')"],
        ["span = window * SECOND + 1000"],
        ["span = window * SECOND + -1000"],
        ["    return 0 <= a <= limit"],
        ["    return 0 < a < limit"],
    ]
    assert [one.line for one in mutants(SOURCE)] == [2, 2, 3, 3, 5, 5, 8, 8]
