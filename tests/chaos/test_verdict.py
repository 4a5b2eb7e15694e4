"""The verdict and its table, without a cluster: what must be counted is counted."""

import json
from pathlib import Path

import pytest

from rules.times import DAY, parse
from tests.chaos._log import Record
from tests.chaos._report import report
from tests.chaos._traffic import BACKLOG_DAYS, FIRST, GAP, backlog, wave_of, waves
from tests.chaos._verdict import compared, detection, in_order, spread

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reliability.md"


def revision(alert: str, number: int = 1, **more: object) -> bytes:
    """One revision of an alert, with all that is compared."""
    return json.dumps({
        "alert_id": alert, "revision": number, "status": "opened", "stage": "in", "shadow": False, "rule_id": "S01",
        "rule_version": "1", "scope": [f"P{alert}"], "first_time": "2026-03-05T14:02:00+08:00",
        "last_time": "2026-03-05T14:11:00+08:00", "triggers": 3, "measure": {"name": "persons", "value": 11.0},
        "severity": "high", "vola_amt": 2340.0, "evidence": [], "evidence_count": 1,
        "detected_at": "2026-03-05T14:12:00.000+08:00",
    } | more).encode()  # fmt: skip


def topic(*values: bytes, appended: int = 0, headers: frozenset[str] = frozenset()) -> list[Record]:
    """Values as they stand on one partition."""
    return [Record(0, offset, appended, None, value, headers) for offset, value in enumerate(values)]


def test_what_stands_as_it_should_is_sound() -> None:
    """A revision that stands twice with the same bytes is a repeat, and no fault."""
    verdict = compared([revision("a"), revision("b")], topic(revision("b"), revision("a"), revision("b")))

    assert (verdict.sound, verdict.expected, verdict.repeats) == (True, 2, 1)


def test_what_is_missing_false_or_different_is_counted() -> None:
    """One is gone, one has another content, one is too many."""
    there = [revision("b", triggers=4), revision("c")]
    verdict = compared([revision("a"), revision("b")], topic(*there))

    assert (verdict.missing, verdict.false, verdict.differing, verdict.sound) == (2, 2, 1, False)


def test_a_revision_with_two_contents_is_counted() -> None:
    """Also where the last one is as it should be: a reader may have seen the other."""
    there = [revision("a", text="x"), revision("a"), revision("a", 2)]
    verdict = compared([revision("a", 2)], topic(*there))

    assert (verdict.missing, verdict.conflicting, verdict.sound) == (0, 1, False)


def test_a_revision_that_is_not_there_is_counted() -> None:
    """An alert whose second revision was never sent."""
    verdict = compared([revision("a", 3)], topic(revision("a"), revision("a", 3)))

    assert (verdict.missing, verdict.gaps, verdict.sound) == (0, 1, False)


def test_an_entry_that_came_too_late_is_counted() -> None:
    """It alone has the ledger's name in its headers; a late event has not."""
    late = [*topic(b"entry", headers=frozenset({"ledger"})), *topic(b"event")]
    verdict = compared([revision("a")], topic(revision("a")), late)

    assert (verdict.refused, verdict.sound) == (1, False)


def test_what_is_not_to_be_compared_is_left_out() -> None:
    """Of either side."""
    verdict = compared([revision("a")], topic(revision("b")), counts=lambda one: one["alert_id"] == "c")

    assert (verdict.expected, verdict.missing, verdict.false) == (0, 0, 0)


def test_detection_is_measured_from_the_append_of_what_triggered() -> None:
    """The first record of a new alert counts; updates and repeats do not."""
    at = parse("2026-03-05 14:12:00")
    there = [*topic(revision("a"), revision("a", 2), appended=at + 1500), *topic(revision("a"), appended=at + 9000)]

    assert detection(there) == [1.5]


def test_a_spread_is_median_99th_percentile_and_maximum() -> None:
    """Of one figure all three."""
    assert [spread([]), spread([2.0]), spread([float(n) for n in range(200)])] == [[], [2.0] * 3, [100.0, 198.0, 199.0]]


def test_events_are_replayed_in_the_order_in_which_they_were_published() -> None:
    """Across partitions, repeats beside one another; the record that closes the log is no event."""
    final = Record(0, 1, 6, None, b"final", frozenset({"final"}))
    there = [*topic(b"second", b"first", b"second"), final]

    assert in_order(there, [b"first", b"second"]) == [b"first", b"second", b"second"]


def test_an_event_that_the_brokers_lost_ends_the_verdict() -> None:
    """A replay of what is left would hide it."""
    with pytest.raises(ValueError, match="1 of 2 events"):
        in_order(topic(b"first"), [b"first", b"second"])


def test_the_backlog_has_a_gap_of_three_days(tmp_path: Path) -> None:
    """Sixty days, in the order of upload."""
    came = [parse(json.loads(value)["inf_time"]) for _, value in backlog(1, tmp_path).events]

    assert came == sorted(came)
    assert {(at - FIRST) // DAY for at in came} == set(range(BACKLOG_DAYS)) - set(GAP)


def test_waves_share_no_institution() -> None:
    """What is lost of one wave says nothing of another; a wave is a portion."""
    played = waves(1, 1)
    of_portions = [
        {wave_of(json.loads(value)["fixmedins_code"]) for _, value in played.events[first : first + played.portion]}
        for first in range(0, len(played.events), played.portion)
    ]

    assert [{number} for number in range(len(of_portions))] == of_portions


def test_the_page_shows_the_recorded_results() -> None:
    """The table of docs/reliability.md is made from tests/chaos/results.jsonl."""
    shown = PAGE.read_text().partition("<!-- table -->\n")[2].partition("<!-- end of table -->")[0]

    assert report([HERE / "results.jsonl"]) == shown.strip()
