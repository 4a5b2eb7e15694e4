"""The page of a rule in both languages: its docstring, and the Chinese twin that lies beside its file.

`rules/drug/d02_over_quantity.py` has its English page as docstring and its Chinese page in
`rules/drug/d02_over_quantity.zh.md`. Both have the same parts, each of which begins with its mark.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from rules.engine.rule import Rule


class Marks(NamedTuple):
    """The words with which the parts of a page begin; what stands before the first one says what the rule sees."""

    why: str
    honest: str
    gaps: str
    example: str


MARKS_EN = Marks("Why:", "Honest county", "Known gaps:", "Example:")
MARKS_ZH = Marks("为何可疑：", "正常的县", "已知不足：", "示例：")


class Page(NamedTuple):
    """The parts of a page, each in Markdown. judged: what is counted and when it is a finding; empty where none is."""

    what: str
    why: str
    honest: str
    judged: str
    gaps: str
    example: str


def english(of: type[Rule] | ModuleType) -> str:
    """The docstring of a rule, or of a module that says what several rules judge by."""
    return inspect.getdoc(of) or ""


def chinese(of: type[Rule] | ModuleType) -> str:
    """The Chinese twin of the same; empty where there is none yet."""
    twin = Path(inspect.getfile(of)).with_suffix(".zh.md")
    return twin.read_text(encoding="utf-8").strip() if twin.exists() else ""


def parts_of(text: str, marks: Marks) -> Page:
    r"""A page by its parts. What has no mark is judged by, until the known gaps; then it goes on with these.

    >>> parts_of("Many.\n\nWhy: a notice.\n\nCounted.\n\nKnown gaps: some.\n\nExample: one.", MARKS_EN).judged
    'Counted.'
    """
    found: dict[str, list[str]] = {name: [] for name in Page._fields}
    part = "what"
    for paragraph in text.split("\n\n"):
        part = _part(paragraph, part, marks)
        found[part].append(paragraph)
    return Page(**{name: "\n\n".join(paragraphs) for name, paragraphs in found.items()})


def _part(paragraph: str, before: str, marks: Marks) -> str:
    """The part to which a paragraph belongs. before: the part of the paragraph before it."""
    for name, mark in marks._asdict().items():
        if paragraph.startswith(mark):
            return name
    return "judged" if before in ("why", "honest") else before
