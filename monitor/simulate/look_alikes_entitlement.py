"""Honest settlements that look like a benefit drawn wrongly and must not alert."""

from __future__ import annotations

from rules.times import DAY, HOUR, MINUTE

from .forms import Wire
from .frauds_entitlement import (
    CLERKS,
    dear_stay,
    handed_in,
    local,
    mornings,
    ordinary_claims,
    seen_every,
    settled_at,
    settled_with,
)
from .stage import Act, Scenario, Stage


def ill_without_recognition(stage: Stage, day: int, turn: int) -> Act:
    """A person whose illness nobody recognised pays as everybody does (11)."""
    person, place = local(stage), stage.county.hospitals[turn % 4]
    stage.pretending.add(person.index)
    messages = seen_every(stage, person, place, mornings(stage, day, 3, 6), "11")
    return Act(place, messages, settled_at(messages)[-1])


def assisted_patient(stage: Stage, day: int, turn: int) -> Act:
    """Medical assistance pays for somebody who is in its register."""
    place = stage.county.hospitals[turn % 4]
    person = stage.person(lambda one: one.assisted)
    messages = seen_every(stage, person, place, mornings(stage, day, 2, 8), "11")
    return Act(place, messages, settled_at(messages)[-1])


def bills_of_a_journey(stage: Stage, day: int, turn: int) -> Act:
    """Two small bills are handed in after a journey; a third visit goes through the network."""
    person, place = local(stage), stage.county.hospitals[turn % 4]
    bills = settled_with(seen_every(stage, person, place, mornings(stage, day, 2, 5), "11"), setl_type="1")
    messages = [*bills, *seen_every(stage, person, place, mornings(stage, day + 12 * DAY, 1, 1), "11")]
    return Act(place, messages, settled_at(messages)[-1])


def treated_in_the_city(stage: Stage, day: int, turn: int) -> Act:
    """A dear stay far away with three check-ups; or six visits there that cost little."""
    person, place = local(stage), stage.county.far_hospital
    stay = [] if turn % 2 else dear_stay(stage, person, day, 90)
    times = mornings(stage, day + 6 * DAY, 6 if turn % 2 else 3, 4)
    messages = [*stay, *seen_every(stage, person, place, times, "11")]
    return Act(place, messages, settled_at(messages)[-1])


def insured_for_weeks(stage: Stage, day: int, turn: int) -> Act:
    """Somebody who was insured five to nine weeks before is admitted for a dear treatment."""
    person, place = local(stage), stage.county.hospitals[turn % 2]
    stage.enrolled[person.index] = day - stage.pen.rng.randint(35, 63) * DAY
    messages = dear_stay(stage, person, day, 90, place)
    return Act(place, messages, settled_at(messages)[0])


def only_clerk(stage: Stage, day: int, turn: int) -> Act:
    """Another county has one clerk, who pays all bills; or four, of whom one does a hospital's pile in a sitting."""
    place, shared = stage.county.far_hospital, bool(turn % 2)
    agency: Wire = {"insuplc_admdvs": "340521" if shared else "340522"}
    clerks = CLERKS if shared else CLERKS[:1]
    times = (day + 10 * DAY + 9 * HOUR + n * 5 * MINUTE for n in range(12))
    pile = times if shared else mornings(stage, day + 9 * DAY, 12, 1)
    bills = handed_in(stage, place, pile, CLERKS[:1], **agency)
    return Act(place, [*ordinary_claims(stage, day, clerks, **agency), *bills], settled_at(bills)[-1])


LOOK_ALIKES = (
    Scenario("ill_without_recognition", ("E05",), 13, ill_without_recognition, apart=True),
    Scenario("assisted_patient", ("E06",), 9, assisted_patient, apart=True),
    Scenario("bills_of_a_journey", ("E07", "E07-SUM"), 13, bills_of_a_journey, apart=True),
    Scenario("insured_for_weeks", ("E02",), 6, insured_for_weeks, apart=True),
    Scenario("treated_in_the_city", ("E08",), 27, treated_in_the_city, apart=True),
    Scenario("only_clerk", ("B23",), 23, only_clerk, most=2, apart=True),
)
