"""Frauds with stays and bills: split, frequent, overlapping, without an agreement; a clinic whose spending doubles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from rules.times import DAY, HOUR, MINUTE, day_of

from .catalogue import ADMITTED, BED, DELIVERY, SEEN, SERVICES, Illness
from .county import NEAR, Institution
from .forms import Line, Message, Written
from .inpatient import Stay, care, settle_anew
from .numbers import wire_time
from .outpatient import Visit, treat
from .people import Person
from .pharmacy import Sale, sell
from .stage import Act, NotNow, Scenario, Stage


def stay_of(stage: Stage, person: Person, place: Institution, day: int, nights: int, illness: Illness) -> Stay:
    """An ordinary stay from the morning of that day."""
    admitted = day + 9 * HOUR + stage.seconds(0, 7_000)
    return Stay(person, place, admitted, day + nights * DAY + 10 * HOUR + stage.seconds(0, 9_000), illness)


def _cared(stage: Stage, stays: list[Stay]) -> list[Message]:
    return [message for stay in stays for message in care(stage.pen, stay)]


def split_admission(stage: Stage, day: int, turn: int) -> Act:
    """Discharged, and back within days for the same illness; every other time at a clinic of the group."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 2]
    back = stage.sister(place) if turn % 2 else place
    illness = stage.pen.rng.choice(ADMITTED)
    gap = stage.pen.rng.randint(2, 5)
    stays = [
        stay_of(stage, person, place, day, 4, illness),
        stay_of(stage, person, back, day + (4 + gap) * DAY, 3, illness),
    ]
    return Act(back, _cared(stage, stays), stays[1].admitted)


def frequent_admission(stage: Stage, day: int, _turn: int) -> Act:
    """Four stays in four weeks, each elsewhere and for another illness."""
    (person,) = stage.people(1)
    places = stage.county.hospitals[:4]
    illnesses = stage.pen.rng.sample(ADMITTED, 4)
    stays = [
        stay_of(stage, person, place, day + number * 6 * DAY, 3, illness)
        for number, (place, illness) in enumerate(zip(places, illnesses, strict=True))
    ]
    return Act(places[3], _cared(stage, stays), stays[3].admitted)


def same_ward_again(stage: Stage, day: int, turn: int) -> Act:
    """One hospital admits the same person four to seven times within four weeks, each time for another illness."""
    person = stage.person(lambda one: one.age >= 50 and not one.assisted)
    place = stage.county.hospitals[turn % 4]
    illnesses = stage.pen.rng.sample(ADMITTED, stage.drawn(4, 7))
    stays = [stay_of(stage, person, place, day + n * 4 * DAY, 2, illness) for n, illness in enumerate(illnesses)]
    return Act(place, _cared(stage, stays), stays[:5][-1].admitted)


def overlapping_stays(stage: Stage, day: int, _turn: int) -> Act:
    """In two hospitals at once for days; both are settled."""
    (person,) = stage.people(1)
    first, second = stage.county.hospitals[:2]
    illnesses = stage.pen.rng.sample(ADMITTED, 2)
    stays = [
        stay_of(stage, person, first, day, 6, illnesses[0]),
        stay_of(stage, person, second, day + DAY, 4, illnesses[1]),
    ]
    return Act(second, _cared(stage, stays), stays[1].admitted)


def staff_admitted(stage: Stage, day: int, _turn: int) -> Act:
    """Somebody who works in a hospital is its patient: once, twice or three times within a month."""
    person = stage.person(lambda one: stage.county.workplace(one) is not None)
    place = stage.county.workplace(person) or stage.county.hospitals[0]
    illnesses = stage.pen.rng.sample(ADMITTED, stage.drawn(1, 3))
    stays = [stay_of(stage, person, place, day + n * 9 * DAY, 3, illness) for n, illness in enumerate(illnesses)]
    return Act(place, _cared(stage, stays), stays[:2][-1].admitted)


