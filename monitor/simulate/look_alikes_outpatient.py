"""Honest visits that look like fraud and must not alert (violations.md, section 7)."""

from __future__ import annotations

from rules.times import HOUR, MINUTE

from .county import Institution
from .frauds_outpatient import seen_by
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


LOOK_ALIKES = (
    Scenario("consultation_in_the_group", ("B11", "B11-SPEED"), 1, consultation_in_the_group, apart=True),
    Scenario("two_practices", ("B11", "B11-SPEED"), 1, two_practices, apart=True),
    Scenario("nobody_named", ("B11", "B11-SPEED"), 1, nobody_named, apart=True),
)
