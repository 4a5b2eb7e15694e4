"""Our worker and other stream processors on one broker, over the same events: CPU, memory, rate, and their alerts.

python -m tests.bench [--events 40000] [--runs 3] [--only ours quix] [--java]

The two-rule job: S01 with limit 6 and no baseline, D04 on codes that were sold at two institutions. Ours runs it, and
besides the 17 rules with which it began, and every rule, over the same settlements and over messages of all kinds. The
table is in Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from monitor.simulate import write_reference
from rules.catalogue import catalogue
from tests.bench import ours
from tests.bench.brute import LIMIT, Told, expected
from tests.bench.figures import HEAD, Figures, row
from tests.bench.peers import environment, running
from tests.bench.peers.job import Task, sales_of, swipe_of
from tests.bench.traffic import PARTITIONS, PERSONS, Traffic, create_topics, simulate, write
from tests.bench.usage import machine
from tests.kafka._cluster import Kafka, kafka_cluster

TWO_RULES, FIRST_RULES, EVERY_RULE, ALL_KINDS = "ours", "first-rules", "every-rule", "all-kinds"
EVENTS = "events"
"""The topic that all peers read."""
NAMES = {
    TWO_RULES: "ours", **environment.PEERS, **environment.JAVA, FIRST_RULES: "ours, the first 17 rules",
    EVERY_RULE: "ours, every rule",
    ALL_KINDS: "ours, every rule, all kinds of messages",
}  # fmt: skip
FIRST = (
    "S01", "S01-GAP", "S01-SIGN", "S01-TILL", "S06", "S09", "D01", "D02", "D03", "D04", "D04-DATA", "E01", "E09", "I01",
    "I05", "I05-PAIR", "B15",
)  # fmt: skip
"""The rules with which the monitor began: how much more do all of them cost?"""


@dataclass
class Bench:
    """One broker with its events. told: what brute force says of the settlements; judged: swipes and sales in them."""

    kafka: Kafka
    folder: Path
    settlements: Traffic
    told: set[Told] = field(default_factory=set)
    judged: int = 0
    turn: int = 0

    def prepare(self) -> None:
        """Write the settlements for the peers, and ask brute force."""
        asyncio.run(self.kafka.create(EVENTS, PARTITIONS))
        write(self.settlements, self.kafka.bootstrap, EVENTS)
        self.told = expected(self.settlements.events())
        events = self.settlements.events()
        self.judged = sum(bool(swipe_of(one)) + sum(1 for _ in sales_of(one)) for one in events)

    def run_peer(self, peer: str) -> Figures:
        """A peer in the two-rule job."""
        alerts = f"{peer}-{self._next()}"
        asyncio.run(self.kafka.create(alerts, PARTITIONS))
        with tempfile.TemporaryDirectory(dir=self.folder) as state:
            task = Task(self.kafka.bootstrap, EVENTS, alerts, self.judged, state)
            raw = running.run(lambda task: environment.command(peer, task), task)
        return self._figures(raw, running.told(self.kafka, alerts))

    def run_two_rules(self) -> Figures:
        """Our worker in the two-rule job; all its other rules are off."""
        with self._area(self.settlements) as area:
            self._put(area, two_rules())
            with ours.worker(self.kafka.bootstrap, area) as (process, port):
                raw = ours.measure(process, port, self.settlements.number)
                stall = ours.longest_stall(port)
                told = ours.told_by(ours.close(self.kafka, area))
                figures = self._figures(raw, self._in_question(told))
                return replace(figures, alerts=f"{figures.alerts}; {_loop(stall, ours.stop(process))}")

    def run_rules(self, traffic: Traffic, rules: Collection[str]) -> Figures:
        """Our worker with these rules and all tables."""
        with self._area(traffic) as area:
            self._put(area, without_others(rules))
            tables = self.folder / area
            write_reference(traffic.simulation.reference(), tables)
            ours.monitor(self.kafka.bootstrap, area, "reference", "load", str(tables))
            with ours.worker(self.kafka.bootstrap, area) as (process, port):
                seconds, wall, peak = ours.measure(process, port, traffic.number)
                revisions = round(ours.total(ours.figures_of(port), "alerts_total"))
                said = f"{revisions:,} revisions; {_loop(ours.longest_stall(port), ours.stop(process))}"
        return Figures(1e6 * seconds / traffic.number, peak, traffic.number / wall, said)

    def _put(self, area: str, rules: str) -> None:
        """Bring a rules file into force."""
        file = self.folder / "rules.toml"
        file.write_text(rules, "utf-8")
        ours.monitor(self.kafka.bootstrap, area, "rules", "put", str(file))

    @contextmanager
    def _area(self, traffic: Traffic) -> Iterator[str]:
        """An area of its own with this traffic, for the length of the block."""
        area = f"ours-{self._next()}"
        create_topics(self.kafka.bootstrap, area)
        write(traffic, self.kafka.bootstrap, f"{area}.events")
        yield area
        ours.drop_area(self.kafka.bootstrap, area)

    def _next(self) -> int:
        self.turn += 1
        return self.turn

    def _in_question(self, told: set[Told]) -> set[Told]:
        """Without what D04 says of codes that were sold at one institution alone: no peer looks at them."""
        resold = {subject for rule, subject, *_ in self.told if rule == "D04"}
        return {one for one in told if one[0] != "D04" or one[1] in resold}

    def _figures(self, raw: ours.Raw, told: set[Told]) -> Figures:
        seconds, wall, peak = raw
        number = self.settlements.number
        return Figures(1e6 * seconds / number, peak, number / wall, compared(told, self.told))


def _loop(stall: str, ending: float) -> str:
    """How long our worker's loop stood still, and how long it took to end."""
    return f"loop late by {stall} at most, ended in {ending:.1f} s"


