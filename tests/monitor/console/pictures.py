"""Pictures of every view of the console: `python -m tests.monitor.console.pictures`.

Both languages, 390 and 1440 pixels, light; two views dark as well. Those of IN_DOCS go to docs/pictures.
It needs Chromium, Redis and Kafka as the tests do.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, FloatRect, Page

from tests._redis import redis_server
from tests.kafka._cluster import kafka_cluster
from tests.monitor.console._process import SECONDS, chromium, console_process
from tests.monitor.console._views import VIEWS, fill, log_in, settings_of

DOCS = Path(__file__).parents[3] / "docs" / "pictures"
PREFIX = "pictures"
TALLEST, TALLEST_IN_DOCS = 2600, 1300
"""Pixels of a picture; what is below is more of the same."""
QUALITY = 55
"""Of the JPEG in docs/: letters stay sharp, and a picture has a fifth of the bytes."""
DARK = ("now", "lead")


class Look(NamedTuple):
    """How a page is looked at."""

    language: str
    scheme: Literal["light", "dark"]
    width: int


LOOKS = [
    Look(language, scheme, width)
    for scheme in ("light", "dark")
    for language in ("zh", "en")
    for width in (390, 1440)
]  # fmt: skip
IN_DOCS = (
    "now.zh.light.1440", "now.en.dark.1440", "lead.zh.light.1440", "lead.zh.light.390", "institution.en.light.1440",
    "leads.zh.light.390", "health.zh.light.1440", "rules.en.light.1440",
)  # fmt: skip


def main(folder: Path) -> None:
    """Make all of them in a folder, and put some into docs/pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    DOCS.mkdir(exist_ok=True)
    with redis_server() as redis_url, kafka_cluster() as kafka, TemporaryDirectory() as own:
        with ThreadPoolExecutor() as beside:  # the browser has the loop of this thread
            beside.submit(asyncio.run, fill(redis_url, PREFIX, kafka.bootstrap)).result()
        where = {"brokers": kafka.bootstrap, "redis": redis_url, "prefix": PREFIX}
        with console_process(Path(own), **where, **settings_of(Path(own))) as (address, _), chromium() as browser:
            for look in LOOKS:
                take(browser, address, look, folder)


def take(browser: Browser, address: str, look: Look, folder: Path) -> None:
    """Each view in one look."""
    context = browser.new_context(viewport={"width": look.width, "height": 900}, color_scheme=look.scheme)
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    log_in(page, address)
    page.goto(f"{address}?lang={look.language}")
    for view, go in VIEWS.items():
        if look.scheme == "light" or view in DARK:
            go(page, address)
            name = f"{view}.{look.language}.{look.scheme}.{look.width}"
            page.screenshot(path=folder / f"{name}.png", full_page=True, clip=_clip(page, TALLEST))
            if name in IN_DOCS:
                into = DOCS / f"console-{name}.jpg"
                clip = _clip(page, TALLEST_IN_DOCS)
                page.screenshot(path=into, full_page=True, clip=clip, type="jpeg", quality=QUALITY)
    context.close()


def _clip(page: Page, tallest: int) -> FloatRect:
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    width = int(page.evaluate("document.documentElement.clientWidth"))
    return {"x": 0, "y": 0, "width": width, "height": min(height, tallest)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
