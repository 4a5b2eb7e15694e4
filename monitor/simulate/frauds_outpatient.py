"""Frauds with visits: one physician's code in two places at once, people who are sent to doctors without need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate, repeat
from typing import cast

from rules.times import DAY, HOUR, MINUTE, SECOND

from .catalogue import (
    ABOLISHED,
    ACUTE,
    CONTAINED,
    DROOPING,
    IN_BULK,
    LID,
    MONITORED,
    OUTSIDE,
    PARTS,
    SCAN,
    SEEN,
    SERVICES,
    SESSION,
    TRACER,
    UNCOVERED,
    Illness,
    Item,
)
from .county import Institution
from .forms import Line, Message, Wire
from .outpatient import Visit, treat
from .people import Person
from .stage import Act, Scenario, Stage


def seen_by(stage: Stage, person: Person, place: Institution, at: int, physician: str) -> Visit:
    """An examination and nothing else, charged at this moment."""
    line = Line(stage.pen.rng.choice(SERVICES))
    return Visit(person, place, at + 4 * MINUTE, "11", stage.pen.rng.choice(SEEN), (line,), physician=physician)


def name_lent(stage: Stage, day: int, turn: int) -> Act:
    """A physician of a large hospital, and in the same hour somebody who uses the code at a clinic of another group.

    They take turns; between two visits lie 14 to 3 minutes.
    """
    here = stage.county.hospitals[turn % 2]
    elsewhere = stage.pen.rng.choice([one for one in stage.county.hospitals[2:] if one.group != here.group])
    gaps = [stage.drawn(840, 180) * SECOND] * 3
    times = accumulate([day + 9 * HOUR + stage.seconds(0, 18_000), *gaps])
    visits = [
        seen_by(stage, person, elsewhere if number % 2 else here, at, here.physicians[1])
        for number, (person, at) in enumerate(zip(stage.people(4), times, strict=True))
    ]
    return Act(elsewhere, [message for one in visits for message in treat(stage.pen, one)], visits[1].charged_at)


def name_lent_far_away(stage: Stage, day: int, turn: int) -> Act:
    """The same with the hospital 91 km away, 55 to 20 minutes later: a journey of 45 minutes is just possible."""
    here, elsewhere = stage.county.hospitals[turn % 2], stage.county.far_hospital
    at = day + 9 * HOUR + stage.seconds(0, 18_000)
    first, second = stage.people(2)
    visits = [
        seen_by(stage, first, here, at, here.physicians[2]),
        seen_by(stage, second, elsewhere, at + stage.drawn(3_300, 1_200) * SECOND, here.physicians[2]),
    ]
    return Act(elsewhere, [message for one in visits for message in treat(stage.pen, one)], visits[1].charged_at)


def visits_of(
    stage: Stage, person: Person, places: Iterable[Institution], times: Iterable[int], kind: str = "11"
) -> list[Visit]:
    """The same person at one place after the other, charged at these moments. kind: med_type."""
    return [
        replace(seen_by(stage, person, place, at, place.physicians[number % 4]), kind=kind)
        for number, (place, at) in enumerate(zip(places, times, strict=False))
    ]


def days_among(stage: Stage, day: int, count: int) -> list[int]:
    """So many different days of four weeks, and a moment of the morning of each."""
    days = sorted(stage.pen.rng.sample(range(28), count))
    return [day + number * DAY + 9 * HOUR + stage.seconds(0, 7_000) for number in days]


def doctor_every_other_day(stage: Stage, day: int, turn: int) -> Act:
    """A healthy person is sent to a clinic on 13 to 20 days of four weeks."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[2 + turn % 2]
    times = days_among(stage, day, stage.drawn(13, 20))
    visits = visits_of(stage, person, repeat(place), times)
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[:15][-1].at)


