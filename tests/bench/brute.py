"""The answer of the two-rule job by brute force: slow, obvious, over the whole file at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.drug.d04_trace_code_reuse import TraceCodeReuse
from rules.times import SECOND, parse

LIMIT = 6
WINDOW = ConcentratedSwiping().window * SECOND
QUIET = {"S01": ConcentratedSwiping().quiet * SECOND, "D04": TraceCodeReuse().quiet * SECOND}

Trigger = tuple[str, str, int]
"""Rule, subject, time in ms UTC."""
Told = tuple[str, str, int, int]
"""Rule, subject, first and last trigger in ms UTC."""


def episodes(triggers: Iterable[Trigger]) -> set[Told]:
    """Triggers of one rule and subject, each at most `quiet` after the one before, are one episode.

    >>> sorted(episodes([("S01", "P1", 0), ("S01", "P1", 600_000), ("S01", "P1", 1_200_001)]))
    [('S01', 'P1', 0, 600000), ('S01', 'P1', 1200001, 1200001)]
    """
    told: dict[tuple[str, str], list[list[int]]] = defaultdict(list)
    for rule, subject, time in sorted(set(triggers)):
        runs = told[rule, subject]
        if runs and time - runs[-1][-1] <= QUIET[rule]:
            runs[-1].append(time)
        else:
            runs.append([time])
    return {(*whose, run[0], run[-1]) for whose, runs in told.items() for run in runs}


def expected(events: Iterable[dict[str, Any]]) -> set[Told]:
    """What the two rules say of these settlements: D04 of codes that were sold at two institutions."""
    swipes, sales = defaultdict(list), defaultdict(list)
    for event in events:
        time, place = parse(event["setl_time"]), event["fixmedins_code"]
        if event["infno"] == "2102" or event["med_type"] == "41":
            swipes[place].append((time, event["psn_no"]))
        for pack in event.get("drug_trac_info", []):
            if pack["trdn_flag"] != "1":
                sales[pack["drug_trac_codg"]].append((time, place))
    return episodes([*_bursts(swipes), *_resold(sales)])


def _bursts(swipes: dict[str, list[tuple[int, str]]]) -> Iterator[Trigger]:
    for pharmacy, of_pharmacy in swipes.items():
        of_pharmacy.sort()
        for number, (time, _) in enumerate(of_pharmacy):
            last = max(0, number - 1_000)  # no pharmacy has a thousand customers in ten minutes
            near = of_pharmacy[last : number + 1]
            persons = {person for at, person in near if time - WINDOW < at <= time}
            if len(persons) >= LIMIT:
                yield "S01", pharmacy, time


def _resold(sales: dict[str, list[tuple[int, str]]]) -> Iterator[Trigger]:
    for code, of_code in sales.items():
        for time, _ in of_code:
            until_then = {place for at, place in of_code if at <= time}
            if len(until_then) > 1:
                yield "D04", code, time
