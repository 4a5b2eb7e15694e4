"""Markdown of the generated pages: a page, a table, a block of code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def page(title: str, about: str, body: str) -> str:
    """A whole page, which says how it is made."""
    return f"# {title}\n\n{about} Made by `python -m monitor.handbook`.\n\n{body}\n"


def page_zh(title: str, about: str, body: str) -> str:
    """The same in Chinese."""
    return f"# {title}\n\n{about} 由 `python -m monitor.handbook` 生成。\n\n{body}\n"


def table(head: tuple[str, ...], rows: Iterable[Sequence[str]]) -> str:
    r"""A table.

    >>> print(table(("field", "meaning"), [("a|b", "c")]))
    | field | meaning |
    | --- | --- |
    | a\|b | c |
    """
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows])


def code(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"
