"""The live board of the demo: what flows, how fast, what was found."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor.text import printable

STYLES = {"critical": "bold red", "high": "red", "warning": "yellow", "info": "cyan"}


@dataclass
class Score:
    """What was found against what was labelled; labels by their number.

    past: frauds that are over. look_alikes: likewise. found: frauds with an alert of one of their rules, some of them
    while they go on. false: look-alikes with one. unlabelled: alerts that met no label.
    """

    past: set[int] = field(default_factory=set)
    look_alikes: set[int] = field(default_factory=set)
    found: set[int] = field(default_factory=set)
    false: set[int] = field(default_factory=set)
    unlabelled: int = 0

    @property
    def of_frauds(self) -> str:
        """How many were found, of those that are over or found already."""
        return f"{len(self.found)} of {len(self.past | self.found)}"

    @property
    def of_look_alikes(self) -> str:
        """How many alerted, of those that are over or did already."""
        return f"{len(self.false)} of {len(self.look_alikes | self.false)}"


@dataclass
class Board:
    """Everything that the board shows; the demo fills it in."""

    seed: int | None
    lang: str
    sent: int = 0
    per_second: float = 0.0
    waiting: tuple[int, int] = (0, 0)
    clock: str = ""
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=2000))
    rules: Counter[str] = field(default_factory=Counter)
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=12))
    score: Score = field(default_factory=Score)

    def quantile(self, share: float) -> float:
        """A quantile of the event-to-alert times, seconds; 0 where there are none."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def line(self) -> str:
        """The numbers as one line, for those without a terminal."""
        score = self.score
        return (
            f"{self.clock} events {self.sent} ({self.per_second:.0f}/s) lag {self.waiting[0]}+{self.waiting[1]} "
            f"alerts {sum(self.rules.values())} of {len(self.rules)} rules, "
            f"event to alert p50 {self.quantile(0.5):.2f} s p95 {self.quantile(0.95):.2f} s, "
            f"found {score.of_frauds} labelled, {score.of_look_alikes} look-alikes"
        )

    def __rich__(self) -> Group:
        return Group(self._numbers(), self._alerts())

    def _numbers(self) -> Panel:
        table = Table.grid(padding=(0, 3))
        score = self.score
        table.add_row("events", f"{self.sent}  {self.per_second:.0f}/s", "time in the county", self.clock)
        table.add_row("lag", f"router {self.waiting[0]}, detector {self.waiting[1]} records",
                      "event to alert", f"p50 {self.quantile(0.5):.2f} s, p95 {self.quantile(0.95):.2f} s")  # fmt: skip
        table.add_row("found", f"{score.of_frauds} labelled frauds so far", "look-alikes",
                      f"{score.of_look_alikes} alerted, {score.unlabelled} unlabelled")  # fmt: skip
        table.add_row(
            "rules",
            ", ".join(f"{rule} {n}" for rule, n in sorted(self.rules.items())) or "-",
            "seed",
            str(self.seed or "-"),
        )
        return Panel(table, title="settlement-monitor · embedded broker, state in memory only · Ctrl-C ends it")

    def _alerts(self) -> Table:
        table = Table(expand=True, show_edge=False)
        for column, width in (("", 8), ("rule", 9)):
            table.add_column(column, width=width)
        table.add_column("alert")
        for alert in self.recent:
            severity = Text(printable(alert["severity"]), STYLES.get(alert["severity"], ""))
            # As Text, for what stands between brackets in a string would be markup.
            table.add_row(severity, Text(printable(alert["rule_id"])), Text(printable(alert["text"][self.lang])))
        return table
