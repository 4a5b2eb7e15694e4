"""The live board of the demo: what flows, how fast, what was found."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor.alerttext import severity_word
from monitor.contract.text import Language, Said
from monitor.text import printable

WORDS: Mapping[str, Said] = {
    "title": Said(
        "settlement-monitor · 内置消息服务，状态仅存内存 · Ctrl-C 结束",
        "settlement-monitor · embedded broker, state in memory only · Ctrl-C ends it",
    ),
    "events": Said("报文", "events"),
    "events_figures": Said("{sent} 条，每秒 {pace} 条", "{sent}  {pace}/s"),
    "clock": Said("县内时间", "time in the county"),
    "lag": Said("积压", "lag"),
    "lag_figures": Said(
        "路由 {to_router} 条，检测 {to_detector} 条", "router {to_router}, detector {to_detector} records"
    ),
    "latency": Said("报文到线索", "event to alert"),
    "latency_figures": Said("中位数 {p50} 秒，95% 在 {p95} 秒内", "p50 {p50} s, p95 {p95} s"),
    "found": Said("已发现", "found"),
    "found_figures": Said("已标注违规 {over} 起中的 {found} 起", "{found} of {over} labelled frauds so far"),
    "look_alikes": Said("貌似违规的正常情形", "look-alikes"),
    "look_alikes_figures": Said(
        "{look_alikes} 起中 {false} 起有线索；未标注的线索 {unlabelled} 条",
        "{false} of {look_alikes} alerted, {unlabelled} unlabelled",
    ),
    "rules": Said("规则", "rules"),
    "rule": Said("规则", "rule"),
    "alert": Said("线索", "alert"),
    "seed": Said("种子", "seed"),
    "line": Said(
        "报文 {sent} 条（每秒 {pace} 条），积压 {to_router}+{to_detector}，{rules} 项规则的线索 {alerts} 条，"
        "报文到线索中位数 {p50} 秒、95% 在 {p95} 秒内，已标注违规 {over} 起中发现 {found} 起，"
        "貌似违规的 {look_alikes} 起中 {false} 起有线索",
        "events {sent} ({pace}/s) lag {to_router}+{to_detector} alerts {alerts} of {rules} rules, "
        "event to alert p50 {p50} s p95 {p95} s, found {found} of {over} labelled, "
        "{false} of {look_alikes} look-alikes",
    ),
}
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


@dataclass
class Board:
    """Everything that the board shows; the demo fills it in."""

    seed: int | None
    lang: Language
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

    @property
    def words(self) -> Mapping[str, str]:
        """The words of the board in its language, filled in."""
        score = self.score
        figures = {
            "sent": self.sent,
            "pace": f"{self.per_second:.0f}",
            "to_router": self.waiting[0],
            "to_detector": self.waiting[1],
            "alerts": sum(self.rules.values()),
            "rules": len(self.rules),
            "p50": f"{self.quantile(0.5):.2f}",
            "p95": f"{self.quantile(0.95):.2f}",
            "found": len(score.found),
            "over": len(score.past | score.found),
            "false": len(score.false),
            "look_alikes": len(score.look_alikes | score.false),
            "unlabelled": score.unlabelled,
        }
        return {name: getattr(said, self.lang).format(**figures) for name, said in WORDS.items()}

    def line(self) -> str:
        """The numbers as one line, for those without a terminal."""
        return f"{self.clock} {self.words['line']}"

    def __rich__(self) -> Group:
        return Group(self._numbers(), self._alerts())

    def _numbers(self) -> Panel:
        table, words = Table.grid(padding=(0, 3)), self.words
        for left, right in (("events", "clock"), ("lag", "latency"), ("found", "look_alikes"), ("rules", "seed")):
            cells = [cell for name in (left, right) for cell in (words[name], self._figures(name, words))]
            table.add_row(*cells)
        return Panel(table, title=words["title"])

    def _figures(self, name: str, words: Mapping[str, str]) -> str:
        own = {
            "clock": self.clock,
            "rules": ", ".join(f"{rule} {n}" for rule, n in sorted(self.rules.items())) or "-",
            "seed": str(self.seed or "-"),
        }
        return own[name] if name in own else words[f"{name}_figures"]

    def _alerts(self) -> Table:
        table, words = Table(expand=True, show_edge=False), self.words
        for column, width in (("", 8), (words["rule"], 9)):
            table.add_column(column, width=width)
        table.add_column(words["alert"])
        for alert in self.recent:
            severity = Text(printable(severity_word(alert["severity"], self.lang)), STYLES.get(alert["severity"], ""))
            # As Text, for what stands between brackets in a string would be markup.
            table.add_row(severity, Text(printable(alert["rule_id"])), Text(printable(alert["text"][self.lang])))
        return table
