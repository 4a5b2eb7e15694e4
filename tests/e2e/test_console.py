"""A reviewer at work in a real browser: an alert arrives, is opened, is disposed of, and the loop is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer
from playwright.sync_api import Page, expect
from redis.asyncio import Redis as AsyncRedis

from monitor.offline.embedded import EmbeddedBroker
from monitor.readmodel.layout import Keys
from monitor.readmodel.projector import Projector
from monitor.settings import load_settings
from tests.monitor.console._leads import Lead, leads, read
from tests.monitor.console._process import SECONDS, chromium, console_process

pytestmark = [pytest.mark.browser, pytest.mark.redis, pytest.mark.slow]


@pytest.fixture
def reviewer() -> Iterator[Page]:
    """A browser in which nothing was ever opened."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(SECONDS)
        yield page


@pytest.fixture
def broker() -> Iterator[str]:
    """Brokers inside this process."""
    with EmbeddedBroker() as embedded:
        yield embedded.bootstrap


@pytest.fixture
def console(redis_url: str, prefix: str, broker: str, tmp_path: Path) -> Iterator[str]:
    """The command `monitor console`; gives its address."""
    for name in ("feedback", "work", "audit"):
        Producer({"bootstrap.servers": broker, "log_level": 0}).list_topics(f"{prefix}.{name}", timeout=10)
    Projector(load_settings(redis=redis_url, prefix=prefix)).put()  # it is there, with nothing in it
    with console_process(tmp_path, brokers=broker, redis=redis_url, prefix=prefix) as (address, _):
        yield address


async def show(redis_url: str, prefix: str, *alerts: Lead) -> None:
    """Alerts reach the read model."""
    values = [orjson.dumps(one) for one in alerts]
    Projector(load_settings(redis=redis_url, prefix=prefix)).put(alerts=values)
    async with AsyncRedis.from_url(redis_url) as redis:
        for one in values:
            await redis.publish(Keys(prefix).news, one)


def test_a_lead_is_disposed_of(reviewer: Page, console: str, redis_url: str, prefix: str, broker: str) -> None:
    """It arrives without a reload; its page has a plot; what is said of it is on both topics and in the figures."""
    [lead] = [one for one in leads() if one["rule_id"] == "S01"]
    problems: list[str] = []
    reviewer.on("pageerror", lambda error: problems.append(str(error)))
    reviewer.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)

    reviewer.goto(f"{console}leads")
    expect(reviewer.get_by_text("没有符合条件的线索。")).to_be_visible(timeout=SECONDS)
    with ThreadPoolExecutor() as beside:  # the browser has the loop of this thread
        beside.submit(asyncio.run, show(redis_url, prefix, lead)).result()
    link = reviewer.get_by_role("link", name=lead["text"]["zh"])
    expect(link).to_be_visible(timeout=SECONDS)

    link.click()
    expect(reviewer.locator(".plot canvas")).to_be_visible(timeout=SECONDS)
    expect(reviewer.get_by_text("核查建议")).to_be_visible(timeout=SECONDS)
    form = reviewer.locator("form[action='/dispositions']")
    form.get_by_label("合理情形").check()
    form.get_by_label("理由").fill("断网后集中上传")
    form.get_by_label("经办人").fill("王五")
    form.get_by_role("button", name="提交处置").click()
    expect(reviewer.get_by_text("已提交：合理情形。")).to_be_visible(timeout=SECONDS)

    [feedback], [audit] = read(broker, f"{prefix}.feedback"), read(broker, f"{prefix}.audit")
    assert (lead["alert_id"], "explained", "断网后集中上传", "王五") == (
        feedback["alert_id"], feedback["disposition"], feedback["reason"], feedback["by"],
    )  # fmt: skip
    assert (feedback, None) == (audit["after"], audit["before"])
    reviewer.get_by_role("link", name="规则", exact=True).click()
    expect(reviewer.get_by_role("row", name="S01 集中刷卡")).to_contain_text("0%", timeout=SECONDS)
    assert problems == []
