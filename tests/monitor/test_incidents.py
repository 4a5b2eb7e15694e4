"""One burst that trips several rules is one incident, wherever it is shown."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from monitor.alerttext import alert_lines, incident_lines
from monitor.cli import app
from monitor.incidents import incidents_of

BURST_RULES = ("S01", "S01-GAP", "S01-SIGN")


def alert(number: int, incident: str = "i", **more: object) -> dict[str, Any]:
    """An alert as far as a list of incidents looks at it."""
    return {
        "alert_id": f"a{number}", "incident_id": incident, "rule_id": "S01", "severity": "high", "status": "opened",
        "first_time": f"2026-03-05T10:{number:02}:00+08:00", "rule_name": "集中刷卡",
        "text": {"zh": f"文{number}", "en": ""},
    } | more  # fmt: skip


@pytest.fixture(scope="module")
def burst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve persons at one pharmacy, twenty seconds apart, each with the same total."""
    moments = [f"2026-03-05 10:0{n // 3}:{n % 3 * 2}0" for n in range(12)]
    path = tmp_path_factory.mktemp("burst") / "events"
    path.write_bytes(b"\n".join(orjson.dumps({
        "msgid": f"m{n}", "infno": "2102", "fixmedins_code": "P34102100029", "inf_time": moment, "psn_no": f"34102{n}",
        "setl_id": f"s{n}", "mdtrt_id": f"v{n}", "med_type": "41", "setl_time": moment, "medfee_sumamt": 87.65,
        "fund_pay_sumamt": 40, "mdtrt_cert_type": "01",
    }) for n, moment in enumerate(moments)))  # fmt: skip
    return path


def replayed(*arguments: object) -> list[str]:
    """The lines of a replay."""
    done = CliRunner().invoke(app, ["replay", *map(str, arguments), "--lang", "zh"], catch_exceptions=False)
    return done.stdout.splitlines()


def test_one_burst_over_three_rules_is_one_incident(burst: Path, tmp_path: Path) -> None:
    """On the alert topic each alert has the same incident_id, from its first revision on."""
    replayed(burst, "--alerts", tmp_path / "alerts")
    rows = [orjson.loads(line) for line in (tmp_path / "alerts").read_bytes().splitlines()]

    assert set(BURST_RULES) == {row["rule_id"] for row in rows}
    assert 1 == len({row["incident_id"] for row in rows})


def test_a_replay_shows_it_as_one(burst: Path) -> None:
    """One line begins without a +: that of the highest rule, of equals the first."""
    lines = [line for line in replayed(burst) if "疑点线索" in line]

    assert [False, True, True] == [line.startswith("  + ") for line in lines]
    assert set(BURST_RULES) == {line.removeprefix("  + ").split()[1] for line in lines}


def test_the_highest_speaks() -> None:
    """Then the earliest; what is withdrawn speaks only where nothing stands; alerts without incident are alone."""
    highest = alert(3, severity="critical")
    withdrawn = alert(1, severity="critical", status="withdrawn")
    alerts = [
        alert(4),
        alert(9, "j", status="withdrawn"),
        alert(2),
        withdrawn,
        highest,
        {**alert(8), "incident_id": ""},
    ]

    found = [(one.speaker["alert_id"], [other["alert_id"] for other in one.attached]) for one in incidents_of(alerts)]

    assert [("a3", ["a2", "a4", "a1"]), ("a9", []), ("a8", [])] == found


def test_nothing_is_lost_and_nothing_twice() -> None:
    """Whatever comes in whichever order: every alert stands once, and none speaks below a higher one."""
    chance = random.Random(7)
    severities = ("info", "warning", "high", "critical")
    for _ in range(200):
        alerts = [
            alert(n, f"i{chance.randrange(4)}", severity=chance.choice(severities)) for n in range(chance.randrange(12))
        ]
        found = incidents_of(alerts)
        members = [one for incident in found for one in (incident.speaker, *incident.attached)]

        assert sorted(str(one["alert_id"]) for one in members) == sorted(one["alert_id"] for one in alerts)
        assert len(found) == len({one["incident_id"] for one in alerts})
        assert all(_rank(one) <= _rank(incident.speaker) for incident in found for one in incident.attached)


def _rank(one: Mapping[str, Any]) -> int:
    return ("info", "warning", "high", "critical").index(one["severity"])


def test_a_list_puts_what_attaches_below() -> None:
    """Ids stand in front, to ask for each by itself."""
    lines = list(incident_lines([alert(2, severity="warning"), alert(1)], "zh", with_id=True))

    assert ["a1", "+"] == [line.split()[0] for line in lines]
    assert lines[1].startswith("  + a2 一般")


def test_an_alert_in_full_names_the_others_and_who_speaks() -> None:
    """Each with its id."""
    whole = {
        "stage": "in", "rule_version": "1", "basis": "", "evidence": [], "evidence_count": 0,
    }  # fmt: skip
    shown = list(alert_lines(alert(2, severity="info") | whole, "zh", [alert(3, severity="warning"), alert(1)]))
    at = shown.index("同一事件的其他线索：")

    assert [
        "  a1 较高 S01 集中刷卡 · 新线索（代表该事件）",
        "  a3 一般 S01 集中刷卡 · 新线索",
    ] == shown[at + 1 : at + 3]
