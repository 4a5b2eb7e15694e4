"""How often I12 alerts in an honest county of 200,000: the figure in its page. Every rate is our assumption."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, log, pi
from random import Random

import pytest

from rules.inpatient.i12_more_patients_than_beds import MorePatientsThanBeds
from rules.ledgers import Admitted, Departed
from rules.reference import Reference
from rules.testing import HOSPITAL, admitted, at, departed, judge
from rules.times import DAY
from tests.honest.test_stays import A_DAY, told

YEARS = 3
MEDIAN, SIGMA = 7, 0.6
"""Of the length of a stay, days."""
MEAN = 8.4
NEVER_ENDED = 0.005
WINTER = 0.1


def pieces(beds: int, taken: float, random: Random) -> Iterator[Admitted | Departed]:
    """Who comes to a hospital with so many beds, of which so many are taken on average, and who leaves."""
    a_day, day, number = beds * taken / MEAN, 0.0, 0
    while day < YEARS * 365:
        day += random.expovariate(a_day * (1 + WINTER))
        if random.random() * (1 + WINTER) > 1 + WINTER * cos(2 * pi * day / 365):
            continue
        number += 1
        came = at("00:00") + round(day * DAY)
        yield admitted(came, f"p{number}", visit=f"v{number}")
        if random.random() >= NEVER_ENDED:
            stays = random.lognormvariate(log(MEDIAN), SIGMA)
            yield departed(came + round(stays * DAY), f"p{number}", visit=f"v{number}")


def episodes(beds: int, taken: float, random: Random) -> int:
    """How many alerts one hospital opens."""
    rule, reference = MorePatientsThanBeds(), Reference()
    row = {"fixmedins_code": HOSPITAL, "status": "active", "kind": "hospital", "beds": str(beds)}
    reference.put("institutions", row)
    found = judge(rule, pieces(beds, taken, random), reference)
    times = [one.due for one in found]
    return sum(n == 0 or time - times[n - 1] > rule.quiet_ms for n, time in enumerate(times))


def test_beds_in_an_honest_county() -> None:
    """A hospital with 400 beds, one with 200 and twelve with 40."""
    random, opened = Random(1), 0
    for beds, taken, houses in ((400, 0.9, 1), (200, 0.85, 1), (40, 0.6, 12)):
        opened += sum(episodes(beds, taken, random) for _ in range(houses))

    assert opened / (YEARS * 365) == pytest.approx(told(MorePatientsThanBeds, A_DAY), abs=0.0005)
