"""The live board of the demo: what flows, how fast, what was found."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal

from rich.console import Console, ConsoleOptions, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor.alerttext import alert_head, severity_word
from monitor.contract.text import Language, Said
from monitor.incidents import Incident, incidents_of
from monitor.text import folded, printable
from rules.engine.finding import SEVERITIES

WORDS: Mapping[str, Said] = {
    "title": Said(
        "settlement-monitor · 内置消息服务，状态仅存内存",
        "settlement-monitor · embedded broker, state in memory",
    ),
    "end": Said("Ctrl-C 结束", "Ctrl-C ends it"),
    "legend": Said(
        "线索等级由颜色区分；新线索：刚发现；更新：内容有变化；已结束：之后未再触发；已撤销：所依据的记录被撤销。"
        "带 + 的线索与其上一条属同一事件。线索均待核实，不是结论。",
        "The colour is the severity. opened: just found; updated: its content changed; closed: no further finding; "
        "withdrawn: what it rests on was taken back. +: of one incident with the lead above it. Leads to verify, never "
        "verdicts.",
    ),
    "no_alerts": Said("没有线索", "no alerts"),
    "name": Said("名称", "name"),
    "standing": Said("成立", "standing"),
    "withdrawn": Said("已撤销", "withdrawn"),
    "highest": Said("最高等级", "highest severity"),
    "page": Said("网页", "page"),
    "stays": Said("网页仍可访问，按 Ctrl-C 结束", "the page stays until Ctrl-C"),
    "next": Said("下一步", "next"),
    "next_page": Said("在网页上查看并处置线索", "leads on a page, to look at and to dispose of"),
    "next_rule": Said("规则说明、依据与参数", "why a rule is there, and its parameters"),
    "next_simulate": Said("写出同样的模拟数据", "the same traffic as files"),
    "next_replay": Said("逐条查看线索及证据", "each lead with its evidence"),
    "next_evaluate": Said("与标注对照", "the leads measured against the labels"),
    "next_real": Said("README“部署”一节：接入真实的 Kafka", "README, “Run it”: on a real Kafka"),
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
_SHOWN = (
    *("alert_id", "incident_id", "rule_id", "rule_name", "rule_name_en", "severity", "status", "first_time", "text"),
)
_COLUMNS: Mapping[str, Literal["left", "right"]] = {
    "rule": "left", "name": "left", "standing": "right", "withdrawn": "right", "highest": "left"
}  # fmt: skip
"""Of the table at the end, with the side on which they stand."""
_WIDE = 110
"""Columns from which on figures stand beside each other."""
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

    def end(self, label: Mapping[str, Any]) -> None:
        """What is labelled so is over."""
        (self.past if label["label"] == "fraud" else self.look_alikes).add(id(label))


@dataclass
class Board:
    """Everything that the board shows; the demo fills it in.

    alerts: by id, in the order in which they opened. told: ids of those that were printed, without a terminal.
    """

    seed: int | None
    lang: Language
    sent: int = 0
    per_second: float = 0.0
    waiting: tuple[int, int] = (0, 0)
    clock: str = ""
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=2000))
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    score: Score = field(default_factory=Score)

    def take(self, alert: Mapping[str, Any]) -> None:
        """Show an alert as it stands now; what opened last stands first. What is not shown of it is not kept."""
        self.alerts[alert["alert_id"]] = {name: alert.get(name, "") for name in _SHOWN}

    @property
    def rules(self) -> Counter[str]:
        """How many alerts stand, by rule."""
        return Counter(one["rule_id"] for one in list(self.alerts.values()) if one["status"] != "withdrawn")

    def quantile(self, share: float) -> float:
        """A quantile of the event-to-alert times, seconds; 0 where there are none."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    @property
    def words(self) -> Mapping[str, str]:
        """The words of the board in its language, filled in."""
        score, rules = self.score, self.rules
        figures = {
            "sent": self.sent,
            "pace": f"{self.per_second:.0f}",
            "to_router": self.waiting[0],
            "to_detector": self.waiting[1],
            "alerts": sum(rules.values()),
            "rules": len(rules),
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

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        numbers, legend = self._numbers(options.max_width), _folded(self.words["legend"], options.max_width, "dim")
        incidents = incidents_of(reversed(list(self.alerts.values())))
        shown = (self._incident(one, options.max_width) for one in incidents)
        newest = next(shown, [])
        yield numbers
        room = console.height - 1 - len(console.render_lines(numbers, options)) - len(newest)
        if len(legend) <= room:
            yield from legend
            room -= len(legend)
        yield from newest
        for lines in shown:
            room -= len(lines)
            if room < 0:
                return
            yield from lines

    def _numbers(self, width: int) -> Panel:
        """The figures, two beside each other where the terminal is wide enough."""
        pairs = [("events", "clock"), ("lag", "latency"), ("found", "look_alikes"), ("rules", "seed")]
        table, words = Table.grid(padding=(0, 2)), self.words
        rows = pairs if width >= _WIDE else [(name,) for name in chain.from_iterable(pairs)]
        for at in range(2 * len(rows[0])):
            table.add_column(overflow="fold", no_wrap=False, ratio=None if at % 2 == 0 else 1)
        for row in rows:
            table.add_row(*(cell for name in row for cell in (words[name], self._figures(name, words))))
        return Panel(table, title=words["title"], subtitle=words["end"])

    def _figures(self, name: str, words: Mapping[str, str]) -> str:
        own = {
            "clock": self.clock,
            "rules": printable(" ".join(f"{rule}:{number}" for rule, number in sorted(self.rules.items()))) or "-",
            "seed": str(self.seed or "-"),
        }
        return own[name] if name in own else words[f"{name}_figures"]

    def _incident(self, incident: Incident, width: int) -> list[Text]:
        """The alert that speaks: its head, and below it its text; then the heads of those that attach."""
        lines = self._head(incident.speaker, width)
        lines += _folded(printable(incident.speaker["text"][self.lang]), width, indent=2)
        for one in incident.attached:
            lines += self._head(one, width, "+ ", indent=2)
        return lines

    def _head(self, alert: Mapping[str, Any], width: int, mark: str = "", *, indent: int = 0) -> list[Text]:
        said = f"{mark}{severity_word(alert['severity'], self.lang)} {alert_head(alert, self.lang)}"
        return _folded(printable(said), width, STYLES.get(alert["severity"], ""), indent=indent)

    def table(self) -> Table:
        """Every rule that alerted, with its alerts as they stand."""
        table, words = Table(), self.words
        for name, justify in _COLUMNS.items():
            table.add_column(words[name], overflow="fold", justify=justify)
        by_rule: dict[str, list[dict[str, Any]]] = {}
        for alert in self.alerts.values():
            by_rule.setdefault(alert["rule_id"], []).append(alert)
        name = "rule_name" if self.lang == "zh" else "rule_name_en"
        for rule, alerts in sorted(by_rule.items()):
            severities = [one["severity"] for one in alerts if one["status"] != "withdrawn"]
            highest = max(severities, key=SEVERITIES.index, default="-")
            withdrawn = len(alerts) - len(severities)
            cells = [rule, alerts[0][name], str(len(severities)), str(withdrawn), severity_word(highest, self.lang)]
            table.add_row(*(Text(printable(cell)) for cell in cells))
        return table

    def next_lines(self, simulated: str, played: str) -> Iterator[str]:
        """What to do next. simulated: options that give the same traffic again. played: the file that was played."""
        words, rule = self.words, next(iter(self.rules.most_common(1)), ("S01", 0))[0]
        steps = [(f"monitor rules show {rule}", words["next_rule"])]
        if played:
            steps += [(f"monitor replay {played} --full", words["next_replay"])]
        else:
            out = "--out events.jsonl.gz --labels labels.jsonl --reference tables"
            replay = "monitor replay events.jsonl.gz --reference tables --alerts alerts.jsonl --full"
            steps += [
                (f"monitor simulate {simulated} {out}", words["next_simulate"]),
                (replay, words["next_replay"]),
                ("monitor evaluate --alerts alerts.jsonl --labels labels.jsonl", words["next_evaluate"]),
            ]
        steps.append(("monitor demo --keep", words["next_page"]))
        yield words["next"]
        for command, meaning in steps:
            yield f"  {command}"
            yield f"      {meaning}"
        yield f"  {words['next_real']}"


def _folded(text: str, width: int, style: str = "", *, indent: int = 0) -> list[Text]:
    """Lines that nothing is cut off from; as Text, for what stands between brackets in a string would be markup."""
    return [Text(" " * indent + line, style, no_wrap=True) for line in folded(text, width - indent)]
