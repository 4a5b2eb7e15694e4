"""The command that makes the figures of docs/evaluation.md."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.offline.evaluate import evaluate
from monitor.simulate import Simulation
from rules.catalogue import catalogue
from tests.evaluation._county import episodes_of, judged, scenarios

ROOT = Path(__file__).parents[1]


def test_episodes_are_played_until_there_are_enough() -> None:
    """Over several counties, of the frauds of one rule; a rule that sees none of them finds none."""
    score, counties, messages = episodes_of("I06-TEL", 40, 1_200, 40, 7)

    assert (score.rule, counties > 1) == ("I06-TEL", True)
    assert len(score.episodes) >= 40
    assert 0 < len(score.found) < len(score.episodes)
    assert messages > 1_000


def test_every_rule_over_messages_has_frauds_of_its_own() -> None:
    """But those over leads, and D04-DATA, which is about wrong data."""
    without = {rule for rule, made in catalogue().items() if made.card.family != "actors"} - scenarios().keys()

    assert without == {"D04-DATA"}


@pytest.mark.slow
def test_no_alert_is_about_a_look_alike() -> None:
    """Over a month of a county with all its frauds and look-alikes, as the README plays it."""
    county = judged(Simulation(seed=1, persons=3_000, days=30), list(catalogue()))
    scores = evaluate(county.leads, county.labels)

    assert {one.rule: one.mistaken for one in scores if one.mistaken} == {}
    assert sum(one.right for one in scores) > 150


def test_the_tables_are_printed() -> None:
    """A line for a rule with its interval, and a whole county with how often a reviewer is told."""
    few = ["--persons", "600", "--days", "30", "--seed", "7"]
    told = _said("recall", "--rules", "S01-SIGN", "--episodes", "2", "--processes", "1", *few)
    whole = _said("county", "--scored", "20", *few)

    assert re.search(r"^\| S01-SIGN \| \d+ \| [\d.]+ \([\d.]+–[\d.]+\) \|", told, re.MULTILINE)
    assert "seed 7, 600 persons, 30 days, the last 20 scored" in whole
    assert re.search(r"a reviewer is told of \d+ incidents: [\d.]+ a month per 100,000 persons", whole)


def _said(*arguments: str) -> str:
    command = [sys.executable, "-m", "tests.evaluation", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, encoding="utf-8").stdout
