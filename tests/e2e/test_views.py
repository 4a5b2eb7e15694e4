"""Every view of the console in a real browser: no barrier, nothing that breaks, nothing too wide."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.kafka._cluster import Kafka
from tests.monitor.console._process import SECONDS, chromium, console_process
from tests.monitor.console._views import VIEWS, fill, log_in, settings_of

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]

GRAVE = ("serious", "critical")
Scheme = Literal["light", "dark"]


@pytest.fixture
def address(kafka: Kafka, redis_url: str, prefix: str, tmp_path: Path) -> Iterator[str]:
    """A console over the county."""
    with ThreadPoolExecutor() as beside:  # the browser has the loop of this thread
        beside.submit(asyncio.run, fill(redis_url, prefix, kafka.bootstrap)).result()
    where = {"brokers": kafka.bootstrap, "redis": redis_url, "prefix": prefix}
    with console_process(tmp_path, **where, **settings_of(tmp_path)) as (found, _):
        yield found


def seen(browser: Browser, address: str, language: str, scheme: Scheme, width: int) -> Iterator[tuple[str, list[str]]]:
    """Each view: what is wrong with it."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, problems = context.new_page(), list[str]()
    page.set_default_timeout(SECONDS)
    page.on("pageerror", lambda error: problems.append(str(error)))
    log_in(page, address)
    page.goto(f"{address}?lang={language}")
    for name, go in VIEWS.items():
        go(page, address)
        found = Axe().run(page).response["violations"]
        grave = [one for one in found if one["impact"] in GRAVE]
        problems += [f"{one['id']}: {node['html'][:120]}" for one in grave for node in one["nodes"]]
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        problems += [f"{too_wide} pixels too wide"] if too_wide > 0 else []
        yield name, [*problems]
        problems.clear()
    context.close()


LOOKS: tuple[tuple[str, Scheme, int], ...] = (
    ("zh", "light", 1440), ("zh", "dark", 1440), ("en", "light", 1440), ("en", "dark", 1440),
    ("zh", "light", 390), ("en", "dark", 390),
)  # fmt: skip


FEW = pytest.param(LOOKS[:1], id="one look")
REST = pytest.param(LOOKS[1:], id="the other looks", marks=pytest.mark.long)


@pytest.mark.parametrize("looks", [FEW, REST])
def test_no_view_has_a_barrier(address: str, looks: tuple[tuple[str, Scheme, int], ...]) -> None:
    """Nothing serious or critical, in both languages, light and dark; no page is wider than its window."""
    with chromium() as browser:
        found = {
            (name, *look): problems for look in looks for name, problems in seen(browser, address, *look) if problems
        }

    assert found == {}


def test_a_barrier_is_found() -> None:
    """Text that is as pale as its ground, and a field without a name: the search can fail."""
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(
            '<html lang="zh"><title>x</title><p style="color:#eee;background:#fff">示例大药房</p><input></html>'
        )
        found = {one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in GRAVE}

    assert found >= {"color-contrast", "label"}
