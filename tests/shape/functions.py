"""How much is in a function: its tokens, its lines, its branches."""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

MANY_BRANCHES = 10
REASON = "Long because"

LAYOUT = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
)
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)
Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """A function or a method, with its signature and the functions inside it, without decorators.

    tokens: as tokenize of Python 3.11 counts them, without comments, docstrings and layout; 3.12 splits an f-string.
    lines: those that hold at least a part of such a token. branches: see `branches_at`.
    has_reason: whether its docstring says why it is long.
    """

    module: str
    name: str
    tokens: int
    lines: int
    branches: int
    has_reason: bool

    @property
    def has_many_branches(self) -> bool:
        """Whether it is to be split, or to give a reason."""
        return self.branches > MANY_BRANCHES


def functions_under(root: Path, packages: Iterable[str]) -> dict[str, list[Function]]:
    """The functions of each module of these packages; root is the folder that holds the packages."""
    files = [file for package in packages for file in sorted((root / package).rglob("*.py"))]
    modules = {module_name(file.relative_to(root)): file.read_text(encoding="utf-8") for file in files}
    return {module: functions_in(module, source) for module, source in modules.items()}


def module_name(file: Path) -> str:
    """The name under which a file is imported.

    >>> module_name(Path("rules/times.py")), module_name(Path("rules/wire/__init__.py"))
    ('rules.times', 'rules.wire')
    """
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


def functions_in(module: str, source: str) -> list[Function]:
    """The functions of one module, in the order of the file."""
    tree = ast.parse(source)
    tokens = counted_tokens(tree, source)
    return [measured(module, name, node, tokens) for name, node in definitions(tree)]


def counted_tokens(tree: ast.Module, source: str) -> list[tokenize.TokenInfo]:
    """The tokens of a module without comments, docstrings and layout."""
    docstrings = {(node.lineno, node.col_offset) for node in ast.walk(tree) if is_docstring(node)}
    found = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token for token in found if token.type not in LAYOUT and token.start not in docstrings]


def is_docstring(node: ast.AST) -> TypeGuard[ast.Expr]:
    """Whether it is a string that stands as a statement of its own."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case _:
            return False


def definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """The outermost functions, each with its name, that of a method after its class: Page.forget."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield prefix + node.name, node
            case ast.ClassDef():
                yield from definitions(node, f"{prefix}{node.name}.")
            case _:
                yield from definitions(node, prefix)


def measured(module: str, name: str, node: Definition, tokens: list[tokenize.TokenInfo]) -> Function:
    """One function with its figures; tokens are those of its module."""
    last = node.end_lineno or node.lineno
    inside = [token for token in tokens if node.lineno <= token.start[0] <= last]
    lines = {line for token in inside for line in range(token.start[0], token.end[0] + 1)}
    branches = sum(branches_at(part) for part in ast.walk(node))
    return Function(module, name, len(inside), len(lines), branches, gives_reason(node))


def gives_reason(node: Definition) -> bool:
    """Whether a sentence of the docstring begins with the words of a reason, also where a line ends between them."""
    return REASON in " ".join((ast.get_docstring(node) or "").split())


def branches_at(node: ast.AST) -> int:
    """How many branches one node adds, without those inside it.

    One each: if, elif, for, while, except, conditional expression, case of a match, operand of and / or beyond the
    first, for and if of a comprehension.
    """
    match node:
        case ast.BoolOp(values=operands):
            return len(operands) - 1
        case ast.comprehension(ifs=conditions):
            return 1 + len(conditions)
        case _:
            return int(isinstance(node, BRANCHES))