def from_door_to_door(stage: Stage, day: int, _turn: int) -> Act:
    """A person is sent to five to eight doctors on one day, two in each house."""
    (person,) = stage.people(1)
    places = [one for one in stage.pen.rng.sample(stage.county.hospitals, 4) for _ in range(2)]
    gaps = [stage.seconds(1_800, 3_600) for _ in range(stage.drawn(4, 7))]
    visits = visits_of(stage, person, places, accumulate([day + 9 * HOUR, *gaps]))
    return Act(places[0], [message for one in visits for message in treat(stage.pen, one)], visits[:6][-1].at)


def scans(stage: Stage, person: Person, places: Iterable[Institution], times: Iterable[int]) -> list[Message]:
    """A scan of the same part at one place after the other, and nothing else."""
    visits = [
        replace(seen_by(stage, person, place, at, place.physicians[0]), lines=(Line(SCAN),))
        for place, at in zip(places, times, strict=False)
    ]
    return [message for one in visits for message in treat(stage.pen, one)]


def scanned_again(stage: Stage, day: int, turn: int) -> Act:
    """A person is sent to a scan of the same part on two to five days running, at two hospitals by turns."""
    (person,) = stage.people(1)
    places = stage.county.hospitals[turn % 2 : turn % 2 + 2] * 3
    times = [day + number * DAY + 10 * HOUR + stage.seconds(0, 7_000) for number in range(stage.drawn(2, 5))]
    return Act(places[0], scans(stage, person, places, times), times[:3][-1])


