"""Honest visits that look like fraud and must not alert (violations.md, section 7)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import repeat

from rules.times import DAY, HOUR, MINUTE

from .catalogue import (
    ABOLISHED,
    ACUTE,
    CONTAINED,
    DROOPING,
    IN_BULK,
    MONITORED,
    OF_THE_EYE,
    SERVICES,
    TRACER,
    UNCOVERED,
    Item,
)
from .county import TWO_PRACTICES, Institution
from .forms import Line
from .frauds_outpatient import (
    FOR_A_LABORATORY,
    charged_daily,
    days_among,
    deleted_lines,
    given_in_bulk,
    lids,
    priced,
    scans,
    seen_by,
    sessions,
    tested,
    used_weekly,
    visits_of,
)
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
    physician = TWO_PRACTICES[turn % len(TWO_PRACTICES)]
    return _in_two_places(stage, (place, clinic), physician, at, stage.seconds(1_500, 2_400))


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


def wrong_price_of_a_day(stage: Stage, day: int, turn: int) -> Act:
    """A wrong price is found in the evening: lines of 15 to 22 visits are deleted within the hour."""
    place = stage.county.hospitals[turn % 4]
    messages, needed = deleted_lines(stage, place, day, stage.pen.rng.randint(15, 22), 45)
    return Act(place, messages, needed)


def at_its_limit(item: Item, stage: Stage, day: int, turn: int) -> Act:
    """A hospital charges an item at its limit day by day, and twice above it by a slip."""
    place = stage.county.hospitals[turn % 4]
    prices = [(item.price, item.price)] * 5 + [(item.price * 6 // 5, item.price)] * 2
    messages, times = priced(stage, place, day, item, prices)
    return Act(place, messages, times[-1])


def slip_of_a_day(item: Item, stage: Stage, day: int, turn: int) -> Act:
    """A hospital charges by a slip, twice on following days, what it may not charge."""
    place = stage.county.hospitals[turn % 4]
    messages, times = charged_daily(stage, place, day, item, [item.price] * 2)
    return Act(place, messages, times[-1])


def scanned_far_away(stage: Stage, day: int, turn: int) -> Act:
    """A patient a day is scanned at the hospital far away that has a licence, or the test is sent there."""
    is_sent = turn % 2 == 1
    place = stage.county.hospitals[turn % 4] if is_sent else stage.county.far_hospital
    patients = stage.people(2)
    visits = [
        replace(
            seen_by(stage, patients[number % 2], place, day + number * DAY + 10 * HOUR, ""),
            lines=(Line(TRACER, sent_out=is_sent),),
        )
        for number in range(5)
    ]
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[-1].charged_at)


def paid_by_the_patient(stage: Stage, day: int, turn: int) -> Act:
    """What the fund does not pay is charged day by day, with nothing in scope."""
    place = stage.county.hospitals[turn % 4]
    messages, times = charged_daily(stage, place, day, UNCOVERED, [0] * 6)
    return Act(place, messages, times[-1])


def lids_that_droop(stage: Stage, day: int, turn: int) -> Act:
    """A hospital operates on lids: six persons in cosmetology, who are ill, and six at the oculists'."""
    place = stage.county.hospitals[turn % 2]
    messages, times = lids(stage, place, day, [DROOPING, OF_THE_EYE] * 6)
    return Act(place, messages, times[-1])


def tests_of_two_days(stage: Stage, day: int, turn: int) -> Act:
    """Two tests of a group on one day, and the third on the next, when their results are there."""
    return tested(stage, day, turn, (0, 0, 1))


def two_therapists(stage: Stage, day: int, turn: int) -> Act:
    """A full day of sessions that two therapists share."""
    place = stage.county.hospitals[turn % 4]
    visits = sessions(stage, place, day, [5, 5, 5, 5, 4], place.physicians[2:4])
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[-1].charged_at)


def out_of_stock(stage: Stage, day: int, turn: int) -> Act:
    """The product that won is given as a rule, the dear one on twelve days on which it is out of stock."""
    place = stage.county.hospitals[turn % 4]
    visits = given_in_bulk(stage, place, day, [IN_BULK[0]] * 13 + [IN_BULK[1]] * 12)
    return Act(place, [message for one in visits for message in treat(stage.pen, one)], visits[-1].charged_at)


IN_USE = Line(MONITORED[1])


LOOK_ALIKES = (
    Scenario("consultation_in_the_group", ("B11", "B11-SPEED"), 1, consultation_in_the_group, apart=True),
    Scenario("two_practices", ("B11", "B11-SPEED"), 1, two_practices, apart=True),
    Scenario("nobody_named", ("B11", "B11-SPEED"), 1, nobody_named, apart=True),
    Scenario("course_of_treatment", ("S11",), 27, course_of_treatment, apart=True),
    Scenario("chronic_programme", ("S11",), 29, chronic_programme, apart=True),
    Scenario("day_of_appointments", ("S11-DAY",), 1, day_of_appointments, apart=True),
    Scenario("scanned_for_control", ("B07",), 10, scanned_for_control, apart=True),
    Scenario("service_at_its_limit", ("B03",), 8, partial(at_its_limit, SERVICES[5]), most=3, apart=True),
    Scenario("drug_at_its_limit", ("D19",), 8, partial(at_its_limit, ACUTE[6]), most=3, apart=True),
    Scenario("abolished_item_by_a_slip", ("B04",), 3, partial(slip_of_a_day, ABOLISHED), most=3, apart=True),
    Scenario("contained_material_by_a_slip", ("B05",), 3, partial(slip_of_a_day, CONTAINED), most=3, apart=True),
    Scenario("paid_by_the_patient", ("B06",), 7, paid_by_the_patient, most=3, apart=True),
    Scenario("scanned_without_a_licence_by_a_slip", ("B13",), 3, partial(slip_of_a_day, TRACER), most=2, apart=True),
    Scenario("scanned_far_away", ("B13",), 6, scanned_far_away, most=2, apart=True),
    Scenario("lids_that_droop", ("B10",), 13, lids_that_droop, most=3, apart=True),
    Scenario("tests_of_two_days", ("B02",), 3, tests_of_two_days, most=3, apart=True),
    Scenario("two_therapists", ("B08",), 1, two_therapists, most=3, apart=True),
    Scenario("out_of_stock", ("D20",), 26, out_of_stock, most=3, apart=True),
    Scenario("key_drug_in_an_outbreak", ("D17",), 64, partial(used_weekly, IN_USE, (15, 22)), most=1, apart=True),
    Scenario("tests_of_a_campaign", ("B14",), 64, partial(used_weekly, FOR_A_LABORATORY, (2, 4)), most=1, apart=True),
    Scenario("wrong_price_of_a_day", ("B18",), 1, wrong_price_of_a_day, most=2, apart=True),
)
