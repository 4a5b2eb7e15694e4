"""Honest traffic at the counter that looks like what a pharmacy organises, and must not alert."""

from __future__ import annotations

from rules.times import DAY, HOUR, MINUTE

from .catalogue import BOUGHT, KEPT
from .frauds_shop import (
    came_in,
    clerks,
    counted,
    deleted_rows,
    of_round_sums,
    one_by_one,
    shop_that_tells,
    shop_with_a_book,
    sold,
    two_a_day,
    without_codes,
)
from .pharmacy import Sale
from .stage import WEEKS_BEFORE, Act, Scenario, Stage


def after_the_shift(stage: Stage, day: int, _turn: int) -> Act:
    """Two employees buy for themselves after their shift, and two of another pharmacy are customers."""
    place, other = stage.shops(2)
    people = [*clerks(stage, place, 2), *clerks(stage, other, 2)]
    start = stage.slot(place, day, 24 * MINUTE)
    sales = [Sale(person, place, start + number * 8 * MINUTE, stage.some()) for number, person in enumerate(people)]
    return Act(place, sold(stage, sales), sales[-1].at)


def clerk_with_a_cold(stage: Stage, day: int, _turn: int) -> Act:
    """An employee buys four times within four weeks where she works, and once elsewhere."""
    place, other = stage.shops(2)
    (person,) = clerks(stage, place, 1)
    places = [place, place, place, other, place]
    sales = [
        Sale(person, where, stage.slot(where, day + 7 * number * DAY), stage.some()[:1])
        for number, where in enumerate(places)
    ]
    return Act(place, sold(stage, sales), sales[-1].at)


def firm_next_door(stage: Stage, day: int, turn: int) -> Act:
    """Nine people of one employer on one day, three of whom are known there; every other time seven, all new."""
    place = stage.online_shop()
    people = stage.circle(lambda person: person.employer, 7 if turn % 2 else 9)
    known = [] if turn % 2 else people[:3]
    sales = [
        Sale(person, place, stage.slot(place, day + 3 * number * DAY), stage.some()[:1])
        for number, person in enumerate(known)
    ]
    start = stage.slot(place, day + 10 * DAY, 27 * MINUTE)
    sales += [Sale(person, place, start + number * 3 * MINUTE, stage.some()) for number, person in enumerate(people)]
    return Act(place, sold(stage, sales), sales[-1].at)


def family_week_after_week(stage: Stage, day: int, turn: int) -> Act:
    """One person collects for a family of four on three days; every other time three neighbours come together."""
    place = stage.online_shop()
    people = stage.people(3) if turn % 2 else stage.family(4)
    sales = []
    for today in (day, day + 6 * DAY, day + 12 * DAY):
        start = stage.slot(place, today, 4 * MINUTE)
        sales += [
            Sale(person, place, start + number * MINUTE, stage.some()[:1]) for number, person in enumerate(people)
        ]
    return Act(place, sold(stage, sales), sales[-1].at)


def last_of_the_old_stock(stage: Stage, day: int, _turn: int) -> Act:
    """Some boxes without a code are sold on one day: fewer than are told."""
    place = stage.online_shop()
    sales = without_codes(stage, place, day + WEEKS_BEFORE, stage.pen.rng.randint(10, 15))
    return Act(place, sold(stage, sales), sales[-1].at)


def set_at_a_round_price(stage: Stage, day: int, _turn: int) -> Act:
    """An offer at a round price on one day, which 12 to 16 customers take."""
    place = stage.online_shop()
    sales = of_round_sums(stage, place, day, stage.pen.rng.randint(12, 16))
    return Act(place, sold(stage, sales), sales[-1].at)


def offer_of_every_week(stage: Stage, day: int, _turn: int) -> Act:
    """An offer at a round price on one day of each of three weeks; 12 to 16 customers take it each time."""
    place = stage.online_shop()
    sales = [
        sale
        for number in range(3)
        for sale in of_round_sums(stage, place, day + 7 * number * DAY, stage.pen.rng.randint(12, 16))
    ]
    return Act(place, sold(stage, sales), sales[-1].at)


