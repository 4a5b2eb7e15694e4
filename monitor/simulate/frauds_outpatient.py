"""Frauds with visits: one physician's code in two places at once."""

from __future__ import annotations

from itertools import accumulate

from rules.times import HOUR, MINUTE

from .catalogue import SEEN, SERVICES
from .county import Institution
from .forms import Line
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


FRAUDS = (
    Scenario("name_lent", ("B11",), 1, name_lent, also=("B11-SPEED",), apart=True),
    Scenario("name_lent_far_away", ("B11-SPEED",), 1, name_lent_far_away, apart=True),
)
