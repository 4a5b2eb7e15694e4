"""The board of the demo: nothing is cut off at any width, and an alert stands there as it is now."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from monitor.contract.text import Language
from monitor.offline.board import Board
from monitor.offline.demo import Tally, tell_end

ZH = (
    "示例大药房（P34102100029）2026-03-05 10:00至10:04，任意10分钟内最多17名参保人刷卡结算（提示阈值：8人及以上），"
    "涉及医保基金支付680.00元。疑点线索，待核实：是否集中代购、收集医保卡刷卡或断网后补传。"
)
EN = (
    "Example pharmacy (P34102100029), 2026-03-05 10:00 to 10:04: 17 persons paid within 10 minutes (threshold: 8 or "
    "more); 680.00 yuan of the fund involved. A lead to verify: were cards collected, or was the line down."
)


def alert(number: int, status: str = "opened", **more: object) -> dict[str, Any]:
    """A revision of an alert of S01."""
    return {
        "alert_id": str(number), "revision": 1, "status": status, "severity": "warning", "rule_id": "S01",
        "rule_name": "集中刷卡", "rule_name_en": "Concentrated swiping", "text": {"zh": ZH, "en": EN},
        "detected_at": "2026-03-05T10:04:00+08:00", "evidence": [],
    } | more  # fmt: skip


def shown(board: Board, width: int, height: int = 24) -> list[str]:
    """The lines of the board on a terminal of this size."""
    said = io.StringIO()
    Console(file=said, width=width, height=height, force_terminal=True, color_system=None).print(board)
    return said.getvalue().splitlines()


def squeezed(lines: list[str]) -> str:
    """All that is written, without blanks and frames: folding may put a line break anywhere."""
    return "".join("".join(lines).replace("│", "").split())


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize(("lang", "text", "head"), [
    ("zh", ZH, "一般 S01 集中刷卡 · 更新"), ("en", EN, "warning S01 Concentrated swiping · updated"),
])  # fmt: skip
def test_nothing_is_cut_off(width: int, lang: Language, text: str, head: str) -> None:
    """The newest alert with its amount and advice, the rule by its name, every figure and the legend."""
    board = Board(7, lang, sent=123456, per_second=4321.0, waiting=(1000, 1000), clock="2026-03-05 10:04:00")
    for number in range(30):
        board.take(alert(number, rule_id=f"S{number:02}", text={"zh": "旧", "en": "old"}))
    board.take(alert(99, "updated"))

    lines = shown(board, width)

    assert [] == [line for line in lines if cell_len(line) > width]
    assert len(lines) < 24
    said = squeezed(lines)
    words = board.words
    expected = [text, head, words["legend"], words["title"], words["end"], board.clock]
    expected += [words[name] for name in words if name.endswith("_figures")]
    assert [] == [one for one in expected if "".join(one.split()) not in said]


def test_the_newest_lead_comes_before_the_legend() -> None:
    """Where a small terminal has no room for both, the lead and what attaches to it are there to the last word."""
    board = Board(7, "en")
    for number in range(30):
        board.take(alert(number, rule_id=f"S{number:02}", text={"zh": "旧", "en": "old"}))
    board.take(alert(98, rule_id="S01-GAP", incident_id="i"))
    board.take(alert(99, severity="high", incident_id="i"))

    small, tall = shown(board, 60), shown(board, 60, 60)

    assert len(small) < 24
    assert "  + warning S01-GAP Concentrated swiping · opened" in small
    assert squeezed([EN]) in squeezed(small)
    assert (False, True) == tuple("Leadstoverify,never" in squeezed(lines) for lines in (small, tall))


def test_an_alert_stands_on_the_board_as_it_is_now() -> None:
    """A later revision takes the place of the earlier; one that is withdrawn counts no more."""
    board = Board(7, "zh")
    tally = Tally(board, [])
    for one in (alert(1), alert(2), alert(1, "updated", revision=2, text={"zh": "现在17人", "en": ""})):
        tally.take(one, 1_800_000_000.0)

    assert {"S01": 2} == board.rules
    heads = [line for line in shown(board, 80, 50) if line.startswith("一般 ")]
    assert ["一般 S01 集中刷卡 · 新线索", "一般 S01 集中刷卡 · 更新"] == heads
    assert "  现在17人" in shown(board, 80, 50)
    tally.take(alert(1, "withdrawn", revision=3), 1_800_000_000.0)
    assert {"S01": 1} == board.rules
    assert 2 == len(board.latencies)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_end_is_a_table_and_what_to_do_next(width: int, lang: Language) -> None:
    """Each rule by name with its alerts; the commands that give the same traffic again."""
    board = Board(7, lang)
    board.take(alert(1, severity="critical"))
    board.take(alert(2, "closed"))
    board.take(alert(3, "withdrawn"))
    written = io.StringIO()

    tell_end(board, Console(file=written, width=width, highlight=False), None)

    lines = written.getvalue().splitlines()
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    names = {"zh": ("集中刷卡", "严重"), "en": ("Concentrated swiping", "critical")}
    name, severity = names[lang]
    assert ["S01", name, "2", "1", severity] == [" ".join(cells).strip() for cells in zip(*rows, strict=True)]
    files = "--out events.jsonl.gz --labels labels.jsonl --reference tables"
    simulate = f"  monitor simulate --seed 7 --persons 6000 --days 30 {files}"
    assert [simulate] == [line for line in lines if "simulate" in line]
    assert "  monitor rules show S01" in lines