def second_delivery(stage: Stage, day: int, turn: int) -> Act:
    """Two deliveries of one woman, ten to twenty-two days apart; every other time at two hospitals."""
    person = stage.person(lambda one: one.sex == "2" and 20 <= one.age <= 45)
    places = stage.county.hospitals[:2] if turn % 2 else stage.county.hospitals[:1] * 2
    later = day + stage.drawn(10, 22) * DAY
    stays = [
        replace(stay_of(stage, person, place, today, 3, DELIVERY), kind="52")
        for place, today in zip(places, (day, later), strict=True)
    ]
    return Act(places[1], _cared(stage, stays), stays[1].admitted)


def admitted_while_suspended(stage: Stage, _day: int, turn: int) -> Act:
    """A clinic whose agreement is suspended goes on admitting: one to four patients on one day, every third day."""
    place = stage.county.suspended_clinic
    today = stage.suspended + 3 * turn * DAY
    if today >= stage.end:
        raise NotNow
    people = stage.people(stage.pen.rng.randint(1, 4))
    stays = [
        stay_of(stage, person, place, today, stage.pen.rng.randint(2, 5), stage.pen.rng.choice(ADMITTED))
        for person in people
    ]
    return Act(place, _cared(stage, stays), min(stay.admitted for stay in stays))


def never_leaves(stage: Stage, day: int, turn: int) -> Act:
    """Treated within days, and kept on record for six to eight weeks."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[2 + turn % 2]
    stay = stay_of(stage, person, place, day, stage.drawn(40, 57), stage.pen.rng.choice(ADMITTED))
    return Act(place, care(stage.pen, stay), stay.admitted)


def brought_in_again(stage: Stage, day: int, _turn: int) -> Act:
    """Somebody with a low income is fetched into hospital four, five or six times within a month."""
    person = stage.person(lambda one: one.assisted)
    illnesses = stage.pen.rng.sample(ADMITTED, stage.drawn(4, 6))
    stays = [
        stay_of(stage, person, stage.county.hospitals[n % 4], day + n * 4 * DAY, 2, illness)
        for n, illness in enumerate(illnesses)
    ]
    return Act(stays[-1].place, _cared(stage, stays), stays[:5][-1].admitted)


def beds_for_colds(stage: Stage, day: int, turn: int) -> Act:
    """A clinic fills its beds within six days with 12 to 24 people who have a cold or the like."""
    place = stage.county.hospitals[2 + turn % 2]
    people = stage.people(stage.drawn(12, 24))
    stays = [
        stay_of(stage, person, place, day + n % 6 * DAY, 3, stage.pen.rng.choice(SEEN))
        for n, person in enumerate(people)
    ]
    return Act(place, _cared(stage, stays), sorted(stay.admitted for stay in stays)[:15][-1])


def not_of_one_village(stage: Stage, count: int) -> list[Person]:
    """So many people of whom no five live in one village."""
    villages: Counter[str] = Counter()
    people = []
    for _ in range(count):
        people.append(stage.person(lambda one: villages[one.village] < 4))
        villages[people[-1].village] += 1
    return people


def beds_in_the_corridor(stage: Stage, day: int, turn: int) -> Act:
    """Within two days a clinic takes in as many patients as it has approved beds, up to twice as many, for four days.

    It can be told when the first of them leave: on the day before all were there.
    """
    place = stage.county.hospitals[4 + turn % 2]
    beds = stage.county.beds(place)
    people = not_of_one_village(stage, stage.drawn(beds, 2 * beds))
    stays = [
        stay_of(stage, person, place, day + n % 2 * DAY, 4, stage.pen.rng.choice(ADMITTED))
        for n, person in enumerate(people)
    ]
    return Act(place, _cared(stage, stays), min(stay.discharged for stay in stays))


_WEEKS_BEFORE = 57
"""Days before, in which a place shows what is usual there."""


def fetched_by_bus(stage: Stage, day: int, turn: int) -> Act:
    """A clinic fetches people from the next district within six days: a few, or twice as many as it has beds."""
    place, begins = stage.county.hospitals[5 - turn % 4], day + _WEEKS_BEFORE * DAY
    beds = stage.county.beds(place)
    people = [replace(one, insured_in=NEAR) for one in not_of_one_village(stage, stage.drawn(beds // 3, 2 * beds))]
    stays = [
        stay_of(stage, person, place, begins + n % 6 * DAY, 2, stage.pen.rng.choice(ADMITTED))
        for n, person in enumerate(people)
    ]
    return Act(place, _cared(stage, stays), sorted(stay.admitted for stay in stays)[:10][-1])


def opened_again(
    stage: Stage, place: Institution, day: int, count: int, later: int, times: float
) -> tuple[list[Message], list[int]]:
    """So many short stays that are settled anew so long after their bill; also gives when. times: the bill's."""
    messages: list[Message] = []
    moments = []
    for number, person in enumerate(stage.people(count)):
        stay = stay_of(stage, person, place, day + number % 4 * DAY, 2, stage.pen.rng.choice(ADMITTED))
        first = care(stage.pen, stay)
        again = settle_anew(stage.pen, stay, first, later, times)
        messages += [*first, *again]
        moments.append(again[-1].at)
    return messages, sorted(moments)


