"""D01, D01-DUP, D02, D03, D05, D09, D12-RXNO, D13, D14, D14-DAY and D18 from their pages."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import pairwise
from re import fullmatch

from .facts import DAY, HOUR, Facts, Line, Piece, Tables, day_of, is_drug, row, substance
from .findings import Found

Key = Callable[[Line], Hashable]
Paces = dict[str, float]
NARROWEST = 3


class Dispensing:
    """Lines that were dispensed together."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.time = lines[0].time
        self.place = lines[0].place

    @property
    def returned(self) -> bool:
        """Whether it gives back as much as it dispenses, or more."""
        return any(one.count < 0 for one in self.lines) and sum(one.count for one in self.lines) <= 0

    def supplies(self, tables: Tables, paces: Paces) -> list[tuple[float, float | None]]:
        """The quantity and the supply of each line, seconds; None where it is unknown."""
        return [(one.count, lasts(one, tables, paces)) for one in self.lines]

    def known(self, tables: Tables, paces: Paces) -> float:
        """The supply of the lines of which it is known."""
        return sum(supply for _, supply in self.supplies(tables, paces) if supply is not None)

    def is_unknown(self, tables: Tables, paces: Paces) -> bool:
        """Whether the supply of a line is unknown."""
        return any(supply is None for _, supply in self.supplies(tables, paces))

    def wipes(self, tables: Tables, paces: Paces) -> bool:
        """Whether there is a negative line of unknown supply."""
        return any(count < 0 and supply is None for count, supply in self.supplies(tables, paces))

    def pack(self, tables: Tables) -> float:
        """The largest pack."""
        return max(pack_of(one, tables) for one in self.lines)


def by_table(line: Line, tables: Tables) -> float:
    """How long one cnt lasts by the drug table; 0 where that is unknown."""
    known = row(tables, "drugs", "med_list_codg", line.item, line.time) or {}
    pack, daily = float(known.get("pack_units") or 0), float(known.get("daily_units") or 0)
    return pack / daily * DAY if pack and daily else 0.0


def lasts(line: Line, tables: Tables, paces: Paces) -> float | None:
    """The supply of a line."""
    size = abs(line.count)
    supply = line.days * DAY or paces.get(line.item, 0.0) * size or by_table(line, tables) * size
    if not supply:
        return None
    return -supply if line.count < 0 else supply


def pack_of(line: Line, tables: Tables) -> float:
    """How long one pack lasts."""
    of_table = by_table(line, tables)
    if of_table:
        return of_table
    one = line.days * DAY / line.count if line.count > 0 else 0.0
    return one if one < 100 * DAY else 0.0


def days_allowed(line: Line) -> float | None:
    """The days allowed by the table of the page."""
    kind = line.kind[:2]
    if kind == "41":
        return 90.0 if line.rxno else None
    return {"11": 7.0, "16": 7.0, "13": 3.0, "14": 84.0, "15": 84.0, "18": 84.0}.get(kind, 90.0)


def widest(lines: Iterable[Line]) -> float | None:
    """The widest limit of lines, seconds."""
    limits = [days_allowed(one) for one in lines]
    known = [one for one in limits if one is not None]
    return max(known) * DAY if len(known) == len(limits) else None


def by_visit(line: Line) -> Hashable:
    """What one dispensing has in common."""
    return (line.place, line.visit or line.message, day_of(line.time))


def by_prescription(line: Line) -> Hashable:
    """What one prescription has in common."""
    return (line.place, line.rxno or line.visit or line.message, day_of(line.time))


def grouped(lines: Iterable[Line], key: Key) -> list[Dispensing]:
    """The dispensings, in order of their first lines."""
    groups: dict[Hashable, list[Line]] = {}
    for one in lines:
        groups.setdefault(key(one), []).append(one)
    return [Dispensing(group) for group in groups.values()]


def at_least(dispensings: Iterable[Dispensing], tables: Tables) -> float:
    """What they last together, by what is known."""
    total = 0.0
    for one in dispensings:
        total = 0.0 if one.wipes(tables, {}) else total + one.known(tables, {})
    return total


def of_substances(facts: Facts) -> Iterator[tuple[tuple[str, ...], list[Line]]]:
    """The drug lines of each person and substance."""
    groups: dict[tuple[str, ...], list[Line]] = {}
    for one in facts.lines:
        name = substance(one.item, one.time, facts.tables)
        if name and is_drug(one, facts.tables):
            groups.setdefault((one.person, name), []).append(one)
    yield from groups.items()


