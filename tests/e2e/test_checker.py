import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.checker import differences, faults, standing

ROOT = Path(__file__).parents[2]


def revision(alert: str = "a", number: int = 1, **more: object) -> dict[str, Any]:
    """One revision of an alert, with all that the checker reads."""
    return {
        "alert_id": alert, "revision": number, "status": "opened", "stage": "in", "shadow": False, "rule_id": "S01",
        "rule_version": "1", "scope": [f"P{alert}"], "first_time": "2026-03-05T14:02:00+08:00",
        "last_time": "2026-03-05T14:11:00+08:00", "triggers": 3, "measure": {"name": "persons", "value": 11.0},
        "severity": "high", "vola_amt": 2340.0, "evidence": [{"msgid": "m1", "amount": 50.0}], "evidence_count": 1,
        "detected_at": "2026-03-05T14:12:00+08:00",
    } | more  # fmt: skip


def log(*revisions: dict[str, Any]) -> list[bytes]:
    """Revisions as they are published."""
    return [json.dumps(one).encode() for one in revisions]


BASE = [revision("a"), revision("a", 2, status="closed", triggers=4), revision("b")]


def test_equal_logs_are_equal() -> None:
    """What E2 leaves open does not count: ids, numbers, order, times of detection, repeats, texts."""
    other = [
        revision("b", detected_at="later", text={"zh": "x"}),
        revision("c", 1, scope=["Pa"], status="closed", triggers=4),
        revision("b", detected_at="later", text={"zh": "x"}),
    ]

    assert differences(log(*BASE), log(*other)) == []
    assert faults(log(*other)) == []


@pytest.mark.parametrize("gone", [{"status": "withdrawn"}, {"stage": "pre"}, {"shadow": True}])
def test_what_does_not_stand_is_left_out(gone: dict[str, Any]) -> None:
    """Withdrawn alerts, alerts of questions and alerts in the shadow are not promised."""
    assert differences(log(*BASE), log(*BASE, revision("d", **gone))) == []
    assert len(standing(log(*BASE, revision("d", **gone)))) == 2


def test_the_last_revision_counts_wherever_it_stands() -> None:
    """A log may be read partition by partition: the number decides."""
    assert differences(log(*BASE), log(*reversed(BASE))) == []


def test_a_dropped_alert_is_found() -> None:
    """In either direction."""
    said = "S01 Pb from 2026-03-05T14:02:00+08:00: stands in the {} only"

    assert differences(log(*BASE), log(*BASE[:2])) == [said.format("first")]
    assert differences(log(*BASE[:2]), log(*BASE)) == [said.format("second")]


def test_a_doubled_alert_is_found() -> None:
    """Two alerts of one content are one too many."""
    doubled = [*BASE, revision("x", scope=["Pb"])]

    assert differences(log(*BASE), log(*doubled)) == [
        "S01 Pb from 2026-03-05T14:02:00+08:00: stands in the second only"
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rule_version": "2"}, "rule_version is 1 in the first, 2 in the second"),
        ({"last_time": "2026-03-05T14:12:00+08:00"}, "last_time is"),
        ({"triggers": 4}, "triggers is 3 in the first, 4 in the second"),
        ({"measure": {"name": "persons", "value": 12.0}}, "measure is 11.0 in the first, 12.0 in the second"),
        ({"severity": "critical"}, "severity is high in the first, critical in the second"),
        ({"vola_amt": 2340.01}, "vola_amt is 2340.0 in the first, 2340.01 in the second"),
        ({"evidence": [{"msgid": "m1", "amount": 50.01}]}, "evidence has [{'amount': 50.0, 'msgid': 'm1'}]"),
        ({"evidence_count": 2}, "evidence_count is 1 in the first, 2 in the second"),
    ],
)
def test_a_changed_alert_is_found(change: dict[str, Any], said: str) -> None:
    """Whatever of the promised content it is, and it is said in words."""
    [found] = differences(log(*BASE), log(*BASE[:2], revision("b", **change)))

    assert found.startswith(f"S01 Pb from 2026-03-05T14:02:00+08:00: {said}")


@pytest.mark.parametrize("change", [{"rule_id": "D01"}, {"scope": ["Pz"]}, {"first_time": "2026-03-05T13:00:00+08:00"}])
def test_an_alert_about_something_else_is_found(change: dict[str, Any]) -> None:
    """It is missing here and too many there."""
    assert len(differences(log(*BASE), log(*BASE[:2], revision("b", **change)))) == 2


def test_two_contents_of_one_revision_are_found() -> None:
    """Repeats are identical byte for byte, or they are no repeats."""
    assert faults(log(*BASE, revision("b"))) == []
    assert faults(log(*BASE, revision("b", detected_at="x"))) == ["b revision 1: stands with 2 different contents"]


def test_a_gap_is_found() -> None:
    """Revisions are numbered from 1 on without a gap."""
    assert faults(log(*BASE, revision("b", 3))) == ["b revision 2: missing"]
    assert faults(log(revision("c", 2))) == ["c revision 1: missing"]


def test_it_is_a_command(tmp_path: Path) -> None:
    """It compares two files: 0 equal, 1 different, 2 used wrongly."""
    paths = [tmp_path / name for name in ("a.jsonl", "b.jsonl")]
    paths[0].write_bytes(b"\n".join(log(*BASE)))
    paths[1].write_bytes(b"\n".join(log(*BASE[:2])))

    def run(*names: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.e2e.checker", *map(str, names)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run(paths[0], paths[0]).returncode == 0
    assert run(*paths).stdout.splitlines() == [
        "S01 Pb from 2026-03-05T14:02:00+08:00: stands in the first only",
        "1 differences; 2 and 1 alerts stand",
    ]
    assert run(*paths).returncode == 1
    assert run(paths[0]).returncode == 2


def test_it_imports_nothing_of_what_it_checks() -> None:
    """Or it would share its errors."""
    lines = (ROOT / "tests/e2e/checker.py").read_text(encoding="utf-8").splitlines()
    imported = [line.split()[1] for line in lines if line.startswith(("import ", "from "))]

    assert imported == ["json", "sys", "collections", "collections.abc", "pathlib", "typing"]
