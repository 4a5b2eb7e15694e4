"""The pictures docs/board-*.svg: the board of the demo, as terminals of several widths show it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import get_args

from monitor.contract.text import Language
from monitor.handbook.control import SEED, county
from monitor.handbook.terminal import svg_of
from monitor.offline.board import Board
from monitor.offline.demo import SECONDS, Tally
from rules.times import clock, parse

MOMENT = parse("2026-03-08 12:41:00")
"""In the traffic of docs/leads.md, minutes after one pharmacy swiped the cards of seventeen persons."""
SIZES = ((60, 30), (80, 30), (120, 30), (200, 40))
"""Columns and lines of the terminals."""
WAITING, LATENCY = (12, 30), 0.35
"""Records that wait, seconds from event to alert: examples, for they belong to a machine. README says so."""


def picture(language: Language, width: int, height: int) -> str:
    """The board at the moment of the pictures, as SVG."""
    traffic = county()
    sent = bisect_right(traffic.uploads, MOMENT)
    board = Board(SEED, language, sent, len(traffic.uploads) / SECONDS, WAITING, clock(MOMENT))
    for label in traffic.labels:
        if parse(label["last_time"]) <= MOMENT:
            board.score.end(label)
    tally = Tally(board, traffic.labels)
    for alert in traffic.revisions:
        detected = parse(alert["detected_at"])
        if detected <= MOMENT:
            tally.take(alert, detected / 1000 + LATENCY)
    return svg_of(board, width, height)


PICTURES: dict[str, Callable[[], str]] = {
    f"board-{width}.{language}.svg": partial(picture, language, width, height)
    for width, height in SIZES
    for language in get_args(Language)
}
"""File in docs/ -> what makes it."""
