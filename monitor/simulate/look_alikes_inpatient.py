"""Honest stays that look like fraud and must not alert (violations.md, section 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rules.times import DAY, HOUR, MINUTE, parse

from .catalogue import (
    ADMITTED,
    AFTER_BIRTH,
    CHEMOTHERAPY,
    CONTRACTIONS,
    DELIVERY,
    DIALYSIS,
    FRACTURE,
    NEWBORN,
    REHABILITATION,
    SEEN,
)
from .county import NEAR
from .forms import Message
from .frauds_inpatient import (
    bought_meanwhile,
    everywhere,
    growing_from,
    opened_again,
    seen_elsewhere,
    stay_of,
    with_beds,
)
from .inpatient import DIED, TRANSFER, Stay, care
from .numbers import wire_date
from .stage import Act, NotNow, Scenario, Stage


def _cared(stage: Stage, *stays: Stay) -> list[Message]:
    return [message for stay in stays for message in care(stage.pen, stay)]


def treatment_cycle(stage: Stage, day: int, turn: int) -> Act:
    """Chemotherapy or dialysis: four short stays, each within the week after the one before."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    illness = DIALYSIS if turn % 2 else CHEMOTHERAPY
    stays = [stay_of(stage, person, place, day + number * 6 * DAY, 1, illness) for number in range(4)]
    return Act(place, _cared(stage, *stays), stays[-1].admitted)


def transfer(stage: Stage, day: int, turn: int) -> Act:
    """Sent on for the same illness (dscg_way 2): to the clinic of the same group, or to another hospital.

    The other hospital admits before the first has closed the stay, and uploads that only afterwards.
    """
    (person,) = stage.people(1)
    place = stage.county.hospitals[0]
    first = replace(stay_of(stage, person, place, day, 3, stage.pen.rng.choice(ADMITTED)), way=TRANSFER)
    if turn % 2:
        target, admitted = stage.county.hospitals[1], first.discharged - 26 * HOUR
    else:
        target, admitted = stage.sister(place), first.discharged + 3 * HOUR
    second = replace(
        first,
        place=target,
        admitted=admitted,
        discharged=first.discharged + 4 * DAY,
        way="1",
        announced=max(admitted, first.discharged + 40 * MINUTE),
    )
    return Act(target, _cared(stage, first, second), second.admitted)


def settled_after_death(stage: Stage, day: int, turn: int) -> Act:
    """Died in hospital; the family settles the stay days later."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    stay = stay_of(stage, person, place, day, 3, stage.pen.rng.choice(ADMITTED))
    stage.deaths[person.index] = parse(wire_date(stay.discharged))
    later = stay.discharged + stage.pen.rng.randint(2, 5) * DAY
    return Act(place, _cared(stage, replace(stay, way=DIED, settled=later)), later)


def newborn_with_mother(stage: Stage, day: int, _turn: int) -> Act:
    """The newborn lies elsewhere under the mother's number (5212) while she is still in hospital (52)."""
    person = stage.person(lambda one: one.sex == "2" and 20 <= one.age <= 40)
    first, second = stage.county.hospitals[:2]
    mother = replace(stay_of(stage, person, first, day, 5, DELIVERY), kind="52")
    child = replace(stay_of(stage, person, second, day + DAY, 3, NEWBORN), kind="5212")
    return Act(second, _cared(stage, mother, child), child.admitted)


def staff_treated_elsewhere(stage: Stage, day: int, turn: int) -> Act:
    """Somebody who works in a hospital is ill twice: once a patient there, once of another hospital."""
    person = stage.person(lambda one: stage.county.workplace(one) is not None)
    places = stage.county.hospitals[:2]
    illnesses = stage.pen.rng.sample(ADMITTED, 2)
    stays = [
        stay_of(stage, person, place, day + number * 10 * DAY, 3, illness)
        for number, (place, illness) in enumerate(zip(places, illnesses, strict=True))
    ]
    return Act(places[turn % 2], _cared(stage, *stays), stays[1].admitted)


