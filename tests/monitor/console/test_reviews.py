"""Two-level review: a disposition waits until somebody else approves it, and counts from then on."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from monitor.cli import app
from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.contract.work import proposal_in
from monitor.readmodel.projector import Projector
from monitor.settings import Settings
from tests.monitor.console._leads import leads, read
from tests.monitor.console.test_console import form_of

pytestmark = pytest.mark.redis

FIRST, RULE = leads()[0]["alert_id"], leads()[0]["rule_id"]


@pytest.fixture
def two(page: TestClient, settings: Settings) -> TestClient:
    """The console of an area in which a second reviewer approves."""
    assert page.get("/").status_code == 200
    both = settings.model_copy(update={"second_reviewer": True, "embedded": True})
    return TestClient(app_of(both, ConsoleMetrics()), base_url="http://localhost", follow_redirects=False)


def review(two: TestClient, verdict: str, **more: str) -> int:
    """What a review answers, of the proposal that the page shows."""
    found = re.search(r'name="proposal" value="([^"]+)"', two.get(f"/leads/{FIRST}").text)
    form = form_of(two, FIRST, verdict=verdict, by="李四") | {
        "proposal": found[1] if found else f"{FIRST} gone",
        **more,
    }
    return two.post("/reviews", data=form).status_code


def said(two: TestClient, alert_id: str = FIRST) -> list[str]:
    """The dispositions that count."""
    return [one["disposition"] for one in two.get(f"/api/leads/{alert_id}").json()["said"]]


async def test_a_disposition_counts_once_somebody_else_approves_it(two: TestClient, settings: Settings) -> None:
    """Until then it stands on the topic of work alone, and no precision counts it."""
    assert two.post("/dispositions", data=form_of(two, FIRST)).headers["location"] == f"/leads/{FIRST}?saved=proposed"
    assert ([], None) == (said(two), two.get("/api/rules").json()[RULE]["precision"])
    waiting = two.get("/api/leads?disposition=waiting").json()
    assert {FIRST: "explained"} == {one: state["proposed"] for one, state in waiting["states"].items()}
    assert [] == read(settings.brokers, f"{settings.prefix}.feedback")

    assert (409, 409) == (
        review(two, "approve", by=" 王五"),
        review(two, "approve", proposal=f"{FIRST} 2026-01-01T00:00:00+08:00"),
    )
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


async def test_of_two_consoles_the_later_is_told(two: TestClient, settings: Settings, tmp_path: Path) -> None:
    """Whatever its own read model says: the topic decides, and what was decided first stands."""
    two.post("/dispositions", data=form_of(two, FIRST))
    elsewhere = settings.model_copy(
        update={"second_reviewer": True, "embedded": True, "readmodel_dir": tmp_path / "other"}
    )
    [work] = (orjson.dumps(one) for one in read(settings.brokers, f"{settings.prefix}.work"))
    assert Projector(elsewhere).put(alerts=[orjson.dumps(leads()[0])], work=[work]) == 0
    other = TestClient(app_of(elsewhere, ConsoleMetrics()), base_url="http://localhost", follow_redirects=False)

    first, later = review(two, "approve"), review(other, "return", reason="未附核查记录")

    assert (303, 409) == (first, later)
    acts = [one["kind"] for one in read(settings.brokers, f"{settings.prefix}.work")]
    assert ["proposed", "approved"] == acts


async def test_leads_of_an_incident_are_disposed_of_and_approved_together(two: TestClient, settings: Settings) -> None:
    """Those that the reviewer ticks; each has records of its own. Where one of them waits no more, none is approved."""
    other, third = (leads()[0] | {"alert_id": letter * 32, "incident_id": FIRST} for letter in "ab")
    assert (
        Projector(settings).put(
            alerts=map(orjson.dumps, [leads()[0] | {"incident_id": FIRST, "revision": 99}, other, third])
        )
        == 0
    )
    page = two.get(f"/leads/{FIRST}").text
    assert all(f'type="checkbox" name="alert_id" value="{one["alert_id"]}"' in page for one in (other, third))

    ids = [FIRST, other["alert_id"], third["alert_id"]]
    to = two.post("/dispositions", data=form_of(two, FIRST) | {"alert_id": ids}).headers["location"]
    named = re.findall(r'name="proposal" value="([^"]+)"', two.get(f"/leads/{FIRST}").text)
    form = form_of(two, FIRST, verdict="approve", by="李四")
    gone = two.post("/reviews", data=form | {"proposal": [*named, f"{FIRST} gone"]})
    before = [said(two, one) for one in ids]
    done = two.post("/reviews", data=form | {"proposal": named[:2]})

    assert (f"/leads/{FIRST}?saved=proposed", 3) == (to, len(named))
    assert (409, [[], [], []]) == (gone.status_code, before)
    assert (303, f"/leads/{FIRST}?saved=approved") == (done.status_code, done.headers["location"])
    approved = {one.partition(" ")[0] for one in named[:2]}
    assert approved == {one["alert_id"] for one in read(settings.brokers, f"{settings.prefix}.feedback")}
    audit = [one for one in read(settings.brokers, f"{settings.prefix}.audit") if one["what"] == "alerts approve"]
    assert approved == {one["after"]["alert_id"] for one in audit}


def test_the_command_line_disposes_of_an_incident(command: CliRunner, settings: Settings) -> None:
    """What waits of it, and not what was disposed of before."""
    some = [leads()[0] | {"alert_id": letter * 32, "incident_id": "c" * 32} for letter in "abc"]
    assert Projector(settings).put(alerts=map(orjson.dumps, some)) == 0
    confirmed = {"alert_id": "c" * 32, "disposition": "confirmed", "by": "张三", "at": "2026-03-05T10:00:00+08:00"}
    assert Projector(settings).put(feedback=[orjson.dumps(confirmed)]) == 0

    done = command.invoke(app, ["alerts", "dispose", "a" * 32, "--as", "referred", "--reason", "移送", "--incident"])

    assert (0, 2) == (done.exit_code, done.stdout.count("移送"))
    written = [(one["alert_id"], one["disposition"]) for one in read(settings.brokers, f"{settings.prefix}.feedback")]
    assert sorted(written) == [("a" * 32, "referred"), ("b" * 32, "referred")]


@pytest.fixture
def two_at_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line of such an area."""
    monkeypatch.setenv("MONITOR_SECOND_REVIEWER", "true")
    monkeypatch.setenv("MONITOR_EMBEDDED", "true")


