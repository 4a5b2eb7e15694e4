"""Who is limited to regions or institutions sees nothing of any other, wherever it might show."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import NoReturn

import msgspec
import orjson
import pytest
from fastapi import FastAPI, Request
from redis.asyncio import Redis as AsyncRedis

from monitor.console.access import User
from monitor.console.app import app_of
from monitor.console.context import Console
from monitor.console.guard import NEEDED
from monitor.console.metrics import ConsoleMetrics
from monitor.console.pages import news_of
from monitor.contract.feedback import TODO
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.readmodel.layout import Keys
from monitor.readmodel.projector import Projector
from monitor.readmodel.silence import Heard
from monitor.readmodel.watcher import Saved
from monitor.settings import Settings, load_settings
from rules.times import DAY, HOUR
from tests.monitor.console._people import SHOP, access_file, logged_in, placed_leads, posted

pytestmark = pytest.mark.redis
HERE, ELSEWHERE = placed_leads()
HIDDEN = [one["alert_id"] for one in ELSEWHERE]
FURTHER = "H11010100001"


@pytest.fixture
async def settings(redis_url: str, prefix: str, tmp_path: Path) -> Settings:
    """Of an area with leads of two cities and institutions that fell silent in both."""
    now, often = 100 * DAY, (1 << 14) - 1
    heard = {SHOP: Heard(now - 50 * HOUR, often), FURTHER: Heard(now - 50 * HOUR, often), "H34102100001": Heard(now)}
    settings = load_settings(
        redis=redis_url, prefix=prefix, brokers="127.0.0.1:1", console_access=access_file(tmp_path)
    )
    Projector(settings).put(alerts=[orjson.dumps(one) for one in HERE + ELSEWHERE])
    async with AsyncRedis.from_url(redis_url) as redis:
        await redis.set(Keys(prefix).heard, msgspec.json.encode(Saved({}, heard)))
    return settings


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The console of that area."""
    return app_of(settings, ConsoleMetrics())


async def test_no_route_shows_a_lead_of_another_region(app: FastAPI) -> None:
    """Each route by GET, for each lead that is hidden; and nothing of it can be disposed of."""
    page = logged_in(app, "of_city")
    for hidden in ELSEWHERE:
        parts = {
            "{alert_id}": hidden["alert_id"], "{code}": FURTHER, "{rule_id}": hidden["rule_id"],
            "{pseudonym}": "p_0",
        }  # fmt: skip
        for method, route in NEEDED:
            if method == "GET" and route not in ("/news", "/login"):
                address = route
                for part, value in parts.items():
                    address = address.replace(part, value)
                answer = page.get(address)
                assert answer.status_code in (200, 404), route
                assert not [one for one in HIDDEN if one in answer.text], route
                assert FURTHER not in answer.text.replace(address, ""), route
        answer = posted(page, "/dispositions", alert_id=hidden["alert_id"], disposition="confirmed")
        assert answer.status_code == 404


async def test_what_is_theirs_is_shown_and_counted(app: FastAPI) -> None:
    """Lists, figures, the file, the incident and the silent institutions, of those leads alone."""
    page = logged_in(app, "of_city")
    mine = {one["alert_id"] for one in HERE}

    listed = page.get("/api/leads").json()
    assert (mine, 2) == ({one["alert_id"] for one in listed["leads"]}, listed["total"])
    assert page.get("/api/leads?order=amount&region=341103").json()["total"] == 0
    assert dict.fromkeys({lead["rule_id"] for lead in HERE}, 1) == {
        rule: one["alerts"] for rule, one in page.get("/api/rules").json().items() if one["alerts"]
    }
    assert {True} == {one in page.get("/leads.csv").text for one in mine}
    assert page.get(f"/api/leads/{HERE[0]['alert_id']}").json()["beside"] == []
    for lead in HERE:
        text = page.get(f"/leads/{lead['alert_id']}").text
        [told] = re.findall(rf"<dt>机构 {lead['fixmedins_code']} [^<]*</dt><dd>([^<]*)</dd>", text)
        alike = [
            [one for one in HERE if one is not lead and all(one[key] == lead[key] for key in keys)]
            for keys in (["fixmedins_code"], ["fixmedins_code", "rule_id"])
        ]
        said = [f"待处置 {len(some)}" if some else "无" for some in alike]
        assert told == f"{said[0]}；其中 {lead['rule_id']}：{said[1]}"
    first = page.get("/").text
    assert SHOP in first
    assert f'/leads?disposition={TODO}"><strong>2<' in first
    assert logged_in(app, "admin").get("/api/leads").json()["total"] == 4
    assert FURTHER in logged_in(app, "admin").get("/").text


async def test_an_institution_sees_its_own(app: FastAPI) -> None:
    """By its code, whatever the region."""
    page = logged_in(app, "of_shop")
    own = {one["alert_id"] for one in HERE if one["fixmedins_code"] == SHOP}

    assert own
    assert own == {one["alert_id"] for one in page.get("/api/leads").json()["leads"]}
    assert FURTHER not in page.get("/").text


async def never() -> NoReturn:
    """The browser says nothing more."""
    await asyncio.Event().wait()
    raise AssertionError


def asking(user: User) -> Request:
    """A request for news, of a session that has ended."""
    scope = {
        "type": "http", "method": "GET", "path": "/news", "headers": [], "state": {"user": user},
        "session": {"who": {"token": ""}, "until": 0},
    }  # fmt: skip
    return Request(scope, never)


async def before_news(settings: Settings, within: Jurisdiction | None, revision: int) -> int:
    """What a stream says up to its first news, when a lead comes from elsewhere and then one from here: how many words.

    revision: greater than any that came before.
    """
    console = Console(settings.model_copy(update={"console_access": None}), ConsoleMetrics())
    stream = news_of(console, asking(User("a", "viewer", within)))
    said = [await anext(stream)]
    async with AsyncRedis.from_url(settings.redis) as redis:
        for one in (ELSEWHERE, HERE):
            await redis.publish(Keys(settings.prefix).news, orjson.dumps(one[0] | {"revision": revision}))
    while said[-1] == ": here\n\n":
        said.append(await anext(stream))
    await stream.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert said[-1] == "event: news\ndata: 1\n\n"
    return len(said)


async def test_news_are_of_their_own_leads(settings: Settings) -> None:
    """Who sees everything hears the first; who does not, only the second."""
    first = await before_news(settings, None, revision=8)

    assert first + 1 == await before_news(settings, Jurisdiction(("3410",)), revision=9)


async def test_news_end_with_the_session(settings: Settings) -> None:
    """A page that stays open hears nothing more."""
    console = Console(settings, ConsoleMetrics())

    assert [": here\n\n"] == [one async for one in news_of(console, asking(User("a", "viewer")))]
