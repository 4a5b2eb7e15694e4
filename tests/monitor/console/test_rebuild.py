"""What was done with leads is on the topics alone: the read model is built again from them."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer
from fastapi.testclient import TestClient

from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.readmodel import process
from monitor.readmodel.readmodel import ReadModel
from monitor.settings import Settings
from streams.kafka.reading import reader
from tests.monitor.console._leads import leads
from tests.monitor.console.test_console import form_of

pytestmark = pytest.mark.redis

FIRST, SECOND, THIRD = (one["alert_id"] for one in leads()[:3])
HOLIDAY = {"date": "2026-10-01", "kind": "holiday", "name": "国庆节"}


def shown(page: TestClient) -> list[Any]:
    """All that a reviewer may read of it."""
    asked = ["/api/leads?order=due", "/api/leads?order=due&at=40", "/api/snoozes", "/api/rules"]
    return [page.get(one).json() for one in (*asked, *(f"/api/leads/{one}" for one in (FIRST, SECOND, THIRD)))]


async def test_the_read_model_is_built_again_from_topics(
    page: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assignments, comments, proposals, dispositions, snoozes and tables: nothing stands in Redis alone."""
    # The embedded broker leaves the checksum of a transaction as it was before it gave its records their offsets.
    monkeypatch.setattr(process, "reader", partial(reader, check_crcs=False))
    two = settings.model_copy(update={"second_reviewer": True})
    other = TestClient(app_of(two, ConsoleMetrics()), base_url="http://localhost", follow_redirects=False)
    producer = Producer({"bootstrap.servers": settings.brokers, "log_level": 0})
    for one in leads():
        producer.produce(f"{settings.prefix}.alerts", orjson.dumps(one), one["alert_id"])
    producer.produce(f"{settings.prefix}.reference.calendar", orjson.dumps(HOLIDAY), "2026-10-01/")
    for number, name in enumerate(("尿路感染", "泌尿系感染")):
        row = {"code": "N39.0", "exempt": "0", "name": name, "valid_from": f"202{number}-01-01"}
        producer.produce(f"{settings.prefix}.reference.diagnoses", orjson.dumps(row), "N39.0/")
    for value in (orjson.dumps({"bilg_dr_codg": "d1", "status": "revoked"}), None):
        producer.produce(f"{settings.prefix}.reference.physicians", value, "d1/")
    producer.produce(f"{settings.prefix}.reference.institutions", b"{}", "none")
    producer.produce(f"{settings.prefix}.work", b"{}", "none")
    producer.flush(10)
    answers = [
        page.post("/assignments", data=form_of(page, FIRST, SECOND, who="other", to="李四")),
        page.post("/comments", data=form_of(page, FIRST, text="已电话核实")),
        page.post("/dispositions", data=form_of(page, SECOND)),
        other.post("/dispositions", data=form_of(other, THIRD)),
        page.post("/snoozes", data=form_of(page, FIRST, days="30") | {"alert_id": FIRST}),
    ]
    assert {303} == {one.status_code for one in answers}
    before = shown(page)

    await process.rebuild(settings.model_copy(update={"alerts_days": 3660}))

    assert before == shown(page)
    states = before[0]["states"] | before[1]["states"]
    assert ("李四", "explained", "explained") == (
        states[FIRST]["assignee"], states[SECOND]["disposition"], states[THIRD]["proposed"],
    )  # fmt: skip
    assert worked_on(settings) == [False, True]
    tables = ReadModel(settings).reference_of([("diagnoses", "N39.0"), ("diagnoses", "N39"), ("physicians", "d1")])
    assert ["泌尿系感染"] == [row["name"] for row in tables.rows("diagnoses", "N39.0")]
    assert not tables.has("physicians")


def worked_on(settings: Settings) -> list[bool]:
    """Whether people work on the holiday, and on the day before it, by the read model."""
    days = ReadModel(settings).working_days()
    return [days.is_working(date(2026, 10, 1)), days.is_working(date(2026, 9, 30))]
