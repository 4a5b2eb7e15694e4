"""Frauds of groups that are brought to hospital together: by one telephone, household, village, care home, broker.

How many are brought is drawn from few, of whom nobody takes notice, to many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rules.times import DAY, HOUR

from .catalogue import ADMITTED
from .county import Institution
from .forms import Message
from .frauds_inpatient import bought_meanwhile, stay_of
from .inpatient import Stay, care
from .people import Person
from .stage import Act, Scenario, Stage


def convoy(
    stage: Stage,
    people: Sequence[Person],
    places: Sequence[Institution],
    day: int,
    days: int,
    telephones: Sequence[str] = ("",),
) -> Act:
    """They are admitted within so many days for much the same, at these institutions in turn.

    telephones: that they leave, in turn; an empty one is that of the household.
    """
    illnesses = stage.pen.rng.sample(ADMITTED, 2)
    stays: list[Stay] = []
    for number, person in enumerate(people):
        admitted = day + number * days // len(people) * DAY
        place, illness = places[number % len(places)], stage.pen.rng.choice(illnesses)
        stay = stay_of(stage, person, place, admitted, 3, illness)
        telephone = telephones[number % len(telephones)]
        stays.append(replace(stay, admitted=stay.admitted + number % 5 * HOUR // 2, telephone=telephone))
    messages = [message for stay in stays for message in care(stage.pen, stay)]
    return Act(stays[-1].place, messages, sorted(stay.admitted for stay in stays)[1])


def broker_telephone(stage: Stage) -> str:
    """A number of nobody in the county."""
    return f"199{stage.pen.rng.randrange(10**8):08d}"


def convoy_by_telephone(stage: Stage, day: int, turn: int) -> Act:
    """Two to eight people who do not know each other leave one telephone at one hospital within three weeks."""
    people = stage.people(stage.drawn(2, 8))
    place = stage.county.hospitals[turn % 2]
    return convoy(stage, people, [place], day, 20, [broker_telephone(stage)])


def convoy_of_household(stage: Stage, day: int, turn: int) -> Act:
    """Two to five of one household are admitted within three days; each leaves a number of their own."""
    people = stage.family(stage.drawn(2, 5))
    place = stage.county.hospitals[turn % 2]
    return convoy(stage, people, [place], day, 3, [f"198{person.number[-8:]}" for person in people])


def convoy_of_village(stage: Stage, day: int, turn: int) -> Act:
    """A car brings four to sixteen people of one village within three days."""
    people = stage.circle(lambda one: one.village, stage.drawn(4, 16))
    return convoy(stage, people, [stage.county.hospitals[2 + turn % 2]], day, 3)


def convoy_of_care_home(stage: Stage, day: int, turn: int) -> Act:
    """A care home sends three to seven of its people to one hospital within a week."""
    people = stage.circle(lambda one: one.care_home, stage.drawn(3, 7))
    return convoy(stage, people, [stage.county.hospitals[turn % 2]], day, 7)


def broker(stage: Stage, day: int, _turn: int) -> Act:
    """One telephone brings three to eight people to two or three hospitals within three weeks."""
    people = stage.people(stage.drawn(3, 8))
    places = stage.pen.rng.sample(stage.county.hospitals, stage.pen.rng.randint(2, 3))
    return convoy(stage, people, places, day, 20, [broker_telephone(stage)])


def left_at_once(stage: Stage, people: Sequence[Person], place: Institution, day: int, gone: int, days: int) -> Act:
    """They are admitted within three days for a week; so many of them buy elsewhere on so many days of it."""
    illnesses = stage.pen.rng.sample(ADMITTED, 2)
    messages: list[Message] = []
    needed: list[int] = []
    for number, person in enumerate(people):
        admitted = day + number * 3 // len(people) * DAY
        stay = stay_of(stage, person, place, admitted, 7, stage.pen.rng.choice(illnesses))
        messages += care(stage.pen, stay)
        if number < gone:
            sales, third = bought_meanwhile(stage, stay, range(1, 1 + days))
            messages += sales
            needed.append(third)
    return Act(place, messages, sorted(needed)[:3][-1])


def in_person(one: Person) -> str:
    """The village of somebody who is there where the card is."""
    return "" if one.credential == "01" else one.village


def convoy_of_empty_beds(stage: Stage, day: int, turn: int) -> Act:
    """A car brings eight people of one village to a clinic; two to five of them buy in town on three days."""
    people = stage.circle(in_person, 8)
    return left_at_once(stage, people, stage.county.hospitals[2 + turn % 2], day, stage.drawn(2, 5), 3)


FRAUDS = (
    Scenario("convoy_by_telephone", ("I06-TEL",), 26, convoy_by_telephone),
    Scenario("convoy_of_household", ("I06-HOME",), 8, convoy_of_household, also=("I06-VILLAGE",)),
    Scenario(
        "convoy_of_village", ("I06-VILLAGE",), 8, convoy_of_village, also=("I06-TEL", "I06-HOME", "I13-TEL", "I12"),
    ),
    Scenario("convoy_of_care_home", ("I09",), 12, convoy_of_care_home, also=("I06-VILLAGE", "I06-TEL", "I06-HOME")),
    Scenario("broker", ("I13-TEL",), 26, broker, also=("I06-TEL",)),
    Scenario(
        "convoy_of_empty_beds", ("I07",), 12, convoy_of_empty_beds,
        also=("I06-VILLAGE", "I06-TEL", "I06-HOME", "I13-TEL", "I02", "I12", "D01", "D01-DUP"), most=4, apart=True,
    ),
)  # fmt: skip
