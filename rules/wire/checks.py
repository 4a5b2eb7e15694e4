"""What a message may not say although each field of it can be read, and when it is said to have happened."""

from __future__ import annotations

import re
from datetime import datetime
from typing import cast

import msgspec

from ..times import DAY, first_moment, to_ms
from .answers import Opened
from .fields import AMOUNTS, FeeLines, Line, Message, PreSettlement, Settlement, Stock, TraceCode
from .notation import is_bad_code
from .reasons import Reason, missing

_NO_CODES: tuple[TraceCode, ...] = ()
_MINUS = re.compile(rb"-(?<=:-)")  # looked for by its rarer character: half the time of looking for both


def is_set(flag: object) -> bool:
    """Whether a 0/1 flag is 1."""
    return flag == "1"


def stock_count(body: Stock) -> float | None:
    """The quantity of a stock event under whichever name its transaction gives it."""
    return next((n for n in (body.count, body.sold_count, body.bought_count, body.counted) if n is not None), None)


def stock_time(body: Stock) -> datetime | None:
    """The time of a stock event under whichever name its transaction gives it."""
    return body.time or body.sold_time or body.bought_time or body.changed_time or body.counted_time


def bad_codes_of(body: Message) -> list[str]:
    """The trace codes of a message that stand for no pack: by their form, or since they repeat a code of their line."""
    codes = getattr(body, "trace_codes", _NO_CODES)
    if not codes:
        return []
    if isinstance(body, Stock):
        beside = (body.item, body.lot, body.barcode, body.prescription)
        return [one.code for one in codes if is_bad_code(one.code, *beside)]
    of_line = {line.line: (line.item, line.prescription) for line in cast("Settlement", body).lines}
    return [one.code for one in codes if is_bad_code(one.code, *of_line.get(one.line or "", ()))]


def business_time(body: Message) -> int:
    """The business time that a message counts at, ms UTC; of fee lines the first one; its upload where it has none."""
    if isinstance(body, FeeLines):
        return to_ms(body.lines[0].occurred if body.lines else body.uploaded)
    if isinstance(body, Stock):
        return to_ms(stock_time(body) or body.uploaded)
    of_visit = getattr(body, "settled", None) or getattr(body, "began", None) or getattr(body, "ended", None)
    return to_ms(of_visit or body.uploaded)


def place(body: Message, earliest: int, latest: int, opened: Opened) -> tuple[int, str]:
    """The business time of a message, and whether it is in_time, late or ahead; lines that are not are left out.

    Fee lines are in time by one of them; what else there is by its own time.
    """
    if isinstance(body, FeeLines):
        in_time = _leave_out(body, earliest, latest, opened)
        if in_time:
            return business_time(body), "in_time"
        times = [to_ms(line.occurred) for line in body.lines]
        return business_time(body), "ahead" if min(times, default=0) > latest else "late"
    if isinstance(body, Settlement):
        at = to_ms(body.settled)
        if body.lines and not _leave_out(body, earliest, latest, opened):
            opened.late_lines += len(body.lines)
            body.lines = []
    else:
        at = business_time(body)
    if at > latest:
        return at, "ahead"
    return at, "in_time" if at >= earliest else "late"


def _leave_out(body: FeeLines | Settlement, earliest: int, latest: int, opened: Opened) -> bool:
    """Leave single lines out that are late or in the future. Returns False where all are, and leaves them."""
    lines: list[Line] = body.lines
    times = [to_ms(line.occurred) for line in lines]
    if times and earliest <= min(times) and max(times) <= latest:
        return True
    in_time = [line for line, time in zip(lines, times, strict=True) if earliest <= time <= latest]
    if in_time:
        opened.late_lines += len(lines) - len(in_time)
        body.lines = in_time
    return bool(in_time)


def content_reasons(body: Message, written: bytes) -> list[Reason]:  # noqa: PLR0911 - a line a struct
    """Negative amounts that nothing explains, and what a row of stock lacks.

    written: the body as JSON; where no minus follows a colon nothing is negative.
    """
    if isinstance(body, Stock):
        return _stock_reasons(body)
    if not _MINUS.search(written):
        return []
    if isinstance(body, Settlement):
        if is_set(body.refund) or body.original:
            return []
        expected = "0 or more, or init_setl_id beside it"
        return _negatives(body, Settlement, expected) + _negative_lines(body.lines)
    if isinstance(body, FeeLines):
        return _negative_lines(body.lines)
    if not isinstance(body, PreSettlement):
        return []
    return _negatives(body, PreSettlement, "0 or more") + _negative_lines(body.lines)


def _negative_lines(lines: list[Line]) -> list[Reason]:
    found: list[Reason] = []
    for number, line in enumerate(lines):
        if not line.takes_back:
            expected = "0 or more, or init_feedetl_sn beside it"
            found += _negatives(line, Line, expected, f"feedetail[{number}].")
    return found


def _negatives(part: msgspec.Struct, struct: type[msgspec.Struct], expected: str, path: str = "") -> list[Reason]:
    found = []
    for name, wire in AMOUNTS[struct].items():
        came = getattr(part, name)
        if came is not None and came < 0:
            found.append(Reason("negative_amount", f"{path}{wire}: expected {expected}, was negative"))
    return found


def _stock_reasons(body: Stock) -> list[Reason]:
    needed = (("time", stock_time(body)), ("cnt", stock_count(body)))
    found = [missing(name) for name, came in needed if came is None]
    return found if body.transaction == "3502" else found + _negatives(body, Stock, "0 or more")


def leave_out_age(body: Settlement, at: int, max_age: int, opened: Opened) -> None:
    """An absurd age, or a birth that would make one, is not known."""
    if body.age is not None and not 0 <= body.age <= max_age:
        body.age = None
        opened.note_cut("age")
    if body.born is not None:
        born = first_moment(body.born)
        if not -1 <= (at - born) / DAY <= max_age * 365.2425:
            body.born = None
            opened.note_cut("brdy")
