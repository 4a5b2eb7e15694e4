"""The stage on which scenarios are played: people are cast, counters booked, and what changes is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from rules.times import DAY, HOUR, MINUTE, SECOND, iso

from .catalogue import ACUTE, CHRONIC, MAKERS, Item, of_days
from .county import County, Institution
from .forms import Line, Message, Pen, Wire
from .people import Person

_CAST = 0.5
"""Part of the people that scenarios may take; the rest lives on undisturbed."""
_APART = 11 * MINUTE
"""No honest customer so long before and after a scenario at the same counter."""

WEEKS_BEFORE = 18 * DAY
"""So long goes by at a counter before a scenario that is held against what is usual there."""


class NotNow(LookupError):  # noqa: N818 - it is an answer, not an error of the program
    """The scenario cannot be played: nobody who fits is left, or the days do not allow it."""


@dataclass(frozen=True, slots=True)
class Act:
    """A scenario as it was played. needed: business time (ms) of the event with which it can be found.

    others: institutions at which it was played too.
    """

    place: Institution
    messages: list[Message]
    needed: int
    others: tuple[Institution, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of fraud, or of honest traffic that looks like it.

    rules: that find it, or nearly would; also: that may rightly speak too; span: days it takes; most: how
    often it is played. play gets the stage, the first moment of its day, and how often it was played before.
    apart: played after the others and with chance of its own, so that it changes nothing of theirs.
    """

    name: str
    rules: tuple[str, ...]
    span: int
    play: Callable[[Stage, int, int], Act]
    also: tuple[str, ...] = ()
    most: int = 12
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """What is known about some of the traffic: the truth to measure alerts against.

    strength: from 0, the weakest that is played of its kind, to 1, the strongest; None of a kind that has but one.
    """

    verdict: str
    scenario: Scenario
    act: Act
    strength: float | None = None

    def row(self) -> Wire:
        """One line of LABELS.jsonl."""
        times = [message.at for message in self.act.messages]
        return {
            "label": self.verdict,
            "scenario": self.scenario.name,
            "rules": list(self.scenario.rules),
            "also": list(self.scenario.also),
            "fixmedins_code": self.act.place.code,
            "first_time": iso(min(times)),
            "last_time": iso(max(times)),
            "needed_time": iso(self.act.needed),
            "msgids": sorted({message.id for message in self.act.messages}),
            **({"also_at": [place.code for place in self.act.others]} if self.act.others else {}),
            **({} if self.strength is None else {"strength": round(self.strength, 4)}),
        }


@dataclass(frozen=True, slots=True)
class Limited:
    """What a person may not do, and on which days (ms): settle (suspended), or settle with the fund (waiting)."""

    state: Literal["suspended", "waiting"]
    first: int
    last: int


