"""Reference tables as bureaus write them: encodings, headers, separators; and that every column is explained."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from monitor.errors import ConfigurationError
from monitor.handbook.pages import DOCS
from monitor.inforce.reference import load_reference, read_rows
from monitor.simulate import Simulation, write_reference
from rules.columns import TABLE_COLUMNS, Column, names_of
from rules.reference import TABLES, BadRowError, Reference
from rules.wire.pseudonyms import Pseudonyms

INSTITUTIONS = "fixmedins_code,kind,status,name\nP1,pharmacy,active,示例大药房\n"
NUMBER = "341021199001011234"


def loaded(place: Path) -> tuple[Reference, list[str]]:
    """The tables and what was told on the way."""
    told: list[str] = []
    return load_reference(place, Pseudonyms("key"), told.append), told


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("gb18030", ["not UTF-8, read as GB18030"]),
        ("gbk", ["not UTF-8, read as GB18"]),
    ],
)
def test_a_table_is_read_in_the_encodings_of_bureaus(tmp_path: Path, encoding: str, told: list[str]) -> None:
    """What Excel writes in China is GB18030; that it was taken for that is told."""
    path = tmp_path / "institutions.csv"
    path.write_text(INSTITUTIONS, encoding=encoding)

    tables, said = loaded(path)

    row = tables.row("institutions", "P1", 0)
    assert row is not None
    assert "示例大药房" == row["name"]
    assert len(told) == len(said)
    assert all(f"{path}: {one}" in each for one, each in zip(told, said, strict=True))


def test_one_wrong_byte_makes_it_no_utf_8(tmp_path: Path) -> None:
    """UTF-8 is what is it without exception; nothing is replaced."""
    path = tmp_path / "institutions.csv"
    path.write_bytes(INSTITUTIONS.encode() + b"P2,pharmacy,active,\xff\xff\n")

    with pytest.raises(ConfigurationError, match=r"institutions\.csv: expected CSV in UTF-8 or GB18030$"):
        loaded(path)


HEADER = "expected psn_no, die_date (and where known valid_from, valid_to), came"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", f"1: columns: {HEADER} nothing"),
        ("psn_no,death_date\n1,2026-01-01\n", f"1: columns: {HEADER} psn_no, death_date"),
        ("psn_no,死亡日期\n1,2026-01-01\n", f"1: columns: {HEADER} psn_no, 死亡日期"),
        (f"{NUMBER},2026-01-01,张三\n", f"1: columns: {HEADER} text of 18, text of 10, text of 2"),
        ("人员编号,die_day\n", f"1: columns: {HEADER} text of 4, die_day"),
        ("psn_no,die_date,psn_no\n", "1: columns: expected each once, was twice: psn_no"),
        (f"psn_no;die_date\n{NUMBER};2026-01-01\n", "1: separator: expected a comma, was a semicolon"),
        (f"psn_no\tdie_date\n{NUMBER}\t2026-01-01\n", "1: separator: expected a comma, was a tab"),
        ("psn_no，die_date\n", "1: separator: expected a comma, was a Chinese comma"),
        (
            f'psn_no,die_date\n1,2026-01-01\n"{NUMBER}\n",2026-01-01\n2,2026-01-01\n',
            "3: psn_no: expected no line break in a cell: is a quote not closed?",
        ),
        (f'psn_no,die_date\n1,2026-01-01\n"{NUMBER},2026-01-01\n', "3: expected CSV: unexpected end of data"),
        (f'psn_no,die_date\n"{NUMBER}"x,2026-01-01\n', "2: expected CSV: ',' expected after '\"'"),
        (f"psn_no,die_date\n{NUMBER},2026-01-01,,\n{NUMBER},1,2026-01-01\n", "3: expected 2 cells, was 3: is a comma"),
        (f"psn_no,die_date\n\n,\n{NUMBER},1.3.2026\n", "4: deaths.die_date: expected yyyy-mm-dd, also with a time"),
        ("PK\x03\x04 [Content_Types].xml", " expected CSV in UTF-8 or GB18030, was an Excel file"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    """File, line, what was expected and what came; never what names a person."""
    path = tmp_path / "deaths.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError) as raised:
        loaded(path)

    assert f"{path}:{said}" in str(raised.value)
    assert not re.search(f"\n|{NUMBER}|张三", str(raised.value))


def test_a_column_that_nothing_reads_is_told(tmp_path: Path) -> None:
    """It may be a name with an error in it; the case and blanks of names do not matter."""
    path = tmp_path / "institutions.csv"
    path.write_text(" Fixmedins_Code ,kind,status,usual_per10min,备注,\nP1,x,active,3,x,\n", encoding="utf-8")

    tables, told = loaded(path)

    assert tables.row("institutions", "P1", 0) is not None
    assert [f"{path}:1: columns that are not used: usual_per10min, 备注"] == told


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dead.csv", "expected a file named institutions.csv, deaths.csv"),
        ("nowhere", "expected a folder with institutions.csv, deaths.csv"),
    ],
)
def test_a_file_of_another_name_is_no_table(tmp_path: Path, name: str, said: str) -> None:
    """The name says which table it is."""
    (tmp_path / "dead.csv").write_text("psn_no,die_date\n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=re.escape(f"{tmp_path / name}: {said}")):
        loaded(tmp_path / name)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("calendar", {"date": "2026/10/01", "kind": "holiday"}),
        ("calendar", {"date": "20261001", "kind": "holiday"}),
        ("diagnoses", {"code": "Z51", "exempt": "是"}),
        ("institutions", {"fixmedins_code": "P1", "kind": "x", "status": "active", "internet": "yes"}),
        ("institutions", {"fixmedins_code": "P1", "kind": "x", "status": "active", "lat": "-181"}),
        ("drugs", {"med_list_codg": "X", "pack_units": "-1"}),
    ],
)
def test_a_value_that_no_rule_would_find_is_refused(table: str, row: dict[str, str]) -> None:
    """It would be taken for something else in silence."""
    with pytest.raises(BadRowError, match=rf"{table}\.\w+: expected .*, was text of"):
        Reference().put(table, row)


# The columns


def test_the_columns_are_those_of_the_simulated_county(tmp_path: Path) -> None:
    """Whose tables are read as they are, with nothing to tell, also where a table has no row."""
    tables = dict(Simulation(1, 300, 3, date(2026, 10, 1)).reference())
    columns = {name: list(rows[0]) for name, rows in tables.items() if rows}
    write_reference(tables | {"deaths": []}, tmp_path)

    _, told = loaded(tmp_path)

    assert [] == told
    assert {name: sorted(names) for name, names in columns.items()} == {
        name: sorted(names_of(name)) for name in columns
    }


def test_every_column_that_a_rule_reads_is_explained() -> None:
    """By its name, in whichever table."""
    rules = Path(__file__).parents[3] / "rules"
    code = "\n".join(path.read_text("utf-8") for path in rules.rglob("*.py"))
    read = set(re.findall(r'(?:\brow|\bhere|\bthere|\bof_class|\{\}\))(?:\.get\(|\[)"(\w+)"', code))

    assert {"usual_per_10min", "lat", "group", "exempt", "die_date"} <= read
    assert read <= {column.name for about in TABLE_COLUMNS.values() for column in about.columns}


@pytest.mark.parametrize("page", ["reference.md", "reference.zh.md"])
def test_every_column_stands_in_the_docs(page: str) -> None:
    """Under its table, with its meaning and an example, in both languages."""
    _, *sections = (DOCS / page).read_text("utf-8").split("\n## ")
    missing = [
        (table, column)
        for table, section in zip(TABLES, sections, strict=True)
        for column in (TABLES[table][0], *TABLES[table][1], *names_of(table))
        if not section.startswith(table) or f"\n| `{column}` | " not in section
    ]

    assert [] == missing


@pytest.mark.parametrize("table", TABLES)
def test_the_example_of_every_table_is_taken(tmp_path: Path, table: str) -> None:
    """It is a file as it should be, and can be copied; no column lacks a word."""
    for page in ("reference.md", "reference.zh.md"):
        text = (DOCS / page).read_text("utf-8")
        path = tmp_path / f"{table}.csv"
        path.write_text(text.partition(f"\n## {table}\n")[2].partition("```csv\n")[2].partition("```")[0], "utf-8")

        assert 1 == len(list(read_rows(path)))
        assert [] == loaded(path)[1]
    columns: tuple[Column, ...] = TABLE_COLUMNS[table].columns
    assert all(column.en and column.zh and column.example for column in columns)
