"""Honest traffic that looks like fraud with cards or drugs and must not alert (violations.md, section 7)."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

from rules.times import DAY, HOUR, MINUTE, SECOND

from .catalogue import ALIKE, CHRONIC, DUAL_CHANNEL, LASTING, SEEN, SERVICES, acting_alike, of_days
from .forms import Line, Message
from .frauds_drug import treated
from .numbers import wire_time
from .outpatient import Visit, cancel_lines, treat
from .outpatient import take_back as take_back_visit
from .pharmacy import Sale, sell, settlement_among, take_back
from .stage import WEEKS_BEFORE, Act, Limited, Scenario, Stage


def _sold(stage: Stage, sales: list[Sale]) -> list[Message]:
    return [message for sale in sales for message in sell(stage.pen, sale)]


def outage_backlog(stage: Stage, day: int, _turn: int) -> Act:
    """Off line for hours: customers as always, all uploaded within minutes afterwards."""
    place = stage.online_shop()
    start = stage.slot(place, day, 4 * HOUR)
    people = stage.people(stage.pen.rng.randint(12, 18))
    restored = start + 4 * HOUR + 5 * MINUTE
    gap = 4 * HOUR // len(people) // SECOND * SECOND
    sales = [
        Sale(person, place, start + number * gap, stage.some(), uploaded=restored + number * 4 * SECOND)
        for number, person in enumerate(people)
    ]
    return Act(place, _sold(stage, sales), sales[-1].at)


def opening_hour_queue(stage: Stage, day: int, _turn: int) -> Act:
    """Seven customers in nine minutes: one fewer than the limit."""
    place = stage.online_shop()
    gaps = [stage.seconds(50, 88) for _ in range(6)]
    start = stage.slot(place, day, sum(gaps))
    times = accumulate([start, *gaps])
    sales = [Sale(person, place, at, stage.some()) for person, at in zip(stage.people(7), times, strict=True)]
    return Act(place, _sold(stage, sales), sales[-1].at)


def family_collecting(stage: Stage, day: int, turn: int) -> Act:
    """Somebody collects the same for the whole family: four or five cards in three minutes."""
    place = stage.online_shop()
    people = stage.family(4 + turn % 2)
    start = stage.slot(place, day, 4 * MINUTE)
    basket = [line.item for line in stage.some()]
    sales = [
        Sale(person, place, start + number * 35 * SECOND, tuple(stage.pen.boxes(item) for item in basket))
        for number, person in enumerate(people)
    ]
    return Act(place, _sold(stage, sales), sales[-1].at)


def outreach_day(stage: Stage, day: int, _turn: int) -> Act:
    """A campaign: the same drug at the same price for an hour, at most five people in ten minutes."""
    place = stage.online_shop()
    stage.campaigns.append(day)
    gaps = [stage.seconds(126, 150) for _ in range(23)]
    start = stage.slot(place, day, sum(gaps))
    item = stage.week()
    sales = [
        Sale(person, place, at, (stage.pen.boxes(item),))
        for person, at in zip(stage.people(24), accumulate([start, *gaps]), strict=True)
    ]
    return Act(place, _sold(stage, sales), sales[-1].at)


def walk_to_the_pharmacy(stage: Stage, day: int, turn: int) -> Act:
    """From the hospital to the pharmacy with the prescription; every other time beyond the county border."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[1]
    shop = stage.county.beside(place) if turn % 2 else stage.county.near_pharmacy
    at = stage.slot(shop, day)
    rxno = stage.pen.desk.prescription()
    visit = Visit(
        person,
        place,
        at - 14 * MINUTE,
        "11",
        SEEN[1],
        (Line(SERVICES[3]),),
        physician=place.physicians[2],
        rxno=rxno,
    )
    sale = Sale(person, shop, at, stage.some(), rxno=rxno, circulated=True, physician=visit.physician)
    return Act(shop, [*treat(stage.pen, visit), *sell(stage.pen, sale)], at)


def internet_purchase(stage: Stage, day: int, _turn: int) -> Act:
    """Bought at the pharmacy, and ten minutes later something else on line from a mail-order pharmacy far away."""
    (person,) = stage.people(1)
    shop = stage.online_shop()
    at = stage.slot(shop, day)
    here, there = stage.some()[0], stage.some()[0]
    while there.item.atc == here.item.atc:
        there = stage.some()[0]
    sales = [
        Sale(person, shop, at, (here,)),
        Sale(person, stage.county.internet_pharmacy, at + 10 * MINUTE, (there,)),
    ]
    return Act(shop, _sold(stage, sales), sales[1].at)


