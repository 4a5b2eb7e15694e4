"""A rule of a cluster goes from shadow to live, and off, with the parameters that it has there."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.errors import ConfigurationError
from tests.kafka._cluster import Kafka

pytestmark = pytest.mark.kafka


@pytest.fixture
def command(kafka: Kafka, prefix: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line, on that cluster."""
    monkeypatch.setenv("MONITOR_BROKERS", kafka.bootstrap)
    monkeypatch.setenv("MONITOR_PREFIX", prefix)
    return CliRunner()


def ask(command: CliRunner, *words: str) -> str:
    """What a command prints; a refusal is raised."""
    result = command.invoke(app, [*words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def standing(command: CliRunner) -> dict[str, tuple[str, str]]:
    """Each rule: its status on the cluster, and the version of its code and parameters."""
    rules = orjson.loads(ask(command, "rules", "list", "--live", "--json"))
    return {one["id"]: (one["status"], one["version"]) for one in rules}


def test_a_rule_is_promoted_and_retired(command: CliRunner, tmp_path: Path) -> None:
    """Its parameters and all other rules stay as they are; a step that is none is refused by name."""
    file = tmp_path / "rules.toml"
    file.write_text('[S01]\nlimit = 9\nstatus = "shadow"\n[D04]\nenabled = false\n', encoding="utf-8")
    ask(command, "topics", "create")
    ask(command, "rules", "put", str(file))

    before = standing(command)
    said = ask(command, "rules", "promote", "S01", "--lang", "en")
    live = standing(command)
    with pytest.raises(ConfigurationError, match="status of S01: expected one of shadow, was live"):
        ask(command, "rules", "promote", "S01")
    retired = orjson.loads(ask(command, "rules", "retire", "S01", "--json"))
    with pytest.raises(ConfigurationError, match="status of D04: expected one of live, shadow, was off"):
        ask(command, "rules", "retire", "D04")

    version = before["S01"][1]
    assert ("shadow", "off") == (before["S01"][0], before["D04"][0])
    assert ("S01: now live\n", {"id": "S01", "status": "off"}) == (said, retired)
    assert before | {"S01": ("live", version)} == live
    assert before | {"S01": ("off", version)} == standing(command)