def bills_rewritten(stage: Stage, day: int, turn: int) -> Act:
    """A clinic opens six to sixteen stays again, eight days after they were paid, and charges a fifth more."""
    place = stage.county.hospitals[2 + turn % 4]
    messages, moments = opened_again(stage, place, day, stage.drawn(6, 16), 8 * DAY, 1.2)
    return Act(place, messages, moments[:10][-1])


def with_beds(stage: Stage, stay: Stay, a_day: int) -> list[Message]:
    """A stay whose bed is charged so many times a day, in lines of their own."""
    messages, counter = care(stage.pen, stay), stage.pen.at(stay.place, stay.person)
    fields = {name: messages[0].body[name] for name in ("mdtrt_id", "med_type")}
    for night in range((stay.discharged - stay.admitted) // DAY):
        at = stay.admitted + night * DAY + HOUR
        lines = [stage.pen.line(Line(BED), Written(wire_time(at + n * MINUTE))) for n in range(a_day)]
        messages.append(counter.write("2301", at + 20 * MINUTE, {**fields, "feedetail": lines}))
    return messages


def bed_charged_twice(stage: Stage, day: int, turn: int) -> Act:
    """The bed of a stay is charged one to three times a day."""
    (person,) = stage.people(1)
    place = stage.county.hospitals[turn % 4]
    stay = stay_of(stage, person, place, day, 4, stage.pen.rng.choice(ADMITTED))
    return Act(place, with_beds(stage, stay, stage.drawn(1, 3)), stay.admitted + HOUR + MINUTE)


def seen_elsewhere(stage: Stage, stay: Stay, place: Institution, days: int) -> tuple[list[Message], int]:
    """Visits to another hospital on so many days from the second day of a stay on; also gives when the second was."""
    at = [stay.admitted + (n + 1) * DAY + 3 * HOUR for n in range(days)]
    physician = place.physicians[0]
    visits = [Visit(stay.person, place, one, "11", SEEN[3], stage.some(), physician=physician) for one in at]
    return [message for one in visits for message in treat(stage.pen, one)], at[:2][-1]


def credential_of_a_patient(stage: Stage, day: int, turn: int) -> Act:
    """While its owner lies in hospital another person is treated with the credential, on one to three days."""
    person = stage.person(lambda one: one.credential != "01")
    stay = stay_of(stage, person, stage.county.hospitals[turn % 2], day, 6, stage.pen.rng.choice(ADMITTED))
    there = stage.county.hospitals[1 - turn % 2]
    visits, needed = seen_elsewhere(stage, stay, there, stage.drawn(1, 3))
    return Act(there, [*care(stage.pen, stay), *visits], needed)


def bought_meanwhile(stage: Stage, stay: Stay, days: Sequence[int]) -> tuple[list[Message], int]:
    """Purchases on these days of a stay (0: that of the admission), each elsewhere; also gives when the third was."""
    shops = stage.shops(len(days))
    at = [stage.slot(shop, day_of(stay.admitted) + n * DAY) for shop, n in zip(shops, days, strict=True)]
    sales = [Sale(stay.person, shop, one, stage.some()) for shop, one in zip(shops, at, strict=True)]
    return [message for one in sales for message in sell(stage.pen, one)], at[:3][-1]


def bed_left_empty(stage: Stage, day: int, turn: int) -> Act:
    """The patient of a clinic goes about town and buys with the card on two to five days of the stay."""
    person = stage.person(lambda one: one.credential != "01")
    stay = stay_of(stage, person, stage.county.hospitals[2 + turn % 2], day, 7, stage.pen.rng.choice(ADMITTED))
    sales, needed = bought_meanwhile(stage, stay, range(1, 1 + stage.drawn(2, 5)))
    return Act(stay.place, [*care(stage.pen, stay), *sales], needed)


_GROWING = 12
"""Days at the end of which the clinic's spending has been growing."""


def growing_from(stage: Stage, weeks: int) -> int:
    """The first day of a growth that many times its length before the end, with two months before it to compare."""
    first = stage.end - weeks * _GROWING * DAY
    if first - stage.first_day < 64 * DAY:
        raise NotNow
    return first


def more_visits(stage: Stage, place: Institution, count: int, first: int, a_day: int) -> list[Message]:
    """So many dear treatments a day more than usual, of so many people in turn."""
    people = stage.people(count)
    messages: list[Message] = []
    for number in range(a_day * (_GROWING - 1)):
        today = first + number // a_day * DAY
        at = today + 9 * HOUR + (number % a_day) * (400 // a_day) * MINUTE + stage.seconds(0, 600)
        lines = tuple(Line(stage.pen.rng.choice(SERVICES), price=30_000) for _ in range(2))
        person = people[number % len(people)]
        visit = Visit(person, place, at, "11", SEEN[3], lines, physician=place.physicians[number % 4])
        messages += treat(stage.pen, visit)
    return messages


def everywhere(stage: Stage, first: int, a_day: int, count: int) -> Act:
    """So many visits a day more at six hospitals and clinics, of so many people at each."""
    *others, place = stage.county.hospitals[-6:]
    messages = [one for at in (*others, place) for one in more_visits(stage, at, count, first, a_day)]
    return Act(place, messages, first + 6 * DAY, tuple(others))


def outpatient_growth(stage: Stage, _day: int, _turn: int) -> Act:
    """A clinic bills twenty dear treatments a day more than it used to, until the end."""
    first, place = growing_from(stage, 1), stage.county.hospitals[2]
    return Act(place, more_visits(stage, place, 60, first, 20), first + 6 * DAY)


def growth_everywhere(stage: Stage, _day: int, _turn: int) -> Act:
    """Somebody has shown it to six houses: each bills four to twenty dear treatments a day more, until the end."""
    return everywhere(stage, growing_from(stage, 1), stage.drawn(4, 20), 40)


FRAUDS = (
    Scenario("split_admission", ("I01",), 13, split_admission),
    Scenario("frequent_admission", ("I05",), 23, frequent_admission),
    Scenario("overlapping_stays", ("E01",), 7, overlapping_stays),
    Scenario("staff_admitted", ("I10",), 23, staff_admitted),
    Scenario("second_delivery", ("S10",), 27, second_delivery),
    Scenario("admitted_while_suspended", ("S09-STAY",), 1, admitted_while_suspended),
    Scenario("outpatient_growth", ("B15",), 76, outpatient_growth, most=1),
    Scenario("brought_in_again", ("I11",), 24, brought_in_again, also=("I05",), apart=True),
    Scenario("beds_for_colds", ("I03",), 11, beds_for_colds, also=("I12",), most=4, apart=True),
    Scenario("fetched_by_bus", ("I08",), 66, fetched_by_bus, most=1, apart=True),
    Scenario("beds_in_the_corridor", ("I12",), 8, beds_in_the_corridor, most=2, apart=True),
    Scenario("bed_charged_twice", ("B01",), 6, bed_charged_twice, apart=True),
    Scenario("never_leaves", ("I04",), 58, never_leaves, apart=True),
    Scenario("same_ward_again", ("I05-PAIR",), 27, same_ward_again, also=("I05",), apart=True),
    Scenario("credential_of_a_patient", ("S07",), 8, credential_of_a_patient, also=("I02",), apart=True),
    Scenario("bed_left_empty", ("I02",), 9, bed_left_empty, also=("D01", "D01-DUP"), apart=True),
    Scenario("bills_rewritten", ("B17",), 15, bills_rewritten, most=2, apart=True),
    Scenario("growth_everywhere", ("B15-AREA",), 76, growth_everywhere, also=("B15",), most=1, apart=True),
)
