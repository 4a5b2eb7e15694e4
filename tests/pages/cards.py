"""S02, S03, S03-MONTH and S04 from their pages."""

from __future__ import annotations

from collections.abc import Iterator

from .facts import DAY, HOUR, Facts, Piece, Tables, day_of, row
from .findings import Found


def own_staff(facts: Facts) -> Iterator[Found]:
    """S03 and S03-MONTH."""
    settled = [one for one in facts.of("2102", "2207") if _works_here(one, facts.tables)]
    for now in settled:
        here = [one for one in settled if one.place == now.place and one.time <= now.time]
        swiped = [one for one in here if one.transaction == "2102" or one.kind == "41"]
        hour = {one.person for one in swiped if now.time - HOUR < one.time}
        if now in swiped and len(hour) >= 3:
            yield Found("S03", (now.place,), now.time, len(hour), "high")
        bought = [one for one in here if one.transaction == "2102" or one.kind[:2] == "41"]
        month = [one for one in bought if one.person == now.person and now.time - 30 * DAY < one.time]
        if now in bought and len(month) >= 5:
            yield Found("S03-MONTH", (now.person,), now.time, len(month), "warning")


def _works_here(one: Piece, tables: Tables) -> bool:
    known = row(tables, "staff", "psn_no", one.person, one.time)
    return known is not None and known["fixmedins_code"] == one.place


def firms(facts: Facts) -> Iterator[Found]:
    """S04."""
    groups: dict[tuple[str, str], list[Piece]] = {}
    for one in facts.of("2102", "2207"):
        known = row(facts.tables, "employers", "psn_no", one.person, one.time)
        if known and (one.transaction == "2102" or one.kind == "41"):
            groups.setdefault((one.place, known["employer"]), []).append(one)
    for scope, settled in groups.items():
        for now in settled:
            today = day_of(now.time)
            persons = {one.person for one in settled if today <= one.time <= now.time}
            before = {one.person for one in settled if today - 14 * DAY <= one.time < today}
            if len(persons) >= 8 and len(persons - before) / len(persons) >= 0.7:
                yield Found("S04", scope, now.time, len(persons), "high")


def rings(facts: Facts) -> Iterator[Found]:
    """S02."""
    swiped = [one for one in facts.of("2102", "2207", "2304") if one.transaction == "2102" or one.kind == "41"]
    for now in swiped:
        here = [one for one in swiped if one.place == now.place]
        others = [one for one in here if now.time - 300 < one.time <= now.time and one.person != now.person]
        ring = [now, *(one for one in others if len(_days_together(now, one.person, here)) >= 2)]
        circles = {_circle(one, facts.tables) for one in ring}
        if len(circles) >= 4:
            yield Found("S02", (now.place,), now.time, len(circles), "high")


def _days_together(now: Piece, other: str, here: list[Piece]) -> set[int]:
    """The fourteen days before on which both cards were swiped within minutes."""
    today = day_of(now.time)
    before = [one for one in here if today - 14 * DAY <= one.time < today]
    mine, theirs = ([one.time for one in before if one.person == who] for who in (now.person, other))
    return {day_of(a) for a in mine for b in theirs if abs(a - b) < 300 and day_of(a) == day_of(b)}


def _circle(one: Piece, tables: Tables) -> str:
    known = row(tables, "households", "psn_no", one.person, one.time) or {}
    return known.get("care_home") or known.get("household") or one.person
