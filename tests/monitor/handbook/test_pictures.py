"""The pictures of the board: made again from the same traffic, whole, and each letter at its column."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len
from rich.text import Text

from monitor.contract.text import Language
from monitor.handbook.control import county
from monitor.handbook.pages import DOCS, PAGES
from monitor.handbook.pictures import MOMENT, PICTURES, SIZES
from monitor.handbook.terminal import CELL, svg_of
from rules.times import parse

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[tuple[float, float, str]]:
    """Column, number of columns and letters of each text of a picture."""
    found = ET.fromstring(picture).iter(f"{SVG}text")  # noqa: S314 - we made it
    return [(float(one.attrib["x"]) / CELL, float(one.attrib["textLength"]) / CELL, one.text or "") for one in found]


def test_a_letter_has_its_columns() -> None:
    """A Chinese one two, a blank one, also at the ends; what stands between angle brackets is no markup."""
    line = Text("  店 <b>8人 ")

    shown = [(round(column), round(columns), text) for column, columns, text in texts(svg_of(line, 20, 2))]

    assert [
        (2, 2, "店"), (4, 5, "\u00a0<b>8"), (9, 2, "人"),
    ] == shown  # fmt: skip


def test_what_a_terminal_has_no_room_for_is_not_in_the_picture() -> None:
    """It ends with the last line of the terminal."""
    assert ["a", "b"] == [text for *_, text in texts(svg_of(Text("a\nb\nc"), 20, 2))]


def test_every_size_is_there_in_both_languages() -> None:
    """And is a page of docs/, so that a test compares it with what is committed; README shows one of each language."""
    assert {60, 80, 120, 200} == {width for width, _ in SIZES}
    assert 2 * len(SIZES) == len(PICTURES.keys() & PAGES.keys())
    for readme, language in (("README.md", "en"), ("README.zh.md", "zh")):
        shown = re.findall(r"\]\(docs/(board-\d+\.\w\w\.svg)\)", (DOCS.parent / readme).read_text(encoding="utf-8"))
        assert [language] * len(shown) == [name.split(".")[1] for name in shown]
        assert set(shown) <= PICTURES.keys()
        assert shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_off_in_a_picture(size: tuple[int, int], language: Language) -> None:
    """No text reaches beyond the last column, and the newest lead of that moment is there to its last word."""
    shown = texts(PICTURES[f"board-{size[0]}.{language}.svg"]())
    newest = [one for one in county().revisions if parse(one["detected_at"]) <= MOMENT and one["rule_id"] == "S01"][-1]

    assert [] == [text for column, columns, text in shown if column + columns > size[0] + 0.1]
    assert [] == [text for _, columns, text in shown if round(columns) != cell_len(text)]
    said = "".join("".join(text for *_, text in shown).split())
    assert "".join(newest["text"][language].split()) in said
