"""Alerts measured against labels."""

from pathlib import Path
from typing import Any

import pytest

from monitor.contract.text import Language
from monitor.offline.evaluate import Score, burden, interval, standing
from monitor.offline.evaluate import evaluate as score_of
from monitor.offline.evaluatetext import score_lines, score_page
from monitor.offline.standing import Span
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


def evaluate(alerts: list[Row], labels: list[Row], live_from: int = 0, span: Span | None = None) -> list[Score]:
    """Score what stands of these revisions."""
    return score_of(standing(alerts), labels, live_from, span)


def test_precision_and_recall_of_a_rule() -> None:
    """Two alerts, one of them on a labelled fraud; two frauds, one of them found."""
    labels = [label("fraud", "S01", "a", "b"), label("fraud", "S01", "x")]

    (score,) = evaluate([alert("1", "S01", "b", "c"), alert("2", "S01", "y")], labels)

    assert (score.standing, score.right, score.precision) == (2, 1, 0.5)
    assert (len(score.episodes), len(score.found), score.recall) == (2, 1, 0.5)
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

    assert (score.right, score.found) == (0, ())


def test_an_alert_over_leads_belongs_where_these_leads_do() -> None:
    """Where a label names its rule; of another rule over leads nothing is known."""
    leads = [alert("1", "S01", "a"), alert("2", "D04", "b"), alert("3", "S01", "z")]
    over = [alert("4", "S05", "1", "2"), alert("5", "S05", "3"), alert("6", "A02", "1", "2")]

    scores = {one.rule: one for one in evaluate([*leads, *over], [label("fraud", "S05", "a", "b", also=["S01"])])}

    assert (scores["S05"].standing, scores["S05"].right, len(scores["S05"].found)) == (2, 1, 1)
    assert (scores["A02"].is_labelled, scores["A02"].precision) == (False, None)