def compared(told: set[Told], right: set[Told]) -> str:
    """How what was told compares with what is right, in words.

    >>> compared({("S01", "P1", 0, 5)}, {("S01", "P1", 0, 5)})
    'the same 1'
    >>> compared({("S01", "P1", 0, 5)}, {("S01", "P1", 0, 9), ("S01", "P2", 0, 5)})
    '0 of 2, 1 wrong'
    """
    if told == right:
        return f"the same {len(right)}"
    return f"{len(told & right)} of {len(right)}, {len(told - right)} wrong"


def two_rules() -> str:
    """A rules.toml with S01 and D04 alone.

    >>> two_rules().splitlines()[-4:]
    ['[S01]', 'limit = 6', 'baseline = false', '[D04]']
    """
    return f"{without_others(('S01', 'D04'))}[S01]\nlimit = {LIMIT}\nbaseline = false\n[D04]\n"


def without_others(rules: Collection[str]) -> str:
    """A rules.toml in which all rules but these are off.

    >>> without_others(catalogue())
    ''
    """
    return "".join(f"[{rule}]\nenabled = false\n" for rule in catalogue() if rule not in rules)


def main() -> None:
    """Measure in turns, and print the table."""
    given = arguments()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder, kafka_cluster() as kafka:
        settlements = simulate(Path(folder) / "settlements", given.events, given.seed, given.persons)
        bench = Bench(kafka, Path(folder), settlements)
        bench.prepare()
        said = f"{given.events} events; settlements of {settlements.size} bytes in {PARTITIONS} partitions"
        sys.stdout.write(f"{said}; one process each; runs: {given.runs}; {machine()}\n")
        measured = measure({name: run for name, run in contest(bench, given).items() if name in given.only}, given.runs)
    sys.stdout.write("\n".join([HEAD, *(row(NAMES[name], runs) for name, runs in measured.items()), ""]))


def contest(bench: Bench, given: argparse.Namespace) -> dict[str, Callable[[], Figures]]:
    """One run of each contestant, by name."""

    @cache
    def kinds() -> Traffic:
        return simulate(bench.folder / "kinds", given.events, given.seed, given.persons, every_kind=True)

    runs: dict[str, Callable[[], Figures]] = {TWO_RULES: bench.run_two_rules}
    runs |= {peer: partial(bench.run_peer, peer) for peer in environment.PEERS | environment.JAVA}
    runs[FIRST_RULES] = lambda: bench.run_rules(bench.settlements, FIRST)
    runs[EVERY_RULE] = lambda: bench.run_rules(bench.settlements, catalogue())
    runs[ALL_KINDS] = lambda: bench.run_rules(kinds(), catalogue())
    return runs


def measure(contest: dict[str, Callable[[], Figures]], runs: int) -> dict[str, list[Figures]]:
    """Let all run in turns, and say on stderr what each run measured."""
    measured: dict[str, list[Figures]] = {name: [] for name in contest}
    with suppress(KeyboardInterrupt):  # what was measured until then is shown
        for _ in range(runs):
            for name, run in contest.items():
                measured[name].append(run())
                sys.stderr.write(f"{time.strftime('%H:%M:%S')} {row(NAMES[name], measured[name][-1:])}\n")
    return {name: of for name, of in measured.items() if of}


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=240_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--persons", type=int, default=PERSONS, help="of the county")
    parser.add_argument("--only", nargs="+", choices=list(NAMES), help="default: all but the peers in Java")
    parser.add_argument("--java", action="store_true", help="the peers in Java, too")
    parser.add_argument("--folder", type=Path, help="for events and state; default: that of temporary files")
    options = parser.parse_args(given)
    options.only = options.only or [name for name in NAMES if options.java or name not in environment.JAVA]
    return options


if __name__ == "__main__":
    main()