def deleted_lines(stage: Stage, place: Institution, day: int, count: int, minutes: int) -> tuple[list[Message], int]:
    """So many visits of a day, of each of which a line is deleted (2205) in the evening, all within so many minutes.

    Also gives the moment of the thirtieth deletion, or of the last one.
    """
    found, gone = [], []
    for number, person in enumerate(stage.people(count)):
        seen = seen_by(stage, person, place, day + 9 * HOUR + number * 7 * MINUTE, place.physicians[number % 4])
        messages = treat(stage.pen, seen)
        found += messages
        [charged] = [one.body for one in messages if one.body["infno"] == "2204"]
        [line] = cast("list[Wire]", charged["feedetail"])
        named: Wire = {"chrg_bchno": line["chrg_bchno"]} if stage.pen.by_batch else {"feedetl_sn": [line["feedetl_sn"]]}
        gone.append((person, {"mdtrt_id": charged["mdtrt_id"], **named}))
    times = [day + 19 * HOUR + number * (minutes * 60 // count) * SECOND for number in range(count)]
    for (person, fields), at in zip(gone, times, strict=True):
        found.append(stage.pen.at(place, person).write("2205", at, fields))
    return found, times[min(29, count - 1)]


def tidied_up(stage: Stage, day: int, turn: int) -> Act:
    """The day before an inspection a hospital deletes lines of 24 to 45 visits, within three quarters of an hour."""
    place = stage.county.hospitals[turn % 4]
    messages, needed = deleted_lines(stage, place, day, stage.drawn(24, 45), 45)
    return Act(place, messages, needed)


def priced(
    stage: Stage, place: Institution, day: int, item: Item, prices: Sequence[tuple[int, int]]
) -> tuple[list[Message], list[int]]:
    """A visit a day on which an item is charged at a price that has a limit, both fen; and when each was charged."""
    visits = [
        replace(
            seen_by(stage, person, place, day + number * DAY + 10 * HOUR, place.physicians[number % 4]),
            lines=(Line(item, price=price, most=most),),
        )
        for number, (person, (price, most)) in enumerate(zip(stage.people(len(prices)), prices, strict=True))
    ]
    return [message for one in visits for message in treat(stage.pen, one)], [one.charged_at for one in visits]


def above_its_limit(item: Item, stage: Stage, day: int, turn: int) -> Act:
    """A hospital charges an item a fifth above its limit on two to six days running."""
    place = stage.county.hospitals[turn % 4]
    prices = [(item.price * 6 // 5, item.price)] * stage.drawn(2, 6)
    messages, times = priced(stage, place, day, item, prices)
    return Act(place, messages, times[:3][-1])


def charged_daily(
    stage: Stage, place: Institution, day: int, item: Item, in_scope: Iterable[int]
) -> tuple[list[Message], list[int]]:
    """A visit a day, of two patients by turns, on which an item is charged and nothing else; and when.

    in_scope: of the fund, fen, of each visit.
    """
    patients = stage.people(2)
    visits = [
        replace(
            seen_by(stage, patients[number % 2], place, day + number * DAY + 10 * HOUR, place.physicians[number % 4]),
            lines=(Line(item, in_scope=part),),
        )
        for number, part in enumerate(in_scope)
    ]
    return [message for one in visits for message in treat(stage.pen, one)], [one.charged_at for one in visits]


def charged_though(item: Item, stage: Stage, day: int, turn: int) -> Act:
    """A hospital charges on two to six days running what it may not charge, and all of it to the fund."""
    place = stage.county.hospitals[turn % 4]
    messages, times = charged_daily(stage, place, day, item, [item.price] * stage.drawn(2, 6))
    return Act(place, messages, times[:3][-1])


def lids(stage: Stage, place: Institution, day: int, illnesses: Sequence[Illness]) -> tuple[list[Message], list[int]]:
    """A person a day with each of these illnesses in turn, whose lid is operated on and paid by the fund; and when."""
    visits = [
        replace(
            seen_by(stage, person, place, day + number * DAY + 11 * HOUR, place.physicians[number % 4]),
            lines=(Line(LID, in_scope=LID.price),),
            illness=illness,
        )
        for number, (person, illness) in enumerate(zip(stage.people(len(illnesses)), illnesses, strict=True))
    ]
    return [message for one in visits for message in treat(stage.pen, one)], [one.charged_at for one in visits]


def folds_in_the_lid(stage: Stage, day: int, turn: int) -> Act:
    """The department of cosmetology of a clinic operates on 6 to 24 customers, and charges drooping lids."""
    place = stage.county.hospitals[2 + turn % 2]
    messages, times = lids(stage, place, day, [DROOPING] * stage.drawn(6, 24))
    return Act(place, messages, times[:10][-1])


def tested(stage: Stage, day: int, turn: int, days: Sequence[int]) -> Act:
    """A patient of whom the three parts of a group of tests are charged one by one, each so many days later."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 4]
    visits = [
        replace(
            seen_by(stage, person, place, day + later * DAY + 9 * HOUR, place.physicians[0]),
            lines=tuple(Line(part) for part, on in zip(PARTS, days, strict=True) if on == later),
        )
        for later in sorted(set(days))
    ]
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[-1].charged_at)


def tests_one_by_one(stage: Stage, day: int, turn: int) -> Act:
    """A hospital charges a group of tests in its parts."""
    return tested(stage, day, turn, (0, 0, 0))


def sessions(
    stage: Stage, place: Institution, day: int, counts: Sequence[int], therapists: Sequence[str]
) -> list[Visit]:
    """Visits of a day with so many sessions of a treatment each; the therapists take turns."""
    return [
        replace(
            seen_by(stage, person, place, day + 9 * HOUR + number * HOUR, place.physicians[number % 4]),
            lines=(Line(SESSION, count, performer=therapists[number % len(therapists)]),),
        )
        for number, (person, count) in enumerate(zip(stage.people(len(counts)), counts, strict=True))
    ]


def therapist_without_a_break(stage: Stage, day: int, turn: int) -> Act:
    """A therapist is charged with 15 to 25 sessions of 40 minutes on a day."""
    place = stage.county.hospitals[turn % 4]
    fewer, more = divmod(stage.drawn(15, 25), 5)
    counts = [fewer + 1] * more + [fewer] * (5 - more)
    visits = sessions(stage, place, day, counts, place.physicians[:1])
    needed = [one.charged_at for one, so_far in zip(visits, accumulate(counts), strict=True) if so_far >= 19]
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], [*needed, visits[-1].at][0])


def given_in_bulk(stage: Stage, place: Institution, day: int, items: Sequence[Item]) -> list[Visit]:
    """Packs of a substance that is procured by volume, one a day, to four patients by turns."""
    patients = stage.people(4)
    return [
        replace(
            seen_by(stage, patients[number % 4], place, day + number * DAY + 9 * HOUR, place.physicians[number % 4]),
            lines=(Line(item),),
        )
        for number, item in enumerate(items)
    ]


def dear_product(stage: Stage, day: int, turn: int) -> Act:
    """A hospital gives the dear product on 18 to 24 days of 25, and the one that won on the others."""
    place = stage.county.hospitals[turn % 4]
    dear = stage.drawn(18, 24)
    items = [IN_BULK[0]] * (25 - dear) + [IN_BULK[1]] * dear
    visits = given_in_bulk(stage, place, day, items)
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[-1].charged_at)


def used_weekly(line: Line, counts: tuple[int, int], stage: Stage, day: int, turn: int) -> Act:
    """Something is charged for nine weeks, twice a week and daily in the last. counts: of the one and the other."""
    place, patients = stage.county.hospitals[turn % 4], stage.people(8)
    before, last = counts
    days = [(7 * week + on, before) for week in range(8) for on in (0, 3)]
    days += [(56 + on, last) for on in range(7)]
    visits = [
        replace(
            seen_by(stage, patients[number % 8], place, day + on * DAY + 9 * HOUR, place.physicians[number % 4]),
            lines=(replace(line, count=count),),
        )
        for number, (on, count) in enumerate(days)
    ]
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[-1].charged_at)


PROMOTED, FOR_A_LABORATORY = Line(MONITORED[0]), Line(OUTSIDE, sent_out=True)


FRAUDS = (
    Scenario("name_lent", ("B11",), 1, name_lent, also=("B11-SPEED",), apart=True),
    Scenario("name_lent_far_away", ("B11-SPEED",), 1, name_lent_far_away, also=("B11",), apart=True),
    Scenario("doctor_every_other_day", ("S11",), 29, doctor_every_other_day, apart=True),
    Scenario("from_door_to_door", ("S11-DAY",), 1, from_door_to_door, apart=True),
    Scenario("scanned_again", ("B07",), 6, scanned_again, apart=True),
    Scenario("service_above_its_limit", ("B03",), 7, partial(above_its_limit, SERVICES[2]), most=3, apart=True),
    Scenario("drug_above_its_limit", ("D19",), 7, partial(above_its_limit, ACUTE[4]), most=3, apart=True),
    Scenario("abolished_item_charged", ("B04",), 7, partial(charged_though, ABOLISHED), most=3, apart=True),
    Scenario("contained_material_charged", ("B05",), 7, partial(charged_though, CONTAINED), most=3, apart=True),
    Scenario("uncovered_put_into_scope", ("B06",), 7, partial(charged_though, UNCOVERED), most=3, apart=True),
    Scenario("scanned_without_a_licence", ("B13",), 7, partial(charged_though, TRACER), most=3, apart=True),
    Scenario("folds_in_the_lid", ("B10",), 25, folds_in_the_lid, most=3, apart=True),
    Scenario("tests_one_by_one", ("B02",), 2, tests_one_by_one, most=3, apart=True),
    Scenario("therapist_without_a_break", ("B08",), 1, therapist_without_a_break, most=3, apart=True),
    Scenario("dear_product", ("D20",), 26, dear_product, most=3, apart=True),
    Scenario("key_drug_promoted", ("D17",), 64, partial(used_weekly, PROMOTED, (4, 25)), most=1, apart=True),
    Scenario(
        "tests_for_a_laboratory", ("B14",), 64, partial(used_weekly, FOR_A_LABORATORY, (2, 6)), most=1, apart=True
    ),
    Scenario("tidied_up", ("B18",), 1, tidied_up, most=2, apart=True),
)
