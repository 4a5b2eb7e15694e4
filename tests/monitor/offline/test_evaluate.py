"""Alerts measured against labels."""

from typing import Any

import pytest

from monitor.contract.text import Language
from monitor.offline.evaluate import evaluate, standing
from monitor.offline.evaluatetext import score_lines
from monitor.rulecolumn import rule_cell
from rules.times import parse

Row = dict[str, Any]


def alert(number: str, rule: str, *messages: str, **other: object) -> Row:
    """One revision of an alert."""
    return {
        "alert_id": number,
        "revision": 1,
        "status": "opened",
        "rule_id": rule,
        "shadow": False,
        "stage": "in",
        "event_time": "2026-03-05T14:02:00+08:00",
        "evidence": [{"msgid": message} for message in messages],
        **other,
    }


def label(verdict: str, rule: str, *messages: str, **other: object) -> Row:
    """One label."""
    return {
        "label": verdict,
        "scenario": "a_scenario",
        "rules": [rule],
        "first_time": "2026-03-05T14:00:00+08:00",
        "msgids": list(messages),
        **other,
    }


def test_precision_and_recall_of_a_rule() -> None:
    """Two alerts, one of them on a labelled fraud; two frauds, one of them found."""
    labels = [label("fraud", "S01", "a", "b"), label("fraud", "S01", "x")]

    (score,) = evaluate([alert("1", "S01", "b", "c"), alert("2", "S01", "y")], labels)

    assert (score.standing, score.right, score.precision) == (2, 1, 0.5)
    assert (score.labelled, score.found, score.recall) == (2, 1, 0.5)
    assert score.missed == ("a_scenario",)


def test_only_what_stands_is_counted() -> None:
    """A later withdrawal, a shadow alert and one of stage pre count for nothing; a repeated revision counts once."""
    revisions = [
        alert("1", "S01", "a", revision=2, status="withdrawn"),
        alert("1", "S01", "a"),
        alert("2", "S01", "a", shadow=True),
        alert("3", "S01", "a", stage="pre"),
        alert("4", "S01", "a", revision=3, status="closed"),
        alert("4", "S01", "a", revision=3, status="closed"),
    ]

    assert len(standing(revisions)) == 1


def test_the_last_revision_decides_what_an_alert_meets() -> None:
    """Evidence that a later revision no longer has does not count."""
    revisions = [alert("1", "S01", "a"), alert("1", "S01", "z", revision=2, status="updated")]

    (score,) = evaluate(revisions, [label("fraud", "S01", "a")])

    assert (score.right, score.found) == (0, 0)


def test_an_alert_of_another_rule_is_right_only_where_the_label_says_so() -> None:
    """`also` lets a second rule speak of a fraud without being asked for it."""
    labels = [label("fraud", "S01", "a", also=["S01-SIGN"])]

    scores = {score.rule: score for score in evaluate([alert("1", "S01-SIGN", "a"), alert("2", "D01", "a")], labels)}

    assert (scores["S01-SIGN"].right, scores["S01-SIGN"].labelled, scores["S01-SIGN"].recall) == (1, 0, None)
    assert (scores["D01"].right, scores["D01"].precision) == (0, 0.0)
    assert (scores["S01"].standing, scores["S01"].precision, scores["S01"].recall) == (0, None, 0.0)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "zh",
            [
                f"{rule_cell('规则')}    线索    准确率    标注  检出率    误报情形 延迟(秒)",
                f"{rule_cell('S01')}       2      0.50       1    1.00           0    120.0",
                f"{rule_cell('S05')}       1  没有标注",
            ],
        ),
        (
            "en",
            [
                f"{rule_cell('rule')}  alerts precision  labels  recall look-alikes  delay s",
                f"{rule_cell('S01')}       2      0.50       1    1.00           0    120.0",
                f"{rule_cell('S05')}       1 no labels",
            ],
        ),
    ],
)
def test_where_there_are_no_labels_there_are_no_figures(language: Language, expected: list[str]) -> None:
    """An alert that nobody labelled is neither right nor wrong; one beside labels of its rule is wrong."""
    alerts = [alert("1", "S01", "a"), alert("2", "S01", "z"), alert("3", "S05", "z")]

    scores = evaluate(alerts, [label("fraud", "S01", "a")])

    assert expected == list(score_lines(scores, language))
    assert [0.5, None] == [score.row()["precision"] for score in scores]
    assert not any(score.is_labelled for score in evaluate(alerts, []))


