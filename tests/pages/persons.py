"""S06, S07, E09, E11, E02, E04 to E08, E01, I01, I02, I04, I05, I05-PAIR, I10, I11 and S10 from their pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt

from .facts import DAY, HOUR, Facts, Line, Piece, Tables, day_of, row, seconds, text_of
from .findings import Found

EXEMPT = ("Z51", "Z49", "Z50", "N18", *(f"C{n:02}" for n in range(98)), *(f"F{n}" for n in range(20, 30)))


def by_person(pieces: Iterable[Piece]) -> Iterator[tuple[str, list[Piece]]]:
    """The pieces of each person, in order."""
    groups: dict[str, list[Piece]] = {}
    for one in pieces:
        groups.setdefault(one.person, []).append(one)
    yield from groups.items()


def institution(place: str, time: int, tables: Tables) -> dict[str, str]:
    """The row of the register; empty where there is none."""
    return row(tables, "institutions", "fixmedins_code", place, time) or {}


def travels(facts: Facts) -> Iterator[Found]:
    """S06."""
    for person, settled in by_person(facts.of("2102", "2207", "2304")):
        lines = [one for one in facts.lines if one.person == person and one.transaction == "2204"]
        stops = [one for one in settled if _in_person(one, facts.tables) and not _on_prescription(one, settled, lines)]
        for now in stops:
            window = [one for one in stops if now.time - HOUR < one.time <= now.time]
            value = _journey(now, window, facts.tables)
            if value is not None:
                yield Found("S06", (person,), now.time, value, "high")


def _at_pharmacy(one: Piece) -> bool:
    return one.transaction == "2102" or one.kind[:2] == "41"


def _in_person(one: Piece, tables: Tables) -> bool:
    register = institution(one.place, one.time, tables)
    family = float(text_of(one.message, "acct_mulaid_pay") or 0) > 0
    return not (
        text_of(one.message, "opter_type") in ("2", "3")
        or register.get("internet") == "1"
        or register.get("kind") in ("internet", "mail_order")
        or (text_of(one.message, "mdtrt_cert_type") == "01" and family)
        or one.transaction == "2304"
        or one.kind.startswith("2")
    )


def _on_prescription(sale: Piece, settled: list[Piece], lines: list[Line]) -> bool:
    if not _at_pharmacy(sale):
        return False
    if any(one.circulated for one in sale.lines):
        return True
    written = [(one.time, one.rxno) for one in lines]
    written += [(one.time, line.rxno) for one in settled if not _at_pharmacy(one) for line in one.lines]
    mine = {one.rxno for one in sale.lines} - {""}
    return any(sale.time - 6 * HOUR < time <= sale.time and rxno in mine for time, rxno in written)


def _county(one: Piece, tables: Tables) -> str:
    return text_of(one.message, "mdtrtarea_admvs") or institution(one.place, one.time, tables).get("admdvs", "")


def _kilometres(one: Piece, other: Piece, tables: Tables) -> float | None:
    here, there = (institution(stop.place, stop.time, tables) for stop in (one, other))
    if not all(place.get(name) for place in (here, there) for name in ("lat", "lon")):
        return None
    a, b = radians(float(here["lat"])), radians(float(there["lat"]))
    east = radians(float(there["lon"]) - float(here["lon"]))
    return 2 * 6_371 * asin(sqrt(sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(east / 2) ** 2))


def _journey(now: Piece, window: list[Piece], tables: Tables) -> float | None:
    others = [one for one in window if one.place != now.place]
    far = {id(one): _kilometres(one, now, tables) for one in others}
    county = _county(now, tables)
    counties = {
        _county(one, tables)
        for one in others
        if one.time > now.time - HOUR // 2 and ((kilometres := far[id(one)]) is None or kilometres > 2)
    }
    counties -= {"", county}
    if county and counties:
        return 1 + len(counties)
    speeds = [
        kilometres / max(now.time - one.time, 60) * HOUR
        for one in others
        if (kilometres := far[id(one)]) is not None and kilometres > 2
    ]
    if max(speeds, default=0) > 120:
        return round(max(speeds), 1)
    places = len({one.place for one in window})
    return places if places >= 3 else None


def deaths(facts: Facts) -> Iterator[Found]:
    """E09."""
    persons = {one["psn_no"] for one in facts.tables.get("deaths", [])}
    for person in sorted(persons):
        pieces = [one for one in facts.pieces if one.person == person]
        lines = [one for one in facts.lines if one.person == person and not one.settled and one.count > 0]
        for now in sorted({one.time for one in pieces} | {one.time for one in lines}):
            seen = [one for one in pieces if now - 180 * DAY < one.time <= now]
            hits = list(_hits(person, seen, [one for one in lines if now - 180 * DAY < one.time <= now], facts.tables))
            for time, served, place, value in hits:
                others = {(where, day_of(at)) for _, at, where, _ in hits} - {(place, day_of(served))}
                if time == now:
                    yield Found("E09", (person,), time, value, "critical" if others else "high")


def withheld(facts: Facts) -> Iterator[Found]:
    """E11 and E04."""
    for person, settled in by_person(facts.of("2102", "2207", "2304")):
        known = [(one, row(facts.tables, "insured", "psn_no", person, one.time) or {}) for one in settled]
        barred = [one.time for one, said in known if said.get("state") == "suspended"]
        waits = [one for one, said in known if said.get("state") == "waiting"]
        paid = [one.time for one in waits if float(text_of(one.message, "fund_pay_sumamt")) > 0]
        for rule, times in (("E11", barred), ("E04", paid)):
            for now in times:
                yield Found(rule, (person,), now, sum(now - 30 * DAY < time <= now for time in times), "high")


def entitled(facts: Facts) -> Iterator[Found]:
    """E05 and E06."""
    for person, settled in by_person(facts.of("2102", "2207", "2304")):
        at_home = [one for one in settled if not _is_away(one)]
        for rule, table, severity in (("E05", "recognised", "warning"), ("E06", "assisted", "high")):
            missing = [one for one in at_home if row(facts.tables, table, "psn_no", person, one.time) is None]
            hits = [one.time for one in missing if _is_entitlement(one, rule)]
            for now in hits:
                yield Found(rule, (person,), now, sum(now - 30 * DAY < time <= now for time in hits), severity)


def _is_away(one: Piece) -> bool:
    insured, place = (text_of(one.message, name) for name in ("insuplc_admdvs", "mdtrtarea_admvs"))
    return bool(insured and place and insured != place)


def _is_entitlement(one: Piece, rule: str) -> bool:
    if rule == "E06":
        return float(text_of(one.message, "maf_pay") or 0) > 0
    return one.kind[:2] in ("14", "15") and float(text_of(one.message, "fund_pay_sumamt")) > 0


def claims(facts: Facts) -> Iterator[Found]:
    """E07, E07-SUM and E08."""
    for person, settled in by_person(facts.of("2102", "2207", "2304")):
        handed_in = [one for one in settled if text_of(one.message, "setl_type") == "1"]
        for now in handed_in:
            recent = _last_quarter(handed_in, now)
            if len(recent) >= 3:
                yield Found("E07", (person,), now.time, len(recent), "warning")
            if _paid(now) > 5_000_000:
                yield Found("E07-SUM", (person,), now.time, _paid(now) / 100, "warning")
        elsewhere = [one for one in settled if _is_away(one)]
        for now in elsewhere:
            recent = _last_quarter(elsewhere, now)
            paid = sum(_paid(one) for one in recent)
            if len(recent) >= 5 and paid > 5_000_000:
                yield Found("E08", (person,), now.time, paid / 100, "warning")


def newcomers(facts: Facts) -> Iterator[Found]:
    """E02."""
    for person, settled in by_person(facts.of("2102", "2207", "2304")):
        for now in settled:
            known = row(facts.tables, "enrolled", "psn_no", person, now.time)
            first = seconds(known["insured_from"]) if known and known.get("newborn") != "1" else now.time + 1
            new = [one for one in settled if first <= one.time <= now.time and one.time > now.time - 30 * DAY]
            paid = sum(_paid(one) for one in new)
            if first <= now.time < first + 30 * DAY and paid > 2_000_000:
                yield Found("E02", (person,), now.time, paid / 100, "warning")


def _last_quarter(pieces: list[Piece], now: Piece) -> list[Piece]:
    return [one for one in pieces if now.time - 90 * DAY < one.time <= now.time]


def _paid(one: Piece) -> int:
    """By the fund, fen."""
    return round(float(text_of(one.message, "fund_pay_sumamt")) * 100)


def _hits(person: str, pieces: list[Piece], lines: list[Line], tables: Tables) -> Iterator[tuple[int, int, str, float]]:
    """Each hit: its time, the time of service, the institution, and the days after the death."""

    def died(time: int) -> int | None:
        known = row(tables, "deaths", "psn_no", person, time)
        return None if known is None else seconds(known["die_date"]) + DAY

    for line in lines:
        end = died(line.time)
        if end is not None and line.time > end:
            yield line.time, line.time, line.place, _days(line.time, end)
    for one in pieces:
        end = died(one.time)
        visit = [other for other in pieces if (other.place, other.visit) == (one.place, one.visit)]
        spoken = [line.time for line in lines if (line.place, line.visit) == (one.place, one.visit)]
        hits = [time for time in spoken if (row_end := died(time)) is not None and time > row_end]
        if end is not None and _is_hit(one, end, visit, hits if _is_of_stay(one) else spoken):
            served = _served(one)
            yield one.time, served, one.place, _days(served, end)


def _days(time: int, end: int) -> float:
    return round((time - end) / DAY + 1, 1)


def _served(one: Piece) -> int:
    return max((line.time for line in one.lines), default=one.time)


def _is_of_stay(one: Piece) -> bool:
    return one.transaction == "2304" or one.kind.startswith("2")


def _is_hit(one: Piece, end: int, visit: list[Piece], spoken: list[int]) -> bool:
    if one.transaction == "2401":
        return one.time > end
    if one.transaction not in ("2102", "2207", "2304"):
        return False
    if _is_of_stay(one):
        admitted_after = any(other.transaction == "2401" and other.time > end for other in visit)
        return (admitted_after or one.time > end + 30 * DAY) and not spoken
    registered_before = any(other.transaction == "2201" and other.time <= end for other in visit)
    return _served(one) > end and not spoken and not registered_before


@dataclass
class Stay:
    """A stay as far as its pieces are known."""

    admission: Piece | None
    discharge: Piece | None
    bills: list[Piece]

    @property
    def pieces(self) -> list[Piece]:
        """All of them."""
        return [one for one in (self.admission, self.discharge, *self.bills) if one]

    @property
    def place(self) -> str:
        """The institution."""
        return self.pieces[0].place

    @property
    def is_final(self) -> bool:
        """Whether the last settlement is final."""
        return bool(self.bills) and text_of(self.bills[-1].message, "mid_setl_flag") != "1"

    @property
    def ended(self) -> int | None:
        """When it ended."""
        if self.discharge:
            return self.discharge.time
        stated = text_of(self.bills[-1].message, "dscg_time") if self.is_final else ""
        return seconds(stated) if stated and seconds(stated) <= self.bills[-1].time else None

    @property
    def way(self) -> str:
        """How the patient left."""
        return text_of(self.discharge.message, "dscg_way") if self.discharge else ""

    @property
    def is_interim(self) -> bool:
        """Whether it ended in an interim settlement."""
        if self.ended is None or not self.bills or self.is_final:
            return False
        return self.bills[-1].time >= self.ended - DAY

    @property
    def diagnoses(self) -> list[str]:
        """Of the discharge, then of the admission."""
        named = [text_of(one.message, "dscg_maindiag_code") for one in (self.discharge, self.admission) if one]
        return [one for one in named if one]

    @property
    def group(self) -> str:
        """The diagnosis group."""
        return self.diagnoses[0][:3] if self.diagnoses else ""

    def is_of(self, *kinds: str) -> bool:
        """Whether a piece has one of these med_type."""
        return any(one.kind in kinds for one in self.pieces)


def stays_of(pieces: list[Piece]) -> list[Stay]:
    """The stays of a person: first those whose admission is known, in order of the admissions."""
    stays = []
    visits = {(one.place, one.visit): one for one in pieces if one.transaction == "2401"}
    for first in (one for one in pieces if one.transaction == "2401"):
        own = [one for one in pieces if (one.place, one.visit) == (first.place, first.visit)]
        own = [one for one in own if one.time <= first.time + 180 * DAY]
        discharge = next((one for one in own if one.transaction == "2402"), None)
        stays.append(Stay(first, discharge, [one for one in own if one.transaction == "2304"]))
    for place, visit in dict.fromkeys((one.place, one.visit) for one in pieces):
        own = [one for one in pieces if (one.place, one.visit) == (place, visit)]
        if (place, visit) not in visits:
            discharge = next((one for one in own if one.transaction == "2402"), None)
            stays.append(Stay(None, discharge, [one for one in own if one.transaction == "2304"]))
    return stays


def admitted_stays(pieces: list[Piece]) -> list[Stay]:
    """Those whose admission is known."""
    return [one for one in stays_of(pieces) if one.admission]


def admitted(stay: Stay) -> int:
    """When it began."""
    assert stay.admission
    return stay.admission.time


def overlaps(facts: Facts, end: int) -> Iterator[Found]:
    """E01. end: so far the deadlines are over."""
    for person, pieces in by_person(facts.of("2401", "2402", "2304")):
        stays = admitted_stays(pieces)
        for second in stays:
            start = admitted(second)
            pairs = [
                _overlap(first, second)
                for first in stays
                if start - 180 * DAY < admitted(first) < start and first.place != second.place and _may(first, second)
            ]
            certain = [one for one in pairs if one is not None]
            if certain and start + DAY <= end:
                best = max(certain, key=lambda one: (one[1] == "high", one[2], one[0]))
                yield Found("E01", (person,), start, best[0], best[1])


def _may(first: Stay, second: Stay) -> bool:
    return not any(one.is_of("5212", "28") or one.way == "2" for one in (first, second))


def _overlap(first: Stay, second: Stay) -> tuple[float, str, bool] | None:
    """The hours, the severity, and whether both ends are known."""
    start = admitted(second)
    if any(one.ended is not None and one.ended <= start + DAY for one in (first, second)):
        return None
    if any(one.is_final and one.ended is None for one in (first, second)):
        return None
    ends = [one.ended for one in (first, second) if one.ended is not None]
    known = len(ends) == 2
    hours = ceil((min(ends, default=start + DAY) - start) * 10 / HOUR) / 10
    return hours, "high" if known and first.is_final and second.is_final else "warning", known


def is_by_plan(stay: Stay, tables: Tables) -> bool:
    """Whether a diagnosis of the stay is exempt."""
    return any(_is_exempt(one, tables, stay) for one in stay.diagnoses)


def _is_exempt(diagnosis: str, tables: Tables, stay: Stay) -> bool:
    if not tables.get("diagnoses"):
        return diagnosis[:3] in EXEMPT or diagnosis.startswith("O")
    for length in range(len(diagnosis), 2, -1):
        known = row(tables, "diagnoses", "code", diagnosis[:length], stay.pieces[0].time)
        if known:
            return known["exempt"] == "1"
    return False


def comes_again(stay: Stay, tables: Tables) -> bool:
    """Whether it is exempt as an earlier stay, or for a count."""
    return stay.is_of("23", "28", "52", "5212") or stay.way == "2" or stay.is_interim or is_by_plan(stay, tables)


def split_stays(facts: Facts) -> Iterator[Found]:
    """I01."""
    for person, pieces in by_person(facts.of("2401", "2402", "2304")):
        stays = stays_of(pieces)
        for second in admitted_stays(pieces):
            start = admitted(second)
            if second.is_of("23", "28", "52", "5212") or is_by_plan(second, facts.tables):
                continue
            ends = [
                one.ended
                for one in stays
                if one != second and one.ended is not None and 0 <= start - one.ended <= 7 * DAY
                and _are_related(one.place, second.place, start, facts.tables)
                and one.group and one.group == second.group and not comes_again(one, facts.tables)
                and not _over_new_year(one.ended, start)
            ]  # fmt: skip
            if ends:
                yield Found("I01", (person,), start, round((start - max(ends)) / DAY, 1), "high")


def _are_related(one: str, other: str, time: int, tables: Tables) -> bool:
    groups = {institution(place, time, tables).get("group", "") for place in (one, other)}
    return one == other or (len(groups) == 1 and groups != {""})


def _over_new_year(ended: int, start: int) -> bool:
    after = day_of(ended - 1) + DAY
    new_year = after in (seconds(f"{year}-01-01") for year in range(2020, 2040))
    return new_year and start - ended <= DAY


def frequent_stays(facts: Facts) -> Iterator[Found]:
    """I05, I05-PAIR, I10 and I11."""
    for person, pieces in by_person(facts.of("2401", "2402", "2304")):
        counted = [one for one in admitted_stays(pieces) if not comes_again(one, facts.tables)]
        yield from _first_of_year("I05", (person,), counted, ((90, 4), (365, 6)))
        yield from _own_staff(person, counted, facts.tables)
        assisted = [one for one in counted if row(facts.tables, "assisted", "psn_no", person, admitted(one))]
        yield from _first_of_year("I11", (person,), assisted, ((365, 5),))
        for place in sorted({one.place for one in counted}):
            of_place = [one for one in counted if one.place == place]
            yield from _first_of_year("I05-PAIR", (person, place), of_place, ((365, 5),))


def _own_staff(person: str, counted: list[Stay], tables: Tables) -> Iterator[Found]:
    """I10."""
    for place in sorted({one.place for one in counted}):
        works = [(one, row(tables, "staff", "psn_no", person, admitted(one))) for one in counted if one.place == place]
        own = [one for one, known in works if known and known["fixmedins_code"] == place]
        yield from _first_of_year("I10", (person, place), own, ((365, 2),))


def long_stays(facts: Facts) -> Iterator[Found]:
    """I04."""
    for person, pieces in by_person(facts.of("2401", "2402", "2304")):
        for one in admitted_stays(pieces):
            limit = 90 if is_by_plan(one, facts.tables) else 45
            if one.ended is None and one.is_final:
                continue
            until = max(piece.time for piece in one.pieces) if one.ended is None else one.ended
            if until - admitted(one) > limit * DAY:
                days = ceil((until - admitted(one)) * 10 / DAY) / 10
                yield Found("I04", (person,), admitted(one), days, "warning")


def meanwhile(facts: Facts) -> Iterator[Found]:
    """S07 and I02."""
    for person, pieces in by_person(facts.pieces):
        stays = [_within(one, 30) for one in admitted_stays(pieces)]
        settled = [one for one in pieces if one.transaction in ("2102", "2207") and _tells(one, facts.tables)]
        for now in settled:
            around = [one for one in stays if _is_around(one, now, facts.tables)]
            around = [one for one in around if now.time - 30 * DAY < admitted(one)]
            if not around:
                continue
            during = [one for one in settled if one.time <= now.time and _is_around(around[-1], one, facts.tables)]
            during = [one for one in during if now.time - 30 * DAY < one.time]
            known = around[-1].ended is not None
            if around[-1].is_final and not known:
                continue
            for rule, limit, counted in (("S07", 2, _treated(during)), ("I02", 3, during)):
                days = len({day_of(one.time) for one in counted})
                if days >= limit and now in counted:
                    yield Found(rule, (person,), now.time, days, "high" if known else "warning")


def _treated(pieces: list[Piece]) -> list[Piece]:
    return [one for one in pieces if one.transaction == "2207"]


def _tells(one: Piece, tables: Tables) -> bool:
    by_entitlement = one.kind[:2] in ("14", "15")
    sent = any(line.circulated for line in one.lines)
    return _in_person(one, tables) and _paid(one) > 0 and not by_entitlement and not sent


def _is_around(stay: Stay, one: Piece, tables: Tables) -> bool:
    if stay.is_of("5212", "28") or _are_related(stay.place, one.place, one.time, tables):
        return False
    day = day_of(one.time)
    return day_of(admitted(stay)) < day and (stay.ended is None or day < day_of(stay.ended))


def deliveries(facts: Facts) -> Iterator[Found]:
    """S10."""
    for person, pieces in by_person(facts.of("2401", "2402", "2304")):
        births = [
            one
            for one in (_within(one, 60) for one in admitted_stays(pieces))
            if one.diagnoses and one.diagnoses[0][:3] in ("O80", "O81", "O82", "O83", "O84") and not one.is_of("5212")
        ]
        for now in map(admitted, births):
            earlier = [now - admitted(one) for one in births if 15 * DAY <= now - admitted(one) < 180 * DAY]
            if earlier:
                yield Found("S10", (person,), now, min(earlier) // DAY, "high")


def _within(stay: Stay, longest_days: int) -> Stay:
    """As far as `longest_days` reaches."""
    end = admitted(stay) + longest_days * DAY
    discharge = stay.discharge if stay.discharge and stay.discharge.time <= end else None
    return Stay(stay.admission, discharge, [one for one in stay.bills if one.time <= end])


def _first_of_year(
    rule: str, scope: tuple[str, ...], stays: list[Stay], limits: tuple[tuple[int, int], ...]
) -> Iterator[Found]:
    times = [admitted(one) for one in stays]
    told: set[int] = set()
    for time in times:
        counts = [(sum(time - days * DAY < one <= time for one in times), limit) for days, limit in limits]
        reached = [count for count, limit in counts if count >= limit]
        year = max(n for n in range(2020, 2040) if seconds(f"{n}-01-01") <= time)
        if reached and year not in told:
            told.add(year)
            yield Found(rule, scope, time, reached[0], "warning")
