"""deploy/prometheus and deploy/grafana: checked by promtool, and in a real Prometheus that scrapes real metrics."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka import AIOKafkaProducer

from monitor.console.metrics import ConsoleMetrics
from monitor.exporter.metrics import UseMetrics
from monitor.notify.metrics import NotifyMetrics
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.worker.metrics import PREFIX, Metrics
from tests.deploy._compose import health_check, services, words
from tests.deploy._endpoint import SETTLEMENTS, settlement
from tests.deploy._processes import DEPLOY, ROOT, eventually, free_port, get, program, query, run, running
from tests.deploy._watch import Stack, prometheus, stack
from tests.kafka._cluster import Kafka

RULES = DEPLOY / "prometheus" / "rules.yml"
GROUPS = yaml.safe_load(RULES.read_text())["groups"]
ALERTS: dict[str, dict[str, Any]] = {one["alert"]: one for group in GROUPS for one in group["rules"] if "alert" in one}
RECORDED = {one["record"] for group in GROUPS for one in group["rules"] if "record" in one}
DASHBOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
}
PANELS = [panel for one in DASHBOARDS.values() for panel in one["panels"] if panel["type"] != "row"]
PROCESSES = (Metrics, NotifyMetrics, ReadModelMetrics, ConsoleMetrics, partial(UseMetrics, 10_000, {}))
WORDS = ("when", "summary", "description", "runbook")
"""What is said of an alert, in two languages."""
GRAFANA = {"$instance": ".*", "$__rate_interval": "1m", "$region": ".*", "$institution": ".*"}
"""What Grafana puts in the place of its variables."""


def exposed() -> set[str]:
    """The names of all series that our processes can show."""
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    families = [family for one in PROCESSES for family in one().registry.collect()]
    return {family.name + suffix for family in families for suffix in suffixes[family.type]}


def expressions() -> dict[str, str]:
    """Every expression of the rules and the dashboard, by where it stands."""
    of_rules = {one.get("alert", one.get("record")): one["expr"] for group in GROUPS for one in group["rules"]}
    of_panels = {f"{panel['title']} {one['refId']}": one["expr"] for panel in PANELS for one in panel["targets"]}
    return of_rules | of_panels


def names(expression: str) -> set[str]:
    """The series that an expression names."""
    return set(re.findall(r"\b(?:settlement_monitor|process|python|alertmanager)[\w:]+\b", expression))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The real thing, once for all tests of this module."""
    with stack(tmp_path_factory.mktemp("watched")) as servers:
        yield servers


# --- the files


