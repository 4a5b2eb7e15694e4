"""What is printed on a terminal, as an SVG picture.

rich exports SVG too, but gives a Chinese character the room of one column, so that they lie over each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME as THEME

CELL, LINE, SIZE, FOOT, MARGIN = 8.43, 20, 14, 15, 10
"""Width of a column, height of a line, size of a Latin letter, its foot below the top of the line, the frame: pixels.

A Latin letter is 0.6 of its size wide. A Chinese one is as wide as its size: two columns.
"""
_FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', 'Microsoft YaHei', 'PingFang SC', monospace"

_BLANK = "\u00a0"
"""A blank that every renderer keeps, also several of them and at the ends."""


def svg_of(shown: RenderableType, width: int, height: int) -> str:
    """What a terminal of so many columns and lines shows. The same content gives the same text."""
    console = Console(width=width, height=height, force_terminal=True, color_system="truecolor", legacy_windows=False)
    lines = console.render_lines(shown, pad=False)[:height]
    wide, high = width * CELL + 2 * MARGIN, height * LINE + 2 * MARGIN
    texts = "\n".join(text for number, line in enumerate(lines) for text in _texts(line, number * LINE + FOOT))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.1f} {high}" width="{wide:.1f}" height="{high}">
<style>text {{ font: {SIZE}px {_FONTS} }} .wide {{ font-size: {2 * CELL:g}px }}</style>
<rect width="100%" height="100%" rx="6" fill="{THEME.background_color.hex}"/>
<g transform="translate({MARGIN} {MARGIN})">
{texts}
</g>
</svg>
"""


def _texts(line: list[Segment], foot: int) -> Iterator[str]:
    """The texts of a line; each stands at its column and has as many columns as on a terminal, in any font."""
    column = 0
    for text, style, _ in line:
        for cells, letters in groupby(text, cell_len):
            run = "".join(letters)
            if run.strip():
                wide = ' class="wide"' if cells > 1 else ""
                place = f'x="{column * CELL:.1f}" y="{foot}" textLength="{cell_len(run) * CELL:.1f}"'
                yield f"<text{wide} {place} {_paint(style or Style())}>{escape(run).replace(' ', _BLANK)}</text>"
            column += cell_len(run)


def _paint(style: Style) -> str:
    color = THEME.foreground_color if style.color is None else style.color.get_truecolor(THEME)
    weight = ' font-weight="bold"' if style.bold else ""
    faint = ' opacity="0.6"' if style.dim else ""
    return f'fill="{color.hex}"{weight}{faint}'
