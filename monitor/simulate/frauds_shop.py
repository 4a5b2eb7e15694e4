"""Frauds that a pharmacy organises: with the cards of its own staff, of a firm, in its drawer; without drugs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from rules.times import DAY, HOUR, MINUTE, SECOND

from .catalogue import BOUGHT, KEPT, Item
from .county import Institution
from .forms import Line, Message, Wire
from .numbers import wire_date, wire_time
from .people import Person
from .pharmacy import Sale, sell
from .stage import WEEKS_BEFORE, Act, Scenario, Stage


def clerks(stage: Stage, place: Institution, count: int) -> list[Person]:
    """So many people who work at a pharmacy."""
    people = stage.people(count)
    stage.employed |= {person.index: place for person in people}
    return people


def sold(stage: Stage, sales: list[Sale]) -> list[Message]:
    """The messages of these sales."""
    return [message for sale in sales for message in sell(stage.pen, sale)]


def own_staff_swiping(stage: Stage, day: int, _turn: int) -> Act:
    """Four or five of its employees, one after the other within half an hour."""
    place = stage.online_shop()
    gaps = [stage.seconds(200, 420) for _ in range(stage.pen.rng.randint(3, 4))]
    start = stage.slot(place, day, sum(gaps))
    people = clerks(stage, place, len(gaps) + 1)
    sales = [
        Sale(person, place, at, stage.some()) for person, at in zip(people, accumulate([start, *gaps]), strict=True)
    ]
    return Act(place, sold(stage, sales), sales[2].at)


def card_of_a_clerk(stage: Stage, day: int, _turn: int) -> Act:
    """The card of one employee, five to seven times within four weeks."""
    place = stage.online_shop()
    (person,) = clerks(stage, place, 1)
    days = [day + 4 * number * DAY for number in range(stage.pen.rng.randint(5, 7))]
    sales = [Sale(person, place, stage.slot(place, today), stage.some()) for today in days]
    return Act(place, sold(stage, sales), sales[4].at)


def firm_at_the_till(stage: Stage, day: int, _turn: int) -> Act:
    """Nine to twelve people of one employer within the hour, none of whom was a customer before."""
    place = stage.online_shop()
    gaps = [stage.seconds(130, 240) for _ in range(stage.pen.rng.randint(8, 11))]
    start = stage.slot(place, day, sum(gaps))
    people = stage.circle(lambda person: person.employer, len(gaps) + 1)
    sales = [
        Sale(person, place, at, stage.some()) for person, at in zip(people, accumulate([start, *gaps]), strict=True)
    ]
    return Act(place, sold(stage, sales), sales[7].at)


def cards_in_a_drawer(stage: Stage, day: int, _turn: int) -> Act:
    """Four to six cards that nobody fetches: on three days within two weeks all of them within four minutes."""
    place = stage.online_shop()
    people = stage.people(stage.pen.rng.randint(4, 6))
    sales = []
    for today in (day, day + 5 * DAY, day + 12 * DAY):
        start = stage.slot(place, today, 4 * MINUTE)
        sales += [
            Sale(person, place, start + number * 45 * SECOND, stage.some()[:1]) for number, person in enumerate(people)
        ]
    return Act(place, sold(stage, sales), sales[2 * len(people) + 3].at)


def without_codes(stage: Stage, place: Institution, day: int, count: int) -> list[Sale]:
    """So many purchases within one day, for which no box was scanned."""
    gaps = [stage.seconds(130, 200) for _ in range(count - 1)]
    times = accumulate([stage.slot(place, day, sum(gaps)), *gaps])
    return [
        Sale(person, place, at, tuple(replace(line, boxes=()) for line in stage.some()))
        for person, at in zip(stage.people(count), times, strict=True)
    ]


def paid_without_a_box(stage: Stage, day: int, _turn: int) -> Act:
    """A pharmacy that scans every box settles 22 to 28 purchases on one day of which none left the shelf."""
    place = stage.online_shop()
    sales = without_codes(stage, place, day + WEEKS_BEFORE, stage.pen.rng.randint(22, 28))
    return Act(place, sold(stage, sales), sales[-1].at)


def of_round_sums(stage: Stage, place: Institution, day: int, count: int) -> list[Sale]:
    """So many purchases within one day, of one box each, for 100 to 300 yuan."""
    gaps = [stage.seconds(130, 200) for _ in range(count - 1)]
    times = accumulate([stage.slot(place, day, sum(gaps)), *gaps])
    return [
        Sale(person, place, at, (replace(stage.some()[0], price=stage.pen.rng.choice((10_000, 20_000, 30_000))),))
        for person, at in zip(stage.people(count), times, strict=True)
    ]


def rice_and_oil(stage: Stage, day: int, _turn: int) -> Act:
    """24 to 30 customers of one day pay for other goods; drugs are charged for the sum that was agreed on."""
    place = stage.online_shop()
    sales = of_round_sums(stage, place, day, stage.pen.rng.randint(24, 30))
    return Act(place, sold(stage, sales), sales[-1].at)


def borrowed_cards(stage: Stage, day: int, _turn: int) -> Act:
    """Two dozen cards are swiped one after the other for round sums, again every five days: on two to five days."""
    place, days = stage.online_shop(), stage.drawn(2, 5)
    people = stage.people(24)
    sales = []
    for number in range(days):
        gaps = [stage.seconds(25, 45) for _ in people[1:]]
        start = stage.slot(place, day + 5 * number * DAY, sum(gaps))
        sales += [
            Sale(person, place, at, (replace(stage.some()[0], price=stage.pen.rng.choice((10_000, 20_000, 30_000))),))
            for person, at in zip(people, accumulate([start, *gaps]), strict=True)
        ]
    return Act(place, sold(stage, sales), sales[: 2 * len(people) + 8][-1].at)


def deleted_rows(stage: Stage, place: Institution, day: int, count: int) -> tuple[list[Message], int]:
    """Purchases of a day, and so many of the rows that report them (3505) deleted by 3507 in the evening.

    Also gives the moment of the twentieth deletion, or of the last one.
    """
    found: list[Message] = []
    rows: list[Message] = []
    while len(rows) < count:
        (person,) = stage.people(1)
        messages = sell(stage.pen, Sale(person, place, stage.slot(place, day), stage.some()))
        rows += [one for one in messages if one.body["infno"] == "3505"]
        found += messages
    for number, row in enumerate(rows[:count]):
        row.body["fixmedins_bchno"] = row.body.get("fixmedins_bchno") or f"K{stage.pen.desk.line()}"
        gone: Wire = {"fixmedins_bchno": row.body["fixmedins_bchno"], "inv_data_type": "4"}
        found.append(stage.pen.at(place).write("3507", day + 21 * HOUR + number * 4 * MINUTE, gone))
    return found, day + 21 * HOUR + min(19, count - 1) * 4 * MINUTE


def book_rewritten(stage: Stage, day: int, _turn: int) -> Act:
    """A pharmacy deletes 17 to 30 rows of what it reported as sold that day."""
    place = stage.reporting_shop()
    messages, needed = deleted_rows(stage, place, day, stage.drawn(17, 30))
    return Act(place, messages, needed)


def came_in(stage: Stage, place: Institution, at: int, lines: Sequence[Line], infno: str = "3503") -> Message:
    """The boxes of these lines, of one item, come in; 3502 where they were lent."""
    codes = [{"drug_trac_codg": box} for line in lines for box in line.boxes]
    quantity, time = {"3503": ("purc_retn_cnt", "purc_retn_stoin_time"), "3502": ("cnt", "inv_chg_time")}[infno]
    lent: Wire = {"inv_chg_type": "101"} if infno == "3502" else {}
    row: Wire = {
        **lent,
        "med_list_codg": lines[0].item.code,
        quantity: len(codes),
        time: wire_time(at),
        "drugtracinfo": codes,
    }
    return stage.pen.at(place).write(infno, at, row)


def one_by_one(stage: Stage, place: Institution, day: int, lines: Sequence[Line]) -> list[Sale]:
    """Single packs, one every other day and from the thirty-second day on daily, to four customers by turns."""
    people = stage.people(4)
    days = [2 * number if number < 16 else 16 + number for number in range(len(lines))]
    return [
        Sale(people[number % 4], place, stage.slot(place, day + on * DAY), (line,))
        for number, (on, line) in enumerate(zip(days, lines, strict=True))
    ]


def shop_that_tells(stage: Stage, turn: int) -> Institution:
    """A pharmacy that uploads at once; by turns another one."""
    shops = [one for one in stage.county.pharmacies if not one.batch]
    return shops[turn % len(shops)]


def bought_elsewhere(stage: Stage, day: int, turn: int) -> Act:
    """A pharmacy buys a drug as usual for a month; then 4 to 12 of 25 boxes come from elsewhere, the last of them."""
    place, count = shop_that_tells(stage, turn), stage.drawn(4, 12)
    lines = [stage.pen.boxes(BOUGHT[0]) for _ in range(41)]
    unknown = range(42 - 2 * count, 41, 2)
    known = [line for number, line in enumerate(lines) if number not in unknown]
    sales = one_by_one(stage, place, day, lines)
    rows = [came_in(stage, place, day + on * DAY + 8 * HOUR, some) for on, some in ((0, known[:-2]), (56, known[-2:]))]
    needed = [sales[number].at for number in unknown][:5][-1]
    return Act(place, [*rows, *sold(stage, sales)], needed)


def shop_with_a_book(stage: Stage, turn: int) -> Institution:
    """A pharmacy that uploads its whole stock; by turns another one."""
    shops = [one for one in stage.county.pharmacies if one.keeps_book]
    return shops[turn % len(shops)]


def counted(stage: Stage, place: Institution, day: int, item: Item, packs: int) -> list[Message]:
    """A count of stock, of which each of two lots is a row; it is uploaded in the evening and dated by its day."""
    rows: list[Wire] = [
        {"med_list_codg": item.code, "inv_cnt": some, "invdate": wire_date(day), "manu_lotnum": f"L{lot}"}
        for lot, some in enumerate((packs // 2, packs - packs // 2))
    ]
    return [stage.pen.at(place).write("3501", day + 20 * HOUR + lot * MINUTE, row) for lot, row in enumerate(rows)]


def two_a_day(stage: Stage, place: Institution, day: int, lines: Sequence[Line]) -> list[Sale]:
    """Single packs, two a day from the day after on, to ten customers by turns."""
    people = stage.people(10)
    return [
        Sale(people[number % 10], place, stage.slot(place, day + (1 + number // 2) * DAY), (line,))
        for number, line in enumerate(lines)
    ]


def settled_without_stock(stage: Stage, day: int, turn: int) -> Act:
    """A pharmacy counts 20 packs, buys 20, and settles 44 to 80."""
    place, lines = shop_with_a_book(stage, turn), [stage.pen.boxes(KEPT[0]) for _ in range(stage.drawn(44, 80))]
    rows = [
        *counted(stage, place, day, KEPT[0], 20),
        came_in(stage, place, day + 6 * DAY + 8 * HOUR, lines[20:40]),
    ]
    sales = two_a_day(stage, place, day, lines)
    return Act(place, [*rows, *sold(stage, sales)], sales[:50][-1].at)


def left_on_the_shelf(stage: Stage, day: int, turn: int) -> Act:
    """Of 40 packs that a pharmacy settles 6 to 40 stay on the shelf, and are counted five weeks later."""
    place, lines = shop_with_a_book(stage, turn), [stage.pen.boxes(KEPT[2]) for _ in range(40)]
    sales = two_a_day(stage, place, day, lines)
    last = counted(stage, place, day + 35 * DAY, KEPT[2], 20 + stage.drawn(6, 40))
    return Act(place, [*counted(stage, place, day, KEPT[2], 60), *sold(stage, sales), *last], day + 35 * DAY)


FRAUDS = (
    Scenario("own_staff_swiping", ("S03",), 1, own_staff_swiping, most=4, apart=True),
    Scenario("card_of_a_clerk", ("S03-MONTH",), 25, card_of_a_clerk, also=("D01", "D01-DUP"), most=4, apart=True),
    Scenario("firm_at_the_till", ("S04",), 1, firm_at_the_till, most=3, apart=True),
    Scenario("cards_in_a_drawer", ("S02",), 13, cards_in_a_drawer, also=("D01", "D01-DUP"), most=4, apart=True),
    Scenario("rice_and_oil", ("D08",), 1, rice_and_oil, most=2, apart=True),
    Scenario("paid_without_a_box", ("D06",), 20, paid_without_a_box, most=3, apart=True),
    Scenario(
        "borrowed_cards", ("S05",), 22, borrowed_cards,
        also=("S01", "S01-GAP", "S01-SIGN", "S02", "D08", "D01", "D01-DUP"), most=3, apart=True,
    ),
    Scenario("settled_without_stock", ("D10",), 41, settled_without_stock, most=2, apart=True),
    Scenario("left_on_the_shelf", ("D10-COUNT",), 36, left_on_the_shelf, most=2, apart=True),
    Scenario("bought_elsewhere", ("D11",), 59, bought_elsewhere, most=2, apart=True),
    Scenario("book_rewritten", ("D10-DEL",), 1, book_rewritten, most=3, apart=True),
)  # fmt: skip
