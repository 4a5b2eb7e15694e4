"""Two-level review: a disposition waits until somebody else approves it, and counts from then on."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from monitor.area.disposing import proposal_in
from monitor.cli import app
from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.settings import Settings
from tests.monitor.console._leads import leads, read
from tests.monitor.console.test_console import form_of

pytestmark = pytest.mark.redis

FIRST, RULE = leads()[0]["alert_id"], leads()[0]["rule_id"]


@pytest.fixture
def two(page: TestClient, settings: Settings) -> TestClient:
    """The console of an area in which a second reviewer approves."""
    assert page.get("/").status_code == 200
    both = settings.model_copy(update={"second_reviewer": True})
    return TestClient(app_of(both, ConsoleMetrics()), base_url="http://localhost", follow_redirects=False)


def review(two: TestClient, verdict: str, **more: str) -> int:
    """What a review answers, of the proposal that the page shows."""
    found = re.search(r'name="of" value="([^"]+)"', two.get(f"/leads/{FIRST}").text)
    form = form_of(two, FIRST, verdict=verdict, by="李四") | {
        "alert_id": FIRST,
        "of": found[1] if found else "gone",
        **more,
    }
    return two.post("/reviews", data=form).status_code


def said(two: TestClient) -> list[str]:
    """The dispositions that count."""
    return [one["disposition"] for one in two.get(f"/api/leads/{FIRST}").json()["said"]]


async def test_a_disposition_counts_once_somebody_else_approves_it(two: TestClient, settings: Settings) -> None:
    """Until then it stands on the topic of work alone, and no precision counts it."""
    assert two.post("/dispositions", data=form_of(two, FIRST)).headers["location"] == f"/leads/{FIRST}?saved=proposed"
    assert ([], None) == (said(two), two.get("/api/rules").json()[RULE]["precision"])
    waiting = two.get("/api/leads?disposition=waiting").json()
    assert {FIRST: "explained"} == {one: state["proposed"] for one, state in waiting["states"].items()}
    assert [] == read(settings.brokers, f"{settings.prefix}.feedback")

    assert (409, 409) == (review(two, "approve", by=" 王五"), review(two, "approve", of="2026-01-01T00:00:00+08:00"))
    assert 303 == review(two, "approve")

    assert (["explained"], 0.0) == (said(two), two.get("/api/rules").json()[RULE]["precision"])
    assert [] == two.get("/api/leads?disposition=waiting").json()["leads"]
    [feedback] = read(settings.brokers, f"{settings.prefix}.feedback")
    assert ("王五", "断网补传") == (feedback["by"], feedback["reason"])
    audit = {one["what"]: one for one in read(settings.brokers, f"{settings.prefix}.audit")}
    assert {("alerts propose", "王五"), ("alerts approve", "李四")} == {
        (what, one["by"]) for what, one in audit.items()
    }
    assert audit["alerts approve"]["before"] == audit["alerts propose"]["after"]
    assert 409 == review(two, "approve")


async def test_what_is_returned_does_not_count(two: TestClient) -> None:
    """A reason is required; it may be proposed again."""
    two.post("/dispositions", data=form_of(two, FIRST))

    assert (422, 303) == (review(two, "return", reason=" "), review(two, "return", reason="未附核查记录"))

    assert [] == said(two)
    assert "未附核查记录" in two.get(f"/leads/{FIRST}").text
    assert 409 == review(two, "approve")
    two.post("/dispositions", data=form_of(two, FIRST, disposition="confirmed", reason=""))
    assert 303 == review(two, "approve")
    assert ["confirmed"] == said(two)


@pytest.mark.usefixtures("page")
def test_the_command_line_does_the_same(
    command: CliRunner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proposed on the page of somebody; approved by another; the same person is refused."""
    monkeypatch.setenv("MONITOR_SECOND_REVIEWER", "true")
    both = settings.model_copy(update={"second_reviewer": True})
    two = TestClient(app_of(both, ConsoleMetrics()), base_url="http://localhost", follow_redirects=False)
    two.post("/dispositions", data=form_of(two, FIRST))

    same = command.invoke(app, ["alerts", "approve", FIRST, "--by", "王五"])
    listed = command.invoke(app, ["alerts", "list", "--disposition", "waiting"])
    other = command.invoke(app, ["alerts", "return", FIRST[:9], "--by", "李四", "--reason", "未附记录"])
    again = command.invoke(app, ["alerts", "approve", leads()[1]["alert_id"], "--by", "李四"])

    assert "expected another person" in str(same.exception)
    assert FIRST in listed.stdout
    assert (0, f"{FIRST} 已记录\n") == (other.exit_code, other.stdout)
    assert "expected a disposition that waits" in str(again.exception)
    assert [] == read(settings.brokers, f"{settings.prefix}.feedback")


def test_a_later_proposal_replaces_an_earlier() -> None:
    """What was said of the earlier one does not touch it."""
    first, second = ({"kind": "proposed", "at": at} for at in ("1", "2"))

    assert proposal_in([]) is None
    assert second == proposal_in([first, second, {"kind": "approved", "of": "1"}])
    assert proposal_in([first, {"kind": "commented"}, second, {"kind": "returned", "of": "2"}]) is None
