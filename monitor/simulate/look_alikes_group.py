"""Honest groups in hospital that look like a convoy and must not alert."""

from __future__ import annotations

from dataclasses import replace

from rules.times import DAY, HOUR

from .catalogue import ADMITTED, DELIVERY, FRACTURE, NEWBORN
from .forms import Message
from .frauds_group import in_person, left_at_once
from .frauds_inpatient import stay_of
from .inpatient import Stay, care
from .stage import Act, Scenario, Stage


def _cared(stage: Stage, stays: list[Stay]) -> list[Message]:
    return [message for stay in stays for message in care(stage.pen, stay)]


def traffic_accident(stage: Stage, day: int, turn: int) -> Act:
    """A family is hurt in one car: three or four of a household with fractures on one day."""
    people = stage.family(3 + turn % 2)
    place = stage.county.hospitals[0]
    stays = [stay_of(stage, person, place, day, 6, FRACTURE) for person in people]
    return Act(place, _cared(stage, stays), stays[-1].admitted)


def couple_falls_ill(stage: Stage, day: int, turn: int) -> Act:
    """Two of a household fall ill with the same, one after the other."""
    people = stage.family(2)
    place, illness = stage.county.hospitals[turn % 2], ADMITTED[0]
    stays = [stay_of(stage, person, place, day + number * DAY, 5, illness) for number, person in enumerate(people)]
    return Act(place, _cared(stage, stays), stays[-1].admitted)


def birth_in_the_family(stage: Stage, day: int, turn: int) -> Act:
    """A mother (52) and her newborn (5212), and the grandmother who falls ill a week later: one telephone."""
    mother = stage.person(lambda one: one.sex == "2" and 20 <= one.age <= 40)
    child, grandmother = stage.people(2)
    place = stage.county.hospitals[turn % 2]
    first = replace(stay_of(stage, mother, place, day, 4, DELIVERY), kind="52")
    second = replace(first, person=child, admitted=first.admitted + 3 * HOUR, illness=NEWBORN, kind="5212")
    third = stay_of(stage, grandmother, place, day + 7 * DAY, 4, ADMITTED[2])
    stays = [replace(stay, telephone=mother.telephone) for stay in (first, second, third)]
    return Act(place, _cared(stage, stays), third.admitted)


def village_and_its_relatives(stage: Stage, day: int, turn: int) -> Act:
    """Four of one village fall ill within three days; relatives buy with their cards on two days."""
    people = stage.circle(in_person, 4)
    return left_at_once(stage, people, stage.county.hospitals[2 + turn % 2], day, 4, 2)


LOOK_ALIKES = (
    Scenario("traffic_accident", ("I06-HOME", "I06-TEL"), 8, traffic_accident),
    Scenario("couple_falls_ill", ("I06-HOME", "I06-TEL"), 8, couple_falls_ill),
    Scenario("birth_in_the_family", ("I06-TEL",), 13, birth_in_the_family),
    Scenario("village_and_its_relatives", ("I07",), 12, village_and_its_relatives, most=4, apart=True),
)
