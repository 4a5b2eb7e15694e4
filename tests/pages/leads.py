"""Rules over leads, built from their pages: leads as they stand at the end, and what was said of them.

Imports nothing of the project. Times are whole hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from .findings import Found

DAY = 24
WRONG = {"false_positive", "data_error", "explained"}


@dataclass(frozen=True)
class Told:
    """A lead. said: its last disposition and when; first_said: when the first was. taken, gone, due: 0 where never.

    lay: hospital and person of the stays in its evidence. area: where the institution is, empty where not stated.
    """

    id: str
    rule: str
    kind: str
    subject: str
    severity: str
    place: str
    persons: frozenset[str]
    time: int
    found: int
    due: int
    said: str = ""
    said_at: int = 0
    first_said: int = 0
    taken: int = 0
    gone: int = 0
    lay: frozenset[tuple[str, str]] = frozenset()
    area: str = ""

    @property
    def holds(self) -> bool:
        """Not withdrawn, and not found wrong."""
        return not self.gone and self.said not in WRONG


def within(leads: Sequence[Told], one: Told, days: int) -> list[Told]:
    """The leads in (t - days, t] of another lead."""
    return [other for other in leads if one.time - days * DAY < other.time <= one.time]


def repeated(leads: Sequence[Told]) -> Iterator[Found]:
    """A01."""
    for one in leads:
        if one.kind not in ("person", "physician", "institution") or not one.holds:
            continue
        earlier = [
            other
            for other in within(leads, one, 365)
            if (other.subject, other.kind, other.rule) == (one.subject, one.kind, one.rule)
            and other.said == "confirmed" and not other.gone and other.said_at <= one.time and other.id != one.id
        ]  # fmt: skip
        if earlier:
            severity = "critical" if len(earlier) >= 2 else "high"
            yield Found("A01", (one.subject, one.kind, one.rule), one.time, len(earlier), severity)


def several(leads: Sequence[Told]) -> Iterator[Found]:
    """A02."""
    limits = {"person": 3, "physician": 3, "institution": 6}
    counted = [one for one in leads if one.holds and one.severity != "info" and one.kind in limits]
    for one in counted:
        own = [other for other in within(counted, one, 180) if (other.subject, other.kind) == (one.subject, one.kind)]
        rules = {other.rule.split("-")[0] for other in own}
        if len(rules) >= limits[one.kind]:
            found_true = any(other.said in ("confirmed", "referred") for other in own)
            severity = "critical" if found_true else "high"
            yield Found("A02", (one.subject, one.kind), one.time, len(rules), severity)


def rings(leads: Sequence[Told]) -> Iterator[Found]:
    """A03."""
    holding = [one for one in leads if one.holds]
    for one in holding:
        window = within(holding, one, 180)
        for person in one.persons:
            places: dict[str, set[str]] = {}
            for other in window:
                for pair in combinations(sorted(other.persons), 2):
                    if person in pair:
                        places.setdefault(pair[pair[0] == person], set()).add(other.place)
            group = {companion for companion, some in places.items() if len(some) >= 3}
            if len(group) >= 2 and person < min(group) and group & one.persons:
                yield Found("A03", (person,), one.time, len(group) + 1, "high")


CROWDED = {"S01", "S01-GAP", "S01-SIGN", "S02", "S03", "S03-MONTH", "S04"}
WRONG_DRUGS = {"D01", "D01-DUP", "D02", "D03", "D04", "D05", "D07", "D09", "D12-RXNO"}
WHOLE_DAYS = {"D06", "D08"}
BROUGHT = {"I06-HOME", "I06-TEL", "I06-VILLAGE", "I09", "I13-TEL", "I01", "I05", "I05-PAIR", "I11", "I03", "I10"}
ABSENT = {"I02", "S07", "E01"}


def extracted(leads: Sequence[Told]) -> Iterator[Found]:
    """S05."""
    counted = [one for one in leads if one.holds and one.severity != "info"]
    for one in counted:
        shop = [other for other in within(counted, one, 30) if one.place in _places(other)]
        crowded = [(other, _at(other, one.place)) for other in shop if other.rule in CROWDED]
        wrong = [(other, _at(other, one.place)) for other in shop if other.rule in WRONG_DRUGS]
        for other in shop:
            if other.rule in WHOLE_DAYS:
                day = (other.time - 1) // DAY
                wrong.append((other, {who for lead, some in crowded if lead.time // DAY == day for who in some}))
        both = {who for _, some in crowded for who in some} & {who for _, some in wrong for who in some}
        about = [lead for lead, some in [*crowded, *wrong] if some & both]
        days = {(lead.time - (lead.rule in WHOLE_DAYS)) // DAY for lead in about}
        if one in about and len(both) >= 5 and len(days) >= 3:
            yield Found("S05", (one.place,), one.time, len(both), _severity(about))


def fictitious(leads: Sequence[Told]) -> Iterator[Found]:
    """I07."""
    counted = [one for one in leads if one.holds and one.severity != "info"]
    for one in counted:
        for place in _places(one):
            there = [other for other in within(counted, one, 90) if place in _places(other)]
            brought = {who for other in there if other.rule in BROUGHT for who in _at(other, place)}
            both = brought & {who for other in there if other.rule in ABSENT for who in _at(other, place)}
            about = [other for other in there if other.rule in BROUGHT | ABSENT and _at(other, place) & both]
            if one in about and len(both) >= 3:
                yield Found("I07", (place,), one.time, len(both), _severity(about))


def everywhere(leads: Sequence[Told]) -> Iterator[Found]:
    """B15-AREA."""
    counted = [one for one in leads if one.rule == "B15" and one.area and not one.gone]
    counted = [one for one in counted if one.said not in ("false_positive", "data_error")]
    for one in counted:
        grown = {other.place for other in within(counted, one, 7) if other.area == one.area}
        if len(grown) > 0.2 * 25 and len(grown) >= 5:
            yield Found("B15-AREA", (one.area,), one.time, len(grown), "warning")


def _places(one: Told) -> set[str]:
    """Where a lead is."""
    return {place for place, _ in one.lay} or {one.place}


def _at(one: Told, place: str) -> set[str]:
    """The persons of a lead at a place where it is."""
    return {who for where, who in one.lay if where == place} if one.lay else {*one.persons}


def _severity(about: Sequence[Told]) -> str:
    return "critical" if any(one.said in ("confirmed", "referred") for one in about) else "high"


def unattended(leads: Sequence[Told], now: int) -> Iterator[Found]:
    """A04 and A04-DUE, at an hour."""
    for one in leads:
        limit = {"critical": 24, "high": 24, "warning": 72}.get(one.severity)
        if limit is None:
            continue
        taken = min([time for time in (one.taken, one.first_said, one.gone) if time], default=0)
        waited = taken - one.found if taken else limit
        if waited >= limit and now >= one.found + limit:
            severity = "high" if one.severity == "critical" else "warning"
            yield Found("A04", (one.place,), one.found, waited, severity)
        judged = min([time for time in (one.first_said, one.gone) if time], default=0)
        late = (judged - one.due) // DAY + 1 if judged else 1
        if late >= 1 and now >= one.due:
            yield Found("A04-DUE", (one.place,), one.found, late, "warning")
