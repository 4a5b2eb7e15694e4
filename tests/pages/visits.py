"""B01, B07, B11, B11-SPEED, S11 and S11-DAY from their pages."""

from __future__ import annotations

from collections.abc import Iterator
from math import asin, cos, radians, sin, sqrt

from .facts import DAY, HOUR, Facts, Line, Piece, Tables, day_of, row
from .findings import Found


def two_places(facts: Facts) -> Iterator[Found]:
    """B11 and B11-SPEED."""
    codes: dict[str, list[Line]] = {}
    for line in facts.lines:
        is_code = len(line.doctor) >= 10 and line.doctor[1:] != line.doctor[1] * (len(line.doctor) - 1)
        if line.transaction == "2204" and line.count > 0 and is_code:
            codes.setdefault(line.doctor, []).append(line)
    for code, lines in codes.items():
        for now in lines:
            hour = [one for one in lines if now.time - HOUR < one.time <= now.time]
            if _is_online(now, facts.tables) or _is_shared(hour):
                continue
            here = _group(now, facts.tables)
            others = [one for one in hour if not _is_online(one, facts.tables) and _group(one, facts.tables) != here]
            places = {_group(one, facts.tables) for one in others if now.time - 600 < one.time}
            if places:
                yield Found("B11", (code,), now.time, 1 + len(places), "high")
            speeds = [speed for one in others if (speed := _speed(one, now, facts.tables)) > 120]
            if speeds:
                yield Found("B11-SPEED", (code,), now.time, round(max(speeds), 1), "high")


def charges(facts: Facts) -> Iterator[Found]:
    """B01 and B07."""
    known = [(one, row(facts.tables, "items", "med_list_codg", one.item, one.time)) for one in facts.lines]
    capped = [
        (one, rules) for one, rules in known if rules and (rules.get("most_per_day") or rules.get("most_per_period"))
    ]
    for now, rules in capped:
        group = rules.get("group") or now.item
        same = [one for one, other in capped if one.person == now.person and (other.get("group") or one.item) == group]
        if now.count <= 0:
            continue
        today = [one for one in same if day_of(one.time) == day_of(now.time) and _service(one) == _service(now)]
        sum_today = sum(one.count for one in today)
        if rules.get("most_per_day") and sum_today > float(rules["most_per_day"]):
            yield Found("B01", (now.person, group), now.time, sum_today, "warning")
        if not rules.get("most_per_period"):
            continue
        period = min(int(rules["period_days"]), 30) * DAY
        recent = [one for one in same if now.time - period < one.time <= now.time]
        back = [one for one in same if now.time < one.time <= now.time + DAY and one.count < 0]
        in_period = sum(one.count for one in (*recent, *back))
        if in_period > float(rules["most_per_period"]):
            yield Found("B07", (now.person, group), now.time, in_period, "warning")


def _service(one: Line) -> tuple[str, str, str]:
    return (one.place, one.visit, one.item)


def attendances(facts: Facts) -> Iterator[Found]:
    """S11 and S11-DAY."""
    persons: dict[str, list[Piece]] = {}
    for one in facts.of("2207"):
        if one.kind[:2] in ("11", "12", "13", "16"):
            persons.setdefault(one.person, []).append(one)
    for person, settled in persons.items():
        for now in settled:
            month = {_visit(one) for one in settled if now.time - 30 * DAY < one.time <= now.time}
            today = {_visit(one) for one in settled if day_of(now.time) <= one.time <= now.time}
            if len(month) >= 15:
                yield Found("S11", (person,), now.time, len(month), "warning")
            if len(today) >= 6:
                yield Found("S11-DAY", (person,), now.time, len(today), "warning")


def _visit(one: Piece) -> tuple[str, str]:
    return (one.place, one.visit)


def _register(line: Line, tables: Tables) -> dict[str, str]:
    return row(tables, "institutions", "fixmedins_code", line.place, line.time) or {}


def _is_online(line: Line, tables: Tables) -> bool:
    register = _register(line, tables)
    return register.get("internet") == "1" or register.get("kind") in ("internet", "mail_order")


def _group(line: Line, tables: Tables) -> str:
    return _register(line, tables).get("group", "") or line.place


def _is_shared(hour: list[Line]) -> bool:
    return any(len({one.person for one in hour if one.place == place}) >= 30 for place in {one.place for one in hour})


def _speed(one: Line, now: Line, tables: Tables) -> float:
    """km/h; 0 where it is not looked at."""
    here, there = _register(one, tables), _register(now, tables)
    if not all(place.get(name) for place in (here, there) for name in ("lat", "lon")):
        return 0
    a, b = radians(float(here["lat"])), radians(float(there["lat"]))
    east = radians(float(there["lon"]) - float(here["lon"]))
    length = 2 * 6_371 * asin(sqrt(sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(east / 2) ** 2))
    return length / max(now.time - one.time, 60) * HOUR if length > 2 else 0
