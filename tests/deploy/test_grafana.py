"""deploy/grafana: every panel in both languages, and every query answered with data by a real Prometheus."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy._compose import services
from tests.deploy._processes import DEPLOY, ROOT, eventually, program, query, running
from tests.deploy._watch import prometheus
from tests.deploy.test_prometheus import DASHBOARDS, GRAFANA, PANELS

QUERIES = {
    f"{name}: {panel['title']} {one['refId']}": one["expr"]
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    for one in panel.get("targets", ())
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Prometheus that scrapes the demo's traffic."""
    program("prometheus")  # before anything is started
    folder = tmp_path_factory.mktemp("played")
    said = folder / "played.log"
    with running([sys.executable, "-m", "tests.deploy._played"], said, cwd=ROOT):
        eventually(lambda: said.read_text().endswith("\n"), "the processes say their ports")
        worker, *beside = (f"127.0.0.1:{int(port)}" for port in said.read_text().split())
        names = ("notify", "readmodel", "exporter", "console")
        jobs = {f"settlement-{name}": [address] for name, address in zip(names, beside, strict=True)}
        with prometheus(folder, [worker], more=jobs) as port:
            eventually(
                lambda: query(port, 'sum(increase(settlement_monitor_alerts_total{shadow="true"}[1m])) > 0'), "leads"
            )
            yield port


@pytest.mark.parametrize("place", QUERIES)
def test_a_query_returns_data(place: str, played: int) -> None:
    """Also with Grafana's variables in it."""
    expression = QUERIES[place]
    for name, value in GRAFANA.items():
        expression = expression.replace(name, value)

    eventually(lambda: query(played, expression), f"data for {expression}", 60)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_in_both_languages(name: str) -> None:
    """Chinese first, English behind or below it; units in brackets."""
    dashboard = DASHBOARDS[name]
    both = re.compile(r"[^\n]*[一-鿿].*[A-Za-z]", re.DOTALL)
    titles = [dashboard["title"], *(panel["title"] for panel in dashboard["panels"])]
    words = [panel["description"] for panel in dashboard["panels"] if panel["type"] != "row"]

    assert [] == [text for text in (*titles, dashboard["description"]) if not both.match(text)]
    assert [] == [text for text in words if not re.fullmatch(r"[^\n]*[一-鿿][^\n]*\n\n[A-Z0-9a-z][^\n]*\.", text)]
    assert [] == [
        panel["title"] for panel in dashboard["panels"] if panel["type"] != "row" and "[" not in panel["title"]
    ]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_shadow_rules_stand_apart() -> None:
    """No query of leads counts them in with the others."""
    leads = [expr for expr in QUERIES.values() if "settlement_monitor_alerts_total" in expr]

    assert leads
    assert [] == [expr for expr in leads if len({*re.findall(r'shadow="(\w+)"', expr)}) != 1]


def test_the_dashboards_are_provisioned() -> None:
    """Their data source is the one that is provisioned, their folder the one that is mounted; one opens first."""
    provisioning = DEPLOY / "grafana" / "provisioning"
    [source] = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((provisioning / "dashboards" / "settlement-monitor.yml").read_text())["providers"]
    folder = provider["options"]["path"]
    grafana: dict[str, Any] = services()["grafana"]

    assert {source["uid"]} == {one["datasource"]["uid"] for panel in PANELS for one in panel["targets"]}
    assert source["url"] == "http://prometheus:9090"
    assert f"./deploy/grafana/dashboards:{folder}:ro" in grafana["volumes"]
    assert Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).stem in DASHBOARDS
