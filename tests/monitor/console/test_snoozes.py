"""A rule is snoozed for one subject: leads stay in the lists, marked; it is ended; all of it is audited."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from monitor.cli import app
from monitor.settings import Settings
from tests.monitor.console._leads import leads, read
from tests.monitor.console.test_console import form_of

pytestmark = pytest.mark.redis

LEAD = leads()[0]
FIRST = LEAD["alert_id"]


def form(page: TestClient, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of each field another type
    """A form of the first lead."""
    return form_of(page, FIRST) | {"alert_id": FIRST, "days": 30, "reason": "已约谈，整改中"} | more


def marked(page: TestClient) -> set[str]:
    """The leads of a list that are marked."""
    found = page.get("/api/leads", params={"rule": LEAD["rule_id"]}).json()["leads"]
    return {one["alert_id"] for one in found if one.get("snoozed")}


async def test_a_snooze_is_shown_ended_and_audited(page: TestClient, settings: Settings) -> None:
    """By its rule and subject, not by the lead on whose page it was begun."""
    assert 303 == page.post("/snoozes", data=form(page)).status_code
    assert FIRST in marked(page)
    assert "已暂停提醒，至" in page.get("/leads", params={"rule": LEAD["rule_id"]}).text
    assert "已约谈，整改中" in page.get("/rules").text
    [snooze] = page.get("/api/snoozes").json()
    about = (LEAD["rule_id"], LEAD["subject"]["kind"], LEAD["subject"]["id"])
    assert about == (snooze["rule_id"], snooze["subject_kind"], snooze["subject_id"])

    assert 303 == page.post("/snoozes/end", data=form(page)).status_code
    assert set() == marked(page)
    assert [] == page.get("/api/snoozes").json()
    audit = sorted(read(settings.brokers, f"{settings.prefix}.audit"), key=lambda one: str(one["at"]))
    assert [("alerts snooze", None), ("alerts unsnooze", snooze)] == [(one["what"], one["before"]) for one in audit]
    work = sorted(read(settings.brokers, f"{settings.prefix}.work"), key=lambda one: str(one["at"]))
    assert work == [one["after"] for one in audit]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"days": 0}, 422), ({"days": 181}, 422), ({"days": "x"}, 422), ({"reason": " "}, 422), ({"by": ""}, 422),
        ({"csrf": "x"}, 403), ({"alert_id": "0" * 32}, 404),
    ],
)  # fmt: skip
async def test_a_snooze_that_is_wrong_changes_nothing(page: TestClient, wrong: dict[str, Any], status: int) -> None:
    """Without a reason, without an end, or for too long."""
    assert status == page.post("/snoozes", data=form(page) | wrong).status_code
    assert [] == page.get("/api/snoozes").json()


@pytest.mark.usefixtures("page")
def test_the_command_line_does_the_same(command: CliRunner, settings: Settings) -> None:
    """Begun and ended there."""
    begun = command.invoke(app, ["alerts", "snooze", FIRST[:9], "--days", "7", "--reason", "整改中", "--by", "王五"])
    ended = command.invoke(app, ["alerts", "unsnooze", FIRST, "--by", "王五"])

    assert (0, 0) == (begun.exit_code, ended.exit_code)
    audit = read(settings.brokers, f"{settings.prefix}.audit")
    assert {"alerts snooze", "alerts unsnooze"} == {one["what"] for one in audit}
