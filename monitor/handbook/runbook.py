"""The pages docs/runbook.md and docs/runbook.zh.md: what to do when an alert of Prometheus fires, one section each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # a tool of development, as this package is

from monitor.handbook.markdown import page, page_zh

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules.yml"


def runbook_page() -> str:
    """What to do, in English."""
    about = (
        "What to do when an alert of [deploy/prometheus/rules.yml](../deploy/prometheus/rules.yml) fires "
        "([中文](runbook.zh.md)). Leads have a page of their own: [who hears of a lead](notifying.md)."
    )
    return page("Runbook", about, "\n\n".join(_sections("runbook", "description")))


def runbook_page_zh() -> str:
    """What to do, in Chinese."""
    about = (
        "[deploy/prometheus/rules.yml](../deploy/prometheus/rules.yml) 中每条告警的处置步骤（[English](runbook.md)）。"
        "线索另见[线索通知谁](notifying.zh.md)。"
    )
    return page_zh("告警处置手册", about, "\n\n".join(_sections("runbook_zh", "description_zh")))


def alerts() -> list[dict[str, Any]]:
    """The alerts, in the order of the file."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def _sections(steps: str, description: str) -> Iterator[str]:
    for alert in alerts():
        words = alert["annotations"]
        severity = alert["labels"]["severity"]
        yield f"## {alert['alert']}\n\n`{severity}` {words[description]}\n\n{words[steps]}"
