"""Frauds with visits: one physician's code in two places at once, people who are sent to doctors without need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate, repeat

from rules.times import DAY, HOUR, MINUTE

from .catalogue import SCAN, SEEN, SERVICES
from .county import Institution
from .forms import Line, Message
from .outpatient import Visit, treat
from .people import Person
from .stage import Act, Scenario, Stage


def seen_by(stage: Stage, person: Person, place: Institution, at: int, physician: str) -> Visit:
    """An examination and nothing else, charged at this moment."""
    line = Line(stage.pen.rng.choice(SERVICES))
    return Visit(person, place, at + 4 * MINUTE, "11", stage.pen.rng.choice(SEEN), (line,), physician=physician)


def name_lent(stage: Stage, day: int, turn: int) -> Act:
    """A physician of a large hospital, and in the same hour somebody who uses the code at a clinic of another group.

    They take turns; between two visits lie 3 to 14 minutes.
    """
    here = stage.county.hospitals[turn % 2]
    elsewhere = stage.pen.rng.choice([one for one in stage.county.hospitals[2:] if one.group != here.group])
    gaps = [stage.seconds(180, 840) for _ in range(3)]
    times = accumulate([day + 9 * HOUR + stage.seconds(0, 18_000), *gaps])
    visits = [
        seen_by(stage, person, elsewhere if number % 2 else here, at, here.physicians[1])
        for number, (person, at) in enumerate(zip(stage.people(4), times, strict=True))
    ]
    return Act(elsewhere, [message for one in visits for message in treat(stage.pen, one)], visits[1].charged_at)


def name_lent_far_away(stage: Stage, day: int, turn: int) -> Act:
    """The same with the hospital 91 km away, 20 to 55 minutes later: a journey of 45 minutes is just possible."""
    here, elsewhere = stage.county.hospitals[turn % 2], stage.county.far_hospital
    at = day + 9 * HOUR + stage.seconds(0, 18_000)
    first, second = stage.people(2)
    visits = [
        seen_by(stage, first, here, at, here.physicians[2]),
        seen_by(stage, second, elsewhere, at + stage.seconds(1_200, 3_300), here.physicians[2]),
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
    times = days_among(stage, day, stage.pen.rng.randint(13, 20))
    visits = visits_of(stage, person, repeat(place), times)
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[:15][-1].at)


def from_door_to_door(stage: Stage, day: int, _turn: int) -> Act:
    """A person is sent to five to eight doctors on one day, two in each house."""
    (person,) = stage.people(1)
    places = [one for one in stage.pen.rng.sample(stage.county.hospitals, 4) for _ in range(2)]
    gaps = [stage.seconds(1_800, 3_600) for _ in range(stage.pen.rng.randint(4, 7))]
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
    times = [day + number * DAY + 10 * HOUR + stage.seconds(0, 7_000) for number in range(stage.pen.rng.randint(2, 5))]
    return Act(places[0], scans(stage, person, places, times), times[:3][-1])


FRAUDS = (
    Scenario("name_lent", ("B11",), 1, name_lent, also=("B11-SPEED",), apart=True),
    Scenario("name_lent_far_away", ("B11-SPEED",), 1, name_lent_far_away, apart=True),
    Scenario("doctor_every_other_day", ("S11",), 29, doctor_every_other_day, apart=True),
    Scenario("from_door_to_door", ("S11-DAY",), 1, from_door_to_door, apart=True),
    Scenario("scanned_again", ("B07",), 6, scanned_again, apart=True),
)
