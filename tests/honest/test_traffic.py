"""How often the rules on credentials alert where everybody is honest: the figures in their pages.

`python -m tests.honest.test_traffic` counts and prints them all (some minutes). Customers come independently of
one another; a pharmacy is open for 13 hours, 16 % of its day falls into one of them (our assumption).
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from math import exp
from random import Random

import pytest

from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.credential.s01_gap import Gap
from rules.credential.s01_sign import Sign
from rules.credential.s01_till import Till
from rules.engine.rule import Rule
from rules.engine.window import Window
from rules.ledgers import Swipe
from rules.reference import Reference
from rules.testing import swipe
from rules.times import DAY, HOUR, clock, parse

SHARES = {8: 0.16} | dict.fromkeys(range(9, 21), 0.07)
"""Hour -> its part of the day."""
FIRST = parse("2026-01-05")
PAST = 42
"""Days before the first one that is judged: the habit needs 28, and ends thirteen before."""
SHOPS = (50, 150, 400)
"""Settlements a day."""
IN_A_COUNTY = {50: 45, 150: 13, 400: 2}
"""Settlements a day -> so many shops of a county of 200,000: 60 with 5,000 settlements a day."""
Customer = Callable[[int, str], Swipe]


def ordinary(time: int, person: str) -> Swipe:
    """A customer about whom nothing is special."""
    return swipe(time, person=person)


def who_shares(part: float, random: Random) -> Customer:
    """Customers of whom this part is insured elsewhere; no two spend the same."""
    return lambda time, person: swipe(
        time, person=person, total=round(1_000 * 1.05 ** random.randrange(200)), elsewhere=random.random() < part
    )


def arrivals(random: Random, mean: float) -> Iterator[int]:
    """The times of a day's settlements, ms since midnight."""
    for hour, share in SHARES.items():
        at = random.expovariate(mean * share)
        while at < 1:
            yield int((hour + at) * HOUR)
            at += random.expovariate(mean * share)