@pytest.mark.usefixtures("two_at_the_command_line")
def test_the_command_line_approves_an_incident(command: CliRunner, settings: Settings) -> None:
    """What one person proposed of it in the same words, all of it or none; another proposal goes on waiting."""
    some = [leads()[0] | {"alert_id": letter * 32, "incident_id": "c" * 32} for letter in "abcd"]
    assert Projector(settings).put(alerts=map(orjson.dumps, some)) == 0
    same = ["--as", "referred", "--reason", "移送", "--by", "王五"]
    command.invoke(app, ["alerts", "dispose", *(letter * 32 for letter in "abc"), *same])
    command.invoke(app, ["alerts", "dispose", "d" * 32, "--as", "explained", "--reason", "代购", "--by", "王五"])
    work = read(settings.brokers, f"{settings.prefix}.work")
    assert Projector(settings).put(work=map(orjson.dumps, work)) == 0

    none = command.invoke(app, ["alerts", "approve", "a" * 32, FIRST, "--by", "李四"])
    before = read(settings.brokers, f"{settings.prefix}.feedback")
    done = command.invoke(app, ["alerts", "approve", "a" * 32, "--incident", "--by", "李四"])
    after = read(settings.brokers, f"{settings.prefix}.feedback")

    assert (1, []) == (none.exit_code, before)
    assert (0, 3) == (done.exit_code, done.stdout.count("已记录"))
    assert {(letter * 32, "referred") for letter in "abc"} == {(one["alert_id"], one["disposition"]) for one in after}


@pytest.mark.usefixtures("page", "two_at_the_command_line")
def test_the_command_line_does_the_same(command: CliRunner, settings: Settings) -> None:
    """Proposed on the page of somebody; approved by another; the same person is refused."""
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
