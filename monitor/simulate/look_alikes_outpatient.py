"""Honest visits that look like fraud and must not alert (violations.md, section 7)."""

from __future__ import annotations

from itertools import repeat

from rules.times import DAY, HOUR, MINUTE

from .county import Institution
from .frauds_outpatient import days_among, scans, seen_by, visits_of
from .outpatient import treat
from .stage import Act, Scenario, Stage

NO_PHYSICIAN = "D999999999999"
"""What some systems send where nobody is named."""


def _in_two_places(stage: Stage, places: tuple[Institution, Institution], physician: str, at: int, gap: int) -> Act:
    """One patient here, and the next there."""
    visits = [
        seen_by(stage, person, place, at + number * gap, physician)
        for number, (person, place) in enumerate(zip(stage.people(2), places, strict=True))
    ]
    return Act(places[1], [message for one in visits for message in treat(stage.pen, one)], visits[1].charged_at)


def consultation_in_the_group(stage: Stage, day: int, turn: int) -> Act:
    """A physician sees a patient of the clinic of the same group by video, nine minutes after one in the hospital."""
    place = stage.county.hospitals[turn % 2]
    at = day + 9 * HOUR + stage.seconds(0, 18_000)
    return _in_two_places(stage, (place, stage.sister(place)), place.physicians[3], at, 9 * MINUTE)


def two_practices(stage: Stage, day: int, turn: int) -> Act:
    """A physician works at the hospital, and 25 to 40 minutes later at a clinic of another group."""
    place = stage.county.hospitals[turn % 2]
    clinic = stage.pen.rng.choice([one for one in stage.county.hospitals[2:] if one.group != place.group])
    at = day + 11 * HOUR + stage.seconds(0, 3_000)
    return _in_two_places(stage, (place, clinic), place.physicians[4], at, stage.seconds(1_500, 2_400))


def nobody_named(stage: Stage, day: int, turn: int) -> Act:
    """A hospital and a clinic of another group send the same code where no physician is named."""
    place = stage.county.hospitals[turn % 2]
    clinic = stage.pen.rng.choice([one for one in stage.county.hospitals[2:] if one.group != place.group])
    at = day + 9 * HOUR + stage.seconds(0, 18_000)
    return _in_two_places(stage, (place, clinic), NO_PHYSICIAN, at, 2 * MINUTE)


def course_of_treatment(stage: Stage, day: int, turn: int) -> Act:
    """Ten treatments on ten days running, and three check-ups in the weeks after."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    times = [day + number * DAY + 10 * HOUR + stage.seconds(0, 3_000) for number in (*range(10), 13, 18, 25)]
    visits = visits_of(stage, person, repeat(place), times)
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[-1].at)


def chronic_programme(stage: Stage, day: int, turn: int) -> Act:
    """Dialysis or the like for an outpatient with the entitlement (14): 16 to 20 days of four weeks."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    times = days_among(stage, day, stage.pen.rng.randint(16, 20))
    visits = visits_of(stage, person, repeat(place), times, "14")
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[-1].at)


def day_of_appointments(stage: Stage, day: int, turn: int) -> Act:
    """A patient with many complaints sees four or five doctors in the hospitals and a clinic on one day."""
    (person,) = stage.people(1)
    places = [one for one in stage.county.hospitals[:3] for _ in range(2)]
    times = [day + 9 * HOUR + number * 50 * MINUTE for number in range(4 + turn % 2)]
    visits = visits_of(stage, person, places, times)
    return Act(places[0], [message for one in visits for message in treat(stage.pen, one)], visits[-1].at)


def scanned_for_control(stage: Stage, day: int, turn: int) -> Act:
    """Two scans within a week after an operation, and a third one eight days after the first."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    times = [day + number * DAY + 10 * HOUR for number in (0, 4, 8)]
    return Act(place, scans(stage, person, repeat(place), times), times[-1])


LOOK_ALIKES = (
    Scenario("consultation_in_the_group", ("B11", "B11-SPEED"), 1, consultation_in_the_group, apart=True),
    Scenario("two_practices", ("B11", "B11-SPEED"), 1, two_practices, apart=True),
    Scenario("nobody_named", ("B11", "B11-SPEED"), 1, nobody_named, apart=True),
    Scenario("course_of_treatment", ("S11",), 27, course_of_treatment, apart=True),
    Scenario("chronic_programme", ("S11",), 29, chronic_programme, apart=True),
    Scenario("day_of_appointments", ("S11-DAY",), 1, day_of_appointments, apart=True),
    Scenario("scanned_for_control", ("B07",), 10, scanned_for_control, apart=True),
)
