"""Work on leads: assigned, taken back, commented on; from the page and from the command line."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from monitor.cli import app
from monitor.settings import Settings
from tests.monitor.console._leads import Lead, leads, read
from tests.monitor.console.test_console import form_of

pytestmark = pytest.mark.redis

FIRST, SECOND = (one["alert_id"] for one in leads()[:2])


def listed(page: TestClient, **asked: str) -> set[str]:
    """The ids of a list, of all its pages."""
    found, at = set[str](), 0
    while at is not None:
        answer = page.get("/api/leads", params={**asked, "at": at}).json()
        found |= {one["alert_id"] for one in answer["leads"]}
        at = answer["next_at"]
    return found


def topics(settings: Settings) -> tuple[list[Lead], list[Lead]]:
    """What stands on the topics of work and of the audit, in the order of time."""
    work, audit = (read(settings.brokers, f"{settings.prefix}.{name}") for name in ("work", "audit"))
    return sorted(work, key=lambda one: str(one["at"])), sorted(audit, key=lambda one: str(one["after"]["at"]))


async def test_leads_are_assigned_and_taken_back(page: TestClient, settings: Settings) -> None:
    """Who has them is found in the list; each act stands on both topics, with what stood before."""
    answers = [
        page.post("/assignments", data=form_of(page, FIRST, SECOND, who="other", to="李四")),
        page.post("/assignments", data=form_of(page, FIRST, who="me")),
        page.post("/assignments", data=form_of(page, SECOND, who="nobody")),
    ]

    assert ["/leads", f"/leads/{FIRST}?saved=assigned", f"/leads/{SECOND}?saved=assigned"] == [
        one.headers["location"] for one in answers
    ]
    assert ({FIRST}, set()) == (listed(page, assignee="王五"), listed(page, assignee="李四"))
    assert len(leads()) - 1 == len(listed(page, assignee="-"))
    work, audit = topics(settings)
    assert [("assigned", "李四"), ("assigned", "李四"), ("assigned", "王五"), ("assigned", "")] == [
        (one["kind"], one["to"]) for one in work
    ]
    assert work == [one["after"] for one in audit]
    assert [None, None, work[0], work[1]] == [one["before"] for one in audit]
    assert {("王五", "alerts assign")} == {(one["by"], one["what"]) for one in audit}
    page.post("/assignments", data=form_of(page, SECOND, who="other", to='(<b>"李四"'))
    for address in ("/leads", f"/leads/{FIRST}"):
        [listed_there] = re.findall('<datalist id="staff">(.*?)</datalist>', page.get(address).text)
        offered = re.findall('value="([^"]*)"', listed_there)
        assert ['(<b>"李四"', "王五"] == [html.unescape(one) for one in offered], address
    shown = page.get(f"/leads/{FIRST}?saved=assigned").text
    assert "已提交：分派。" in shown
    assert "承办人 <strong>王五</strong>" in shown


async def test_a_lead_is_assigned_with_a_comment(page: TestClient, settings: Settings) -> None:
    """In one form; each is an act of its own, with its audit, on each lead."""
    answer = page.post("/assignments", data=form_of(page, FIRST, SECOND, who="other", to="李四", text="先调录像"))

    work, audit = topics(settings)
    assert answer.headers["location"] == "/leads"
    assert sorted((one["alert_id"], one["kind"], one.get("text", one.get("to"))) for one in work) == sorted(
        (lead, *act) for lead in (FIRST, SECOND) for act in (("commented", "先调录像"), ("assigned", "李四"))
    )
    assert len(audit) == len(work)
    one = page.post("/assignments", data=form_of(page, FIRST, who="me", text="再访谈"))
    assert one.headers["location"] == f"/leads/{FIRST}?saved=assigned"


async def test_a_comment_stands_in_the_history(page: TestClient, settings: Settings) -> None:
    """With who wrote it; it is no disposition, and no page takes it for a script."""
    page.post("/comments", data=form_of(page, FIRST, text="<script>alert(1)</script>\n已电话核实"))
    page.post("/dispositions", data=form_of(page, FIRST))

    shown = page.get(f"/leads/{FIRST}").text
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert shown.index("合理情形</strong>") < shown.index("备注</strong>")
    [work], audit = topics(settings)
    assert ("commented", "王五") == (work["kind"], work["by"])
    assert {"alerts comment", "alerts dispose"} == {one["what"] for one in audit}
    assert [work] == page.get(f"/api/leads/{FIRST}").json()["done"]


async def test_what_is_overdue_is_listed_until_it_is_judged(page: TestClient) -> None:
    """The examples lie months back."""
    assert {FIRST, SECOND} <= listed(page, overdue="true")
    page.post("/dispositions", data=form_of(page, FIRST))

    assert FIRST not in listed(page, overdue="true")
    assert "已逾期" in page.get(f"/leads/{SECOND}").text
    assert "已逾期" not in page.get(f"/leads/{FIRST}").text
    assert "未计法定节假日" in page.get(f"/leads/{SECOND}").text


@pytest.mark.parametrize(
    ("path", "wrong", "status"),
    [
        ("/assignments", {"who": "me", "text": "x" * 1001}, 422),
        ("/assignments", {"who": "other", "to": " "}, 422), ("/assignments", {"who": "other", "to": "-"}, 422),
        ("/assignments", {"who": "other", "to": "x" * 65}, 422), ("/assignments", {"who": "all"}, 422),
        ("/assignments", {"who": "me", "csrf": "x"}, 403), ("/assignments", {"who": "me", "alert_id": []}, 422),
        ("/assignments", {"who": "me", "alert_id": "0" * 32}, 404), ("/comments", {"text": " "}, 422),
        ("/comments", {"text": "x" * 1001}, 422), ("/comments", {"text": "x", "by": ""}, 422),
        ("/comments", {"text": "x", "csrf": ""}, 403),
    ],
)  # fmt: skip
async def test_a_form_that_is_wrong_changes_nothing(
    page: TestClient, settings: Settings, path: str, wrong: dict[str, Any], status: int
) -> None:
    """It is said what is wrong, and nothing comes onto a topic."""
    answer = page.post(path, data=form_of(page, FIRST) | wrong)

    assert status == answer.status_code
    assert ([], []) == topics(settings)


@pytest.mark.usefixtures("page")
def test_the_command_line_does_the_same(command: CliRunner, settings: Settings) -> None:
    """Assigned to somebody, taken back, commented on."""
    for given in (
        ["assign", FIRST[:12], "--to", "李四"], ["assign", FIRST, "--back"], ["comment", FIRST, "已电话核实"],
    ):  # fmt: skip
        answer = command.invoke(app, ["alerts", *given, "--by", "王五"])
        assert (0, f"{FIRST} 已记录\n") == (answer.exit_code, answer.stdout)

    work, audit = topics(settings)
    assert ["李四", "", None] == [one.get("to") for one in work]
    assert "已电话核实" == work[-1]["text"]
    assert work == [one["after"] for one in audit]