def test_look_alikes_that_were_mistaken_are_named() -> None:
    """An honest label counts against whichever rule met it."""
    labels = [label("look_alike", "S01", "a", scenario="queue"), label("look_alike", "S01", "b", scenario="family")]

    (score,) = evaluate([alert("1", "S01", "a")], labels)

    assert (score.look_alikes, score.mistaken, score.precision) == (2, ("queue",), 0.0)


def test_delay_runs_from_the_event_that_was_needed() -> None:
    """From needed_time, else first_time, to the earliest alert that met the fraud."""
    labels = [
        label("fraud", "S01", "a", needed_time="2026-03-05T14:01:30+08:00"),
        label("fraud", "S01", "b"),
    ]
    alerts = [
        alert("1", "S01", "a"),
        alert("2", "S01", "a", event_time="2026-03-05T15:00:00+08:00"),
        alert("3", "S01", "b"),
    ]

    (score,) = evaluate(alerts, labels)

    assert score.delays == (30.0, 120.0)
    assert score.delay == 75.0


def test_an_alert_without_evidence_belongs_where_institution_and_days_meet() -> None:
    """A rule over whole days names no settlement: the window and the institution decide."""
    window = {"start": "2026-03-01T00:00:00+08:00", "end": "2026-03-08T00:00:00+08:00"}
    labels = [
        label("fraud", "B15", "a", fixmedins_code="H1", last_time="2026-03-09T14:00:00+08:00"),
        label("fraud", "B15", "b", fixmedins_code="H2"),
    ]

    (score,) = evaluate(
        [
            alert("1", "B15", fixmedins_code="H1", window=window),
            alert("2", "B15", fixmedins_code="H2", window={**window, "end": "2026-03-05T00:00:00+08:00"}),
            alert("3", "B15", "c", fixmedins_code="H1", window=window),
        ],
        labels,
    )

    assert (score.standing, score.right, score.found) == (3, 1, 1)


@pytest.mark.parametrize(("language", "told"), [("zh", "其中历史线索 2 条"), ("en", "of them historical: 2")])
def test_what_was_before_the_area_went_live_is_counted_apart(language: Language, told: str) -> None:
    """By the last trigger; it counts among the alerts too."""
    revisions = [
        alert("1", "S01", "a"),
        alert("2", "S01", "b", last_time="2026-03-05T23:59:59+08:00"),
        alert("3", "S01", "c", last_time="2026-03-06T00:00:00+08:00"),
    ]

    (score,) = scores = evaluate(revisions, [label("fraud", "S01", "a")], parse("2026-03-06"))

    assert (3, 2) == (score.standing, score.historical)
    assert told == list(score_lines(scores, language))[-1]


def test_a_score_as_a_row() -> None:
    """What --json prints has plain values only."""
    (score,) = evaluate([alert("1", "S01", "a")], [label("fraud", "S01", "a")])

    assert score.row() == {
        "rule_id": "S01",
        "alerts": 1,
        "historical": 0,
        "true_positives": 1,
        "precision": 1.0,
        "labels": 1,
        "found": 1,
        "recall": 1.0,
        "look_alikes": 0,
        "look_alikes_hit": 0,
        "look_alike_scenarios": [],
        "missed_scenarios": [],
        "delay_seconds": 120.0,
        "delay_seconds_max": 120.0,
    }
