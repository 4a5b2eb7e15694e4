"""D10 and D10-COUNT, built from docs/rules/stock.md and their pages alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .facts import DAY, Facts, Line, Message, Piece, Tables, day_of, row, text_of
from .findings import Found

IN = ("101", "103", "106", "108", "110")
OUT = ("102", "105", "107", "109", "111")
FOUND_LESS = "104"
WAIT = 7 * DAY
KEEP = 180 * DAY


class Shelf(NamedTuple):
    """All that is known of one drug at one institution. splits: when a pack was sold in parts."""

    counts: list[Piece]
    moves: list[tuple[int, float]]
    splits: list[int]
    lines: list[Line]


class Book(NamedTuple):
    """What there was since a count, and what was settled of it."""

    supply: float
    settled: float
    is_opened: bool


def beyond(facts: Facts) -> Iterator[Found]:
    """D10."""
    for scope, shelf in _shelves(facts).items():
        for line in shelf.lines:
            since = _last_count(shelf, line.time, day_of(line.time) - 1)
            if line.count <= 0 or since is None:
                continue
            book = _book(shelf, since, line.time, line.time)
            least = max(book.supply + 10, book.supply * 1.1)
            if not book.is_opened and round(book.settled, 4) >= round(least, 4):
                level = "high" if round(book.settled, 4) >= round(1.5 * book.supply, 4) else "warning"
                yield Found("D10", scope, line.time, round(book.settled, 4), level)


def still_there(facts: Facts) -> Iterator[Found]:
    """D10-COUNT."""
    for scope, shelf in _shelves(facts).items():
        for day in sorted({day_of(one.time) for one in shelf.counts}):
            rows = [one for one in shelf.counts if day_of(one.time) == day]
            since = _last_count(shelf, rows[-1].time, day - 30 * DAY)
            if since is None:
                continue
            book = _book(shelf, since, day - 1, rows[-1].time)
            there, left = sum(map(_quantity, _last_sent(rows))), max(book.supply - book.settled, 0)
            more = round(there - left, 4)
            if not book.is_opened and book.settled > 0 and more >= 10 and more > round(book.settled * 0.05, 4):
                level = "high" if more >= book.settled / 2 else "warning"
                yield Found("D10-COUNT", scope, rows[-1].time, there, level)


def _shelves(facts: Facts) -> dict[tuple[str, ...], Shelf]:
    found: dict[tuple[str, ...], Shelf] = {}

    def at(place: str, item: str, time: int) -> Shelf:
        told = _tells(place, time, facts.tables)
        return found.setdefault((place, item), Shelf([], [], [], [])) if told else Shelf([], [], [], [])

    for one in facts.stock:
        shelf = at(one.place, text_of(one.message, "med_list_codg"), one.time)
        if one.transaction == "3501":
            shelf.counts.append(one)
        elif one.transaction in ("3505", "3506"):
            shelf.splits.extend([one.time] if _is_opened(one.message) else [])
        else:
            shelf.moves.append((one.time, _signed(one)))
    for line in facts.lines:
        if _is_drug(line):
            at(line.place, line.item, line.time).lines.append(line)
    for one in facts.opened:
        for line in one.lines:
            if line.number in _opened_lines(one.message):
                at(one.place, line.item, one.time).splits.append(one.time)
    return found


def _is_drug(line: Line) -> bool:
    if line.transaction in ("2301", "2304"):
        return False
    if line.list_type:
        return line.list_type.startswith("1")
    return not (len(line.item) == 15 and line.item.startswith("00"))


def _tells(place: str, time: int, tables: Tables) -> bool:
    return (row(tables, "institutions", "fixmedins_code", place, time) or {}).get("stock_uploaded") == "1"


def _last_count(shelf: Shelf, at: int, until: int) -> int | None:
    """The day of the last count that begins at or before a moment and lies whole in the days that are looked at."""
    days = {day_of(one.time) for one in shelf.counts if one.time <= at}
    return max((day for day in days if at - KEEP < day <= until), default=None)


def _book(shelf: Shelf, since: int, until: int, judged: int) -> Book:
    next_day = since + DAY
    counted = sum(_quantity(one) for one in shelf.counts if day_of(one.time) == since)
    came = sum(much for time, much in shelf.moves if much > 0 and since <= time <= judged + WAIT)
    went = sum(much for time, much in shelf.moves if much < 0 and next_day <= time <= until)
    settled = sum(line.count for line in shelf.lines if next_day <= line.time <= until)
    opened = any(since <= time <= judged + WAIT for time in shelf.splits)
    return Book(max(counted + came + went, 0), settled, opened)


def _last_sent(rows: list[Piece]) -> list[Piece]:
    """Of the rows with one fixmedins_bchno the one that was uploaded last; no two are uploaded together."""
    latest = {text_of(one.message, "fixmedins_bchno"): one for one in sorted(rows, key=_upload)}
    return list(latest.values())


def _upload(one: Piece) -> str:
    return text_of(one.message, "inf_time")


def _quantity(one: Piece) -> float:
    names = ("cnt", "inv_cnt", "purc_retn_cnt")
    return next(float(str(one.message[name])) for name in names if name in one.message)


def _signed(one: Piece) -> float:
    much, kind = _quantity(one), text_of(one.message, "inv_chg_type")
    if one.transaction == "3504" or (one.transaction == "3502" and kind in OUT):
        return -abs(much)
    if one.transaction == "3502" and kind in IN:
        return abs(much)
    if one.transaction == "3502" and kind == FOUND_LESS:
        return 0
    return max(much, 0)


def _is_opened(message: Message) -> bool:
    return text_of(message, "trdn_flag") == "1" or any(code.get("trdn_flag") == "1" for code in _codes(message))


def _opened_lines(message: Message) -> set[str]:
    return {code["feedetl_sn"] for code in _codes(message) if code.get("trdn_flag") == "1"}


def _codes(message: Message) -> list[dict[str, str]]:
    codes = message.get("drugtracinfo") or message.get("drug_trac_info") or []
    assert isinstance(codes, list)
    return codes
