"""Frauds with drugs: fetched too early, too many, on split prescriptions, and the same box sold twice."""

from __future__ import annotations

from rules.times import DAY, HOUR

from .catalogue import LASTING, SEEN
from .forms import Line
from .outpatient import Visit, treat
from .pharmacy import Sale, sell
from .stage import Act, Scenario, Stage


def early_refill_elsewhere(stage: Stage, day: int, turn: int) -> Act:
    """Four weeks' supply, and again at another pharmacy a few days later, from another maker."""
    (person,) = stage.people(1)
    places = stage.shops(2 + turn % 2)
    packs = stage.monthly()
    sales = []
    for number, place in enumerate(places):
        at = stage.slot(place, day + number * stage.pen.rng.randint(2, 4) * DAY)
        lines = (stage.pen.boxes(packs[number % 2]),)
        # Every other one can be found without a drug table.
        sales.append(Sale(person, place, at, lines, days=turn % 2 == 0))
    return Act(places[1], [message for sale in sales for message in sell(stage.pen, sale)], sales[1].at)


def over_quantity(stage: Stage, day: int, turn: int) -> Act:
    """Eight weeks on an ordinary visit or in an emergency, or 24 weeks on one prescription at a pharmacy."""
    (person,) = stage.people(1)
    item = stage.monthly()[0]
    if turn % 3 == 2:
        shop = stage.online_shop()
        at = stage.slot(shop, day)
        rxno = stage.pen.desk.prescription()
        sale = Sale(person, shop, at, (stage.pen.boxes(item, 6),), rxno=rxno, days=True)
        return Act(shop, sell(stage.pen, sale), at)
    place = stage.county.hospitals[turn % 2]
    at = day + 10 * HOUR + stage.seconds(0, 5_000)
    visit = Visit(
        person,
        place,
        at,
        "13" if turn % 3 else "11",
        LASTING,
        (stage.pen.boxes(item, 2),),
        physician=place.physicians[1],
        rxno=stage.pen.desk.prescription(),
        days=turn % 2 == 0,
    )
    return Act(place, treat(stage.pen, visit), visit.charged_at)


def split_prescription(stage: Stage, day: int, _turn: int) -> Act:
    """Three visits to one clinic on one day, each with a prescription of six days of the same drug."""
    (person,) = stage.people(1)
    place = stage.pen.rng.choice(stage.county.hospitals[2:])
    item = stage.week()
    visits = [
        Visit(
            person,
            place,
            day + hour * HOUR + stage.seconds(0, 1_800),
            "11",
            SEEN[0],
            (stage.pen.boxes(item),),
            physician=place.physicians[0],
            rxno=stage.pen.desk.prescription(),
        )
        for hour in (9, 11, 15)
    ]
    messages = [message for visit in visits for message in treat(stage.pen, visit)]
    return Act(place, messages, visits[-1].charged_at)


def _sold_again(stage: Stage, day: int, turn: int, *, elsewhere: bool) -> Act:
    """The same box at two counters (every third time at three), days apart, to different people."""
    count = 3 if turn % 3 == 2 else 2
    places = stage.shops(count) if elsewhere else stage.shops(1) * count
    box = stage.pen.boxes(stage.monthly()[0])
    sales = [
        Sale(person, place, stage.slot(place, day + 2 * number * DAY), (box, *_other(stage)))
        for number, (person, place) in enumerate(zip(stage.people(count), places, strict=True))
    ]
    return Act(places[1], [message for sale in sales for message in sell(stage.pen, sale)], sales[1].at)


def _other(stage: Stage) -> tuple[Line, ...]:
    return stage.some()[:1]


def trace_code_elsewhere(stage: Stage, day: int, turn: int) -> Act:
    """A returned drug: the box sold at one pharmacy is sold at another."""
    return _sold_again(stage, day, turn, elsewhere=True)


def trace_code_here(stage: Stage, day: int, turn: int) -> Act:
    """The box never left the pharmacy that settles it twice."""
    return _sold_again(stage, day, turn, elsewhere=False)


FRAUDS = (
    Scenario("early_refill_elsewhere", ("D01",), 9, early_refill_elsewhere),
    Scenario("over_quantity", ("D02",), 1, over_quantity),
    Scenario("split_prescription", ("D03",), 1, split_prescription),
    Scenario("trace_code_elsewhere", ("D04",), 5, trace_code_elsewhere),
    Scenario("trace_code_here", ("D04",), 5, trace_code_here),
)