def long_term_prescription(stage: Stage, day: int, turn: int) -> Act:
    """Twelve weeks at once, the longest prescription there is."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    at = day + 10 * HOUR + stage.seconds(0, 5_000)
    lines = (stage.pen.boxes(stage.monthly()[0], 3),)
    rxno = stage.pen.desk.prescription()
    visit = Visit(person, place, at, "14", LASTING, lines, physician=place.physicians[1], rxno=rxno, days=turn % 2 == 0)
    return Act(place, treat(stage.pen, visit), at)


def refill_before_a_journey(stage: Stage, day: int, _turn: int) -> Act:
    """Eleven to thirteen days of the four weeks remain, at the same pharmacy, once."""
    (person,) = stage.people(1)
    place = stage.online_shop()
    item = stage.pen.rng.choice(of_days(CHRONIC, 28.0))
    days = (day, day + stage.pen.rng.randint(16, 17) * DAY)
    sales = [Sale(person, place, stage.slot(place, today), (stage.pen.boxes(item),)) for today in days]
    return Act(place, _sold(stage, sales), sales[1].at)


def split_packs(stage: Stage, day: int, _turn: int) -> Act:
    """One opened pack, sold in quarters to three people under its one trace code (trdn_flag 1)."""
    place = stage.online_shop()
    box = replace(stage.pen.boxes(stage.week()), count=0.25, split=True)
    sales = [
        Sale(person, place, stage.slot(place, day + number % 2 * DAY), (box,))
        for number, person in enumerate(stage.people(3))
    ]
    return Act(place, _sold(stage, sales), max(sale.at for sale in sales))


def reversed_and_sold_again(stage: Stage, day: int, turn: int) -> Act:
    """Taken back after some minutes; the same box goes to the next customer."""
    place = stage.online_shop()
    start = stage.slot(place, day, HOUR)
    people = stage.people(2)
    lines = stage.some()
    first = Sale(people[0], place, start, lines)
    messages = sell(stage.pen, first)
    undone = take_back(stage.pen, first, messages, start + 9 * MINUTE)
    again = Sale(people[1], place, start + (20 + turn % 30) * MINUTE, lines)
    return Act(place, [*messages, *undone, *sell(stage.pen, again)], again.at)


def upload_retry(stage: Stage, day: int, turn: int) -> Act:
    """The answer was lost: the same settlement is uploaded again, as a new message."""
    (person,) = stage.people(1)
    place = stage.online_shop()
    at = stage.slot(place, day)
    messages = sell(stage.pen, Sale(person, place, at, stage.some()))
    settled = settlement_among(messages)
    sent = settled.uploaded + (2 + turn % 9) * MINUTE
    number = stage.pen.desk.message(place.code, wire_time(sent))
    again = Message(sent, at, {**settled.body, "msgid": number, "inf_time": wire_time(sent)})
    return Act(place, [*messages, again], at)


def changed_at_once(stage: Stage, day: int, turn: int) -> Act:
    """The wrong drug is charged, reversed and cancelled, and one that acts alike takes its place within the hour."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    at = day + 10 * HOUR + stage.seconds(0, 5_000)
    second = stage.pen.rng.choice(ALIKE)
    wrong, right = (
        Visit(
            person,
            place,
            time,
            "14",
            LASTING,
            (stage.pen.boxes(item),),
            physician=place.physicians[1],
            rxno=stage.pen.desk.prescription(),
        )
        for time, item in ((at, acting_alike(second)), (at + 50 * MINUTE, second))
    )
    messages = treat(stage.pen, wrong)
    settled = settlement_among(messages)
    messages.append(take_back_visit(stage.pen, wrong, settled, at + 10 * MINUTE, as_refund=False))
    messages.append(cancel_lines(stage.pen, wrong, settled, at + 11 * MINUTE))
    return Act(place, [*messages, *treat(stage.pen, right)], right.at)


def two_makers(stage: Stage, day: int, turn: int) -> Act:
    """One drug from two makers on one prescription: the last box of the one, the first of the other."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    at = day + 10 * HOUR + stage.seconds(0, 5_000)
    lines = tuple(stage.pen.boxes(item) for item in stage.monthly())
    rxno = stage.pen.desk.prescription()
    return Act(place, treat(stage.pen, Visit(person, place, at, "14", LASTING, lines, rxno=rxno)), at)


def three_pharmacies(stage: Stage, day: int, _turn: int) -> Act:
    """A few days' supply from one pharmacy after the other, when the last one ran out: one below the limit."""
    (person,) = stage.people(1)
    item = stage.week()
    sales = [
        Sale(person, place, stage.slot(place, day + 8 * number * DAY), (stage.pen.boxes(item),))
        for number, place in enumerate(stage.shops(3))
    ]
    return Act(sales[2].place, _sold(stage, sales), sales[2].at)


