"""How often each rule's Python is asked at all: `python -m tests.bench.guards [--persons 5000] [--days 100]`.

A simulated county is played to the end with every rule. A guard is the cheapest necessary condition of a rule: what it
does not allow costs no Python of the rule. Rules that judge days or leads have none. The table is in Markdown.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from typer.testing import CliRunner

from monitor.cli import app
from monitor.simulate import Simulation, write_reference
from rules.catalogue import OVER_LEADS, catalogue
from rules.engine import judge
from rules.engine.entry import Entry
from rules.engine.finding import Finding
from rules.engine.rule import DayRule
from rules.engine.watch import Watch
from rules.engine.window import Window
from rules.reference import Reference
from tests.bench.traffic import write_events

HEAD = """
| rule | ledger | judged | its Python is asked | of 1,000 | findings |
| --- | --- | ---: | ---: | ---: | ---: |
"""


def row(name: str, judged: int, asked: int, found: int) -> None:
    """A line of the table."""
    sys.stdout.write(f"| {name} | {judged:,} | {asked:,} | {1000 * asked / max(judged, 1):,.0f} | {found:,} |\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    judged, asked, found = Counter[str](), Counter[str](), Counter[str]()

    def counted(watch: Watch, entry: Entry, window: Window[Entry], reference: Reference) -> Finding | None:
        judged[watch.rule.id] += 1
        if not watch.guard.allows(window):
            return None
        asked[watch.rule.id] += 1
        finding = watch.rule.check(entry, window, reference)
        found[watch.rule.id] += finding is not None
        return finding

    with tempfile.TemporaryDirectory() as folder, patch.object(judge, "_check_if_allowed", counted):
        played = Simulation(given.seed, given.persons, given.days)
        events = Path(folder) / "events.jsonl"
        number = write_events(events, (one for _, one in played.events()))
        tables = Path(folder) / "tables"
        write_reference(played.reference(), tables)
        CliRunner().invoke(app, ["replay", str(events), "--reference", str(tables)], catch_exceptions=False)
    sys.stdout.write(
        f"{number:,} messages of {given.persons:,} persons over {given.days} days, seed {given.seed}\n{HEAD}"
    )
    for rule_id, rule in catalogue().items():
        if not issubclass(rule, DayRule) and rule.card.family != OVER_LEADS:
            row(f"{rule_id} | {rule.card.ledger}", judged[rule_id], asked[rule_id], found[rule_id])
    row("all | ", judged.total(), asked.total(), found.total())
    return 0


if __name__ == "__main__":
    sys.exit(main())
