"""The page of health: what was set aside and of whom, how far workers are, and what cannot be read."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from monitor.area.backlog import Backlog
from monitor.area.tallies import MEANINGS
from monitor.console.app import app_of
from monitor.console.health import MOST_ROWS, by_topic, last_whole_day, noticed, seen_by
from monitor.console.metrics import ConsoleMetrics
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.reconcile.span import span_of
from monitor.settings import Settings
from rules.times import BEIJING, DAY, to_ms
from rules.wire.door import Limits
from streams.route.router import Noted

pytestmark = pytest.mark.redis

NOTED = {
    Noted("refused", "no_result", "H34102100021", "2207"): 12,
    Noted("refused", "wrong_type", "P11010100001", "2102"): 3,
    Noted("late", "", "H34102100021", "2204"): 2,
    Noted("skipped", "", "H34102100021", "1101"): 7,
}


def test_what_cannot_be_read_is_said_and_hides_nothing_else(settings: Settings) -> None:
    """No broker answers: each part says so, Redis is still asked, and the page is there."""
    away = settings.model_copy(update={"brokers": "127.0.0.1:1"})
    page = TestClient(app_of(away, ConsoleMetrics()), base_url="http://localhost")

    answer, found = page.get("/health"), page.get("/api/health").json()

    assert answer.status_code == 200
    parts = {
        "workers",
        "lost offsets",
        "rules",
        "notify",
        "reconciliation",
        "backlog",
        "messages set aside",
        "age of tables",
    }
    assert parts == {one["what"] for one in found["checks"] if not one["ok"]}
    assert 8 == answer.text.count("异常")
    assert {"what": "MONITOR_REDIS", "ok": True, "detail": "answers"} in found["checks"]
    assert ([], [], {}) == (found["backlog"], found["set_aside"], found["tables"])


def test_the_demo_says_that_it_has_no_workers(settings: Settings) -> None:
    """What it has not is no problem, and nothing is asked of its brokers."""
    demo = settings.model_copy(update={"console_demo": True, "brokers": "127.0.0.1:1"})
    page = TestClient(app_of(demo, ConsoleMetrics()), base_url="http://localhost")

    found, text = page.get("/api/health").json(), page.get("/health").text

    assert [("demo", True), ("MONITOR_REDIS", True)] == [(one["what"], one["ok"]) for one in found["checks"]]
    assert ("演示在单个进程内运行" in text, "异常" in text, "monitor reconcile" in text) == (True, False, False)


def test_a_reader_sees_the_senders_of_his_regions() -> None:
    """And no sender that cannot be placed."""
    seen = seen_by(NOTED, Jurisdiction(regions=("3410",)))

    assert {"H34102100021"} == {one.institution for one in seen}
    assert 12 + 2 + 7 == seen.total()
    assert seen_by(NOTED, None).total() == sum(NOTED.values())


def test_a_sender_that_is_a_citizens_number_has_no_name() -> None:
    """It is counted, as everybody's."""
    seen = seen_by({Noted("refused", "not_json", "341021198001011234", "2102"): 4}, None)

    assert {Noted("refused", "not_json", "", "2102"): 4} == seen


def test_every_kind_has_its_rows_and_its_total() -> None:
    """The most frequent senders first; the total counts those that are not shown."""
    many = Counter({Noted("late", "", f"H341021{number:05}", "2204"): number + 1 for number in range(MOST_ROWS + 5)})

    [late] = noticed(many, "zh")

    assert MEANINGS["late"].zh == late.meaning
    assert many.total() == late.total
    assert [*range(MOST_ROWS + 5, 5, -1)] == [number for *_, number in late.rows]
    assert {""} == {command for _, _, command, _ in late.rows}


def test_partitions_are_told_by_topic() -> None:
    """What no leader tells of adds nothing to what waits, and is named."""
    found = [Backlog("a", 0, 5, None), Backlog("a", 1, None, "no_leader"), Backlog("b", 0, 2, "open_transaction")]

    assert [("a", 2, 5, [found[1]]), ("b", 1, 2, [found[2]])] == by_topic(found)


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_the_day_to_reconcile_is_the_last_whole_one(hour: int) -> None:
    """All uploads about it are in; of the next day some may still come."""
    now = datetime(2026, 3, 9, hour, 30, tzinfo=BEIJING).astimezone(UTC)
    day = last_whole_day(now, Limits())

    assert span_of(day, Limits()).end <= to_ms(now) < span_of(day, Limits()).end + DAY


def test_the_page_is_asked_for_by_everybody_who_has_logged_in(settings: Settings) -> None:
    """It leads on to nothing, and is among the links on top."""
    page = TestClient(app_of(settings, ConsoleMetrics()), base_url="http://localhost")

    assert re.search(r'<a href="/health" aria-current="page">运行状况</a>', page.get("/health").text)