def other_maker_keyed(stage: Stage, day: int, _turn: int) -> Act:
    """Charged under the code of one maker, reported from stock under that of the other: the same substance."""
    (person,) = stage.people(1)
    shop = stage.reporting_shop()
    one, other = stage.monthly()
    line = replace(stage.pen.boxes(other), item=one, handed_out=other)
    sale = Sale(person, shop, stage.slot(shop, day), (line,))
    return Act(shop, sell(stage.pen, sale), sale.at)


def dual_channel_prescribed(stage: Stage, day: int, _turn: int) -> Act:
    """A drug of the dual-channel list, twice, each time on a prescription that the hospital sent."""
    (person,) = stage.people(1)
    shop = stage.online_shop()
    item = stage.pen.rng.choice(DUAL_CHANNEL)
    sales = [
        Sale(
            person,
            shop,
            stage.slot(shop, today),
            (stage.pen.boxes(item),),
            rxno=stage.pen.desk.prescription(),
            circulated=True,
        )
        for today in (day, day + 27 * DAY)
    ]
    return Act(shop, _sold(stage, sales), sales[1].at)


def prescription_in_parts(stage: Stage, day: int, turn: int) -> Act:
    """One number twice, rightly: two drugs at two pharmacies, two pharmacies that count alike, or a sale taken back."""
    shops = [stage.online_shop() for _ in "12"]
    while shops[0] is shops[1]:
        shops[1] = stage.online_shop()
    people = stage.people(2) if turn % 3 == 1 else stage.people(1) * 2
    items = [stage.monthly()[0], stage.week()]
    rxno = f"{wire_time(day)[:10].replace('-', '')}0001" if turn % 3 == 1 else stage.pen.desk.prescription()
    sales = [
        Sale(
            person,
            shop,
            stage.slot(shop, day + number * DAY),
            (stage.pen.boxes(item),),
            rxno=rxno,
            circulated=turn % 3 != 1,
            physician=stage.county.hospitals[0].physicians[1],
        )
        for number, (person, shop, item) in enumerate(zip(people, shops, items, strict=True))
    ]
    if turn % 3 < 2:
        return Act(shops[1], _sold(stage, sales), sales[1].at)
    messages = sell(stage.pen, sales[0])
    undone = take_back(stage.pen, sales[0], messages, sales[0].at + 9 * MINUTE)
    again = replace(sales[0], place=shops[1], at=sales[1].at)
    return Act(shops[1], [*messages, *undone, *sell(stage.pen, again)], again.at)


def around_a_suspension(stage: Stage, day: int, turn: int) -> Act:
    """Settled on the last day before a suspension, or on the first day after it."""
    (person,) = stage.people(1)
    place = stage.online_shop()
    sale = Sale(person, place, stage.slot(place, day), stage.some())
    months = stage.pen.rng.randint(90, 365) * DAY
    first, last = (day + DAY, day + months) if turn % 2 else (day - months, day - DAY)
    stage.insured[person.index] = Limited("suspended", first, last)
    return Act(place, sell(stage.pen, sale), sale.at)


def waiting_pays_alone(stage: Stage, day: int, _turn: int) -> Act:
    """Whoever waits pays without the fund; the fund pays from the first day after the waiting period."""
    (person,) = stage.people(1)
    sales = [
        Sale(person, place, stage.slot(place, day + 6 * number * DAY), stage.some(), by_fund=number > 0)
        for number, place in enumerate(stage.shops(2))
    ]
    stage.insured[person.index] = Limited("waiting", day - 84 * DAY, day + 5 * DAY)
    return Act(sales[1].place, _sold(stage, sales), sales[1].at)


def cards_left_at_home(stage: Stage, day: int, _turn: int) -> Act:
    """Some customers of one day have no card with them and give their identity number: fewer than are told."""
    place = stage.online_shop()
    gaps = [stage.seconds(130, 260) for _ in range(stage.pen.rng.randint(12, 17))]
    start = stage.slot(place, day + WEEKS_BEFORE, sum(gaps))
    sales = [
        Sale(person, place, at, stage.some(), credential="02")
        for person, at in zip(stage.people(len(gaps) + 1), accumulate([start, *gaps]), strict=True)
    ]
    return Act(place, _sold(stage, sales), sales[-1].at)