def around_a_birth(stage: Stage, day: int, turn: int) -> Act:
    """Admitted with false contractions, for the delivery, and with a fever afterwards: three stays, one birth."""
    person = stage.person(lambda one: one.sex == "2" and 20 <= one.age <= 40)
    place = stage.county.hospitals[turn % 2]
    stays = [
        replace(stay_of(stage, person, place, day + after * DAY, 3, illness), kind="52")
        for after, illness in ((0, CONTRACTIONS), (8, DELIVERY), (18, AFTER_BIRTH))
    ]
    return Act(place, _cared(stage, *stays), stays[2].admitted)


def year_end_settlement(stage: Stage, _day: int, turn: int) -> Act:
    """The ward is settled out on 31 December and in again the next morning."""
    year = int(wire_date(stage.first_day)[:4])
    eve = parse(date(year, 12, 31).isoformat())
    if eve - 6 * DAY < stage.first_day or eve + 5 * DAY > stage.end:
        raise NotNow
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    illness = stage.pen.rng.choice(ADMITTED)
    before = stay_of(stage, person, place, eve - 5 * DAY, 5, illness)
    after = stay_of(stage, person, place, eve + DAY, 3, illness)
    before = replace(before, discharged=eve + 16 * HOUR)
    return Act(place, _cared(stage, before, after), after.admitted)


def admitted_before_suspension(stage: Stage, _day: int, _turn: int) -> Act:
    """A stay that began under an agreement ends and is settled after its suspension."""
    place = stage.county.suspended_clinic
    begins = stage.suspended - 2 * DAY
    if begins < stage.first_day or begins + 5 * DAY > stage.end:
        raise NotNow
    (person,) = stage.people(1)
    stay = stay_of(stage, person, place, begins, 4, stage.pen.rng.choice(ADMITTED))
    return Act(place, _cared(stage, stay), stay.settled_at)


def weeks_in_hospital(stage: Stage, day: int, turn: int) -> Act:
    """A fracture that takes five or six weeks, or a rehabilitation that takes seven or eight."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    illness, nights = ((REHABILITATION, (50, 57)), (FRACTURE, (33, 43)))[turn % 2]
    stay = stay_of(stage, person, place, day, stage.pen.rng.randint(*nights), illness)
    return Act(place, _cared(stage, stay), stay.discharged)


def assisted_and_ill(stage: Stage, day: int, turn: int) -> Act:
    """Somebody with a low income comes five times for chemotherapy or dialysis."""
    person = stage.person(lambda one: one.assisted)
    place = stage.county.hospitals[turn % 2]
    illness = DIALYSIS if turn % 2 else CHEMOTHERAPY
    stays = [stay_of(stage, person, place, day + number * 5 * DAY, 1, illness) for number in range(5)]
    return Act(place, _cared(stage, *stays), stays[-1].admitted)


def wave_of_colds(stage: Stage, day: int, turn: int) -> Act:
    """Within two weeks a hospital admits a dozen frail people with a cold."""
    place = stage.county.hospitals[turn % 2]
    people = stage.people(12)
    stays = [
        stay_of(stage, person, place, day + n * DAY, 4, stage.pen.rng.choice(SEEN)) for n, person in enumerate(people)
    ]
    return Act(place, _cared(stage, *stays), stays[-1].admitted)


def busy_weeks_everywhere(stage: Stage, _day: int, _turn: int) -> Act:
    """Six houses have four visits a day more for eleven days, as in a cold spell: none grows by much."""
    return everywhere(stage, growing_from(stage, 3), 4, 15)


def week_of_day_surgery(stage: Stage, day: int, turn: int) -> Act:
    """A clinic operates upon more people than it has beds, as day surgery (28): they lie there for a day or two."""
    place = stage.county.hospitals[4 + turn % 2]
    people = stage.people(stage.county.beds(place) + 6)
    stays = [
        replace(stay_of(stage, person, place, day, 2, stage.pen.rng.choice(ADMITTED)), kind="28") for person in people
    ]
    return Act(place, _cared(stage, *stays), stays[-1].admitted)


def coach_of_tourists(stage: Stage, day: int, turn: int) -> Act:
    """A coach has an accident: the hospital takes in fourteen people from the neighbouring district, with fractures."""
    place, crashed = stage.county.hospitals[turn % 2], day + 57 * DAY
    people = [replace(one, insured_in=NEAR) for one in stage.people(14)]
    stays = [stay_of(stage, person, place, crashed, 3 + n % 4, FRACTURE) for n, person in enumerate(people)]
    return Act(place, _cared(stage, *stays), stays[-1].admitted)


def bed_of_a_day(stage: Stage, day: int, turn: int) -> Act:
    """The bed of a stay is charged once a day."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 4]
    stay = stay_of(stage, person, place, day, 5, stage.pen.rng.choice(ADMITTED))
    return Act(place, with_beds(stage, stay, 1), stay.discharged)


