"""B01 to B08, B12, B12-SCOPE, B13, B14, D17, D19, D20, B11, B11-SPEED, S11 and S11-DAY from their pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import asin, cos, radians, sin, sqrt

from .facts import DAY, HOUR, Facts, Line, Piece, Tables, day_of, row, substance, tags
from .findings import Found


def two_places(facts: Facts) -> Iterator[Found]:
    """B11 and B11-SPEED."""
    codes: dict[str, list[Line]] = {}
    for line in facts.lines:
        if line.transaction == "2204" and line.count > 0 and _is_code(line.doctor):
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


def registered(facts: Facts) -> Iterator[Found]:
    """B12 and B12-SCOPE."""
    against: dict[tuple[str, str, str], list[Line]] = {}
    for line in facts.lines:
        known = row(facts.tables, "physicians", "bilg_dr_codg", line.doctor, line.time)
        if line.transaction != "2204" or line.count <= 0 or known is None:
            continue
        allowed = known.get("departments", "").split()
        if known["status"] != "valid":
            against.setdefault(("B12", line.doctor, line.place), []).append(line)
        elif allowed and line.department and line.department not in allowed:
            against.setdefault(("B12-SCOPE", line.doctor, line.place), []).append(line)
    for (rule, *scope), lines in against.items():
        for now in lines:
            week = [one for one in lines if now.time - 7 * DAY < one.time <= now.time]
            if len(week) >= {"B12": 3, "B12-SCOPE": 30}[rule]:
                yield Found(rule, tuple(scope), now.time, len(week), {"B12": "high"}.get(rule, "warning"))


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


def flags(facts: Facts) -> Iterator[Found]:
    """B04, B05 and B06."""
    for rule, column in (("B04", "registered"), ("B05", "separate"), ("B06", "covered")):
        charged = [one for one in facts.lines if one.count > 0 and _is_against(one, column, facts.tables)]
        for now in charged:
            alike = [one for one in charged if (one.place, one.item) == (now.place, now.item)]
            week = [one for one in alike if now.time - 7 * DAY < one.time <= now.time]
            if len(week) >= 3:
                yield Found(rule, (now.place, now.item), now.time, len(week), "warning")


def _is_against(one: Line, column: str, tables: Tables) -> bool:
    known = row(tables, "items", "med_list_codg", one.item, one.time) or {}
    charged = one.in_scope if column == "covered" else one.amount
    return known.get(column) == "0" and charged > 0


def licensed(facts: Facts) -> Iterator[Found]:
    """B13."""
    without: dict[tuple[str, str], list[Line]] = {}
    for one in facts.lines:
        kind = (row(facts.tables, "items", "med_list_codg", one.item, one.time) or {}).get("equipment")
        if kind and one.count > 0 and not one.sent_out and not _has_licence(one, kind, facts.tables):
            without.setdefault((one.place, kind), []).append(one)
    for scope, lines in without.items():
        for now in lines:
            week = [one for one in lines if now.time - 7 * DAY < one.time <= now.time]
            if len(week) >= 3:
                yield Found("B13", scope, now.time, len(week), "warning")


def _has_licence(one: Line, kind: str, tables: Tables) -> bool:
    """Also where nobody has one."""
    holders = {unit[: -len(kind) - 1] for unit in _units(tables) if unit.endswith(f":{kind}")}
    near = [code for code in holders if code == one.place or _group_of(code, one, tables) == _group(one, tables)]
    return not holders or any(
        row(tables, "equipment", "place_and_kind", f"{code}:{kind}", time)
        for code in near
        for time in (one.time, one.time - 30 * DAY)
    )


def _units(tables: Tables) -> list[str]:
    return [one["place_and_kind"] for one in tables["equipment"]]


def _group_of(code: str, line: Line, tables: Tables) -> str:
    return (row(tables, "institutions", "fixmedins_code", code, line.time) or {}).get("group", "") or code


def cosmetics(facts: Facts) -> Iterator[Found]:
    """B10."""
    charged = [one for one in facts.lines if one.count > 0 and one.in_scope > 0 and _may_be_cosmetic(one, facts.tables)]
    for now in charged:
        alike = [one for one in charged if (one.place, one.item) == (now.place, now.item)]
        persons = {one.person for one in alike if now.time - 30 * DAY < one.time <= now.time}
        if len(persons) >= 10:
            severity = "high" if len(persons) >= 20 else "warning"
            yield Found("B10", (now.place, now.item), now.time, len(persons), severity)


def _may_be_cosmetic(one: Line, tables: Tables) -> bool:
    known = row(tables, "items", "med_list_codg", one.item, one.time) or {}
    return one.department in known.get("cosmetic_in", "").split()


def parts(facts: Facts) -> Iterator[Found]:
    """B02."""
    known = [(one, row(facts.tables, "items", "med_list_codg", one.item, one.time) or {}) for one in facts.lines]
    split = [(one, rules["part_of"]) for one, rules in known if rules.get("part_of")]
    for now, whole in split:
        needed = (row(facts.tables, "items", "med_list_codg", whole, now.time) or {}).get("parts")
        if now.count <= 0 or not needed:
            continue
        here = (now.person, now.place, now.visit, whole, day_of(now.time))
        today = [one for one, of in split if (one.person, one.place, one.visit, of, day_of(one.time)) == here]
        items = {one.item for one in today}
        charged = [item for item in items if sum(one.count for one in today if one.item == item) > 0]
        if len(charged) >= float(needed):
            yield Found("B02", (now.person, whole), now.time, len(charged), "warning")


def long_days(facts: Facts) -> Iterator[Found]:
    """B08."""
    known = [(one, row(facts.tables, "items", "med_list_codg", one.item, one.time) or {}) for one in facts.lines]
    timed = [(one, float(rules["minutes"])) for one, rules in known if rules.get("minutes") and _is_code(one.performer)]
    for now, _ in timed:
        here = (now.place, now.performer, day_of(now.time))
        minutes = sum(m * one.count for one, m in timed if (one.place, one.performer, day_of(one.time)) == here)
        if now.count > 0 and minutes > 12 * 60:
            yield Found("B08", (now.place, now.performer), now.time, minutes / 60, "high")


def _is_code(code: str) -> bool:
    return len(code) >= 10 and code[1:] != code[1] * (len(code) - 1)


def dear_products(facts: Facts) -> Iterator[Found]:
    """D20."""
    known = [(one, row(facts.tables, "drugs", "med_list_codg", one.item, one.time) or {}) for one in facts.lines]
    bought = [
        (one, rules["procured"], substance(one.item, one.time, facts.tables))
        for one, rules in known
        if rules.get("procured") and one.count > 0 and one.transaction not in ("2301", "2304")
    ]
    for now, kind, drug in bought:
        month = [
            other
            for one, other, name in bought
            if (one.place, name) == (now.place, drug) and now.time - 30 * DAY < one.time <= now.time
        ]
        dear = month.count("other")
        if drug and kind == "other" and dear >= 20 and 2 * dear > len(month):
            yield Found("D20", (now.place, drug), now.time, 100 * dear / len(month), "warning")


def growths(facts: Facts) -> Iterator[Found]:
    """D17 and B14."""
    pages: dict[tuple[str, tuple[str, ...]], list[Line]] = {}
    for one in facts.lines:
        if (row(facts.tables, "drugs", "med_list_codg", one.item, one.time) or {}).get("key") == "1":
            pages.setdefault(("D17", (one.place, one.item)), []).append(one)
        if one.sent_out:
            pages.setdefault(("B14", (one.place,)), []).append(one)
    for (rule, scope), lines in pages.items():
        more = 140 if rule == "D17" else 30
        for now in lines:
            nine_weeks = [one for one in lines if now.time - 63 * DAY < one.time <= now.time]
            week = sum(one.count for one in nine_weeks if now.time - 7 * DAY < one.time)
            usual = (sum(one.count for one in nine_weeks) - week) / 8
            is_known = nine_weeks[0].time <= now.time - 56 * DAY
            if now.count > 0 and is_known and week >= usual + more and week >= 3 * usual:
                yield Found(rule, scope, now.time, week, "warning")


def prices(facts: Facts) -> Iterator[Found]:
    """B03 and D19."""
    over = [one for one in facts.lines if one.count > 0 and one.most > 0 and one.price > one.most]
    for now in over:
        rule = "D19" if _is_of_drug(now) else "B03"
        alike = [one for one in over if (one.place, one.item) == (now.place, now.item)]
        lines = [
            one
            for one in alike
            if now.time - 7 * DAY < one.time <= now.time and _is_of_drug(one) == _is_of_drug(now) and _is_much(one)
        ]
        if _is_much(now) and len(lines) >= 3:
            yield Found(rule, (now.place, now.item), now.time, len(lines), "warning")


def _is_of_drug(one: Line) -> bool:
    return one.list_type.startswith("1") if one.list_type else not (len(one.item) == 15 and one.item.startswith("00"))


def _is_much(one: Line) -> bool:
    """By more than half a per cent."""
    return round(one.price * 1_000) > round(one.most * 1_005)


def _service(one: Line) -> tuple[str, str, str]:
    return (one.place, one.visit, one.item)


def attendances(facts: Facts, limits: Mapping[str, int] | None = None) -> Iterator[Found]:
    """S11 and S11-DAY. limits: of S11 by tag."""
    persons: dict[str, list[Piece]] = {}
    for one in facts.of("2207"):
        if one.kind[:2] in ("11", "12", "13", "16"):
            persons.setdefault(one.person, []).append(one)
    for person, settled in persons.items():
        for now in settled:
            month = {_visit(one) for one in settled if now.time - 30 * DAY < one.time <= now.time}
            today = {_visit(one) for one in settled if day_of(now.time) <= one.time <= now.time}
            said = tags(person, now.place, now.time, facts.tables) if limits else []
            limit = next(((limits or {})[tag] for tag in said if tag in (limits or {})), 15)
            if len(month) >= limit:
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