def a_day(
    rule: Rule, mean: float, days: int, *, customer: Customer = ordinary, crowd: float = 1.0, known: bool = False
) -> float:
    """Alerts a day at a place of so many settlements a day, after a past of ordinary days.

    crowd: how many times as many come on the days that are judged; known: the calendar has those days.
    """
    random = Random(1)
    reference, alerts = Reference(), 0
    bins: dict[int, list[int]] = {}
    recent: list[list[Swipe]] = []
    for day in range(PAST + days):
        today, judged = FIRST + day * DAY, day >= PAST
        if judged and known:
            reference.put("calendar", {"date": clock(today, "%Y-%m-%d"), "kind": "pension"})
        times = list(arrivals(random, mean * (crowd if judged else 1.0)))
        came = [customer(today + time, f"p{number}") for number, time in enumerate(times)]
        recent = [*recent[-3:], came]
        if judged:
            alerts += episodes(rule, [one for some in recent for one in some], len(came), bins, reference)
        if crowd != 1.0:
            # Each crowded day follows ordinary ones.
            times = list(arrivals(random, mean))
            recent[-1] = [customer(today + time, f"p{number}") for number, time in enumerate(times)]
        for time in times:
            bins.setdefault((today + time) // HOUR * HOUR, [0, 0])[0] += 1
    return alerts / days


def episodes(rule: Rule, order: list[Swipe], last: int, bins: dict[int, list[int]], reference: Reference) -> int:
    """How many alerts the last so many entries open."""
    window, found, before = Window(list(order), rule.span, bins), 0, 0
    for position in range(len(order) - last, len(order)):
        window.move_to(position)
        if rule.check(order[position], window, reference) is not None:
            found += order[position].time - before > rule.quiet_ms
            before = order[position].time
    return found


def third_places_a_day(pairs: float, exempt: float, settlements: float = 3_400) -> float:
    """S06: persons a day at a third institution within the hour, where a third is as likely as a second.

    pairs: persons a day at two institutions within half an hour (45 to 150 in a county of 200,000, our assumption);
    exempt: part of them who walk to the pharmacy with their prescription. 200,000 persons x 6.2 settlements / 365 d.
    """
    left = pairs * (1 - exempt)
    return left * left / settlements


def pairs_in_two_counties_a_day(pairs: float, exempt: float, elsewhere: float) -> float:
    """S06: persons a day at two institutions within half an hour of whom this part goes to another county."""
    return pairs * (1 - exempt) * elsewhere


def settled_too_late_a_year(cases: float, mean_days: float, limit_days: float) -> float:
    """E09: stays a year that are settled more than so many days after the death (delays exponential)."""
    return cases * exp(-limit_days / mean_days)


@pytest.mark.parametrize("rule", [ConcentratedSwiping(), Gap(), Till()], ids=lambda rule: rule.id)
@pytest.mark.parametrize("mean", SHOPS)
def test_an_honest_place_is_left_alone(rule: Rule, mean: int) -> None:
    """An ordinary day opens at most 0.05 alerts, whatever the size."""
    assert a_day(rule, mean, 30_000 // mean) <= 0.05


@pytest.mark.parametrize("mean", SHOPS)
def test_a_busy_day_is_left_alone_where_the_calendar_knows_it(mean: int) -> None:
    """Twice the customers on a pension day are no alert once the calendar has the day."""
    assert a_day(Gap(), mean, 15_000 // mean, crowd=2.0, known=True) <= 0.1


@pytest.mark.parametrize(("mean", "part"), [(150, 0.1), (150, 0.6), (400, 0.05), (400, 0.2), (400, 0.6)])
def test_a_sign_that_many_have_is_no_sign(mean: int, part: float) -> None:
    """A rare sign is rarely shared by chance, and a common one is measured by what is usual."""
    assert a_day(Sign(), mean, 15_000 // mean, customer=who_shares(part, Random(2))) <= 0.1


def test_figures_of_the_rules_over_persons() -> None:
    """The arithmetic in the pages of S06 and E09."""
    assert [0.1, 0.6] == [round(third_places_a_day(pairs, exempt=0.7), 1) for pairs in (45, 150)]
    assert [0.3, 0.9] == [round(pairs_in_two_counties_a_day(pairs, 0.7, 0.02), 1) for pairs in (45, 150)]
    assert 4 == round(settled_too_late_a_year(300, mean_days=7, limit_days=30))


def a_month(found: Mapping[int, float]) -> float:
    """Alerts in 30 days in the shops of a county. found: settlements a day -> alerts a day of one shop."""
    return 30 * sum(IN_A_COUNTY[mean] * alerts for mean, alerts in found.items())


@pytest.mark.parametrize(
    ("rule", "before", "month"),
    [
        (ConcentratedSwiping, "settlements a day opens", "that is"),
        (Gap, "settlements a day opens", "that is"),
        (Sign, "; 10 %:", "that is"),
        (Sign, "; 20 %:", "that is 1 to"),
    ],
)
def test_the_shops_of_a_county_give_the_figure_of_a_month(rule: type[Rule], before: str, month: str) -> None:
    """The page of a rule names a shop of each size, and what all of a county open in a month."""
    page = " ".join((inspect.getdoc(rule) or "").split())
    shops = re.search(rf"{before} ([\d.]+) / ([\d.]+) / ([\d.]+\d)", page)
    assert shops
    found = dict(zip(SHOPS, map(float, shops.groups()), strict=True))
    told = re.search(rf"{month} (\d+)", page)

    assert told
    assert round(a_month(found)) == int(told[1])
    assert 5_000 == sum(mean * shops for mean, shops in IN_A_COUNTY.items())


def figures() -> Iterator[str]:
    """The figures, a line each."""
    for rule in (ConcentratedSwiping(), Gap(), Till()):
        found = {}
        for mean in SHOPS:
            days = 400_000 // mean
            found[mean] = a_day(rule, mean, days)
            twice = [a_day(rule, mean, days // 4, crowd=2.0, known=known) for known in (False, True)]
            yield f"{rule.id} {mean}: {found[mean]:.4f}, twice {twice[0]:.3f}, known {twice[1]:.3f}"
        yield f"{rule.id}: {a_month(found):.1f} alerts a month in 200,000"
    for part in (0.05, 0.1, 0.2, 0.6):
        for crowd, known in ((1.0, False), (2.0, False), (2.0, True)):
            shared = [
                a_day(Sign(), mean, 200_000 // mean, customer=who_shares(part, Random(2)), crowd=crowd, known=known)
                for mean in SHOPS
            ]
            day = "twice the customers, " if crowd > 1 else ""
            day += "known to the calendar, " if known else ""
            line = f"S01-SIGN, {part:.0%} bear the sign, {day}{' / '.join(f'{one:.4f}' for one in shared)}"
            yield f"{line}: {a_month(dict(zip(SHOPS, shared, strict=True))):.1f} alerts a month in 200,000"


if __name__ == "__main__":
    for line in figures():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