def judged(lines: list[Line], key: Key, length: int) -> Iterator[tuple[list[Dispensing], Dispensing]]:
    """Each dispensing that is judged, with those that begin before it; lines at or before t - length are left out."""
    for now in grouped(lines, key):
        if now.returned:
            continue
        inside = grouped([one for one in lines if one.time > now.time - length], key)
        yield [one for one in inside if one.lines[0].order < now.lines[0].order], now


def early_refills(facts: Facts) -> Iterator[Found]:
    """D01."""
    for scope, lines in of_substances(facts):
        for before, now in judged(lines, by_visit, 180 * DAY):
            found = _early_refill(before, now, facts.tables)
            if found:
                yield Found("D01", scope, now.time, *found)


def _early_refill(before: list[Dispensing], now: Dispensing, tables: Tables) -> tuple[float, str] | None:
    paces = own_paces(before)
    fills = [one for one in before if not one.returned]
    if not fills or not fills[-1].known(tables, paces):
        return None
    covered = -float("inf")
    for one in before:
        covered = one.time if one.wipes(tables, paces) else max(covered, one.time) + one.known(tables, paces)
    remains, last = covered - now.time, fills[-1]
    supply = last.known(tables, paces)
    elsewhere = now.place != last.place
    severities = []
    if remains > max(14 * DAY, supply / 2):
        severities.append("high" if elsewhere else "warning")
    if remains > max(6 * DAY, supply / 5):
        if elsewhere:
            soon = now.time - last.time <= 7 * DAY and 2 * remains >= supply
            severities.append("high" if soon else "info")
        early = _early(fills, now, tables, paces)
        if now in early and len(early) >= 3:
            severities.append("warning")
    if not severities:
        return None
    return round(remains / DAY, 1), max(severities, key=("info", "warning", "high").index)


def _early(fills: list[Dispensing], now: Dispensing, tables: Tables, paces: Paces) -> list[Dispensing]:
    early = []
    for last, one in pairwise([*fills, now]):
        supply = last.known(tables, paces)
        over = last.time + supply - one.time
        if over > max(6 * DAY, supply / 5) and one.time > now.time - 90 * DAY:
            early.append(one)
    return early