def test_an_alert_of_another_rule_is_right_only_where_the_label_says_so() -> None:
    """`also` lets a second rule speak of a fraud without being asked for it."""
    labels = [label("fraud", "S01", "a", also=["S01-SIGN"])]

    scores = {score.rule: score for score in evaluate([alert("1", "S01-SIGN", "a"), alert("2", "D01", "a")], labels)}

    assert (scores["S01-SIGN"].right, len(scores["S01-SIGN"].episodes), scores["S01-SIGN"].recall) == (1, 0, None)
    assert (scores["D01"].right, scores["D01"].precision) == (0, 0.0)
    assert (scores["S01"].standing, scores["S01"].precision, scores["S01"].recall) == (0, None, 0.0)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "zh",
            [
                f"{rule_cell('规则')}    线索    准确率    标注  检出率    95%区间    误报情形  延迟(秒)",
                f"{rule_cell('S01')}       2      0.50       1    1.00  0.21–1.00           0     120.0",
                f"{rule_cell('S05')}       1  没有标注",
                "全部规则：线索2条，准确率0.50（95%区间0.09–0.91）",
            ],
        ),
        (
            "en",
            [
                f"{rule_cell('rule')}  alerts precision  labels  recall 95 % of it look-alikes   delay s",
                f"{rule_cell('S01')}       2      0.50       1    1.00  0.21–1.00           0     120.0",
                f"{rule_cell('S05')}       1 no labels",
                "all rules: 2 alerts, precision 0.50 (95 %: 0.09–0.91)",
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


NOON, TWO = "2026-03-05T12:00:00+08:00", "2026-03-05T14:00:00+08:00"


@pytest.mark.parametrize(
    ("messages", "opened_by", "mistaken"),
    [
        (("honest", "else"), "else", True),
        (("honest", "else", "more"), "else", False),
        (("honest", "else", "more"), "honest", True),
        (("honest", "planted"), "honest", False),
        (("honest", "another", "planted"), "honest", True),
        (("honest", "other fraud"), "else", True),
        (("honest", "other fraud", "else"), "honest", False),
    ],
)
def test_a_look_alike_is_mistaken_where_an_alert_is_about_it(
    messages: tuple[str, ...], opened_by: str, *, mistaken: bool
) -> None:
    """Half of the evidence is its, and more than a fraud of the rule has; or what opened the alert, and most of all."""
    labels = [
        label("look_alike", "S01", "honest", "another"),
        label("fraud", "S01-SIGN", "planted", also=["S01"]),
        label("fraud", "D01", "other fraud"),
    ]
    evidence = [{"msgid": one, "event_time": TWO if one == opened_by else NOON} for one in messages]

    scores = {score.rule: score for score in evaluate([alert("1", "S01", event_time=TWO, evidence=evidence)], labels)}

    assert scores["S01"].mistaken == (("a_scenario",) if mistaken else ())


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

    assert [one.delay for one in score.episodes] == [30.0, 120.0]
    assert score.delay == 75.0


def test_an_alert_without_evidence_belongs_where_institution_and_days_meet() -> None:
    """A rule over whole days names no settlement: institution and window decide, of labels that name the rule."""
    window = {"start": "2026-03-01T00:00:00+08:00", "end": "2026-03-08T00:00:00+08:00"}
    labels = [
        label("fraud", "B15", "a", fixmedins_code="H1", last_time="2026-03-09T14:00:00+08:00"),
        label("fraud", "B15", "b", fixmedins_code="H2"),
        label("look_alike", "S01", "d", fixmedins_code="H1", scenario="queue"),
        label("look_alike", "B15", "e", fixmedins_code="H3", scenario="outing"),
    ]

    score, _ = evaluate(
        [
            alert("1", "B15", fixmedins_code="H1", window=window),
            alert("2", "B15", fixmedins_code="H2", window={**window, "end": "2026-03-05T00:00:00+08:00"}),
            alert("3", "B15", "c", fixmedins_code="H1", window=window),
            alert("4", "B15", fixmedins_code="H3", window=window),
        ],
        labels,
    )

    assert (score.standing, score.right, len(score.found), score.mistaken) == (4, 1, 1, ("outing",))


def test_a_label_may_be_of_several_institutions() -> None:
    """An alert over leads that name no message belongs there by any of them."""
    window = {"start": "2026-03-01T00:00:00+08:00", "end": "2026-03-08T00:00:00+08:00"}
    labels = [
        label("fraud", "B15-AREA", "a", also=["B15"], fixmedins_code="H1", also_at=["H2", "H3"]),
        label("look_alike", "B15-AREA", "b", fixmedins_code="H4", also_at=["H5"], scenario="cold"),
    ]
    of_days = [alert(f"{n}", "B15", fixmedins_code=f"H{n}", window=window) for n in (2, 4)]
    over = [alert(f"5{n}", "B15-AREA", "2", "4", fixmedins_code=f"H{n}", window=window) for n in (3, 5)]

    scores = {one.rule: one for one in evaluate([*of_days, *over], labels)}

    assert (scores["B15"].standing, scores["B15"].right) == (2, 1)
    assert (scores["B15-AREA"].standing, scores["B15-AREA"].right, scores["B15-AREA"].mistaken) == (2, 1, ("cold",))


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
        "recall_interval": [0.2065, 1.0],
        "recall_by_strength": {"strong": {"found": 1, "labels": 1}},
        "strong_at_high_or_critical": 0.0,
        "look_alikes": 0,
        "look_alikes_hit": 0,
        "look_alikes_hit_at_high_or_critical": 0,
        "look_alike_scenarios": [],
        "missed_scenarios": [],
        "delay_seconds": 120.0,
        "delay_seconds_max": 120.0,
    }


@pytest.mark.parametrize(
    ("part", "of", "expected"),
    [(57, 60, (0.8630, 0.9829)), (60, 60, (0.9398, 1.0)), (0, 10, (0.0, 0.2775)), (1, 1, (0.2065, 1.0))],
)
def test_the_interval_of_a_part_is_wilsons(part: int, of: int, expected: tuple[float, float]) -> None:
    """Figures of the formula as R prints them (prop.test without correction)."""
    assert interval(part, of) == pytest.approx(expected, abs=5e-5)
    assert interval(0, 0) is None


def test_recall_is_told_by_strength() -> None:
    """In thirds of the range; a fraud that states none is strong. Grave is what was found at high or critical."""
    labels = [
        label("fraud", "S01", "a", strength=0.0),
        label("fraud", "S01", "b", strength=0.5),
        label("fraud", "S01", "c", strength=0.7),
        label("fraud", "S01", "d", strength=1.0),
        label("fraud", "S01", "e"),
    ]
    alerts = [alert("1", "S01", "b"), alert("2", "S01", "c", severity="high"), alert("3", "S01", "d", severity="info")]

    (score,) = evaluate(alerts, labels)

    assert score.by_strength == {"weak": (0, 1), "middle": (1, 1), "strong": (2, 3)}
    assert score.grave == pytest.approx(1 / 3)


def test_a_look_alike_that_is_called_grave_is_counted() -> None:
    """Once, whatever else it met."""
    alerts = [alert("1", "S01", "a", severity="critical"), alert("2", "S01", "a"), alert("3", "S01", "b")]

    (score,) = evaluate(alerts, [label("look_alike", "S01", "a"), label("look_alike", "S01", "b")])

    assert (len(score.mistaken), score.mistaken_grave) == (2, 1)


def test_only_a_span_is_scored() -> None:
    """What was opened or begun before it is not scored, and still tells what is right, and what was found."""
    day = Span(parse("2026-03-06"), parse("2026-03-07") - 1)
    labels = [label("fraud", "S01", "a"), label("fraud", "S01", "b", first_time="2026-03-06T08:00:00+08:00")]
    alerts = [
        alert("1", "S01", "b", event_time="2026-03-05T23:00:00+08:00"),
        alert("2", "S01", "a", event_time="2026-03-06T00:00:00+08:00"),
        alert("3", "D01", "a"),
    ]

    (score,) = evaluate(alerts, labels, span=day)

    assert (score.rule, score.standing, score.right) == ("S01", 1, 1)
    assert (len(score.found), len(score.episodes)) == (1, 1)


def test_a_reviewer_is_told_of_an_incident_once() -> None:
    """Three alerts, two incidents, of half of 100,000 persons in 15 days: eight a month. The opener's rule has it."""
    alerts = [
        alert("1", "S01", "a", incident_id="1"),
        alert("2", "D01", "a", incident_id="1"),
        alert("3", "D01", "b", incident_id="3"),
        alert("4", "D01", "b", incident_id="4", event_time="2026-04-01T00:00:00+08:00"),
    ]

    found = burden(standing(alerts), 50_000, Span(parse("2026-03-01"), parse("2026-03-16") - 1))

    assert found.told == 2
    assert found.per_month == pytest.approx(8.0)
    assert found.shares == {"S01": 0.5, "D01": 0.5}


@pytest.mark.parametrize(("language", "named"), [("zh", "强 1/1"), ("en", "strong 1/1")])
def test_the_page_shows_what_the_lines_say(language: Language, named: str) -> None:
    """Recall is drawn, nothing is fetched, and what a file is called cannot write into the page."""
    scores = evaluate([alert("1", "S01", "a"), alert("2", "S05", "z")], [label("fraud", "S01", "a")])

    page = score_page(scores, language, Path("<b>alerts.jsonl"), Path("labels.jsonl"))

    assert named in page
    assert 'cx="120.0"' in page
    assert "&lt;b&gt;alerts.jsonl" in page
    assert "http" not in page
    for line in list(score_lines(scores, language))[3:]:
        assert line in page
