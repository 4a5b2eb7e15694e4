"""How often I03 alerts in an honest county of 200,000: the figure in its page. Every rate is our assumption."""

from __future__ import annotations

from math import cos, pi
from random import Random

import pytest

from rules.inpatient.i03_minor_illness_admitted import MinorIllnessAdmitted
from rules.testing import admitted, at, judge
from rules.times import DAY
from tests.honest.test_stays import A_DAY, told

YEARS = 10


def admissions(a_week: float, random: Random) -> list[float]:
    """The days on which patients come, half as many again in winter as in summer."""
    found, at_day, most = [], 0.0, a_week * 1.2 / 7
    while at_day < YEARS * 365:
        at_day += random.expovariate(most)
        if random.random() * 1.2 < 1 + 0.2 * cos(2 * pi * at_day / 365):
            found.append(at_day)
    return found


def episodes(days: list[float]) -> int:
    """How many alerts the admissions of one institution open after the first nine weeks."""
    rule = MinorIllnessAdmitted()
    found = judge(rule, [admitted(at("00:00") + round(day * DAY)) for day in days])
    times = [one.evidence[-1].time for one in found if one.evidence[-1].time > at("00:00", day=63)]
    return sum(n == 0 or time - times[n - 1] > rule.quiet_ms for n, time in enumerate(times))


def test_minor_illnesses_in_an_honest_county() -> None:
    """30 clinics with one or three a week, 6 hospitals with 15 or 40; the first nine weeks are left out."""
    random, a_day = Random(1), 0.0
    for a_week, houses in ((1, 15), (3, 15), (15, 3), (40, 3)):
        a_day += houses * episodes(admissions(a_week, random)) / (YEARS * 365)

    assert a_day == pytest.approx(told(MinorIllnessAdmitted, A_DAY), abs=0.0005)
