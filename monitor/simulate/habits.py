"""Who goes where on an honest day: refills of the chronically ill, colds, visits and stays.

Honest people keep clear of the defaults of every rule by how they live, not by luck:
a refill is fetched when at most five days of it remain, elsewhere only after it ran out; nobody goes out two
days running; a drug for a cold does not come back within a year; after a stay comes none for a hundred days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from rules.times import DAY, HOUR, MINUTE

from .catalogue import ACUTE, ADMITTED, CHRONIC, DELIVERY, LASTING, MAKERS, SEEN, SERVICES, Illness
from .county import County, Institution
from .forms import Line, Pen
from .inpatient import Stay
from .outpatient import Visit
from .people import Person
from .pharmacy import Sale
from .rhythm import (
    ADMISSION,
    CLINIC,
    EMERGENCY,
    HOSPITAL_WEEK,
    NIGHT_SHOP,
    PHARMACY_WEEK,
    SHOP,
    drawn_count,
    weekday,
)

SUPPLY = 28
"""Days of a refill: four weeks, the usual length of a long-term prescription (nhsa.md F)."""
_EARLY, _LATE, _RAN_OUT = 5, -3, -8
"""Days that remain when a refill is fetched: early, late, and where somebody goes elsewhere for it."""
_REST_AFTER_STAY = 100 * DAY


@dataclass(frozen=True, slots=True)
class Rates:
    """How many times a mean day sees each; refills come on top, from the chronically ill."""

    purchases: float
    visits: float
    stays: float


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who takes part, and what is in the way.

    people: those who are in no scenario; deaths: person -> day of death (ms); blocked: times at a counter
    that belong to a scenario; busy_days: when pharmacies have 1.6 times their customers; suspended: the day
    (ms) from which the suspended pharmacy has none; spaced: whether honest customers are kept apart.
    """

    people: tuple[Person, ...]
    deaths: dict[int, int]
    blocked: dict[str, list[tuple[int, int]]]
    busy_days: frozenset[int]
    suspended: int
    spaced: bool


@dataclass(frozen=True, slots=True)
class Agenda:
    """What the people of the county do on one day."""

    sales: list[Sale]
    visits: list[Visit]
    stays: list[Stay]


def rates_of(people: tuple[Person, ...], settlements_per_year: float) -> Rates:
    """The rates at which these people have so many settlements a year each, 5 % of them stays (nhsa.md D)."""
    daily = settlements_per_year * len(people) / 365
    refills = sum(1 for person in people if person.chronic) / SUPPLY
    stays = 0.05 * daily
    rest = max(0.0, daily - refills - stays)
    return Rates(purchases=0.55 * rest, visits=0.45 * rest, stays=stays)


