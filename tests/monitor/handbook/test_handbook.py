"""The tables of docs/ are what the code says."""

from __future__ import annotations

import pytest
import typer

from monitor.cli import app
from monitor.handbook.alerts import ALERT, ROW
from monitor.handbook.pages import DOCS, PAGES, topics_page
from monitor.settings import Settings
from rules.engine.alert import Alert
from rules.engine.proof import Proof


@pytest.mark.parametrize("name", PAGES)
def test_page_is_in_step_with_the_code(name: str) -> None:
    """Every setting, metric, rule, command and topic is documented, and so is the contract."""
    assert PAGES[name]() == (DOCS / name).read_text(encoding="utf-8"), "run: python -m monitor.handbook"


def test_every_field_of_an_alert_is_explained() -> None:
    """And of a row of its evidence; and nothing that is no field."""
    assert list(Alert.__struct_fields__) == list(ALERT)
    assert list(Proof.__struct_fields__) == list(ROW)


def test_topics_have_the_partitions_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The defaults that `monitor topics create` uses, whatever the environment of the writer says."""
    monkeypatch.setenv("MONITOR_EVENTS_PARTITIONS", "99")
    fields = Settings.model_fields

    page = topics_page()

    assert f"| `settlement.events` | {fields['events_partitions'].default} |" in page
    assert f"| `settlement.internal.entries` | {fields['entries_partitions'].default} |" in page


def test_what_is_not_there_yet_is_said() -> None:
    """The commands of the contract that are missing stand in the page on operations, and only as long as they are."""
    rules = getattr(typer.main.get_command(app), "commands", {})["rules"]
    _, _, missing = (DOCS / "operations.md").read_text(encoding="utf-8").partition("\n## Not there yet\n")

    for name in ("put", "promote", "retire"):
        assert (f"{name}`" in missing) == (name not in rules.commands)
    assert "`settlement.feedback`" in missing  # no rule reads it
