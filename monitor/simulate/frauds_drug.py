"""Frauds with drugs: too early, too many, twice at once, from shop to shop; boxes sold twice, or as another drug."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate

from rules.times import DAY, HOUR

from .catalogue import ACUTE, ALIKE, DUAL_CHANNEL, LASTING, MAKERS, SEEN, acting_alike
from .county import Institution
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


def same_action_twice(stage: Stage, day: int, turn: int) -> Act:
    """Two drugs that act alike on one day: on one prescription, or one at each of two pharmacies."""
    (person,) = stage.people(1)
    second = stage.pen.rng.choice(ALIKE)
    lines = [stage.pen.boxes(item) for item in (acting_alike(second), second)]
    if turn % 2:
        shops = stage.shops(2)
        times = sorted((stage.slot(shop, day), shop) for shop in shops)
        sales = [Sale(person, shop, at, (line,)) for (at, shop), line in zip(times, lines, strict=True)]
        return Act(sales[1].place, [message for sale in sales for message in sell(stage.pen, sale)], sales[1].at)
    place = stage.county.hospitals[turn // 2 % 2]
    at = day + 10 * HOUR + stage.seconds(0, 5_000)
    rxno = stage.pen.desk.prescription()
    visit = Visit(person, place, at, "14", LASTING, tuple(lines), physician=place.physicians[0], rxno=rxno)
    return Act(place, treat(stage.pen, visit), visit.charged_at)


def from_shop_to_shop(stage: Stage, day: int, _turn: int) -> Act:
    """One drug for daily use at four to six pharmacies within a month, for resale."""
    (person,) = stage.people(1)
    places = stage.shops(stage.pen.rng.randint(4, 6))
    packs = stage.monthly()
    sales = []
    for number, place in enumerate(places):
        at = stage.slot(place, day + 4 * number * DAY)
        sales.append(Sale(person, place, at, (stage.pen.boxes(packs[number % 2], stage.pen.rng.randint(1, 2)),)))
    return Act(places[3], [message for sale in sales for message in sell(stage.pen, sale)], sales[3].at)


def another_drug_handed_out(stage: Stage, day: int, _turn: int) -> Act:
    """A drug for daily use is charged; the box that is scanned, and leaves the stock, is a cheap one for a cold."""
    (person,) = stage.people(1)
    shop = stage.reporting_shop()
    box = stage.pen.boxes(stage.pen.rng.choice(ACUTE))
    charged = replace(box, item=stage.monthly()[0], handed_out=box.item)
    sale = Sale(person, shop, stage.slot(shop, day), (charged,))
    return Act(shop, sell(stage.pen, sale), sale.at)


def dual_channel_alone(stage: Stage, day: int, turn: int) -> Act:
    """A drug of the dual-channel list without a prescription, or on a number that no hospital sent."""
    (person,) = stage.people(1)
    shop = stage.online_shop()
    rxno = stage.pen.desk.prescription() if turn % 2 else ""
    line = stage.pen.boxes(stage.pen.rng.choice(DUAL_CHANNEL))
    sale = Sale(person, shop, stage.slot(shop, day), (line,), rxno=rxno)
    return Act(shop, sell(stage.pen, sale), sale.at)


def prescription_used_again(stage: Stage, day: int, turn: int) -> Act:
    """One prescription at the counter twice: for two people, or one person with the same drug at two pharmacies.

    The two people are at one pharmacy, or each at another on a number that a hospital sent.
    """
    here, elsewhere = stage.shops(2)
    first, second = stage.people(1) * 2 if turn % 3 == 2 else stage.people(2)
    place = here if turn % 3 == 0 else elsewhere
    packs = stage.monthly()
    sale = Sale(
        first,
        here,
        stage.slot(here, day),
        (stage.pen.boxes(packs[0]),),
        rxno=stage.pen.desk.prescription(),
        circulated=turn % 3 == 1,
        physician=stage.county.hospitals[0].physicians[0],
    )
    line = stage.pen.boxes(packs[1])
    again = replace(sale, person=second, place=place, at=stage.slot(place, day + 3 * DAY), lines=(line,))
    return Act(place, [*sell(stage.pen, sale), *sell(stage.pen, again)], again.at)


def prescriptions_by_machine(stage: Stage, day: int, turn: int) -> Act:
    """One physician of an internet hospital: 36 prescriptions within the hour, and 20 to 26 more the same day."""
    shops = stage.shops(4)
    people = stage.people(28 + stage.pen.rng.randint(0, 3)) * 2
    gaps = [stage.seconds(60, 90) for _ in range(35)]
    times = list(accumulate([stage.slot_of_all(shops, day, sum(gaps)), *gaps]))
    sales = []
    for number, person in enumerate(people):
        shop = shops[number % len(shops)]
        sales.append(
            Sale(
                person,
                shop,
                times[number] if number < len(times) else stage.slot(shop, day),
                stage.some(),
                rxno=stage.pen.desk.prescription(),
                circulated=True,
                physician=f"D3301000000{80 + turn}",
            )
        )
    return Act(shops[0], [message for sale in sales for message in sell(stage.pen, sale)], sales[29].at)


def one_drug_prescribed(stage: Stage, day: int, turn: int) -> Act:
    """One physician's prescriptions for one drug, 32 to 36 of them at one pharmacy within four weeks."""
    shop, item = stage.online_shop(), stage.monthly()[0]
    people = stage.people(stage.pen.rng.randint(16, 18)) * 2
    days = [day + (number % 6 + 20 * (number // (len(people) // 2))) * DAY for number in range(len(people))]
    sales = [
        Sale(
            person,
            shop,
            stage.slot(shop, today),
            (stage.pen.boxes(item),),
            rxno=stage.pen.desk.prescription(),
            circulated=True,
            physician=f"D3301000000{60 + turn}",
        )
        for person, today in zip(people, days, strict=True)
    ]
    messages = [message for sale in sales for message in sell(stage.pen, sale)]
    return Act(shop, messages, sorted(sale.at for sale in sales)[29])


def treated(stage: Stage, place: Institution, at: int, counts: Iterable[int]) -> list[Visit]:
    """Visits of one person, an hour apart, each with a prescription of so many drugs; no drug twice."""
    (person,) = stage.people(1)
    counts = list(counts)
    drugs = stage.pen.rng.sample(ACUTE[::MAKERS], sum(counts))
    return [
        Visit(
            person,
            place,
            at + number * HOUR,
            "11",
            SEEN[1],
            tuple(stage.pen.boxes(drugs.pop()) for _ in range(count)),
            physician=place.physicians[1],
            rxno=stage.pen.desk.prescription(),
        )
        for number, count in enumerate(counts)
    ]


def crowded_prescription(stage: Stage, day: int, turn: int) -> Act:
    """Six or seven drugs on one prescription of a hospital."""
    place = stage.county.hospitals[turn % 2]
    [visit] = treated(stage, place, day + 10 * HOUR + stage.seconds(0, 5_000), [6 + turn % 2])
    return Act(place, treat(stage.pen, visit), visit.charged_at)


FRAUDS = (
    Scenario("early_refill_elsewhere", ("D01",), 9, early_refill_elsewhere, also=("D01-DUP",)),
    Scenario("over_quantity", ("D02",), 1, over_quantity),
    Scenario("split_prescription", ("D03",), 1, split_prescription),
    Scenario("trace_code_elsewhere", ("D04",), 5, trace_code_elsewhere),
    Scenario("trace_code_here", ("D04",), 5, trace_code_here),
    Scenario("same_action_twice", ("D01-DUP",), 1, same_action_twice),
    Scenario("from_shop_to_shop", ("D05",), 21, from_shop_to_shop, also=("D01", "D02")),
    Scenario("dual_channel_alone", ("D09",), 1, dual_channel_alone),
    Scenario("another_drug_handed_out", ("D07",), 1, another_drug_handed_out),
    Scenario("prescription_used_again", ("D12-RXNO",), 4, prescription_used_again, also=("D01",), apart=True),
    Scenario("crowded_prescription", ("D18",), 1, crowded_prescription, also=("D01-DUP",), most=4, apart=True),
    Scenario("one_drug_prescribed", ("D13",), 26, one_drug_prescribed, most=2, apart=True),
    Scenario(
        "prescriptions_by_machine",
        ("D14", "D14-DAY"),
        1,
        prescriptions_by_machine,
        also=("D01", "D01-DUP"),
        most=2,
        apart=True,
    ),
)
