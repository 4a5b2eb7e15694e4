"""deploy/alertmanager: who hears of what, asked of amtool, and what follows from what, seen in a real Alertmanager."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from monitor.notify.book import Policy, misfire
from monitor.notify.lead import LEAD
from monitor.settings import Settings
from rules.engine.finding import SEVERITIES
from tests.deploy._compose import health_check, services, words
from tests.deploy._processes import DEPLOY, ROOT, eventually, free_port, get, program, run
from tests.deploy._watch import CALLED, Told, alertmanager, alertmanager_settings, operations_room
from tests.deploy.test_prometheus import ALERTS

FILE = DEPLOY / "alertmanager" / "alertmanager.yml"
ROUTES = yaml.safe_load(FILE.read_text())["route"]["routes"]
SECRETS = ("auth_password_file", "api_secret_file")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The file with the URLs in it, which an older amtool can read too."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(yaml.safe_dump(alertmanager_settings("http://127.0.0.1:1/")))
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
def test_engineers_hear_of_health(alert: str, settings: Path) -> None:
    """Whatever Prometheus alerts to goes to them, and to nobody else."""
    labels = {"alertname": alert, **ALERTS[alert]["labels"]}

    assert (labels["kind"], receiver_of(settings, **labels)) == ("operations", "ops")


@pytest.mark.parametrize("stage", ["in", "post"])
@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("hours", ["working", "off"])
def test_reviewers_hear_of_leads(stage: str, severity: str, hours: str, settings: Path) -> None:
    """All stand in the digest; at once only what is in progress and critical, the others in working hours."""
    at_once = (stage, severity) == ("in", "critical")
    expected = "digest,at-once" if at_once else "digest,reviewer" if hours == "working" else "digest"

    assert expected == receiver_of(settings, alertname=LEAD, kind="lead", stage=stage, severity=severity, hours=hours)


def test_a_rule_that_misfires_is_told_to_engineers(settings: Path) -> None:
    """It is a limit that does not fit, or faulty data."""
    labels, _ = misfire(Policy("settlement", 50, 0, "08:30-17:30"), "S01")

    assert receiver_of(settings, **labels) == "ops"


def test_the_hours_are_those_of_the_notifier() -> None:
    """Both begin the day at one time; a last wave still fits in."""
    start, _, end = str(Settings.model_fields["notify_hours"].default).partition("-")
    intervals = {one["name"]: one["time_intervals"] for one in yaml.safe_load(FILE.read_text())["time_intervals"]}
    [work], [digest] = intervals["working-hours"], intervals["digest"]

    assert start == work["times"][0]["start_time"] == digest["times"][0]["start_time"]
    assert end < work["times"][0]["end_time"]
    assert {"Asia/Shanghai"} == {work["location"], digest["location"]}


def test_the_example_of_public_holidays_is_valid(tmp_path: Path) -> None:
    """Without the marks of comments amtool takes it, and the reviewer's route alone is muted by it."""
    text = re.sub(r"(?m)^( +)# (?=mute_time_intervals|- name: public|  )", r"\1", FILE.read_text())
    given = yaml.safe_load(text)
    path = tmp_path / "alertmanager.yml"
    whole = alertmanager_settings("http://127.0.0.1:1/") | {name: given[name] for name in ("route", "time_intervals")}
    path.write_text(yaml.safe_dump(whole))

    done = run(program("amtool"), "check-config", path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert {"reviewer": ["public-holidays"]} == {
        route["receiver"]: route["mute_time_intervals"]
        for route in given["route"]["routes"]
        if "mute_time_intervals" in route
    }
    assert ["working-hours", "digest", "public-holidays"] == [one["name"] for one in given["time_intervals"]]


def test_what_was_told_is_remembered_for_longer_than_it_is_repeated() -> None:
    """Else a lead that is open for long would be told again."""
    longest = max(int(route.get("repeat_interval", "0h")[:-1]) for route in ROUTES)
    [retention] = [word.partition("=")[2] for word in words("alertmanager") if word.startswith("--data.retention=")]

    assert int(retention.removesuffix("h")) > longest


@pytest.mark.parametrize("kind", ["email", "wecom"])
def test_other_receivers_fit_in(kind: str, tmp_path: Path) -> None:
    """They have the names of the routes, and amtool takes them; secrets stand in files."""
    given = yaml.safe_load((DEPLOY / "alertmanager" / "receivers" / f"{kind}.yml").read_text())
    whole = alertmanager_settings("http://127.0.0.1:1/") | given
    configs = [one for each in given["receivers"] for name, some in each.items() if name != "name" for one in some]
    assert {one["name"] for one in given["receivers"]} == {route["receiver"] for route in ROUTES} | {"ops"}
    assert all(set(SECRETS) & one.keys() for one in configs)
    path = tmp_path / "alertmanager.yml"
    # Alertmanager reads the secret of WeCom from a file since 0.31; an older amtool takes it in the file alone.
    path.write_text(yaml.safe_dump(whole).replace("api_secret_file", "api_secret"))

    done = run(program("amtool"), "check-config", path)

    assert done.returncode == 0, done.stdout + done.stderr


def test_what_nobody_thought_of_reaches_somebody(settings: Path) -> None:
    """An alert without our labels goes to the operators."""
    assert receiver_of(settings, alertname="Unknown") == "ops"


def test_leads_are_held_for_a_minute() -> None:
    """A sale that uses a trace code again may overtake the reversal of the first one."""
    waits = {route["receiver"]: route["group_wait"] for route in ROUTES if "kind = lead" in route["matchers"]}

    assert {"digest": "30s", "at-once": "60s", "reviewer": "5m"} == waits


def test_whom_to_call_stands_in_no_repository() -> None:
    """Only the names of files do; their folder is mounted, and what is put there is ignored."""
    receivers = yaml.safe_load(FILE.read_text())["receivers"]
    webhooks = [one for receiver in receivers for one in receiver["webhook_configs"]]

    assert all(one.keys() == {"url_file", "send_resolved"} for one in webhooks)
    assert {f"{CALLED}{name}" for name in ("at-once", "reviewer", "digest", "ops")} == {
        one["url_file"] for one in webhooks
    }
    assert "./deploy/alertmanager:/etc/alertmanager:ro" in services()["alertmanager"]["volumes"]
    assert run("git", "check-ignore", "deploy/alertmanager/urls/at-once", cwd=ROOT).returncode == 0


@pytest.fixture
def room(tmp_path: Path) -> Iterator[tuple[int, list[Told]]]:
    """An Alertmanager, and what the operations room is told."""
    with (
        operations_room() as (url, told),
        alertmanager(tmp_path, alertmanager_settings(url, hurried="1s")) as (port, _),
    ):
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