def test_in_another_hospital(stage: Stage, day: int, turn: int) -> Act:
    """The hospital sends its patient to another one for a test, on one day."""
    (person,) = stage.people(1)
    stay = stay_of(stage, person, stage.county.hospitals[turn % 2], day, 5, stage.pen.rng.choice(ADMITTED))
    there = stage.county.hospitals[1 - turn % 2]
    visits, needed = seen_elsewhere(stage, stay, there, 1)
    return Act(there, [*care(stage.pen, stay), *visits], needed)


def bought_around_a_stay(stage: Stage, day: int, turn: int) -> Act:
    """A patient buys on the days of admission and discharge, and a relative twice in between."""
    (person,) = stage.people(1)
    stay = stay_of(stage, person, stage.county.hospitals[turn % 4], day, 5, stage.pen.rng.choice(ADMITTED))
    sales, needed = bought_meanwhile(stage, stay, (0, 2, 3, 5))
    return Act(stay.place, [*care(stage.pen, stay), *sales], needed)


def own_mistakes_corrected(stage: Stage, day: int, turn: int) -> Act:
    """A clinic finds too high a price and settles twelve stays anew for less, weeks later; or dearer, but at once."""
    place = stage.county.hospitals[2 + turn % 2]
    later, times = (3 * DAY, 1.2) if turn % 2 else (9 * DAY, 0.8)
    messages, moments = opened_again(stage, place, day, 12, later, times)
    return Act(place, messages, moments[-1])


LOOK_ALIKES = (
    Scenario("treatment_cycle", ("I01", "I05"), 20, treatment_cycle),
    Scenario("transfer", ("I01", "E01"), 8, transfer),
    Scenario("settled_after_death", ("E09",), 9, settled_after_death),
    Scenario("newborn_with_mother", ("E01",), 7, newborn_with_mother),
    Scenario("staff_treated_elsewhere", ("I10",), 15, staff_treated_elsewhere),
    Scenario("around_a_birth", ("S10", "I01"), 23, around_a_birth),
    Scenario("year_end_settlement", ("I01",), 1, year_end_settlement, most=3),
    Scenario("admitted_before_suspension", ("S09", "S09-STAY"), 1, admitted_before_suspension, most=2),
    Scenario("assisted_and_ill", ("I11",), 22, assisted_and_ill, apart=True),
    Scenario("wave_of_colds", ("I03",), 17, wave_of_colds, most=4, apart=True),
    Scenario("coach_of_tourists", ("I08",), 65, coach_of_tourists, most=2, apart=True),
    Scenario("week_of_day_surgery", ("I12",), 5, week_of_day_surgery, most=2, apart=True),
    Scenario("bed_of_a_day", ("B01",), 7, bed_of_a_day, apart=True),
    Scenario("weeks_in_hospital", ("I04",), 58, weeks_in_hospital, apart=True),
    Scenario("test_in_another_hospital", ("S07",), 7, test_in_another_hospital, apart=True),
    Scenario("bought_around_a_stay", ("I02",), 7, bought_around_a_stay, apart=True),
    Scenario("own_mistakes_corrected", ("B17",), 16, own_mistakes_corrected, most=2, apart=True),
    Scenario("busy_weeks_everywhere", ("B15-AREA", "B15"), 100, busy_weeks_everywhere, most=1, apart=True),
)
