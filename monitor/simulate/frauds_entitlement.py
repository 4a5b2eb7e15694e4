"""Frauds with entitlements: illnesses not recognised, assistance drawn wrongly, bills handed in, care far away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rules.times import DAY, HOUR

from .catalogue import ADMITTED
from .county import Institution
from .forms import Message, Wire
from .frauds_inpatient import stay_of
from .frauds_outpatient import seen_by
from .inpatient import care
from .outpatient import treat
from .people import Person
from .stage import Act, Scenario, Stage

SETTLED = ("2207", "2304")


def local(stage: Stage) -> Person:
    """Somebody who is insured in the county and gets no assistance."""
    home = stage.county.hospitals[0].region
    return stage.person(lambda one: one.insured_in == home and not one.assisted)


def seen_every(stage: Stage, person: Person, place: Institution, times: Iterable[int], kind: str) -> list[Message]:
    """Visits to one place at these moments. kind: med_type."""
    visits = [replace(seen_by(stage, person, place, at, place.physicians[0]), kind=kind) for at in times]
    return [message for one in visits for message in treat(stage.pen, one)]


def mornings(stage: Stage, day: int, count: int, every: int) -> Iterator[int]:
    """A moment of so many mornings, so many days apart."""
    return (day + number * every * DAY + 9 * HOUR + stage.seconds(0, 7_000) for number in range(count))


def dear_stay(stage: Stage, person: Person, day: int, heavy: float, place: Institution | None = None) -> list[Message]:
    """Four nights in a hospital, in that far away if none is named. heavy: charges of a day against usual ones."""
    stay = stay_of(stage, person, place or stage.county.far_hospital, day, 4, stage.pen.rng.choice(ADMITTED))
    return care(stage.pen, replace(stay, heavy=heavy))


def settled_with(messages: Iterable[Message], **fields: object) -> list[Message]:
    """The same with other fields in the settlements."""
    more: Wire = dict(fields)
    return [one._replace(body={**one.body, **more}) if one.body["infno"] in SETTLED else one for one in messages]


def settled_at(messages: Iterable[Message]) -> list[int]:
    """When each settlement was made."""
    return sorted(one.at for one in messages if one.body["infno"] in SETTLED)


def unrecognised(stage: Stage, day: int, turn: int) -> Act:
    """A person without a recognised illness is settled as chronically ill, one to three times."""
    person, place = local(stage), stage.county.hospitals[turn % 4]
    stage.pretending.add(person.index)
    messages = seen_every(stage, person, place, mornings(stage, day, stage.pen.rng.randint(1, 3), 6), "14")
    return Act(place, messages, settled_at(messages)[0])


def assistance_drawn(stage: Stage, day: int, turn: int) -> Act:
    """Medical assistance pays a part for somebody who is not in its register, once or twice."""
    person, place = local(stage), stage.county.hospitals[turn % 4]
    messages = seen_every(stage, person, place, mornings(stage, day, 1 + turn % 2, 8), "11")
    return Act(place, settled_with(messages, maf_pay=35.5), settled_at(messages)[0])


def bill_after_bill(stage: Stage, day: int, turn: int) -> Act:
    """Two to five bills of one person are paid by hand within a month."""
    person, place = local(stage), stage.county.hospitals[turn % 4]
    messages = seen_every(stage, person, place, mornings(stage, day, stage.drawn(2, 5), 5), "11")
    return Act(place, settled_with(messages, setl_type="1"), settled_at(messages)[:3][-1])


def large_bill(stage: Stage, day: int, _turn: int) -> Act:
    """One bill of a stay far away, of some 20,000 to 150,000 yuan, is paid by hand."""
    person = local(stage)
    messages = dear_stay(stage, person, day, stage.drawn_between(15, 90))
    return Act(stage.county.far_hospital, settled_with(messages, setl_type="1"), settled_at(messages)[0])


def dear_far_away(stage: Stage, day: int, _turn: int) -> Act:
    """A dear stay far away, and three to six visits there."""
    person, place = local(stage), stage.county.far_hospital
    stay = dear_stay(stage, person, day, 90)
    times = mornings(stage, day + 6 * DAY, stage.drawn(3, 6), 4)
    messages = [*stay, *seen_every(stage, person, place, times, "11")]
    return Act(place, messages, settled_at(messages)[:5][-1])


CLERKS = tuple(f"jb{number:02d}" for number in range(1, 5))
"""Those of the agency who pay bills that are handed in."""


def handed_in(
    stage: Stage, place: Institution, times: Iterable[int], clerks: Sequence[str], **fields: object
) -> list[Message]:  # fmt: skip
    """Bills of visits to one place are paid by hand at these moments, two a person; the clerks take turns."""
    found: list[Message] = []
    person = local(stage)
    for number, at in enumerate(times):
        if number and number % 2 == 0:
            person = local(stage)
        visit = seen_every(stage, person, place, [at], "11")
        found += settled_with(visit, setl_type="1", opter=clerks[number % len(clerks)], **fields)
    return found


def ordinary_claims(stage: Stage, day: int, clerks: Sequence[str], **fields: object) -> list[Message]:
    """Within eight days 24 bills of three hospitals of the county are paid by hand."""
    return [
        message
        for place in stage.county.hospitals[:3]
        for message in handed_in(stage, place, mornings(stage, day, 8, 1), clerks, **fields)
    ]


def clerk_in_the_plot(stage: Stage, day: int, _turn: int) -> Act:
    """Four clerks take the bills of the county's hospitals in turn; one pays 5 to 14 of a hospital far away."""
    place, others = stage.county.far_hospital, ordinary_claims(stage, day, CLERKS)
    times = mornings(stage, day + 9 * DAY, stage.drawn(5, 14), 1)
    bills = handed_in(stage, place, times, CLERKS[:1])
    return Act(place, [*others, *bills], settled_at(bills)[:8][-1])


def insured_and_admitted(stage: Stage, day: int, turn: int) -> Act:
    """Somebody who is ill is insured, and within four weeks lies in hospital for some 5,000 to 50,000 yuan."""
    person, place = local(stage), stage.county.hospitals[turn % 2]
    stage.enrolled[person.index] = day - stage.pen.rng.randint(1, 24) * DAY
    messages = dear_stay(stage, person, day, stage.drawn_between(6, 60), place)
    return Act(place, messages, settled_at(messages)[0])


FRAUDS = (
    Scenario("unrecognised", ("E05",), 13, unrecognised, apart=True),
    Scenario("assistance_drawn", ("E06",), 9, assistance_drawn, apart=True),
    Scenario("bill_after_bill", ("E07",), 21, bill_after_bill, apart=True),
    Scenario("large_bill", ("E07-SUM",), 6, large_bill, apart=True),
    Scenario("insured_and_admitted", ("E02",), 6, insured_and_admitted, apart=True),
    Scenario("dear_far_away", ("E08",), 28, dear_far_away, apart=True),
    Scenario("clerk_in_the_plot", ("B23",), 25, clerk_in_the_plot, most=2, apart=True),
)
