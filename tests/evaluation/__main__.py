"""Recall of each rule on planted fraud, and what a whole county gives: the figures of docs/evaluation.md.

python -m tests.evaluation recall [--rules S01 D02] [--episodes 60] [--persons 3000] [--days 100] [--seed N]
python -m tests.evaluation county [--persons 20000] [--days 160] [--scored 60] [--honest] [--seed N]

recall: for each rule, counties in which its own frauds are played again and again, until there are so many episodes.
county: every rule, over a county as it is by default, or an honest one; its last days are scored. Seeds are drawn, and
printed. The tables are in Markdown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from random import SystemRandom

from monitor.offline.evaluate import BANDS, Score, burden, evaluate, interval
from monitor.offline.standing import Span
from monitor.simulate import Simulation
from monitor.simulate.simulation import START
from rules.catalogue import catalogue
from rules.times import BEIJING, DAY, parse
from tests.evaluation._county import COUNTIES, episodes_of, judged, scenarios


def recall_row(one: Score) -> str:
    """A line of the table."""
    bands = [one.by_strength.get(band) for band in BANDS]
    return _row([
        one.rule, str(len(one.episodes)), f"{_part(one.recall)} ({_between(one.recall_interval)})",
        *("" if band is None else f"{band[0]}/{band[1]}" for band in bands),
        _part(one.grave), "-" if one.delay is None else f"{one.delay:.0f}",
    ])  # fmt: skip


def recall(asked: argparse.Namespace) -> Iterator[str]:
    """The table, a line as each rule ends."""
    yield f"seeds {asked.seed} to {asked.seed + COUNTIES - 1}, {asked.persons} persons, {asked.days} days"
    yield _row(["rule", "episodes", "recall (95 %)", *BANDS, "strong ones at high or critical", "median delay, s"])
    yield _row(["---"] * 8)
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        told = [
            pool.submit(episodes_of, rule, asked.episodes, asked.persons, asked.days, asked.seed)
            for rule in asked.rules or scenarios()
        ]
        for one in told:
            yield recall_row(one.result().score)


def county(asked: argparse.Namespace) -> Iterator[str]:
    """What every rule says of a whole county, in its last days."""
    honest = asked.honest
    # No later than today: nothing is uploaded in the future.
    start = min(START, datetime.now(BEIJING).date() - timedelta(days=asked.days))
    place = Simulation(asked.seed, asked.persons, asked.days, start, frauds=not honest, look_alikes=not honest)
    end = parse((start + timedelta(days=asked.days)).isoformat())
    span = Span(end - asked.scored * DAY, end - 1)
    found = judged(place, list(catalogue()))
    scores = evaluate(found.leads, found.labels, span=span)
    told = burden(found.leads, asked.persons, span)
    yield f"seed {asked.seed}, {asked.persons} persons, {asked.days} days, the last {asked.scored} scored; "
    yield f"{found.messages} messages{', honest' if asked.honest else ''}"
    yield _row(["rule", "alerts", "precision", "recall", "look-alikes (at high or critical)", "part of what is told"])
    yield _row(["---"] * 6)
    for one in scores:
        yield _row([
            one.rule, str(one.standing), _part(one.precision), _part(one.recall),
            f"{len(one.mistaken)} ({one.mistaken_grave})", f"{told.shares.get(one.rule, 0):.0%}",
        ])  # fmt: skip
    labelled = [one for one in scores if one.is_labelled]
    right, standing = sum(one.right for one in labelled), sum(one.standing for one in labelled)
    if standing:
        around = _between(interval(right, standing), 3)
        yield f"precision over all rules {right / standing:.3f} ({around})"
    yield f"a reviewer is told of {told.told} incidents: {told.per_month:.1f} a month per 100,000 persons"


def _part(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _between(ends: tuple[float, float] | None, digits: int = 2) -> str:
    return "-" if ends is None else f"{ends[0]:.{digits}f}–{ends[1]:.{digits}f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation", description=__doc__.partition("\n")[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    of_rules, whole = kinds.add_parser("recall"), kinds.add_parser("county")
    for one, persons, days in ((of_rules, 3_000, 100), (whole, 20_000, 160)):
        one.add_argument("--persons", type=int, default=persons)
        one.add_argument("--days", type=int, default=days)
        one.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    of_rules.add_argument("--rules", nargs="*", choices=list(scenarios()))
    of_rules.add_argument("--episodes", type=int, default=60)
    of_rules.add_argument("--processes", type=int, default=2)
    whole.add_argument("--scored", type=int, default=60)
    whole.add_argument("--honest", action="store_true")
    asked = parser.parse_args()
    for line in (recall if asked.kind == "recall" else county)(asked):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