def delivery_note_corrected(stage: Stage, day: int, _turn: int) -> Act:
    """A wrong lot stood in 8 to 14 rows of a day; they are deleted in the evening."""
    place = stage.reporting_shop()
    messages, needed = deleted_rows(stage, place, day, stage.pen.rng.randint(8, 14))
    return Act(place, messages, needed)


def lent_or_entered_late(stage: Stage, day: int, turn: int) -> Act:
    """Ten of 25 boxes are lent by a branch, or their purchase is entered a week after they are sold."""
    place, is_lent = shop_that_tells(stage, turn), turn % 2 == 0
    lines = [stage.pen.boxes(BOUGHT[1]) for _ in range(41)]
    rows = [
        came_in(stage, place, day + 8 * HOUR, lines[:20]),
        came_in(stage, place, day + (35 if is_lent else 46) * DAY, lines[20:30], "3502" if is_lent else "3503"),
        came_in(stage, place, day + 45 * DAY, lines[30:]),
    ]
    sales = one_by_one(stage, place, day, lines)
    return Act(place, [*rows, *sold(stage, sales)], sales[-1].at)


def entered_after_it_was_sold(stage: Stage, day: int, turn: int) -> Act:
    """Of 60 packs that are settled 20 were counted, 20 are lent by a branch, and 20 are entered after their sale."""
    place, lines = shop_with_a_book(stage, turn), [stage.pen.boxes(KEPT[1]) for _ in range(60)]
    rows = [
        *counted(stage, place, day, KEPT[1], 20),
        came_in(stage, place, day + 8 * DAY + 8 * HOUR, lines[20:40], "3502"),
        came_in(stage, place, day + 31 * DAY, lines[40:]),
    ]
    return Act(place, [*rows, *sold(stage, two_a_day(stage, place, day, lines))], day + 31 * DAY)


def counted_before_it_was_entered(stage: Stage, day: int, turn: int) -> Act:
    """A delivery of 30 packs is counted before it is entered; every other time the count is wrong by three."""
    place, lines = shop_with_a_book(stage, turn), [stage.pen.boxes(KEPT[3]) for _ in range(40)]
    last = counted(stage, place, day + 35 * DAY, KEPT[3], 23 if turn % 2 else 50)
    delivery = [stage.pen.boxes(KEPT[3]) for _ in range(30)]
    rows = [] if turn % 2 else [came_in(stage, place, day + 40 * DAY, delivery)]
    sales = two_a_day(stage, place, day, lines)
    return Act(place, [*counted(stage, place, day, KEPT[3], 60), *sold(stage, sales), *last, *rows], day + 35 * DAY)


LOOK_ALIKES = (
    Scenario("after_the_shift", ("S03",), 1, after_the_shift, most=4, apart=True),
    Scenario("clerk_with_a_cold", ("S03-MONTH",), 29, clerk_with_a_cold, most=4, apart=True),
    Scenario("firm_next_door", ("S04",), 11, firm_next_door, most=3, apart=True),
    Scenario("family_week_after_week", ("S02",), 13, family_week_after_week, most=4, apart=True),
    Scenario("set_at_a_round_price", ("D08",), 1, set_at_a_round_price, most=2, apart=True),
    Scenario("offer_of_every_week", ("S05",), 15, offer_of_every_week, most=2, apart=True),
    Scenario("last_of_the_old_stock", ("D06",), 20, last_of_the_old_stock, most=3, apart=True),
    Scenario("entered_after_it_was_sold", ("D10",), 32, entered_after_it_was_sold, most=2, apart=True),
    Scenario("counted_before_it_was_entered", ("D10-COUNT",), 41, counted_before_it_was_entered, most=2, apart=True),
    Scenario("lent_or_entered_late", ("D11",), 59, lent_or_entered_late, most=2, apart=True),
    Scenario("delivery_note_corrected", ("D10-DEL",), 1, delivery_note_corrected, most=3, apart=True),
)