def clinic_day(stage: Stage, day: int, turn: int) -> Act:
    """A physician of a hospital sees 24 patients in a morning, and all walk to the pharmacies within an hour."""
    place, shops = stage.county.hospitals[turn % 2], stage.shops(4)
    gaps = [stage.seconds(100, 140) for _ in range(23)]
    start = stage.slot_of_all(shops, day, sum(gaps))
    sales = [
        Sale(
            person,
            shops[number % len(shops)],
            at,
            stage.some(),
            rxno=stage.pen.desk.prescription(),
            circulated=True,
            physician=place.physicians[2],
        )
        for number, (person, at) in enumerate(zip(stage.people(24), accumulate([start, *gaps]), strict=True))
    ]
    return Act(shops[0], _sold(stage, sales), sales[-1].at)


def specialist_next_door(stage: Stage, day: int, turn: int) -> Act:
    """A specialist and the pharmacy next door: 32 prescriptions, of one dual-channel drug, or half of one drug."""
    place, people = stage.county.hospitals[turn % 2], stage.people(16)
    shop, (drug, _) = stage.county.beside(place), stage.monthly()
    items = [stage.pen.rng.choice(DUAL_CHANNEL)] * 2 if turn % 2 else [drug, stage.week()]
    sales = [
        Sale(
            person,
            shop,
            stage.slot(shop, day + (number % 5 + 22 * again) * DAY),
            (stage.pen.boxes(items[number % 2]),),
            rxno=stage.pen.desk.prescription(),
            circulated=True,
            physician=place.physicians[5],
        )
        for again in range(2)
        for number, person in enumerate(people)
    ]
    return Act(shop, _sold(stage, sales), sales[-1].at)


def two_prescriptions_of_a_day(stage: Stage, day: int, turn: int) -> Act:
    """Four drugs from one department and three from another an hour later, or five on one prescription."""
    place = stage.county.hospitals[turn % 2]
    visits = treated(stage, place, day + 9 * HOUR + stage.seconds(0, 5_000), [5] if turn % 2 else [4, 3])
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[-1].charged_at)


LOOK_ALIKES = (
    Scenario("outage_backlog", ("S01", "S01-GAP", "B21"), 1, outage_backlog),
    Scenario("opening_hour_queue", ("S01", "S01-GAP", "S01-SIGN"), 1, opening_hour_queue),
    Scenario("family_collecting", ("S01", "S01-SIGN"), 1, family_collecting),
    Scenario("outreach_day", ("S01", "S01-SIGN", "S01-GAP"), 1, outreach_day, most=3),
    Scenario("walk_to_the_pharmacy", ("S06",), 1, walk_to_the_pharmacy),
    Scenario("internet_purchase", ("S06",), 1, internet_purchase),
    Scenario("long_term_prescription", ("D02",), 1, long_term_prescription),
    Scenario("refill_before_a_journey", ("D01",), 18, refill_before_a_journey),
    Scenario("split_packs", ("D04",), 2, split_packs),
    Scenario("reversed_and_sold_again", ("D04",), 1, reversed_and_sold_again),
    Scenario("upload_retry", ("D04", "S01"), 1, upload_retry),
    Scenario("changed_at_once", ("D01-DUP",), 1, changed_at_once),
    Scenario("dual_channel_prescribed", ("D09",), 28, dual_channel_prescribed),
    Scenario("two_makers", ("D01-DUP",), 1, two_makers),
    Scenario("three_pharmacies", ("D05",), 17, three_pharmacies),
    Scenario("other_maker_keyed", ("D07",), 1, other_maker_keyed),
    Scenario("around_a_suspension", ("E11",), 1, around_a_suspension),
    Scenario("waiting_pays_alone", ("E04",), 7, waiting_pays_alone),
    Scenario("prescription_in_parts", ("D12-RXNO",), 2, prescription_in_parts, apart=True),
    Scenario("cards_left_at_home", ("S08",), 20, cards_left_at_home, most=5, apart=True),
    Scenario("clinic_day", ("D14", "D14-DAY"), 1, clinic_day, most=2, apart=True),
    Scenario("two_prescriptions_of_a_day", ("D18",), 1, two_prescriptions_of_a_day, most=4, apart=True),
    Scenario("specialist_next_door", ("D13",), 27, specialist_next_door, most=2, apart=True),
)