def own_paces(before: list[Dispensing]) -> Paces:
    """How long one cnt of an item lasts this person."""
    paces = {}
    for item in {line.item for one in before for line in one.lines}:
        taken = [(one.time, sum(line.count for line in one.lines if line.item == item)) for one in before]
        taken = [(time, count) for time, count in taken if count > 0]
        steps = sorted((after - time) / count for (time, count), (after, _) in pairwise(taken))
        if len(taken) >= 3:
            median = steps[(len(steps) - 1) // 2]
            paces[item] = min(step for step in steps if step >= median / 3)
    return paces


def over_quantities(facts: Facts) -> Iterator[Found]:
    """D02."""
    for scope, lines in of_substances(facts):
        for before, now in judged(lines, by_visit, 90 * DAY):
            found = _over_quantity(before, now, facts.tables)
            if found:
                yield Found("D02", scope, now.time, *found)


def _over_quantity(before: list[Dispensing], now: Dispensing, tables: Tables) -> tuple[float, str] | None:
    alone, allowed, pack = at_least([now], tables), widest(now.lines), now.pack(tables)
    over = []
    if allowed is not None and alone > allowed + pack:
        over.append((alone, allowed + pack))
    on_top = min(alone, max(allowed or 0.0, pack))
    summed, limit = at_least([*before, now], tables), 117 * DAY + on_top
    if summed > limit:
        over.append((summed, limit))
    if not over:
        return None
    supply, limit = max(over, key=lambda one: round(one[0] / DAY, 1) / round(one[1] / DAY, 1))
    return round(supply / DAY, 1), "high" if supply > 2 * limit else "warning"


def split_prescriptions(facts: Facts) -> Iterator[Found]:
    """D03."""
    for scope, lines in of_substances(facts):
        for before, now in judged(lines, by_prescription, DAY):
            found = _split(before, now, lines, facts.tables)
            if found:
                yield Found("D03", scope, now.time, *found)


def _split(before: list[Dispensing], now: Dispensing, lines: list[Line], tables: Tables) -> tuple[float, str] | None:
    same = [one for one in before if one.place == now.place and day_of(one.time) == day_of(now.time)]
    seen = [one for one in (*same, now) if widest(one.lines) is not None and not one.returned]
    if now not in seen or len(seen) < 2:
        return None
    visits = {line.visit for one in seen for line in one.lines if line.rxno}
    back = [
        Dispensing([one])
        for one in lines
        if one.count < 0 and not one.rxno and one.place == now.place and one.visit in visits
        and day_of(one.time) == day_of(now.time)
    ]  # fmt: skip
    supply = at_least([*seen, *back], tables)
    limit = max(widest(one.lines) or 0.0 for one in seen) + max(one.pack(tables) for one in seen)
    if supply <= limit:
        return None
    doctors = {line.doctor for one in seen for line in one.lines} - {""}
    return round(supply / DAY, 1), "info" if len(doctors) > 1 else "warning"


def accumulations(facts: Facts) -> Iterator[Found]:
    """D05."""
    for scope, lines in of_substances(facts):
        for before, now in judged(lines, by_visit, 30 * DAY):
            places = {one.place for one in before if not one.returned}
            if now.place not in places and len(places) >= 3:
                yield Found("D05", scope, now.time, len(places) + 1, "high")


def dual_channels(facts: Facts) -> Iterator[Found]:
    """D09."""
    for scope, lines in of_substances(facts):
        for now in grouped(lines, by_visit):
            if now.returned or not now.lines[0].kind.startswith("41"):
                continue
            listed = [one for one in now.lines if one.count > 0 and _is_listed(one, facts.tables)]
            without = [one for one in listed if not one.rxno or one.flag == "0"]
            if without:
                level = "high" if any(not one.rxno for one in without) else "warning"
                yield Found("D09", scope, now.time, len(without), level)


def _is_listed(line: Line, tables: Tables) -> bool:
    known = row(tables, "drugs", "med_list_codg", line.item, line.time) or {}
    return known.get("dual_channel") == "1"


def prescriptions(facts: Facts) -> Iterator[Found]:
    """D12-RXNO."""
    numbers: dict[str, list[Piece]] = {}
    for sale in facts.of("2102", "2207"):
        if sale.transaction == "2102" or sale.kind.startswith("41"):
            for number in {line.rxno for line in sale.lines if line.count > 0}:
                if len(number) >= 10 and len(set(number)) > 1:
                    numbers.setdefault(number, []).append(sale)
    for number, sales in numbers.items():
        for now in sales:
            before = [one for one in sales if now.time - 90 * DAY < one.time < now.time]
            if any((one.person, one.place) == (now.person, now.place) for one in before):
                continue
            against = [one for one in before if _contradict(number, one, now, facts.tables)]
            if against:
                uses = {(one.person, one.place) for one in [*against, now]}
                level = "high" if len({person for person, _ in uses}) > 1 else "warning"
                yield Found("D12-RXNO", (number,), now.time, len(uses), level)


def prescribing(facts: Facts) -> Iterator[Found]:
    """D14 and D14-DAY."""
    physicians: dict[str, list[tuple[int, str]]] = {}
    for sale in facts.of("2102", "2207"):
        if sale.transaction == "2102" or sale.kind.startswith("41"):
            firsts: dict[str, str] = {}
            for line in sale.lines:
                if line.rxno and line.count > 0 and len(line.doctor) >= 10:
                    firsts.setdefault(line.doctor, line.rxno)
            for physician, number in firsts.items():
                physicians.setdefault(physician, []).append((sale.time, number))
    for physician, sales in physicians.items():
        for time, _ in sales:
            hour = {number for at, number in sales if time - HOUR < at <= time}
            today = {number for at, number in sales if day_of(time) <= at <= time}
            if len(hour) >= 30:
                yield Found("D14", (physician,), time, len(hour), "high")
            if len(today) >= 50:
                yield Found("D14-DAY", (physician,), time, len(today), "high")


def promoted(facts: Facts) -> Iterator[Found]:
    """D13."""
    physicians: dict[str, list[tuple[Piece, str, set[str]]]] = {}
    for sale in facts.of("2102", "2207"):
        lines = [one for one in sale.lines if one.rxno and one.count > 0 and len(one.doctor) >= 10]
        for physician in {one.doctor for one in lines} if sale.transaction == "2102" or sale.kind[:2] == "41" else ():
            hers = [one for one in lines if one.doctor == physician]
            drugs = {
                substance(one.item, sale.time, facts.tables) for one in hers if not _is_dual(one.item, sale, facts)
            }
            physicians.setdefault(physician, []).append((sale, hers[0].rxno, drugs - {""}))
    for physician, sales in physicians.items():
        for now, _, drugs in sales:
            month = [one for one in sales if now.time - 30 * DAY < one[0].time <= now.time]
            here = [one for one in month if one[0].place == now.place]
            count = max([len({number for _, number, of in here if drug in of}) for drug in drugs], default=0)
            if count >= 30 and count / len({number for _, number, _ in month}) >= 0.6:
                yield Found("D13", (physician,), now.time, count, "high")


def crowded(facts: Facts) -> Iterator[Found]:
    """D18."""
    lines = [
        one for one in facts.lines
        if one.transaction == "2204" and one.rxno and one.item[0] in "XZ" and one.kind[:1] != "2"
    ]  # fmt: skip
    for now in [one for one in lines if one.count > 0]:
        day = [one for one in lines if now.time - DAY < one.time <= now.time]
        amounts: dict[str, float] = {}
        for one in day:
            if (one.person, one.place, one.visit, one.rxno) == (now.person, now.place, now.visit, now.rxno):
                drug = substance(one.item, one.time, facts.tables)
                amounts[drug] = amounts.get(drug, 0) + one.count
        drugs = [drug for drug, amount in amounts.items() if drug and amount > 0]
        if len(drugs) > 5:
            yield Found("D18", (now.person,), now.time, len(drugs), "warning")


def _is_dual(item: str, sale: Piece, facts: Facts) -> bool:
    known = row(facts.tables, "drugs", "med_list_codg", item, sale.time) or {}
    return known.get("dual_channel") == "1"


def _contradict(number: str, one: Piece, other: Piece, tables: Tables) -> bool:
    if one.person != other.person:
        sent = [any(line.circulated for line in _on(number, sale)) for sale in (one, other)]
        return one.place == other.place or all(sent)
    first, second = (
        {substance(line.item, sale.time, tables) for line in _on(number, sale)} - {""} for sale in (one, other)
    )
    return one.place != other.place and bool(first & second)


def _on(number: str, sale: Piece) -> list[Line]:
    return [line for line in sale.lines if line.rxno == number and line.count > 0]


COMBINED = ("A10A", "A11", "B02", "B03", "D", "J04", "J05", "L01", "L04", "N03", "N05A", "R03", "S01")


def same_actions(facts: Facts) -> Iterator[Found]:
    """D01-DUP."""
    days: dict[tuple[str, str, int], list[Line]] = {}
    for one in facts.lines:
        action = _action(one, facts.tables)
        if action and is_drug(one, facts.tables) and not action.startswith(COMBINED):
            days.setdefault((one.person, action, day_of(one.time)), []).append(one)
    for (person, action, _), lines in days.items():
        counted: list[list[Line]] = []
        for group in _groups(lines, facts.tables):
            numbers = {(one.rxno, one.place) for other in counted for one in other if one.rxno}
            is_filled = any(one.rxno == number and one.place != place for one in group for number, place in numbers)
            if sum(one.count for one in group) <= 0 or is_filled:
                continue
            counted.append(group)
            if len(counted) >= 2:
                level = "warning" if len({other[0].place for other in counted}) > 1 else "info"
                yield Found("D01-DUP", (person, action), group[0].time, len(counted), level)


def _groups(lines: list[Line], tables: Tables) -> list[list[Line]]:
    """The lines of one institution and substance, in order of their first ones."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for one in lines:
        groups.setdefault((one.place, substance(one.item, one.time, tables)), []).append(one)
    return list(groups.values())


def _action(line: Line, tables: Tables) -> str:
    """ATC level 4."""
    known = row(tables, "drugs", "med_list_codg", line.item, line.time) or {}
    atc = known.get("atc") or (line.item[1:6] if fullmatch(r"X.{22}", line.item) else "")
    return atc[:5] if len(atc) >= 5 and atc[:3] not in ("B05", "V07") else ""
