"""The pages of docs/rules/: what each says, that both languages say the same, and that what they cite is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.handbook.pages import DOCS
from monitor.handbook.rulepages import FAMILIES, SHARED, ZH, rule_page, rule_pages
from monitor.rulepage import MARKS_EN, MARKS_ZH, Page, chinese, english, parts_of
from rules.catalogue import FAMILIES as FOLDERS
from rules.catalogue import catalogue
from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.engine.rule import Rule

ROOT = Path(__file__).resolve().parents[3]
RULES = [pytest.param(rule, id=name) for name, rule in catalogue().items()]
every_rule = pytest.mark.parametrize("rule", RULES)

WITHOUT_CHINESE: set[str] = set()
"""Pages whose Chinese twin is not written yet. This list may only shrink."""

BY_A_DAY, BY_A_MONTH, BY_A_YEAR = r": ([\d.]+) alerts a day", r": ([\d.]+) alerts a month", r"([\d,]+) stays are told"
OTHERWISE: Mapping[str, tuple[str, float]] = {
    "D01": (r"elsewhere (\d+) a day", 30),
    "D04": (r"boxes a day, ([\d.]+) alerts a day", 30),
    **dict.fromkeys(("E09", "D14-DAY", "S08"), (r"average, ([\d.]+) a year", 1 / 12)),
    "S10": (BY_A_YEAR, 1 / 12),
    **dict.fromkeys(("I06-HOME", "I06-TEL", "I06-VILLAGE", "I09", "I10", "I13-TEL"), (BY_A_MONTH, 2)),
}
"""Where the figure of a month stands for another one than alerts a day: that one, and what it is multiplied by."""
SUMS = {
    "B15": "four clinics, tests/honest/test_growth.py",
    "S06": "two ranges are added up, as the test below",
    **dict.fromkeys(("S01", "S01-GAP", "S01-SIGN", "S01-TILL"), "the shops of a county, tests/honest/test_traffic.py"),
    **dict.fromkeys(("E04", "E06", "E11", "S09", "S09-STAY"), "the register decides"),
}
"""Rules whose figure of a month is no product, and what it is."""


CODE = "".join(
    re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for path in sorted((ROOT / "rules").rglob("*.py"))
)
"""All that rules/ says, without docstrings."""


def flat(text: str) -> str:
    """A text in one line."""
    return " ".join(text.split())


def page_of(rule: type[Rule]) -> Page:
    """The parts of the English page."""
    return parts_of(english(rule), MARKS_EN)


def texts() -> Iterator[tuple[str, str, str]]:
    """What has a Chinese twin: its name, and both texts."""
    for name, rule in catalogue().items():
        yield name, english(rule), chinese(rule)
    for name, (module, _) in SHARED.items():
        yield name, english(import_module(module)), chinese(import_module(module))


def test_exactly_these_pages_have_no_chinese_twin() -> None:
    """A new rule has both; a page that gets its twin leaves the list."""
    assert {name for name, _, zh in texts() if not zh} == WITHOUT_CHINESE


class WithoutTwin(ConcentratedSwiping):
    """A rule beside whose file no Chinese page lies."""


def test_a_page_without_its_chinese_twin_says_so() -> None:
    """And has what the card and the parameters say in Chinese; no English prose."""
    page = rule_page(WithoutTwin, ZH)

    assert "目前只有英文说明：[S01](S01.md)。" in page
    assert WithoutTwin.card.why.zh in page
    assert "不同参保人达到该人数即触发" in page
    assert "A rule beside" not in page


def test_every_family_has_its_word() -> None:
    """In both languages."""
    assert set(FAMILIES) == set(FOLDERS)


@every_rule
def test_page_says_how_often_an_honest_county_alerts(rule: type[Rule]) -> None:
    """Alerts a month in 200,000 persons, and a command that makes the figure, but where the register decides."""
    honest = flat(page_of(rule).honest)
    asked = re.findall(r"`(python -m [^`]+)`", honest)

    assert re.search(r"[Tt]hat is [\d.,]+( to [\d.,]+)? alerts? a month in 200,000", honest)
    assert asked or "errors" in honest


@pytest.mark.parametrize("rule", [rule for name, rule in catalogue().items() if name not in SUMS])
def test_figure_of_a_month_follows_from_the_one_that_is_counted(rule: type[Rule]) -> None:
    """Thirty days, twice 100,000 persons, a twelfth of a year."""
    honest = flat(page_of(rule).honest)
    pattern, times = OTHERWISE.get(rule.card.id, (r": ([\d.]+) alerts a day", 30))
    counted, month = re.search(pattern, honest), re.search(r"That is ([\d.,]+) alerts a month", honest)

    assert counted
    assert month
    assert figure(month[1]) == pytest.approx(figure(counted[1]) * times, rel=0.12, abs=0.05)


def test_figure_of_s06_is_the_sum_of_its_ranges() -> None:
    """A third institution and two counties, thirty days."""
    honest = flat(page_of(catalogue()["S06"]).honest)
    ranges = re.findall(r"([\d.]+) to ([\d.]*\d)", honest)
    low, high = (sum(float(pair[end]) for pair in ranges[:2]) * 30 for end in (0, 1))

    assert (low, high) == pytest.approx(tuple(map(float, ranges[2])))


def figure(text: str) -> float:
    """A number with thousands apart by commas."""
    return float(text.replace(",", "").rstrip("."))


@pytest.mark.parametrize("name", [name for name, _, zh in texts() if zh])
def test_both_languages_say_the_same(name: str) -> None:
    """The Chinese page has the parts, the figures and the names of the English one; its prose has no English words."""
    _, en, zh = next(one for one in texts() if one[0] == name)
    if name in catalogue():
        said, twin = parts_of(en, MARKS_EN), parts_of(zh, MARKS_ZH)
        assert [part for part in Page._fields if getattr(said, part)] == [
            part for part in Page._fields if getattr(twin, part)
        ]
        en = en.partition(MARKS_EN.example)[0]
    zh = zh.partition(MARKS_ZH.example)[0]

    assert {*code_in(en)} == {*code_in(zh)}
    assert figures(en) <= figures(zh)
    assert [] == re.findall(r"\b(?:the|of|is|and|or|which|where|county|alerts)\b", re.sub(r"`[^`]*`", "", zh))


def code_in(text: str) -> list[str]:
    """What stands in backticks, but for links."""
    return [flat(one) for one in re.findall(r"`([^`]+)`", text)]


def figures(text: str) -> set[str]:
    """The numbers of a text, without those in names, codes, backticks and articles of a law (第十九条 in Chinese)."""
    bare = re.sub(r"(\d)万", r"\g<1>0000", re.sub(r"`[^`]*`|\b[Aa]rt(?:icle|\.) \d+", " ", text))
    found = re.findall(r"(?<![A-Za-z0-9.,-])\d[\d.,]*(?![A-Za-z0-9])", bare)
    return {one.rstrip(".,").replace(",", "") for one in found}


@every_rule
def test_severities_and_parameters_that_a_page_names_are_there(rule: type[Rule]) -> None:
    """A parameter in backticks is one of the rule, a severity one of the four; all else is named in the code."""
    names = {one.name for one in fields(rule)} | {"info", "warning", "high", "critical"}

    for name in code_in(page_of(rule).judged):
        assert name in names or name in CODE, name


@pytest.mark.parametrize("name", rule_pages())
def test_what_a_page_cites_is_there(name: str) -> None:
    """Files, modules and links."""
    text = (DOCS / name).read_text(encoding="utf-8")

    for path in re.findall(r"\b(?:rules|streams|monitor|tests|docs|deploy)/[\w./-]*\w", text):
        assert (ROOT / path).exists(), path
    for module in re.findall(r"python -m ((?!pytest)[\w.]+)", text):
        assert find_spec(module), module
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert ((DOCS / name).parent / link).exists(), link


@pytest.mark.parametrize("name", [name for name in rule_pages() if not name.endswith(".zh.md")])
def test_no_line_of_prose_begins_as_a_list_by_chance(name: str) -> None:
    """A line that wraps before a hyphen or after a number and a full stop would be a point of a list."""
    text = re.sub(r"```.*?```", "", (DOCS / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = text.splitlines()

    for before, line in pairwise(lines):
        assert not re.match(r"\d+\. |[+*#>] ", line) or line.startswith("# "), line
        assert not line.startswith("- ") or not before or before.startswith(("- ", "  ")), line


@pytest.mark.parametrize("name", [name for name in rule_pages() if name.endswith(".zh.md")])
def test_chinese_page_has_no_english_paragraph(name: str) -> None:
    """Every line of prose is Chinese; only the example is code."""
    text = re.sub(r"```.*?```", "", (DOCS / name).read_text(encoding="utf-8"), flags=re.DOTALL)

    for line in filter(None, text.splitlines()):
        assert re.search(r"[一-鿿]", line) or re.fullmatch(r"[-| ]+|\s+.*|# [\w-]+", line), line
