"""The rules over institutions and trace codes, from their pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import sqrt
from re import fullmatch
from statistics import median
from typing import NamedTuple

from .facts import DAY, HOUR, Facts, Line, Piece, Tables, day_of, row, seconds, substance, text_of
from .findings import Found


def hour_of(time: int) -> int:
    """0 to 23."""
    return time % DAY // HOUR


def crowd(time: int, tables: Tables) -> float:
    """How many times as many as usual."""
    kinds = [one["kind"] for one in tables.get("calendar", []) if seconds(one["date"]) == day_of(time)]
    return 2.0 if {"pension", "campaign"} & set(kinds) else 1.0


def own_usual(now: Piece, swipes: list[Piece], length: float, tables: Tables) -> float | None:
    """What is usual by the own past."""
    end = day_of(min(now.time, seconds(now.message["inf_time"])) - 13 * DAY)
    past = [one.time for one in swipes if end - 28 * DAY <= one.time < end]
    if len({day_of(one) for one in past}) < 14:
        return None
    near = [(hour_of(now.time) + step) % 24 for step in (-1, 0, 1)]
    busiest = max(sum(hour_of(one) == hour for one in past) for hour in near)
    return busiest / 28 * length / HOUR * crowd(now.time, tables)


def usual(now: Piece, swipes: list[Piece], length: float, tables: Tables) -> float | None:
    """What is usual, by the register where the past is too short."""
    own = own_usual(now, swipes, length, tables)
    if own is not None:
        return own
    known = row(tables, "institutions", "fixmedins_code", now.place, now.time) or {}
    of_class = row(tables, "institutions", "fixmedins_code", f"class:{known.get('class')}", now.time) or {}
    rate = float(known.get("usual_per_10min") or 0) or float(of_class.get("usual_per_10min") or 0)
    return rate * length / 600 * crowd(now.time, tables) if rate else None


def limit_of(floor: float, m: float | None) -> float:
    """The limit that what is usual raises."""
    return floor if m is None else max(floor, m + 5 * sqrt(m))


def severity(swipes: list[Piece], persons: int, limit: float, *, is_worse: bool) -> str:
    """Info of a backlog; else high of twice the limit, or of what is worse."""
    late = sum(seconds(one.message["inf_time"]) - one.time > 300 for one in swipes)
    if 2 * late >= len(swipes):
        return "info"
    return "high" if persons >= 2 * limit or is_worse else "warning"


def persons_of(swipes: Iterable[Piece]) -> int:
    """Distinct persons."""
    return len({one.person for one in swipes})


def elsewhere(one: Piece) -> bool:
    """Whether the person is insured elsewhere."""
    insured, place = (text_of(one.message, name) for name in ("insuplc_admdvs", "mdtrtarea_admvs"))
    return bool(insured and place and insured != place)


def by_place(pieces: Iterable[Piece], *names: str) -> Iterator[tuple[tuple[str, ...], list[Piece]]]:
    """The pieces of each institution (and of other fields), in order."""
    groups: dict[tuple[str, ...], list[Piece]] = {}
    for one in pieces:
        groups.setdefault((one.place, *(text_of(one.message, name) for name in names)), []).append(one)
    yield from groups.items()


def swiping(facts: Facts) -> Iterator[Found]:
    """S01, S01-GAP and S01-SIGN."""
    swiped = [one for one in facts.of("2102", "2207", "2304") if one.transaction == "2102" or one.kind == "41"]
    for scope, swipes in by_place(swiped):
        for now in swipes:
            window = [one for one in swipes if now.time - 600 < one.time <= now.time]
            persons = persons_of(window)
            limit = limit_of(8, usual(now, swipes, 600, facts.tables))
            if persons >= limit:
                is_worse = 2 * sum(elsewhere(one) for one in window) >= len(window)
                yield Found("S01", scope, now.time, persons, severity(window, persons, limit, is_worse=is_worse))
            yield from _run(scope, now, swipes, facts.tables)
            yield from _signs(scope, now, swipes, facts.tables)


def _run(scope: tuple[str, ...], now: Piece, swipes: list[Piece], tables: Tables) -> Iterator[Found]:
    run = [now]
    for one in reversed([one for one in swipes if now.time - 7_200 < one.time < now.time]):
        if run[0].time - one.time > 120:
            break
        run.insert(0, one)
    persons = persons_of(run)
    limit = limit_of(8, usual(now, swipes, now.time - run[0].time + 120, tables))
    if persons >= limit:
        yield Found("S01-GAP", scope, now.time, persons, severity(run, persons, limit, is_worse=False))


def _bears(sign: str, one: Piece, now: Piece) -> bool:
    if sign == "amount":
        total, mine = (round(float(text_of(piece.message, "medfee_sumamt")) * 100) for piece in (one, now))
        return total > 0 and 100 * abs(total - mine) <= mine
    if sign == "elsewhere":
        return elsewhere(one)
    if sign == "typed":
        return text_of(one.message, "mdtrt_cert_type") == "02"
    return "balc" in one.message and float(text_of(one.message, "balc")) < 5


def _signs(scope: tuple[str, ...], now: Piece, swipes: list[Piece], tables: Tables) -> Iterator[Found]:
    found = []
    for sign in ("amount", "elsewhere", "typed", "drained"):
        bearing = [one for one in swipes if now.time - 600 < one.time <= now.time and _bears(sign, one, now)]
        persons = persons_of(bearing)
        limit = limit_of(6, _usual_of_sign(sign, now, swipes, tables))
        if _bears(sign, now, now) and persons >= limit:
            is_worse = sign in ("amount", "elsewhere")
            found.append((persons / round(limit, 1), persons, severity(bearing, persons, limit, is_worse=is_worse)))
    if found:
        _, persons, level = max(found, key=lambda one: one[0])
        yield Found("S01-SIGN", scope, now.time, persons, level)


def _usual_of_sign(sign: str, now: Piece, swipes: list[Piece], tables: Tables) -> float | None:
    today = day_of(now.time)
    past = [one for one in swipes if today - 3 * DAY <= one.time < today]
    if not past:
        return None
    near = [(hour_of(now.time) + step) % 24 for step in (-1, 0, 1)]
    busiest = max(sum(hour_of(one.time) == hour and _bears(sign, one, now) for one in past) for hour in near)
    return busiest / len({day_of(one.time) for one in past}) * 600 / HOUR * crowd(now.time, tables)


def tills(facts: Facts) -> Iterator[Found]:
    """S01-TILL."""
    served = [one for one in facts.of("2207") if text_of(one.message, "opter_type") == "1"]
    for scope, swipes in by_place([one for one in served if text_of(one.message, "opter")], "opter"):
        for now in swipes:
            window = [one for one in swipes if now.time - 600 < one.time <= now.time]
            persons = persons_of(window)
            limit = limit_of(20, own_usual(now, swipes, 600, facts.tables))
            if persons >= limit:
                yield Found("S01-TILL", scope, now.time, persons, severity(window, persons, limit, is_worse=False))


def agreements(facts: Facts) -> Iterator[Found]:
    """S09."""
    days: dict[tuple[str, int], list[int]] = {}
    for one in facts.of("2102", "2207"):
        served = min((line.time for line in one.lines), default=one.time)
        known = row(facts.tables, "institutions", "fixmedins_code", one.place, served) or {}
        if known.get("status") in ("suspended", "terminated"):
            days.setdefault((one.place, day_of(served)), []).append(one.time)
    for (place, day), times in days.items():
        for time in times:
            value = sum(one <= time for one in times)
            yield Found("S09", (place, str(day)), time, value, "critical")


def admissions(facts: Facts) -> Iterator[Found]:
    """S09-STAY."""
    places: dict[str, list[int]] = {}
    for one in facts.of("2401"):
        known = row(facts.tables, "institutions", "fixmedins_code", one.place, one.time) or {}
        if known.get("status") in ("suspended", "terminated"):
            places.setdefault(one.place, []).append(one.time)
    for place, times in places.items():
        for time in times:
            value = sum(day_of(one) == day_of(time) and one <= time for one in times)
            yield Found("S09-STAY", (place,), time, value, "critical")


OUTPATIENT = ("11", "12", "13", "14", "15", "16", "18", "19", "51", "53")


def growths(facts: Facts) -> Iterator[Found]:
    """B15."""
    outpatients = [one for one in facts.of("2102", "2207", "2304") if one.kind[:2] in OUTPATIENT]
    calendar = {seconds(one["date"]): one["kind"] for one in facts.tables.get("calendar", [])}
    for scope, pieces in by_place(outpatients):
        spent: dict[int, float] = {}
        for one in pieces:
            spent[day_of(one.time)] = spent.get(day_of(one.time), 0) + float(text_of(one.message, "fund_pay_sumamt"))
        for day in sorted(spent):
            grown = [_growth(day - n * DAY, spent, calendar) for n in range(3)]
            trips = [one is not None and _trips(*one, 1.5) for one in grown]
            if all(trips) and grown[0] is not None:
                high = all(one is not None and _trips(*one, 2.0) for one in grown)
                yield Found("B15", scope, day + DAY, round(grown[0][0], 2), "high" if high else "warning")


def _trips(week: float, normal: float, factor: float) -> bool:
    return week >= factor * normal and week - normal >= 20_000


def _growth(day: int, spent: dict[int, float], calendar: dict[int, str]) -> tuple[float, float] | None:
    """The week that ends with a day, and the usual one."""
    if day in calendar:
        return None
    days = [day - n * DAY for n in range(7) if day - n * DAY not in calendar]
    week = sum(spent.get(one, 0) for one in days)
    if len(days) < 4 or week < 20_000:
        return None
    earlier = []
    for n in range(1, 14):
        whole = [day - n * 7 * DAY - step * DAY for step in range(7)]
        total = sum(spent.get(one - n * 7 * DAY, 0) for one in days)
        is_known = min(spent) <= min(whole) and total > 0
        if is_known and not any(calendar.get(one) == "holiday" for one in whole):
            earlier.append(total)
    return (week, median(earlier[:8])) if len(earlier) >= 8 else None


def late_uploads(facts: Facts) -> Iterator[Found]:
    """B21."""
    late = [
        one for one in facts.of("2102", "2207", "2304") if seconds(text_of(one.message, "inf_time")) - one.time > DAY
    ]
    for scope, pieces in by_place(late):
        for now in pieces:
            today = [one for one in pieces if day_of(now.time) <= one.time <= now.time]
            if len(today) >= 20:
                yield Found("B21", scope, now.time, len(today), "info")


def deletions(facts: Facts) -> Iterator[Found]:
    """B18 and D10-DEL."""
    for scope, pieces in by_place(facts.deleted):
        for now in pieces:
            hour = [one for one in pieces if now.time - HOUR < one.time <= now.time]
            rows = [one for one in pieces if day_of(now.time) <= one.time <= now.time and one.transaction == "3507"]
            if len(hour) >= 30:
                yield Found("B18", scope, now.time, len(hour), "high")
            if now.transaction == "3507" and len(rows) >= 20:
                yield Found("D10-DEL", scope, now.time, len(rows), "warning")


def rewritten(facts: Facts) -> Iterator[Found]:
    """B17."""
    for scope, pieces in by_place(facts.booked):
        for now in (one for one in pieces if one.transaction == "2304"):
            recent = [one for one in pieces if now.time - 90 * DAY < one.time <= now.time]
            stays: dict[tuple[str, str], list[Piece]] = {}
            for one in recent:
                stays.setdefault((one.visit, one.person), []).append(one)
            changed = {stay: _rewritings(of_stay) for stay, of_stay in stays.items()}
            count = sum(bool(bills) for bills in changed.values())
            settled = sum(any(one.transaction == "2304" for one in of_stay) for of_stay in stays.values())
            if now in changed[now.visit, now.person] and count >= 10 and 100 * count > 2 * settled:
                yield Found("B17", scope, now.time, count, "high")


def _rewritings(pieces: list[Piece]) -> list[Piece]:
    """The bills of a stay that took the place of another one."""
    bills = [one for one in pieces if one.transaction == "2304"]
    return [
        new
        for new in bills
        for old in bills
        for back in pieces
        if back.transaction == "2305" and back.message["setl_id"] == old.message["setl_id"]
        if back.time >= old.time + 7 * DAY
        if any(one.transaction in ("2301", "2302") and back.time <= one.time <= new.time for one in pieces)
        if new.message["medfee_sumamt"] != old.message["medfee_sumamt"] and _fund(new) >= _fund(old)
    ]


def _fund(one: Piece) -> float:
    return float(text_of(one.message, "fund_pay_sumamt"))


def clerks(facts: Facts) -> Iterator[Found]:
    """B23."""
    agencies: dict[tuple[str, str], list[Piece]] = {}
    for one in facts.of("2102", "2207", "2304"):
        county, opter = (text_of(one.message, name) for name in ("insuplc_admdvs", "opter"))
        if text_of(one.message, "setl_type") == "1" and county and opter:
            agencies.setdefault((county, "stay" if one.transaction == "2304" else "visit"), []).append(one)
    for scope, paid in agencies.items():
        for now in paid:
            month = [one for one in paid if now.time - 30 * DAY < one.time <= now.time]
            here = [one for one in month if one.place == now.place]
            elsewhere = [one for one in month if one.place != now.place]
            own, other = (
                [one for one in some if text_of(one.message, "opter") == text_of(now.message, "opter")]
                for some in (here, elsewhere)
            )
            is_spread = len({day_of(one.time) for one in own}) >= 4
            is_shared = len(elsewhere) >= 20 and other and 2 * len(other) <= len(elsewhere)
            if len(own) >= 8 and is_spread and 5 * len(own) >= 4 * len(here) and is_shared:
                yield Found("B23", scope, now.time, len(own), "high")


def minor_illnesses(facts: Facts) -> Iterator[Found]:
    """I03."""
    minor = [one for one in facts.of("2401") if _is_minor(one, facts)]
    for scope, pieces in by_place(minor):
        for now in pieces:
            count = len([one for one in pieces if now.time - 7 * DAY < one.time <= now.time])
            usual = len([one for one in pieces if now.time - 63 * DAY < one.time <= now.time - 7 * DAY]) / 8
            if count >= max(15, usual + 5 * sqrt(usual)):
                yield Found("I03", scope, now.time, count, "warning")


def _is_minor(one: Piece, facts: Facts) -> bool:
    diagnosis = text_of(one.message, "dscg_maindiag_code")
    for length in range(len(diagnosis), 2, -1):
        known = row(facts.tables, "diagnoses", "code", diagnosis[:length], one.time)
        if known:
            return known.get("minor") == "1"
    return False


def coaches(facts: Facts) -> Iterator[Found]:
    """I08."""
    came = [
        one for one in facts.of("2401")
        if one.kind not in ("23", "28", "52", "5212")
        and text_of(one.message, "dscg_maindiag_code")[:1].upper() not in ("S", "T")
        and text_of(one.message, "insuplc_admdvs") and text_of(one.message, "mdtrtarea_admvs")
    ]  # fmt: skip
    for scope, pieces in by_place(came):
        for now in pieces:
            *weeks, week = [_last_of(pieces, now.time - n * 7 * DAY, 7 * DAY) for n in range(8, -1, -1)]
            known = {person for earlier in weeks for person in earlier}
            new = {person for person, one in week.items() if elsewhere(one)} - known
            shares = [sum(map(elsewhere, one.values())) / len(one) for one in weeks if one]
            if now.person not in new or len(shares) < 4:
                continue
            mean = len(week) * median(shares)
            if len(new) >= max(10, 40 * len(week) / 100, mean + 5 * sqrt(mean)):
                yield Found("I08", scope, now.time, len(new), "warning")


def _last_of(pieces: list[Piece], until: int, length: int) -> dict[str, Piece]:
    """Who came in a stretch of time, with the last time."""
    return {one.person: one for one in pieces if until - length < one.time <= until}


def wards(facts: Facts) -> Iterator[Found]:
    """I12."""
    moved = [
        one for one in facts.of("2401", "2402", "2304")
        if one.transaction != "2304" or text_of(one.message, "mid_setl_flag") != "1"
    ]  # fmt: skip
    for scope, pieces in by_place(moved):
        first = {day_of(one.time): one.time for one in reversed(pieces)}
        for today, time in first.items():
            day = today - DAY
            known = row(facts.tables, "institutions", "fixmedins_code", scope[0], day) or {}
            beds = int(known.get("beds") or 0)
            moments = [day, *(one.time for one in pieces if day < one.time < today)]
            value = min(_patients(pieces, day, moment) for moment in moments)
            if beds and 100 * value > 110 * beds and value >= beds + 5:
                yield Found("I12", scope, time, value, "high" if 100 * value >= 150 * beds else "warning")


def _patients(pieces: list[Piece], day: int, moment: int) -> int:
    """How many persons are in hospital at a moment of a day."""
    seen = [one for one in pieces if one.time <= moment]
    came = [one for one in seen if one.transaction == "2401" and one.kind not in ("28", "5212")]
    last = {one.person: one for one in came if one.time > day - 60 * DAY}
    left = [one for one in seen if one.transaction != "2401"]
    return sum(
        not any((one.person, one.visit) == (by.person, by.visit) and by.time >= one.time for by in left)
        for one in last.values()
    )


def identity_numbers(facts: Facts) -> Iterator[Found]:
    """S08."""
    settled = [one for one in facts.of("2102", "2207") if text_of(one.message, "mdtrt_cert_type")]
    for scope, pieces in by_place(settled):
        days: dict[int, list[bool]] = {}
        for one in pieces:
            days.setdefault(day_of(one.time), []).append(text_of(one.message, "mdtrt_cert_type") == "02")
        for day, value in _far_above_usual(days):
            yield Found("S08", scope, day + DAY, value, "warning")


def untraced(facts: Facts) -> Iterator[Found]:
    """D06."""
    shops = [one for one in facts.of("2102", "2207", "2304") if one.transaction == "2102" or one.kind == "41"]
    selling = [one for one in shops if any(line.count > 0 and line.list_type[:1] in ("", "1") for line in one.lines)]
    for scope, pieces in by_place(selling):
        days: dict[int, list[bool]] = {}
        for one in pieces:
            days.setdefault(day_of(one.time), []).append(not one.message.get("drug_trac_info"))
        for day, value in _far_above_usual(days):
            yield Found("D06", scope, day + DAY, value, "warning")


def round_sums(facts: Facts) -> Iterator[Found]:
    """D08."""
    shops = [one for one in facts.of("2102", "2207", "2304") if one.transaction == "2102" or one.kind == "41"]
    for scope, pieces in by_place(shops):
        days: dict[int, list[bool]] = {}
        for one in pieces:
            total = round(float(text_of(one.message, "medfee_sumamt")) * 100)
            if total > 0:
                days.setdefault(day_of(one.time), []).append(total % 1_000 == 0)
        for day, today in days.items():
            if sum(today) >= 20 and sum(today) / len(today) >= 0.5:
                yield Found("D08", scope, day + DAY, sum(today), "warning")


def _far_above_usual(days: dict[int, list[bool]]) -> Iterator[tuple[int, float]]:
    """The days with twenty or more, and a share far above that of the four weeks before; the share in per cent.

    Of the four weeks the day with the largest share does not count, the earliest of several.
    """
    for day, today in sorted(days.items()):
        before = [days[day - n * DAY] for n in range(1, 29) if day - n * DAY in days]
        if sum(today) < 20 or len(before) < 14:
            continue
        worst = max(range(len(before)), key=lambda n: (Fraction(sum(before[n]), len(before[n])), n))
        kept = [some for n, some in enumerate(before) if n != worst]
        every = [one for some in kept for one in some]
        usual = (sum(every) + 1) / (len(every) + 2)
        squared = [(sum(some) / len(some) - usual) ** 2 for some in kept for _ in some]
        spread = max(sqrt(sum(squared) / len(squared)), sqrt(usual * (1 - usual) / len(today)))
        if sum(today) / len(today) > usual + 5 * spread:
            yield day, round(100 * sum(today) / len(today), 1)


def is_good(code: str, beside: Iterable[str]) -> bool:
    """Whether a trace code stands for a pack."""
    if code in beside:
        return False
    if fullmatch(r"\d{20}", code):
        return len(set(code)) > 1
    return fullmatch(r"[A-Z0-9]{10,64}", code) is not None and fullmatch(r"\d{8,14}", code) is None


class Sale(NamedTuple):
    """One code that was sold. packs: how many; good: whether the code stands for a pack; drug: its substance."""

    code: str
    place: str
    time: int
    packs: float
    opened: bool
    good: bool
    drug: str
    item: str


def _sold(facts: Facts) -> Iterator[Sale]:
    for one in facts.sold:
        codes = one.message.get("drug_trac_info", [])
        assert isinstance(codes, list)
        for code in codes:
            line = next((line for line in one.lines if line.number == code["feedetl_sn"]), None)
            sharing = sum(other["feedetl_sn"] == code["feedetl_sn"] for other in codes)
            beside = (line.item, line.rxno) if line else ()
            good = is_good(code["drug_trac_codg"], beside)
            packs = _packs(line, line.count / sharing, facts.tables) if line else 1.0
            drug = substance(line.item, one.time, facts.tables) if line else ""
            is_opened, item = code["trdn_flag"] == "1", line.item if line else ""
            yield Sale(code["drug_trac_codg"], one.place, one.time, packs, is_opened, good, drug, item)


def _packs(line: Line, count: float, tables: Tables) -> float:
    known = row(tables, "drugs", "med_list_codg", line.item, line.time) or {}
    units = float(known.get("pack_units") or 1)
    return count / units if count > 1 else count or 1.0


def bad_codes(facts: Facts) -> Iterator[Found]:
    """D04-DATA."""
    days: dict[tuple[str, int], list[int]] = {}
    for one in _sold(facts):
        if not one.good:
            days.setdefault((one.place, day_of(one.time)), []).append(one.time)
    for (place, _), times in days.items():
        yield Found("D04-DATA", (place,), min(times), len(times), "info")


def boxes(facts: Facts) -> Iterator[Found]:
    """D04, where no stock report names the codes and none is sold 20 times a day; all have stood for a day."""
    codes: dict[str, list[Sale]] = {}
    for one in _sold(facts):
        if one.good and not one.opened:
            codes.setdefault(one.code, []).append(one)
    for code, sales in codes.items():
        is_own = fullmatch(r"\d{20}", code) is None
        for number in range(2, len(sales) + 1):
            seen = sales[:number]
            at_two = len({one.place for one in seen}) > 1
            if at_two or sum(one.packs for one in seen) > 1:
                level = "critical" if at_two and not is_own else "warning"
                yield Found("D04", (code,), seen[-1].time, number, level)


def substitutions(facts: Facts) -> Iterator[Found]:
    """D07, where no stock report names the codes."""
    codes: dict[str, list[Sale]] = {}
    for one in _sold(facts):
        if one.good and one.drug:
            codes.setdefault(one.code, []).append(one)
    for code, sales in codes.items():
        is_own = fullmatch(r"\d{20}", code) is None
        for number, one in enumerate(sales):
            others = [other for other in sales[:number] if other.drug != one.drug]
            drugs = {other.drug for other in sales[: number + 1]}
            if others and len(drugs) == 2:
                at_home = any(other.place == one.place for other in others)
                yield Found("D07", (code,), one.time, 2, "high" if at_home and not is_own else "warning")


def from_nowhere(facts: Facts) -> Iterator[Found]:
    """D11, where no stock report names what was sold."""
    shelves: dict[tuple[str, str], list[Sale]] = {}
    for one in _sold(facts):
        if one.good and one.item and _tells(one.place, one.time, facts.tables):
            shelves.setdefault((one.place, one.item), []).append(one)
    for (place, item), sales in shelves.items():
        rows = [
            (one.time, _codes(one))
            for one in facts.came_in
            if (one.place, text_of(one.message, "med_list_codg")) == (place, item)
            and _codes(one)
            and _tells(place, one.time, facts.tables)
        ]
        for now in sales:
            in_sight = [row for row in rows if now.time - 365 * DAY < row[0] <= now.time + 15 * DAY]
            known = {code for _, codes in in_sight for code in codes}
            month = [one for one in sales if now.time - 30 * DAY < one.time <= now.time]
            quarter = [one for one in sales if now.time - 120 * DAY < one.time <= now.time - 30 * DAY]
            unknown = [one for one in month if one.code not in known]
            missing, sold, before = ({one.code for one in some} for some in (unknown, month, quarter))
            if now.code in known or len(missing) < 5 or len(missing) <= 0.2 * len(sold):
                continue
            goes_on = any(time > unknown[0].time for time, _ in in_sight)
            if goes_on and len(before) >= 10 and len(before & known) >= 0.9 * len(before):
                yield Found("D11", (place, item), now.time, len(missing), "warning")


def _tells(place: str, time: int, tables: Tables) -> bool:
    """Whether it uploads what it buys."""
    return (row(tables, "institutions", "fixmedins_code", place, time) or {}).get("traced_purchases") == "1"


def _codes(one: Piece) -> list[str]:
    codes = one.message.get("drugtracinfo", [])
    assert isinstance(codes, list)
    return [code["drug_trac_codg"] for code in codes]
