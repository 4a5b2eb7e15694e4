"""The tables of docs/, made from the code that they describe: `python -m monitor.handbook` writes them anew.

A test holds that what is committed is what this module makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import typer
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector

from monitor.cli import app
from monitor.console.metrics import ConsoleMetrics
from monitor.contract.export import export
from monitor.exporter.metrics import UseMetrics
from monitor.handbook.alerts import alerts_page
from monitor.handbook.control import control_page
from monitor.handbook.coverage import coverage_page, coverage_page_zh
from monitor.handbook.markdown import page, table
from monitor.handbook.messages import messages_page
from monitor.handbook.pictures import PICTURES
from monitor.handbook.rulepages import rule_pages
from monitor.handbook.runbook import runbook_page, runbook_page_zh
from monitor.handbook.tables import reference_page, reference_page_zh
from monitor.notify.metrics import NotifyMetrics
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.settings import Settings
from monitor.worker.metrics import Metrics
from streams.kafka.topics import Sizes
from streams.kafka.topics import table as topics

DOCS = Path(__file__).parents[2] / "docs"


def settings_page() -> str:
    """Every setting."""
    rows = [
        (
            f"`MONITOR_{name.upper()}`",
            f"`{one.default}`" if one.default not in (None, "") else "",
            one.description or "",
        )
        for name, one in Settings.model_fields.items()
    ]
    return page("Settings", "Read from the environment when a command starts; a wrong one ends it with one line and "
                "exit code 2.", table(("variable", "default", "meaning"), rows))  # fmt: skip


def metrics_page() -> str:
    """Every metric, by the process that has it."""
    worker, read_model = Metrics(), ReadModelMetrics()
    parts: dict[str, tuple[object, ...]] = {
        "monitor worker": (worker,),
        "monitor notify": (NotifyMetrics(),),
        "monitor readmodel": (read_model, read_model.leads),
        "monitor exporter": (UseMetrics(10_000, {}),),
        "monitor console": (ConsoleMetrics(),),
    }
    asked = {"monitor worker": worker.held}
    tables = [f"## {name}\n\n{_metrics(part, asked.get(name))}" for name, part in parts.items()]
    about = (
        "On `/metrics` of each process. No label names a person. Drugs are named by `monitor exporter` alone, "
        "institutions by it and by `monitor readmodel`, there twenty at most."
    )
    return page("Metrics", about, "\n\n".join(tables))


def _metrics(of: tuple[object, ...], read_when_asked: Collector | None) -> str:
    wrapped = [one for part in of for one in vars(part).values() if isinstance(one, MetricWrapperBase)]
    rows = [(f"`{_full(one)}`", *_words(one)) for one in wrapped]
    if read_when_asked is not None:
        rows += [(f"`{one.name}`", one.type, ", ".join(one._labelnames), one.documentation)  # noqa: SLF001 - as below
                 for one in read_when_asked.collect() if isinstance(one, GaugeMetricFamily)]  # fmt: skip
    return table(("metric", "kind", "labels", "meaning"), sorted(rows))


def _words(metric: MetricWrapperBase) -> tuple[str, str, str]:
    """Kind, labels and meaning; the library has no public way to read them."""
    return metric._type or "", ", ".join(metric._labelnames), metric._documentation  # noqa: SLF001


def _full(metric: MetricWrapperBase) -> str:
    return str(metric._name) + ("_total" if metric._type == "counter" else "")  # noqa: SLF001 - as above


def commands_page() -> str:
    """Every command with its options."""
    return page("Commands", "Exit codes: 0 well, 1 problems found, 2 wrong usage or configuration, 3 something was "
                "lost that a person must decide about. `monitor --version` prints the version. `--lang` decides what "
                "a command prints as its result. Lines about an error (`monitor: …` on stderr), the reasons of what is "
                "refused (expected …, was …) and logs are English always, as they are searched for.",
                "\n\n".join(_commands(typer.main.get_command(app), "monitor")))  # fmt: skip


def _commands(command: object, name: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children:
        if getattr(command, "invoke_without_command", False):
            yield _command(command, name)
        for child_name, child in sorted(children.items()):
            yield from _commands(child, f"{name} {child_name}")
        return
    yield _command(command, name)


def _command(command: object, name: str) -> str:
    parameters = getattr(command, "params", [])
    rows = [
        (", ".join(f"`{one}`" for one in p.opts), getattr(p, "help", "") or "") for p in parameters if p.name != "help"
    ]
    about = (getattr(command, "help", "") or "").strip()
    return f"## {name}\n\n{about}" + (f"\n\n{table(('option or argument', 'meaning'), rows)}" if rows else "")


def topics_page() -> str:
    """Every topic with its settings, and as many partitions as the settings have by default."""
    default = Settings.model_construct()  # whatever the environment says
    sizes = Sizes(default.events_partitions, default.entries_partitions, replicas=default.replication)
    rows = [
        (f"`{one.name}`", str(one.partitions), ", ".join(f"{key}={value}" for key, value in sorted(one.config.items())))
        for one in topics(default.prefix, sizes)
    ]
    return page("Topics", "What `monitor topics create` makes.", table(("topic", "partitions", "settings"), rows))


def contract_page() -> str:
    """The contract in machine form, as `monitor contract export` prints it."""
    return orjson.dumps(export(), option=orjson.OPT_INDENT_2).decode() + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "metrics.md": metrics_page,
    "commands.md": commands_page,
    "topics.md": topics_page,
    "messages.md": messages_page,
    "alerts.md": alerts_page,
    "leads.md": control_page,
    "reference.md": reference_page,
    "reference.zh.md": reference_page_zh,
    "contract.json": contract_page,
    "runbook.md": runbook_page,
    "runbook.zh.md": runbook_page_zh,
    "coverage.md": coverage_page,
    "coverage.zh.md": coverage_page_zh,
    **rule_pages(),
    **PICTURES,
}
"""File in docs/ -> what makes it."""


def main() -> None:
    """Write every page."""
    (DOCS / "rules").mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
