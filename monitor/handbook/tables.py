"""The pages docs/reference.md and docs/reference.zh.md: every column of every reference table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from monitor.handbook.markdown import code, page, page_zh, table
from rules.columns import TABLE_COLUMNS, Column


class _Words(NamedTuple):
    """The words of a page in one language. place: of the language in what has two."""

    place: int
    title: str
    about: str
    files: str
    head: tuple[str, ...]
    yes: str
    holds: dict[str, str]


_EN = _Words(
    place=0,
    title="Reference tables",
    about="What a bureau fills in ([中文](reference.zh.md)).",
    files="""\
One CSV file for each table, `<table>.csv`, in one folder. The first line has the names of the columns below, in any
order. A column that is not required may be missing; one that is not named here is told and not used. Text is UTF-8,
with or without a byte order mark, or GB18030: what is not UTF-8 is read as GB18030, and that is told. Commas separate
the cells; a cell in double quotes may hold a comma, not a line break.

`monitor reference validate FILE|FOLDER` says whether they would be taken, with file, line and column where not;
`monitor reference load FILE|FOLDER` writes them to their topics; `replay` and `demo` read a folder (`--reference`).
A rule whose table is missing is off, and says so.""",
    head=("column", "meaning", "required", "holds", "example"),
    yes="yes",
    holds={
        "text": "text",
        "number": "number, 0 or more",
        "pair": "two texts with a colon",
        "degrees": "number",
        "day": "yyyy-mm-dd",
        "moment": "yyyy-mm-dd, or yyyy-mm-dd hh:mm:ss",
    },
)
_ZH = _Words(
    place=1,
    title="参考表",
    about="由医保部门填写的各表各列（[English](reference.md)）。",
    files="""\
每张表一个 CSV 文件，名为 `<表名>.csv`，放在同一文件夹。首行为下列列名，顺序不限；
非必填的列可以省去；未列出的列不使用，并作提示。
编码为 UTF-8（有无 BOM 均可）或 GB18030；不是 UTF-8 的文件按 GB18030 读取，并作提示。单元格以英文逗号分隔；
用双引号括起的单元格可以含逗号，不可含换行。

`monitor reference validate 文件或文件夹` 检查能否使用，不能的指出文件、行和列；
`monitor reference load 文件或文件夹` 写入各自的主题；`replay` 和 `demo` 读取文件夹（`--reference`）。
缺少所需参考表的规则不运行，并作提示。""",
    head=("列名", "含义", "必填", "内容", "示例"),
    yes="是",
    holds={
        "text": "文本",
        "number": "数字，不小于0",
        "pair": "冒号隔开的两段文本",
        "degrees": "数字",
        "day": "yyyy-mm-dd",
        "moment": "yyyy-mm-dd 或 yyyy-mm-dd hh:mm:ss",
    },
)


def reference_page() -> str:
    """Every column, in English."""
    return _page(_EN, page)


def reference_page_zh() -> str:
    """Every column, in Chinese."""
    return _page(_ZH, page_zh)


def _page(words: _Words, make: Callable[[str, str, str], str]) -> str:
    return make(words.title, words.about, "\n\n".join((words.files, *_tables(words))))


def _tables(words: _Words) -> Iterator[str]:
    for name, about in TABLE_COLUMNS.items():
        rows = [_row(column, words) for column in about.columns]
        yield f"## {name}\n\n{(about.en, about.zh)[words.place]}\n\n{table(words.head, rows)}\n\n{_example(name)}"


def _row(column: Column, words: _Words) -> tuple[str, ...]:
    meaning = (column.en, column.zh)[words.place]
    holds = " / ".join(f"`{one}`" for one in column.one_of) or words.holds[column.kind]
    unit = column.unit[words.place]
    holds += f" ({unit})" if unit else ""
    return f"`{column.name}`", meaning, words.yes if column.required else "", holds, f"`{column.example}`"


def _example(name: str) -> str:
    columns = TABLE_COLUMNS[name].columns
    lines = (",".join(column.name for column in columns), ",".join(column.example for column in columns))
    return code("csv", "\n".join(lines))
