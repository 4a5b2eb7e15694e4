"""Logging in at a provider: who is let in, as what, and what of it is refused."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey
from structlog.testing import capture_logs

from monitor.console.access import Access, Claims, Oidc, User, load_access
from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.console.words import WORDS
from monitor.handbook.pages import DOCS
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.readmodel.projector import Projector
from monitor.settings import load_settings
from tests.monitor.console._people import browser
from tests.monitor.console._provider import CLIENT, SECRET, Provider, provider


@pytest.fixture
def login() -> Iterator[Provider]:
    """A provider that says of everybody that he is a reviewer of one city."""
    with provider() as server:
        server.claims = {"name": "王五", "roles": ["staff", "fund-reviewer"], "regions": ["3410"]}
        yield server


@pytest.fixture
def app(redis_url: str, prefix: str, login: Provider, tmp_path: Path) -> FastAPI:
    """A console that takes its word."""
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
    file = tmp_path / "access.toml"
    file.write_text(
        f'[oidc]\nissuer = "{login.issuer}"\nclient_id = "{CLIENT}"\nsecret_file = "secret"\n'
        '[oidc.claims]\nregions = "regions"\ninstitutions = "institutions"\n'
        '[oidc.roles]\nfund-reviewer = "reviewer"\nfund-viewer = "viewer"\n',
        encoding="utf-8",
    )
    settings = load_settings(redis=redis_url, prefix=prefix, console_access=file)
    Projector(settings).put(alerts=[])
    return app_of(settings, ConsoleMetrics())


def back_from(page: TestClient, to: str = "/leads") -> str:
    """Go to the provider; the address to which it sends the browser back."""
    there = page.get("/login/oidc", params={"to": to})
    assert there.status_code == 302
    location: str = httpx2.get(there.headers["location"]).headers["location"]
    return location


@pytest.mark.redis
async def test_somebody_logs_in_at_the_provider(app: FastAPI) -> None:
    """With the name and the role that it gives; the page that was asked for comes first."""
    page = browser(app)
    assert WORDS["log_in_oidc"].zh in page.get("/login").text

    answer = page.get(back_from(page, "/leads?rule=S01"))

    assert (303, "/leads?rule=S01") == (answer.status_code, answer.headers["location"])
    shown = page.get("/leads")
    assert (200, True) == (shown.status_code, "<span>王五</span>" in shown.text)
    assert page.post("/persons", data={"csrf": page.cookies["csrf"]}).status_code == 403


@pytest.mark.redis
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://127.0.0.1:1"}, {"aud": "another"}, {"exp": int(time.time()) - 3600}, {"nonce": "another"},
        {"roles": ["staff"]}, {"roles": None}, {"regions": []}, {"regions": "all", "name": ""},
    ],
)  # fmt: skip
async def test_what_the_provider_does_not_say_lets_nobody_in(
    app: FastAPI, login: Provider, claims: dict[str, Any]
) -> None:
    """An ID token for another, of another, that is over, or without name, role or region; the log names nobody."""
    login.claims |= claims
    page = browser(app)

    with capture_logs() as said:
        answer = page.get(back_from(page))

    assert (403, True) == (answer.status_code, WORDS["oidc_refused"].zh in answer.text)
    assert page.get("/leads").status_code == 303
    assert "王五" not in str(said)


@pytest.mark.redis
async def test_an_id_token_that_somebody_else_signed_lets_nobody_in(app: FastAPI, login: Provider) -> None:
    """The provider shows another key."""
    login.key = RSAKey.generate_key(2048, {"kid": "a"})
    page = browser(app)

    assert page.get(back_from(page)).status_code == 403


@pytest.mark.redis
async def test_an_answer_belongs_to_the_browser_that_asked(app: FastAPI) -> None:
    """Nobody is logged in as another by a link, and no answer counts twice."""
    page, victim = browser(app), browser(app)
    link = back_from(page)

    assert victim.get(link).status_code == 403
    assert page.get(link).status_code == 303
    assert page.get(link).status_code == 403


@pytest.mark.redis
async def test_a_provider_that_is_away_is_told(app: FastAPI, login: Provider) -> None:
    """It is no fault of the console."""
    login.shutdown()
    login.server_close()

    answer = browser(app).get("/login/oidc")

    assert (403, True) == (answer.status_code, WORDS["oidc_refused"].zh in answer.text)


@pytest.mark.redis
async def test_without_a_provider_there_is_no_way_to_one(redis_url: str) -> None:
    """As on this machine."""
    page = browser(app_of(load_settings(redis=redis_url), ConsoleMetrics()))

    assert [404, 404] == [page.get(one).status_code for one in ("/login/oidc", "/login/oidc/back")]


CITY = Jurisdiction(("3410",), ())


@pytest.mark.parametrize(
    ("claims", "said", "user"),
    [
        (Claims(), {"name": "a", "roles": ["r"]}, User("a", "reviewer")),
        (Claims(), {"name": "a", "roles": "r"}, User("a", "reviewer")),
        (Claims(), {"name": "a", "roles": ["v", "r", "x"]}, User("a", "reviewer")),
        (Claims(role="realm_access.roles"), {"name": "a", "realm_access": {"roles": ["v"]}}, User("a", "viewer")),
        (Claims(role="realm_access.roles"), {"name": "a", "realm_access": ["v"]}, None),
        (Claims(regions="reg"), {"name": "a", "roles": ["r"], "reg": ["3410", "34x"]}, User("a", "reviewer", CITY)),
        (Claims(regions="reg"), {"name": "a", "roles": ["r"], "reg": "*"}, User("a", "reviewer")),
        (Claims(regions="reg"), {"name": "a", "roles": ["r"]}, None),
        (Claims(regions="reg"), {"name": "a", "roles": ["r"], "reg": ["34x"]}, None),
        (Claims(institutions="i"), {"name": "a", "roles": ["v"], "i": ["p1"]},
         User("a", "viewer", Jurisdiction((), ("P1",)))),
        (Claims(), {"name": 7, "roles": ["r"]}, None),
        (Claims(), {"roles": ["r"]}, None),
    ],
)  # fmt: skip
def test_claims_say_who_somebody_is(claims: Claims, said: dict[str, Any], user: User | None) -> None:
    """The highest role counts; where the file asks for a region, none means no log-in and never everything."""
    oidc = Oidc("https://a.example", "c", "secret", {"r": "reviewer", "v": "viewer"}, claims)

    assert user == Access([], oidc, "secret").of_claims(said)


def test_a_session_of_a_provider_ends_with_it() -> None:
    """Once the access file has it, or the role that it gives, no more."""
    who = {"name": "a", "roles": ["staff", "boss"], "within": [["3410"], []]}
    oidc = Oidc("https://a.example", "c", "secret", {"boss": "admin"})
    fewer = Oidc("https://a.example", "c", "secret", {"viewers": "viewer"})

    assert User("a", "admin", CITY) == Access([], oidc, "secret").of_session(who)
    assert Access([]).of_session(who) is None
    assert Access([], fewer, "secret").of_session(who) is None


@pytest.mark.parametrize("page", ["console.md", "console.zh.md"])
def test_the_access_file_of_the_documentation_is_taken(page: str, tmp_path: Path) -> None:
    """As it stands there, in both languages."""
    [example] = re.findall(r"```toml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "access.toml").write_text(example, encoding="utf-8")
    (tmp_path / "oidc.secret").write_text("secret", encoding="utf-8")

    access = load_access(load_settings(console_access=tmp_path / "access.toml"))

    assert access is not None
    said = {"name": "王五", "roles": ["fund-approver", "fund-reviewer"], "regions": ["3410"]}
    assert User("王五", "approver", CITY) == access.of_claims(said)