@dataclass(slots=True)
class Stage:
    """Where scenarios are played.

    deaths: person -> day (ms); insured: person -> what is withheld; employed: person -> the pharmacy where; enrolled:
    person -> first day of the insurance (ms); pretending: to an entitlement that they have not; blocked: counter ->
    times of scenarios; campaigns: days (ms); strength: that of what is being played, where it draws one.
    """

    county: County
    pen: Pen
    first_day: int
    days: int
    suspended: int
    deaths: dict[int, int] = field(default_factory=dict)
    insured: dict[int, Limited] = field(default_factory=dict)
    employed: dict[int, Institution] = field(default_factory=dict)
    enrolled: dict[int, int] = field(default_factory=dict)
    pretending: set[int] = field(default_factory=set)
    blocked: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    campaigns: list[int] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    strength: float | None = None
    _waiting: list[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting = [person for person in self.county.people if person.age >= 18]
        self.pen.rng.shuffle(self._waiting)

    @property
    def end(self) -> int:
        """The moment at which the traffic ends."""
        return self.first_day + self.days * DAY

    def drawn(self, weakest: int, strongest: int) -> int:
        """How strong what is played is, drawn between two numbers, both included; the first may be the larger one."""
        found = self.pen.rng.randint(min(weakest, strongest), max(weakest, strongest))
        self.strength = abs(found - weakest) / abs(strongest - weakest)
        return found

    def drawn_between(self, weakest: float, strongest: float) -> float:
        """The same of what is no whole number."""
        self.strength = self.pen.rng.random()
        return weakest + (strongest - weakest) * self.strength

    def people(self, count: int) -> list[Person]:
        """So many grown-up people who are in no other scenario."""
        return [self.person(lambda _: True) for _ in range(count)]

    def person(self, fits: Callable[[Person], bool]) -> Person:
        """Somebody who fits and is in no other scenario."""
        for person in self._waiting:
            if person.index not in self.taken and fits(person):
                self._take((person,))
                return person
        raise NotNow

    def family(self, count: int) -> list[Person]:
        """So many of one household."""
        households: dict[int, list[Person]] = {}
        for person in self.county.people:
            if person.index not in self.taken:
                household = households.setdefault(person.household, [])
                household.append(person)
                if len(household) == count:
                    self._take(household)
                    return household
        raise NotNow

    def circle(self, circle_of: Callable[[Person], str], count: int) -> list[Person]:
        """So many grown-up people of one circle, such as a village. circle_of: empty for who is in none."""
        circles: dict[str, list[Person]] = {}
        for person in self._waiting:
            name = "" if person.index in self.taken else circle_of(person)
            if name:
                circle = circles.setdefault(name, [])
                circle.append(person)
                if len(circle) == count:
                    self._take(circle)
                    return circle
        raise NotNow

    def _take(self, people: Iterable[Person]) -> None:
        self.taken.update(person.index for person in people)
        if len(self.taken) > _CAST * len(self.county.people):
            raise NotNow

    def shops(self, count: int) -> list[Institution]:
        """So many pharmacies of the county, all different."""
        return self.pen.rng.sample(self.county.pharmacies, count)

    def online_shop(self) -> Institution:
        """A pharmacy that uploads at once."""
        return self.pen.rng.choice([shop for shop in self.county.pharmacies if not shop.batch])

    def reporting_shop(self) -> Institution:
        """The same, of those that report what leaves their stock."""
        return self.pen.rng.choice([shop for shop in self.county.pharmacies if shop.keeps_book])

    def sister(self, hospital: Institution) -> Institution:
        """A clinic of the same group."""
        return next(one for one in self.county.hospitals[2:] if one.group == hospital.group)

    def slot(self, place: Institution, day: int, length: int = 0) -> int:
        """A moment of that day from which this counter is free for so long; it is booked."""
        return self.slot_of_all((place,), day, length)

    def slot_of_all(self, places: Iterable[Institution], day: int, length: int) -> int:
        """The same for several counters at once."""
        booked = [self.blocked.setdefault(place.code, []) for place in places]
        for _ in range(200):
            start = day + 9 * HOUR + int(self.pen.rng.random() * (11 * HOUR - length) / SECOND) * SECOND
            wanted = (start - _APART, start + length + _APART)
            if all(wanted[1] < begin or end < wanted[0] for times in booked for begin, end in times):
                for times in booked:
                    times.append(wanted)
                return start
        raise NotNow

    def book(self, place: Institution, at: int) -> int:
        """The first moment from `at` on at which this counter is free; it is booked."""
        booked = self.blocked.setdefault(place.code, [])
        for begin, end in sorted(booked):
            if at + _APART >= begin and at - _APART <= end:
                at = end + _APART + SECOND
        booked.append((at - _APART, at + _APART))
        return at

    def seconds(self, least: int, most: int) -> int:
        """A random number of seconds, in ms."""
        return (least + int(self.pen.rng.random() * (most - least + 1))) * SECOND

    def some(self) -> tuple[Line, ...]:
        """A few drugs for a cold, of which no two lots cost quite the same."""
        rng = self.pen.rng
        substances = rng.sample(range(len(ACUTE) // MAKERS), rng.choice((1, 2, 3)))
        return tuple(self.pen.boxes(ACUTE[number * MAKERS + rng.randrange(MAKERS)]) for number in substances)

    def monthly(self) -> tuple[Item, Item]:
        """A drug for daily use, 28 days a pack, from both makers."""
        position = self.pen.rng.randrange(len(CHRONIC) // MAKERS) * MAKERS
        while CHRONIC[position].days != 28:
            position = (position + MAKERS) % len(CHRONIC)
        return CHRONIC[position], CHRONIC[position + 1]

    def week(self) -> Item:
        """A drug of which one pack lasts six days."""
        return self.pen.rng.choice(of_days(ACUTE, 6.0))
