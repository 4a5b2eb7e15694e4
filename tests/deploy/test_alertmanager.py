"""deploy/alertmanager: who hears of what, asked of amtool, and what follows from what, seen in a real Alertmanager."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy._compose import health_check, services
from tests.deploy._processes import DEPLOY, ROOT, eventually, free_port, get, program, run
from tests.deploy._watch import CALLED, Told, alertmanager, alertmanager_settings, operations_room
from tests.deploy.test_prometheus import ALERTS

FILE = DEPLOY / "alertmanager" / "alertmanager.yml"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The file with the URLs in it, which an older amtool can read too."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(yaml.safe_dump(alertmanager_settings("http://127.0.0.1:1/", hurried=False)))
    return path


def receiver_of(settings: Path, **labels: str) -> str:
    """Whom amtool says that an alert with these labels goes to."""
    pairs = [f"{name}={value}" for name, value in labels.items()]
    done = run(program("amtool"), "config", "routes", "test", f"--config.file={settings}", *pairs)
    return done.stdout.strip()


def test_the_settings_are_valid(settings: Path) -> None:
    """Amtool takes them."""
    done = run(program("amtool"), "check-config", settings)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_goes_to_whom_it_concerns(alert: str, settings: Path) -> None:
    """Critical leads page, high ones are tickets, trouble of the monitor goes to its operators."""
    labels = {"alertname": alert, "severity": alert.removeprefix("SettlementLead").lower(), **ALERTS[alert]["labels"]}
    expected = {"critical": "page", "high": "ticket"} if labels["kind"] == "lead" else {}

    assert expected.get(labels["severity"], "ops") == receiver_of(settings, **labels)


def test_what_nobody_thought_of_reaches_somebody(settings: Path) -> None:
    """An alert without our labels goes to the operators."""
    assert receiver_of(settings, alertname="Unknown") == "ops"


def test_leads_are_held_for_a_minute() -> None:
    """A sale that uses a trace code again may overtake the reversal of the first one."""
    routes = yaml.safe_load(FILE.read_text())["route"]["routes"]

    assert {"page": "60s", "ticket": "60s"} == {
        route["receiver"]: route["group_wait"] for route in routes if "kind = lead" in route["matchers"]
    }


def test_whom_to_call_stands_in_no_repository() -> None:
    """Only the names of files do; their folder is mounted, and what is put there is ignored."""
    receivers = yaml.safe_load(FILE.read_text())["receivers"]
    webhooks = [one for receiver in receivers for one in receiver["webhook_configs"]]

    assert all(one.keys() == {"url_file", "send_resolved"} for one in webhooks)
    assert {f"{CALLED}{name}" for name in ("page", "ticket", "ops")} == {one["url_file"] for one in webhooks}
    assert "./deploy/alertmanager:/etc/alertmanager:ro" in services()["alertmanager"]["volumes"]
    assert run("git", "check-ignore", "deploy/alertmanager/urls/page", cwd=ROOT).returncode == 0


@pytest.fixture
def room(tmp_path: Path) -> Iterator[tuple[int, list[Told]]]:
    """An Alertmanager, and what the operations room is told."""
    with operations_room() as (url, told), alertmanager(tmp_path, url) as port:
        yield port, told


def test_its_health_check_asks_it(room: tuple[int, list[Told]]) -> None:
    """The words of the compose file, to the port of the test."""
    binary, *check = (word.replace(":9093", f":{room[0]}") for word in health_check("alertmanager"))
    nobody = [word.replace(f":{room[0]}", f":{free_port()}") for word in check]

    assert (0, 1) == (run(program(binary), *check).returncode, run(program(binary), *nobody).returncode)


def test_what_follows_from_a_worker_that_is_away_is_no_news(room: tuple[int, list[Told]]) -> None:
    """Its lag is held back; that a rule fails is told all the same."""
    port, told = room
    for alert, severity in (
        ("SettlementMonitorWorkerDown", "critical"), ("SettlementMonitorLagGrowing", "warning"),
        ("SettlementMonitorRuleErrors", "warning"),
    ):  # fmt: skip
        labels = {"alertname": alert, "job": "settlement-monitor", "kind": "operations", "severity": severity}
        done = run(
            program("amtool"), f"--alertmanager.url=http://127.0.0.1:{port}", "alert", "add",
            *(f"{name}={value}" for name, value in labels.items()),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    eventually(lambda: len({name for one in told for name in one.alerts}) == 2, "two alerts are told")
    alerts = json.loads(get(port, "/api/v2/alerts")[1])
    held = {one["labels"]["alertname"] for one in alerts if one["status"]["state"] == "suppressed"}
    heard = {name for one in told for name in one.alerts}

    assert {"SettlementMonitorLagGrowing"} == held
    assert {"SettlementMonitorWorkerDown", "SettlementMonitorRuleErrors"} == heard
    assert {("ops", "firing")} == {(one.receiver, one.status) for one in told}
