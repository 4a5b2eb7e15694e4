"""Text that leaves for people: nothing in it steers a terminal, turns the direction of writing or begins a line.

Messages, tables, file names and settings may hold anything. Everything that prints or logs sends it through here.
"""

from __future__ import annotations

import re
import sys
from unicodedata import category

from rich.cells import cell_len, chop_cells

_PIECES = re.compile(r"[（“《]*(?:[!-~]+|[^（“《])[，。；：、）！？”》]*|.")
"""What stays together on a line: a character or a word in ASCII, with the marks around it."""
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Control and format characters (escape sequences and bidi overrides are made of them), half surrogates, separators."""


def printable(text: str) -> str:
    r"""One line of text in which each character that is not to be seen stands as its escape.

    >>> print(printable("店\x1b[2J\n机构\u202e\x9b"))
    店\x1b[2J\n机构\u202e\x9b
    """
    if text.isprintable():
        return text
    return "".join(letter if _is_seen(letter) else _escape(letter) for letter in text)


def printable_json(text: str) -> str:
    r"""The same JSON, with escapes in its strings for what is not to be seen; its line breaks stay.

    >>> print(printable_json('{"name": "店\u202e\x7f\U000e0001"}'))
    {"name": "店\u202e\u007f\udb40\udc01"}
    """
    if text.isprintable():
        return text
    return "".join(letter if letter == "\n" or _is_seen(letter) else _escape_json(letter) for letter in text)


def padded(text: str, width: int, *, right: bool = False) -> str:
    """A text of so many columns of the terminal; a Chinese character takes two.

    >>> padded("机构", 6), padded("1.50", 6, right=True)
    ('机构  ', '  1.50')
    """
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks


def folded(text: str, width: int) -> list[str]:
    """A line as lines of at most so many columns of the terminal.

    Chinese breaks at every character, but not before a closing mark or behind an opening one; what is written in ASCII
    between blanks breaks only where it is longer than a line.

    >>> folded("示例大药房（P1），8名参保人。Check it", 14)
    ['示例大药房', '（P1），8名参', '保人。Check it']
    """
    lines, left = [""], width
    for piece in _PIECES.findall(text):
        for part in chop_cells(piece, width) if cell_len(piece) > width else [piece]:
            if cell_len(part) > left:
                lines[-1] = lines[-1].rstrip()
                lines.append("")
                left = width
            part = part if lines[-1] else part.lstrip(" ")  # noqa: PLW2901 - a line does not begin with a blank
            lines[-1] += part
            left -= cell_len(part)
    return lines


def complain(text: str) -> None:
    """Print one line on standard error."""
    sys.stderr.write(f"monitor: {printable(text)}\n")


def _is_seen(letter: str) -> bool:
    return letter.isprintable() or category(letter) not in _UNSEEN


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def _escape_json(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
