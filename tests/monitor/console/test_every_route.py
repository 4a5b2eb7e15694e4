"""What holds for every route, asked of the table of routes and of the API's description."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection

from monitor.console.app import app_of
from monitor.console.guard import NEEDED
from monitor.console.metrics import ConsoleMetrics
from monitor.readmodel.projector import Projector
from monitor.settings import Settings, load_settings
from tests.monitor.console._leads import SCRIPT, Lead, leads
from tests.monitor.console._people import TOKENS, access_file, logged_in

pytestmark = pytest.mark.redis
EXAMPLES = 25
"""Of each operation of the API; more find nothing that these do not."""
FREE = (
    *("fixmedins_name", "fixmedins_code", "rule_name", "rule_name_en", "basis", "stage"),
    *("insuplc_admdvs", "mdtrtarea_admvs", "rule_version", "reference_version", "merged_into"),
)
"""Texts of an alert in which anything may stand that came with an event or a table."""
OF_ROW = (
    "person",
    "setl_id",
    "mdtrt_id",
    "msgid",
    "line",
    "fixmedins_name",
    "fixmedins_code",
    "item",
    "item_name",
    "infno",
)


def hostile_leads() -> list[Lead]:
    """A lead for each text of an alert, of a row of its evidence and of what a rule decided on, which is a script."""
    [one] = [one for one in leads() if one["rule_id"] == "S01"]
    made = [one | {name: SCRIPT} for name in FREE]
    made += [one | {"evidence": [row | {name: SCRIPT} for row in one["evidence"]]} for name in OF_ROW]
    made.append(one | {"evidence": [row | {"decided": {SCRIPT: SCRIPT}} for row in one["evidence"]]})
    made.append(one | {"subject": {"kind": "person", "id": SCRIPT}})
    made.append(one | {"text": {"zh": SCRIPT, "en": SCRIPT}})
    return [lead | {"alert_id": f"{at:032x}", "incident_id": f"{at:032x}"} for at, lead in enumerate(made, 1)]


@pytest.fixture
def area(redis_url: str, prefix: str, tmp_path: Path) -> Settings:
    """Settings of an area with hostile leads, and people who log in."""
    hostile = [orjson.dumps(one) for one in hostile_leads()]
    table = tmp_path / "persons.csv"
    table.write_text("pseudonym,person\n", encoding="utf-8")
    settings = load_settings(
        redis=redis_url,
        prefix=prefix,
        brokers="127.0.0.1:1",
        console_access=access_file(tmp_path),
        console_persons=table,
    )
    assert Projector(settings).put(alerts=hostile) == 0
    return settings


@pytest.fixture
def app(area: Settings) -> FastAPI:
    """The console of that area."""
    return app_of(area, ConsoleMetrics())


@pytest.mark.parametrize("name", ["viewer", "approver"])
async def test_a_script_in_any_field_stays_text_on_every_page(app: FastAPI, name: str) -> None:
    """In both languages, for each role that sees other parts of a page."""
    page = logged_in(app, name)
    pages = ["/", "/leads", "/leads?order=amount", "/rules", "/rules/S01", f"/leads?text={SCRIPT}"]
    pages += [f"/leads/{one['alert_id']}" for one in hostile_leads()]
    seen = 0
    for address in pages:
        for language in ("zh", "en"):
            answer = page.get(address, params={"lang": language} if "?" not in address else None)
            assert answer.status_code == 200, address
            assert not re.search(r"<script(?! src=\"/static/)", answer.text), address
            seen += "&lt;script&gt;" in answer.text
    assert seen > len(hostile_leads())


PARTS = strategies.one_of(
    strategies.sampled_from([f"{1:032x}", "S01", SCRIPT, "..", "%00", "\u202e", "p_1", "0" * 5000, "X99"]),
    strategies.text(min_size=1, max_size=20).filter(lambda text: "/" not in text),
)


async def test_no_page_breaks_whatever_stands_in_its_address(app: FastAPI) -> None:
    """Each route by GET with any part and any question: never a fault of ours."""
    page = logged_in(app, "admin")
    routes = [route for method, route in NEEDED if method == "GET" and route not in ("/news", "/login/oidc")]
    names = ("rule", "severity", "days", "region", "person", "institution", "text", "order", "at", "lang", "to", "open")

    @settings(
        max_examples=150, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )  # fmt: skip
    @given(
        route=strategies.sampled_from(routes), part=PARTS,
        asked=strategies.dictionaries(strategies.sampled_from(names), PARTS, max_size=3),
    )  # fmt: skip
    def asked_for(route: str, part: str, asked: dict[str, str]) -> None:
        address = re.sub(r"\{\w+\}", lambda _: quote(part, safe=""), route)
        answer = page.get(address, params=asked)
        assert answer.status_code in (200, 303, 307, 403, 404, 422, 429), (address, asked, answer.status_code)

    asked_for()


BEARER = {"Authorization": f"Bearer {TOKENS['viewer']}", "Host": "localhost"}


@pytest.mark.parametrize(
    ("mode", "paths"),
    [
        (GenerationMode.POSITIVE, ["/api/leads", "/api/leads/{alert_id}", "/api/rules", "/api/snoozes", "/api/health"]),
        (GenerationMode.NEGATIVE, ["/api/leads"]),
    ],
)
async def test_the_api_is_what_its_description_says(app: FastAPI, mode: GenerationMode, paths: list[str]) -> None:
    """Each operation, with values that it allows or with others: no fault of ours, no answer that is not described.

    Others can be given where the description limits them. An empty value is allowed everywhere, as a form sends it:
    the check that it be refused is left out.
    """
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=BEARER)
    operations = {one.ok().path: one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)}
    assert {route for _, route in NEEDED if route.startswith("/api/")} - {"/api/openapi.json"} == operations.keys()
    for operation in (operations[path] for path in paths):

        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def asked_for(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(headers=BEARER, excluded_checks=[negative_data_rejection])

        asked_for()