def test_the_settings_and_rules_are_valid() -> None:
    """Promtool takes them as they are."""
    done = run(program("promtool"), "check", "config", DEPLOY / "prometheus" / "prometheus.yml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should_and_not_else() -> None:
    """The unit tests beside the rules."""
    done = run(program("promtool"), "test", "rules", *sorted((DEPLOY / "prometheus").glob("*.test.yml")))

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_a_unit_test(alert: str) -> None:
    """Each is seen firing at least once."""
    tests = "".join(path.read_text() for path in (DEPLOY / "prometheus").glob("*.test.yml"))
    short = alert.removeprefix("SettlementMonitor")

    assert re.search(rf'alertname="{alert}"|[(|]{short}[|)]', tests)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_to_do(alert: str) -> None:
    """A sentence in both languages, when it fires, what it means, and two or three steps, each within a time."""
    words = ALERTS[alert]["annotations"]
    steps, steps_zh = words["runbook"].splitlines(), words["runbook_zh"].splitlines()

    assert {name + end for name in WORDS for end in ("", "_zh")} == words.keys()
    assert all(re.search("[一-鿿]", words[f"{name}_zh"]) for name in WORDS)
    assert len(steps) in (2, 3)
    for some in (steps, steps_zh):
        assert [f"{number}." for number in range(1, len(steps) + 1)] == [step.split()[0] for step in some]
    assert re.search(r"\d+ (s|min|h|days)\b|the (hour|day)\b", steps[0])
    assert re.search(r"\d+(分钟|小时|天)内|当天内", steps_zh[0])


@pytest.mark.parametrize("page", ["runbook.md", "runbook.zh.md"])
def test_an_alert_has_a_section_of_the_runbook(page: str) -> None:
    """In both languages, in the order of the rules."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")

    assert [*ALERTS] == re.findall(r"^## (\w+)$", text, re.MULTILINE)


@pytest.mark.parametrize("alert", ALERTS)
def test_a_section_says_for_how_long_it_must_be_so(alert: str) -> None:
    """The `for` of the rule, in both languages; an alert without one fires at once."""
    given = ALERTS[alert].get("for", "")
    unit, unit_zh = {"m": ("min", "分钟"), "h": ("h", "小时"), "": ("", "")}[given[-1:]]
    span = (f"for {given[:-1]} {unit}: ", f"持续{given[:-1]}{unit_zh}时") if given else ("at once: ", "立即触发：")
    for page, expected in zip(("runbook.md", "runbook.zh.md"), span, strict=True):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        section, _, _ = text.partition(f"\n## {alert}\n")[2].partition("\n## ")
        assert expected in section.splitlines()[1]


@pytest.mark.parametrize("place", expressions())
def test_an_expression_names_what_exists(place: str) -> None:
    """Metrics of a worker, recorded ones, and the one of Alertmanager."""
    known = exposed() | RECORDED | {"alertmanager_notifications_failed_total"}

    assert set() == names(expressions()[place]) - known


def test_every_metric_is_on_the_dashboard() -> None:
    """What is counted can be seen, so long as it is our own."""
    shown = {name for panel in PANELS for one in panel["targets"] for name in names(one["expr"])}
    families = {f.name for one in PROCESSES for f in one().registry.collect() if f.name.startswith(PREFIX)}

    assert set() == {family for family in families if not any(name.startswith(family) for name in shown)}


def test_the_limit_of_memory_is_that_of_the_compose_file() -> None:
    """The alert comes at 85 % of it."""
    assert services()["worker"]["deploy"]["resources"]["limits"]["memory"] == "2G"
    assert "> 0.85 * 2 * 1024 ^ 3" in ALERTS["SettlementMonitorMemory"]["expr"]


# --- the real thing


def test_a_worker_is_scraped(watched: Stack) -> None:
    """It is up, and its counters are those of the settlements that it was fed with."""
    eventually(lambda: query(watched.prometheus, 'up{job="settlement-monitor"} == 1'), "the worker is up")
    [events] = query(watched.prometheus, "sum(settlement_monitor_events_total)")
    [opened] = query(watched.prometheus, 'sum(settlement_monitor_alerts_total{rule="S09", severity="critical"})')
    [letters] = query(watched.prometheus, "sum(settlement_monitor_dead_letters_total)")

    assert [str(SETTLEMENTS), "1", "1"] == [one["value"][1] for one in (events, opened, letters)]


def test_its_health_check_asks_it(watched: Stack) -> None:
    """The words of the compose file, to the port of the test."""
    binary, *check = (word.replace(":9090", f":{watched.prometheus}") for word in health_check("prometheus"))
    nobody = [word.replace(f":{watched.prometheus}", f":{free_port()}") for word in check]

    assert (0, 1) == (run(program(binary), *check).returncode, run(program(binary), *nobody).returncode)


@pytest.mark.parametrize("place", expressions())
def test_an_expression_is_understood(place: str, watched: Stack) -> None:
    """Prometheus answers it, also with Grafana's variables in it."""
    expression = expressions()[place]
    for name, value in GRAFANA.items():
        expression = expression.replace(name, value)

    assert query(watched.prometheus, expression) is not None


def test_rules_are_evaluated_without_error(watched: Stack) -> None:
    """All of them, templates of their words included."""

    def health() -> set[str]:
        groups = json.loads(get(watched.prometheus, "/api/v1/rules")[1])["data"]["groups"]
        return {rule["health"] for group in groups for rule in group["rules"]}

    eventually(lambda: "unknown" not in health(), "every rule was evaluated")

    assert {"ok"} == health()


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_worker_on_kafka_is_scraped(kafka: Kafka, prefix: str, tmp_path: Path) -> None:
    """`monitor worker`, as the compose file starts it, counts the settlements that were published."""
    port, monitor = free_port(), (sys.executable, "-m", "monitor")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "MONITOR_BROKERS": kafka.bootstrap, "MONITOR_PREFIX": prefix,
        "MONITOR_EVENTS_PARTITIONS": "2", "MONITOR_ENTRIES_PARTITIONS": "2",
        "MONITOR_METRICS_PORT": str(port), "MONITOR_PERSON_KEY": "test",
    }  # fmt: skip
    program("prometheus")
    created = run(*monitor, *words("topics"), env=environment, cwd=tmp_path)
    assert created.returncode == 0, created.stderr
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for number in range(SETTLEMENTS):
            await producer.send_and_wait(f"{prefix}.events", settlement(number, time.time()), key=str(number).encode())
    with (
        running([*monitor, *words("worker")], tmp_path / "worker.log", env=environment, cwd=tmp_path) as worker,
        prometheus(tmp_path, [f"127.0.0.1:{port}"]) as watcher,
    ):
        wanted = f'up{{job="settlement-monitor"}} == 1 and on () sum(settlement_monitor_events_total) == {SETTLEMENTS}'
        eventually(lambda: query(watcher, wanted), "the worker counts all", 60)
        assert worker.poll() is None
