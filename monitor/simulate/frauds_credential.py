"""Frauds with cards: in heaps, in two places at once, after death, where there is no agreement."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

from rules.times import DAY, HOUR, MINUTE, SECOND

from .catalogue import SEEN, SERVICES
from .county import Institution
from .forms import Line, Message
from .outpatient import Visit, treat
from .pharmacy import Sale, sell
from .stage import WEEKS_BEFORE, Act, Limited, NotNow, Scenario, Stage


def _swiped(stage: Stage, place: Institution, day: int, gaps: list[int]) -> list[Sale]:
    """One card after the other at one pharmacy, with these gaps (ms) between them."""
    people = stage.people(len(gaps) + 1)
    start = stage.slot(place, day, sum(gaps))
    times = accumulate([start, *gaps])
    return [Sale(person, place, at, stage.some()) for person, at in zip(people, times, strict=True)]


def _sold(stage: Stage, sales: list[Sale]) -> list[Message]:
    return [message for sale in sales for message in sell(stage.pen, sale)]


def concentrated_swiping(stage: Stage, day: int, _turn: int) -> Act:
    """15 to 30 cards within nine minutes."""
    count = stage.pen.rng.randint(15, 30)
    sales = _swiped(stage, stage.online_shop(), day, [stage.seconds(6, 540 // count) for _ in range(count - 1)])
    return Act(sales[0].place, _sold(stage, sales), sales[7].at)


def shared_sign(stage: Stage, day: int, turn: int) -> Act:
    """Six or seven cards that share a sign: one amount, emptied accounts, insured elsewhere, typed in."""
    count = stage.pen.rng.randint(6, 7)
    sales = _swiped(stage, stage.online_shop(), day, [stage.seconds(30, 80) for _ in range(count - 1)])
    sign = turn % 4
    if sign == 0:
        basket = [line.item for line in stage.some()]
        sales = [replace(sale, lines=tuple(stage.pen.boxes(item) for item in basket)) for sale in sales]
    elif sign == 1:
        sales = [replace(sale, balance=stage.pen.rng.randint(5, 480)) for sale in sales]
    elif sign == 2:
        sales = [replace(sale, insured_in="330100") for sale in sales]
    else:
        sales = [replace(sale, credential="02") for sale in sales]
    return Act(sales[0].place, _sold(stage, sales), sales[5].at)


def steady_run(stage: Stage, day: int, _turn: int) -> Act:
    """One card after the other, every 95 to 118 s: never eight in ten minutes."""
    gaps = [stage.seconds(95, 118) for _ in range(stage.pen.rng.randint(9, 13))]
    sales = _swiped(stage, stage.online_shop(), day, gaps)
    return Act(sales[0].place, _sold(stage, sales), sales[7].at)


def till_burst(stage: Stage, day: int, turn: int) -> Act:
    """24 outpatients in nine minutes at one till that nobody else uses."""
    place = stage.county.hospitals[turn % 2]
    start = stage.slot(place, day, 10 * MINUTE)
    visits = [
        Visit(
            person,
            place,
            start + number * 23 * SECOND,
            "11",
            SEEN[number % len(SEEN)],
            (Line(stage.pen.rng.choice(SERVICES)),),
            physician=place.physicians[0],
            till=9,
        )
        for number, person in enumerate(stage.people(24))
    ]
    messages = [message for visit in visits for message in treat(stage.pen, visit)]
    return Act(place, messages, visits[19].at)


def impossible_travel(stage: Stage, day: int, turn: int) -> Act:
    """One card in two counties within half an hour, at 137 km/h, or at three pharmacies within the hour."""
    (person,) = stage.people(1)
    first, second, third = stage.shops(3)
    far = stage.pen.rng.choice(stage.county.far_pharmacies)
    start = stage.slot(first, day)
    route: tuple[tuple[Institution, int], ...] = (
        ((first, 0), (far, 12 + turn % 14)),
        ((first, 0), (far, 40)),
        ((first, 0), (second, 17), (third, 41)),
    )[turn % 3]
    times = [start + minutes * MINUTE for _, minutes in route]
    for (place, _), at in zip(route[1:], times[1:], strict=True):
        if stage.book(place, at) != at:
            raise NotNow
    sales = [Sale(person, place, at, stage.some()) for (place, _), at in zip(route, times, strict=True)]
    return Act(sales[-1].place, _sold(stage, sales), times[-1])


def use_after_death(stage: Stage, day: int, _turn: int) -> Act:
    """The card of somebody who died days ago, first at one pharmacy and the next day at another."""
    (person,) = stage.people(1)
    stage.deaths[person.index] = day - (4 + stage.pen.rng.randrange(20)) * DAY
    places = stage.shops(2)
    sales = [
        Sale(person, place, stage.slot(place, day + number * DAY), stage.some()) for number, place in enumerate(places)
    ]
    return Act(places[0], _sold(stage, sales), sales[0].at)


def settled_while_barred(stage: Stage, day: int, _turn: int) -> Act:
    """A person whose network settlement is suspended buys on, up to three times, the first from its first day on."""
    (person,) = stage.people(1)
    first = day + stage.pen.rng.randint(0, 2) * DAY
    sales = [
        Sale(person, place, stage.slot(place, first + 5 * number * DAY), stage.some())
        for number, place in enumerate(stage.shops(stage.pen.rng.randint(1, 3)))
    ]
    stage.insured[person.index] = Limited("suspended", day, day + stage.pen.rng.randint(90, 365) * DAY)
    return Act(sales[0].place, _sold(stage, sales), sales[0].at)


def paid_while_waiting(stage: Stage, day: int, _turn: int) -> Act:
    """The fund pays, up to three times, for a person who still waits: also on the last day of the waiting period."""
    (person,) = stage.people(1)
    count = stage.pen.rng.randint(1, 3)
    sales = [
        Sale(person, place, stage.slot(place, day + 5 * number * DAY), stage.some())
        for number, place in enumerate(stage.shops(count))
    ]
    last = day + (5 * count - stage.pen.rng.randint(1, 5)) * DAY
    stage.insured[person.index] = Limited("waiting", last - 89 * DAY, last)
    return Act(sales[0].place, _sold(stage, sales), sales[0].at)


def settled_while_suspended(stage: Stage, _day: int, turn: int) -> Act:
    """A pharmacy whose agreement is suspended goes on settling: several customers on one day."""
    place = stage.county.suspended_pharmacy
    left = (stage.end - stage.suspended) // DAY
    if turn >= left:
        raise NotNow
    today = stage.suspended + turn * DAY
    people = stage.people(stage.pen.rng.randint(3, 6))
    sales = [
        Sale(person, place, today + (9 + 2 * number) * HOUR + stage.seconds(0, 3_000), stage.some())
        for number, person in enumerate(people)
    ]
    return Act(place, _sold(stage, sales), sales[0].at)


def typed_in_all_day(stage: Stage, day: int, turn: int) -> Act:
    """A pharmacy that has hardly ever taken identity numbers takes 22 to 28 on one day, after weeks of its traffic."""
    shops = [shop for shop in stage.county.pharmacies if not shop.batch]
    count = stage.pen.rng.randint(22, 28)
    gaps = [stage.seconds(130, 200) for _ in range(count - 1)]
    sales = _swiped(stage, shops[turn % len(shops)], day + WEEKS_BEFORE, gaps)
    sales = [replace(sale, credential="02") for sale in sales]
    return Act(sales[0].place, _sold(stage, sales), sales[-1].at)


def uploaded_days_later(stage: Stage, day: int, turn: int) -> Act:
    """A pharmacy uploads 14 to 32 sales of one day in one go, 26 to 50 hours after the last."""
    shops = [shop for shop in stage.county.pharmacies if not shop.batch]
    gaps = [stage.seconds(620, 900) for _ in range(stage.drawn(14, 32) - 1)]
    sales = _swiped(stage, shops[turn % len(shops)], day, gaps)
    uploaded = sales[-1].at + stage.seconds(26 * 3_600, 50 * 3_600)
    sales = [replace(sale, uploaded=uploaded) for sale in sales]
    return Act(sales[0].place, _sold(stage, sales), sales[:20][-1].at)


FRAUDS = (
    Scenario("concentrated_swiping", ("S01", "S01-GAP"), 1, concentrated_swiping, also=("S01-SIGN",)),
    Scenario("shared_sign", ("S01-SIGN",), 1, shared_sign),
    Scenario("steady_run", ("S01-GAP",), 1, steady_run),
    Scenario("till_burst", ("S01-TILL",), 1, till_burst),
    Scenario("impossible_travel", ("S06",), 1, impossible_travel, also=("D01-DUP",)),
    Scenario("use_after_death", ("E09",), 2, use_after_death),
    Scenario("settled_while_suspended", ("S09",), 1, settled_while_suspended),
    Scenario("settled_while_barred", ("E11",), 13, settled_while_barred),
    Scenario("paid_while_waiting", ("E04",), 11, paid_while_waiting),
    Scenario("uploaded_days_later", ("B21",), 4, uploaded_days_later, apart=True),
    Scenario("typed_in_all_day", ("S08",), 20, typed_in_all_day, most=5, apart=True),
)
