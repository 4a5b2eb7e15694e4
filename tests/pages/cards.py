"""S03, S03-MONTH and S04 from their pages."""

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
