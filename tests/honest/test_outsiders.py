"""How often I08 alerts in an honest county of 200,000: the figure in its page. Every rate is our assumption."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from rules.inpatient.i08_first_time_from_elsewhere import FirstTimeFromElsewhere
from rules.ledgers import Admitted
from rules.testing import admitted, at, judge
from rules.times import DAY
from tests.honest.test_stays import A_DAY, told

YEARS = 3
HOLIDAYS = range(20, 48)
"""Days of the year on which three times as many are from elsewhere."""
EPIDEMIC = range(300, 330)
"""Days on which twice as many come."""


def admissions(a_week: float, share: float, random: Random) -> Iterator[Admitted]:
    """Who comes to an institution with so many a week, such a share of them from elsewhere; one in five came before."""
    day, number = 0.0, 0
    while day < YEARS * 365:
        day += random.expovariate(2 * a_week / 7)
        today = int(day) % 365
        if today not in EPIDEMIC and random.random() < 0.5:
            continue
        number += 1
        person = number if random.random() < 0.8 else max(number - random.randrange(1, 200), 0)
        part = min(3 * share, 0.9) if today in HOLIDAYS and share < 0.2 else share
        region = "330100" if Random(person).random() < part else "341021"
        yield admitted(at("00:00") + round(day * DAY), f"p{person}", insured_in=region, place="341021")


def episodes(a_week: float, share: float, random: Random) -> int:
    """How many alerts one institution opens."""
    rule = FirstTimeFromElsewhere()
    found = judge(rule, admissions(a_week, share, random))
    times = [max(row.time for row in one.evidence) for one in found]
    return sum(n == 0 or time - times[n - 1] > rule.quiet_ms for n, time in enumerate(times))


def test_outsiders_in_an_honest_county() -> None:
    """Two hospitals with 250 and 140 admissions a week, twelve with 25, and a special one with 40."""
    random, opened = Random(1), 0
    for a_week, share, houses in ((250, 0.05, 1), (140, 0.05, 1), (25, 0.05, 12), (40, 0.5, 1)):
        opened += sum(episodes(a_week, share, random) for _ in range(houses))

    assert opened / (YEARS * 365) == pytest.approx(told(FirstTimeFromElsewhere, A_DAY), abs=0.0005)
