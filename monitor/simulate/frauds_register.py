"""Frauds against the register of physicians: orders without a valid registration, and outside its scope."""

from __future__ import annotations

from rules.times import HOUR, MINUTE

from .catalogue import SEEN, SERVICES
from .county import REVOKED, SPECIALIST, Institution
from .forms import Line, Message
from .outpatient import Visit, treat
from .stage import Act, Scenario, Stage


def ordered(
    stage: Stage, place: Institution, day: int, physician: str, counts: list[int]
) -> tuple[list[Message], list[int]]:
    """Visits every twenty minutes with so many lines each, under one code; also gives when each line was charged."""
    visits = [
        Visit(
            person,
            place,
            day + 9 * HOUR + number * 20 * MINUTE,
            "11",
            SEEN[0],
            tuple(Line(SERVICES[(number + n) % len(SERVICES)]) for n in range(count)),
            physician=physician,
        )
        for number, (person, count) in enumerate(zip(stage.people(len(counts)), counts, strict=True))
    ]
    times = [one.charged_at for one in visits for _ in one.lines]
    return [message for one in visits for message in treat(stage.pen, one)], times


def revoked_and_still_there(stage: Stage, day: int, turn: int) -> Act:
    """A physician whose registration was revoked orders one to six lines on a day."""
    place = stage.county.hospitals[turn % 4]
    messages, times = ordered(stage, place, day, REVOKED[turn % 4], [stage.drawn(1, 6)])
    return Act(place, messages, times[:3][-1])


def skin_and_bones(stage: Stage, day: int, turn: int) -> Act:
    """A physician who is registered for another department orders 24 to 48 lines in internal medicine on a day."""
    place = stage.county.hospitals[turn % 4]
    messages, times = ordered(stage, place, day, SPECIALIST[turn % 4], [12] * stage.drawn(2, 4))
    return Act(place, messages, times[:30][-1])


FRAUDS = (
    Scenario("revoked_and_still_there", ("B12",), 1, revoked_and_still_there, most=4, apart=True),
    Scenario("skin_and_bones", ("B12-SCOPE",), 1, skin_and_bones, most=4, apart=True),
)


def entered_late(stage: Stage, day: int, turn: int) -> Act:
    """Two orders are entered under the code of a physician who has left."""
    place = stage.county.hospitals[turn % 4]
    messages, times = ordered(stage, place, day, REVOKED[4 + turn % 4], [2])
    return Act(place, messages, times[-1])


def stood_in(stage: Stage, day: int, turn: int) -> Act:
    """A specialist stands in for a morning in internal medicine, and orders 20 to 28 lines."""
    place = stage.county.hospitals[turn % 4]
    counts = [stage.pen.rng.randint(10, 14)] * 2
    messages, times = ordered(stage, place, day, SPECIALIST[4 + turn % 4], counts)
    return Act(place, messages, times[-1])


LOOK_ALIKES = (
    Scenario("entered_late", ("B12",), 1, entered_late, most=4, apart=True),
    Scenario("stood_in", ("B12-SCOPE",), 1, stood_in, most=4, apart=True),
)