class Habits:
    """Draws one day after the other; remembers what each person did last."""

    def __init__(self, county: County, pen: Pen, rates: Rates, around: Circumstances, first_day: int) -> None:
        self._county = county
        self._pen = pen
        self._rates = rates
        self._around = around
        self._seen = [0] * len(county.people)
        self._rest_until = [0] * len(county.people)
        self._delivered: dict[int, int] = {}
        self._colds = [0] * len(county.people)
        self._usual: dict[int, Institution] = {}
        self._covered: dict[int, int] = {}
        self._due: dict[int, list[Person]] = defaultdict(list)
        self._shops = (*county.pharmacies, county.suspended_pharmacy)
        self._shares = list(accumulate(shop.share for shop in self._shops))
        for person in around.people:
            if person.chronic:
                self._due[first_day + int(pen.rng.random() * SUPPLY) * DAY].append(person)

    def day(self, today: int) -> Agenda:
        """What happens on the day that begins at `today` (ms UTC)."""
        agenda = Agenda([], [], [])
        self._refills(agenda, today)
        agenda.sales.extend(self._purchases(today))
        agenda.visits.extend(self._visits(today))
        agenda.stays.extend(self._stays(today))
        return agenda

    def _lives(self, person: Person, until: int) -> bool:
        dies = self._around.deaths.get(person.index)
        return dies is None or dies > until

    def _free(self, person: Person, today: int) -> bool:
        """Whether the person was at home yesterday and today, and does not lie dying."""
        return self._seen[person.index] < today - DAY and self._lives(person, today + 5 * DAY)

    def _anybody(self, today: int, mean: float) -> Iterator[Person]:
        people, rng = self._around.people, self._pen.rng
        for _ in range(drawn_count(rng, mean) if people else 0):
            person = people[int(rng.random() * len(people))]
            if self._free(person, today):
                self._seen[person.index] = today
                yield person

    def _refills(self, agenda: Agenda, today: int) -> None:
        for person in self._due.pop(today, ()):
            if not self._free(person, today):
                if self._lives(person, today + 5 * DAY):
                    self._due[max(today, self._seen[person.index]) + 2 * DAY].append(person)
                continue
            self._seen[person.index] = today
            lines = tuple(self._month(person))
            place = self._fetched_at(person, today)
            if place.kind == "pharmacy":
                agenda.sales.append(self._sale(person, place, today, lines))
            else:
                at = today + CLINIC.moment(self._pen.rng)
                agenda.visits.append(self._visit(person, place, at, ("14", LASTING), lines))

    def _fetched_at(self, person: Person, today: int) -> Institution:
        """Where the refill is fetched: where it was last time, unless it was decided then to go elsewhere."""
        rng, county = self._pen.rng, self._county
        place = self._usual.get(person.index)
        if place is None:
            treated = person.index % 5 < 2
            place = county.hospitals[person.hospital] if treated else county.pharmacies[person.pharmacy]
            self._usual[person.index] = place
        covered = max(self._covered.get(person.index, 0), today) + SUPPLY * DAY
        self._covered[person.index] = covered
        remains = round(rng.triangular(_LATE, _EARLY, 0))
        if rng.random() < 0.05:
            self._usual[person.index] = county.pharmacies[int(rng.random() * len(county.pharmacies))]
            remains = _RAN_OUT
        self._due[covered - remains * DAY].append(person)
        return place

    def _month(self, person: Person) -> Iterator[Line]:
        for substance in person.chronic:
            item = CHRONIC[substance * MAKERS + person.index % MAKERS]
            yield self._pen.boxes(item, round(SUPPLY / item.days))

    def _cold(self, person: Person) -> tuple[Line, ...]:
        """One to three drugs for a few days, each time others."""
        rng, found = self._pen.rng, []
        for _ in range(1 + int(rng.random() * 2.4)):
            self._colds[person.index] += 1
            substance = (person.index + self._colds[person.index] * 8) % (len(ACUTE) // MAKERS)
            found.append(self._pen.boxes(ACUTE[substance * MAKERS + int(rng.random() * MAKERS)]))
        return tuple(found)

    def _purchases(self, today: int) -> Iterator[Sale]:
        rng = self._pen.rng
        mean = self._rates.purchases * PHARMACY_WEEK[weekday(today)]
        for person in self._anybody(today, mean * (1.6 if today in self._around.busy_days else 1.0)):
            shop = self._shops[person.pharmacy]
            if rng.random() < 0.3:
                draw = rng.random() * self._shares[-1]
                shop = self._shops[next(n for n, share in enumerate(self._shares) if draw <= share)]
            if shop is self._county.suspended_pharmacy and today >= self._around.suspended:
                shop = self._county.pharmacies[0]
            yield self._sale(person, shop, today, self._cold(person))

    def _sale(self, person: Person, shop: Institution, today: int, lines: tuple[Line, ...]) -> Sale:
        rng = self._pen.rng
        at = today + (NIGHT_SHOP if shop.always_open else SHOP).moment(rng)
        return Sale(person, shop, at, lines, asked=rng.random() < 0.5)

    def _visits(self, today: int) -> Iterator[Visit]:
        rng = self._pen.rng
        for person in self._anybody(today, self._rates.visits * HOSPITAL_WEEK[weekday(today)]):
            urgent = rng.random() < 0.07
            place = self._county.hospitals[int(rng.random() * 2) if urgent else person.hospital]
            if rng.random() < 0.02:
                place = self._county.far_hospital
            hours, kind = (EMERGENCY, "13") if urgent else (CLINIC, "11")
            illness = SEEN[int(rng.random() * len(SEEN))]
            lines = self._treatment(person)
            yield self._visit(person, place, today + hours.moment(rng), (kind, illness), lines)

    def _treatment(self, person: Person) -> tuple[Line, ...]:
        rng = self._pen.rng
        done = tuple(
            Line(item, 1, price=max(100, round(min(item.price, 60_000) * rng.lognormvariate(0.4, 0.7))))
            for item in rng.sample(SERVICES, 1 + int(rng.random() * 3))
        )
        return done + self._cold(person) if rng.random() < 0.75 else done

    def _visit(
        self, person: Person, place: Institution, at: int, why: tuple[str, Illness], lines: tuple[Line, ...]
    ) -> Visit:
        rng = self._pen.rng
        return Visit(
            person,
            place,
            at,
            *why,
            lines,
            physician=place.physicians[int(rng.random() * len(place.physicians))],
            till=1 + int(rng.random() * place.tills),
            rxno=self._pen.desk.prescription() if any(line.boxes for line in lines) else "",
            asked=rng.random() < 0.7,
            reviewed=rng.random() < 0.05,
            slip=Line(SERVICES[2]) if rng.random() < 0.01 else None,
        )

    def _stays(self, today: int) -> Iterator[Stay]:
        rng = self._pen.rng
        for person in self._anybody(today, self._rates.stays * HOSPITAL_WEEK[weekday(today)]):
            if self._rest_until[person.index] > today or not self._lives(person, today + 45 * DAY):
                continue
            nights = round(min(25.0, max(1.6, rng.lognormvariate(1.85, 0.55))))
            discharged = today + nights * DAY + 9 * HOUR + int(rng.random() * 300) * MINUTE
            self._seen[person.index] = today + (nights + 1) * DAY
            self._rest_until[person.index] = discharged + _REST_AFTER_STAY
            yield self._stay(person, today + ADMISSION.moment(rng), discharged)

    def _may_deliver(self, person: Person, admitted: int) -> bool:
        """Whether no child was born in the year before; remembers that one is."""
        last = self._delivered.get(person.index)
        if last is not None and admitted - last < 365 * DAY:
            return False
        self._delivered[person.index] = admitted
        return True

    def _stay(self, person: Person, admitted: int, discharged: int) -> Stay:
        rng = self._pen.rng
        place = self._county.far_hospital if rng.random() < 0.03 else self._county.hospitals[person.hospital]
        kind, illness = "21", ADMITTED[int(rng.random() * len(ADMITTED))]
        if person.sex == "2" and 20 <= person.age <= 38 and rng.random() < 0.5 and self._may_deliver(person, admitted):
            kind, illness = "52", DELIVERY
        elif rng.random() < 0.05:
            kind = "24"
        return Stay(person, place, admitted, discharged, illness, kind, heavy=rng.lognormvariate(0.0, 0.4))
