"""A short selection of `make chaos`: two workers on one broker, and a wrong build that has to be caught.

Workers that are killed are in test_kill.py. MONITOR_CHAOS_KINDS: other kinds of faults, blanks between.
"""

import os
from pathlib import Path

import pytest

from tests.chaos._run import Wanted, run
from tests.kafka._cluster import Kafka

pytestmark = [pytest.mark.kafka, pytest.mark.long]

SEED = 7
MINUTES = 0.4
KINDS = os.environ.get("MONITOR_CHAOS_KINDS", "stop").split()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_and_nothing_said_twice(kind: str, kafka: Kafka, tmp_path: Path) -> None:
    """What stands at the end is what a replay of the same events gives; work was in flight at each fault."""
    row = run(Wanted(kind, SEED, MINUTES), tmp_path, kafka)

    assert (row["stuck"], row["sound"]) == ("", True), row
    assert row["injections"] >= 2
    assert row["expected"] > 50


def test_a_build_that_commits_before_the_alert_is_caught(kafka: Kafka, tmp_path: Path) -> None:
    """A worker that is killed between the two loses an alert for good."""
    row = run(Wanted("kill", SEED, MINUTES, mutant="commit-before-alert"), tmp_path, kafka)

    assert row["missing"] + row["gaps"] > 0
