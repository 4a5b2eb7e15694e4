"""The tables of docs/ are what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.handbook.alerts import ALERT, ROW
from monitor.handbook.pages import DOCS, PAGES, topics_page
from monitor.settings import Settings
from rules.catalogue import catalogue
from rules.engine.alert import Alert
from rules.engine.proof import Proof


@pytest.mark.parametrize("name", PAGES)
def test_page_is_in_step_with_the_code(name: str) -> None:
    """Every setting, metric, rule, command and topic is documented, and so is the contract."""
    assert PAGES[name]() == (DOCS / name).read_text(encoding="utf-8"), "run: python -m monitor.handbook"


def test_the_help_of_a_command_speaks_to_operators() -> None:
    """Not to who changes the code: why a function is long is nothing for them."""
    assert "Long because" not in PAGES["commands.md"]()


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


OTHER_WORDS = {
    "账本": "台账", "位点": "偏移量", "位移": "偏移量", "迟报": "迟到", "控制台": "线索网页", "线索之上": "线索研判",
}  # fmt: skip
"""What was written in Chinese beside the words of docs/glossary.md."""


DEPLOY = DOCS.parent / "deploy"
IN_CHINESE = [*DOCS.glob("*.zh.md"), DEPLOY / "prometheus" / "rules.yml", *DEPLOY.glob("grafana/dashboards/*.json")]


@pytest.mark.parametrize("path", sorted(IN_CHINESE), ids=lambda path: path.name)
def test_one_chinese_word_for_one_idea(path: Path) -> None:
    """On pages, in alerts of Prometheus and on dashboards."""
    text = path.read_text(encoding="utf-8")

    assert {} == {word: right for word, right in OTHER_WORDS.items() if word in text}


@pytest.mark.parametrize("name", ["notifying.md", "notifying.zh.md"])
def test_the_sum_of_the_rule_pages_is_told_to_who_plans_staff(name: str) -> None:
    """Within a tenth, the upper end counting where a page has a range; D01 is the greatest part."""
    found = re.findall(r"^\| \[([\w-]+)\].*\| (?:[\d.]+ to )?([\d.,]+) \|$", PAGES["rules/README.md"](), re.MULTILINE)
    rates = {rule_id: float(rate.replace(",", "")) for rule_id, rate in found}
    page = (DOCS / name).read_text(encoding="utf-8")

    assert catalogue().keys() == rates.keys()
    assert sum(rates.values()) == pytest.approx(1700, rel=0.1)
    assert f"{rates['D01']:,.0f}" in page
    assert "1,700" in page
