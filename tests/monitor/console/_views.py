"""Every view of the console over fixed data: the county of docs/leads.md, with what reviewers said of its leads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import orjson
from aiokafka import AIOKafkaProducer
from playwright.sync_api import Page
from redis.asyncio import Redis as AsyncRedis

from monitor.contract.feedback import Feedback
from monitor.contract.work import Assigned, Commented, Proposed, Snoozed
from monitor.handbook.control import county
from monitor.readmodel.projector import Projector
from monitor.readmodel.silence import Heard
from monitor.readmodel.watcher import Saved
from monitor.settings import load_settings
from rules.times import BEIJING, DAY, HOUR, parse
from streams.kafka import area as areas
from streams.kafka import topics
from streams.kafka.tables import publish_rows
from streams.kafka.topics import Names, Sizes
from streams.route.router import Noted
from streams.route.tallies import Tally
from tests.monitor.console._people import TOKENS, access_file

NAME = "admin"
"""Who looks at the views."""
CLOCK = parse("2026-03-25")
"""When the county is looked at: most of its leads are open."""
NOTED = {
    Noted("refused", "no_result", "H34102100001", "2207"): 12,
    Noted("refused", "wrong_type", "P34102100003", "2102"): 3,
    Noted("late", "", "P34102100004", "2102"): 41,
    Noted("skipped", "", "H34102100002", "1101"): 730,
    Noted("missing_codes", "", "P34102100007", "2102"): 9,
}
SAID = ("confirmed", "false_positive", "data_error", "explained", "referred")
REASONS = ("", "实为家属代购，已核实委托书", "医院信息系统时钟有误", "断网后集中上传", "涉嫌多人合谋，转公安机关")
"""One for each disposition."""


def revisions() -> list[dict[str, Any]]:
    """What the county had told by then."""
    return [dict(one) for one in county().revisions if parse(one["detected_at"]) <= CLOCK]


def alerts() -> list[dict[str, Any]]:
    """The last of them of each alert."""
    return [*{one["alert_id"]: one for one in revisions()}.values()]


def shown_lead() -> dict[str, Any]:
    """The lead whose page is a view: one that has a plot."""
    return next(one for one in alerts() if one["rule_id"] == "S01")


def shown_person() -> str:
    """The person whose page is a view: the one with most leads."""
    found: dict[str, int] = {}
    for one in alerts():
        if one["subject"]["kind"] == "person":
            found[one["subject"]["id"]] = found.get(one["subject"]["id"], 0) + 1
    return max(found, key=lambda person: (found[person], person))


async def fill(redis_url: str, prefix: str, brokers: str) -> None:
    """Put the county into the read model and what its workers noted onto the topics."""
    client, names, known = {"bootstrap_servers": brokers}, Names(prefix), alerts()
    projector = Projector(load_settings(redis=redis_url, prefix=prefix))
    assert projector.put(alerts=map(orjson.dumps, revisions()), feedback=_said(known), work=_done()) == 0
    async with AsyncRedis.from_url(redis_url) as redis:
        institutions = {one["fixmedins_code"]: Heard(CLOCK, (1 << 14) - 1) for one in known if one["fixmedins_code"]}
        institutions["P34102100999"] = Heard(CLOCK - 70 * HOUR, (1 << 14) - 1)
        await redis.set(f"{prefix}:heard", msgspec.json.encode(Saved({}, institutions)))
    await topics.create(client, prefix, Sizes(inputs=2, internal=2))
    await areas.write(client, prefix, areas.or_new)
    await publish_rows(client, prefix, "deaths", [{"psn_no": "1", "die_date": "2026-01-05", "valid_from": ""}])
    now = int(1000 * time.time())
    async with AIOKafkaProducer(**client) as producer:
        for one, number in NOTED.items():
            await producer.send_and_wait(
                names.tallies, msgspec.json.encode(Tally(*one, number=number, since=now - 1000, until=now))
            )
        await producer.send_and_wait(names.events, b"{}", partition=0)


def _said(known: list[dict[str, Any]]) -> list[bytes]:
    """Every third lead was judged."""
    made = []
    for number, lead in enumerate(known[::3]):
        at = datetime.fromtimestamp((parse(lead["detected_at"]) + DAY) / 1000, BEIJING)
        kind = number % len(SAID)
        said = {"alert_id": lead["alert_id"], "disposition": SAID[kind], "reason": REASONS[kind]}
        made.append(Feedback.model_validate(said | {"by": "王五", "at": at}).model_dump_json().encode())
    return made


def _done() -> list[bytes]:
    """The lead whose page is a view was assigned and commented on, a disposition of it waits; its rule is snoozed."""
    lead = shown_lead()
    one, at = lead["alert_id"], datetime.fromtimestamp((parse(lead["detected_at"]) + 2 * DAY) / 1000, BEIJING)
    later = [at + timedelta(minutes=minutes) for minutes in (0, 7, 90)]
    subject = {"rule_id": "D01", "subject_kind": "institution", "subject_id": "P34102100003"}
    acts = [
        Assigned(alert_id=one, by="李四", at=later[0], to="王五"),
        Commented(alert_id=one, by="王五", at=later[1], text="已电话联系药店负责人，约3月20日现场核查。"),
        Proposed(alert_id=one, by="王五", at=later[2], disposition="explained", reason="断网后集中上传，已调取日志"),
        Snoozed(
            by="赵六", at=datetime.now(BEIJING), until=datetime.now(BEIJING) + timedelta(days=30),
            reason="慢性病长处方试点机构", **subject,
        ),
    ]  # fmt: skip
    return [act.model_dump_json().encode() for act in acts]


def settings_of(folder: Path) -> dict[str, object]:
    """Settings of a console into which people log in, and where an approver may ask who a person is."""
    table = folder / "persons.csv"
    table.write_text(f"pseudonym,person\n{_person_of(shown_lead())},示例编号0001\n", encoding="utf-8")
    return {"console_access": access_file(folder), "console_persons": table, "second_reviewer": "true"}


def _person_of(lead: dict[str, Any]) -> str:
    return next(str(row["person"]) for row in lead["evidence"] if row["person"])


def log_in(page: Page, address: str) -> None:
    """Log in with a token."""
    page.goto(f"{address}login")
    page.locator("input[name=token]").fill(TOKENS[NAME])
    page.locator("main button").click()
    page.wait_for_url(address)


def _at(path: Callable[[], str]) -> Callable[[Page, str], None]:
    def go(page: Page, address: str) -> None:
        page.goto(f"{address}{path()}")

    return go


def _plot(page: Page, address: str) -> None:
    page.goto(f"{address}leads/{shown_lead()['alert_id']}")
    page.locator(".plot canvas").wait_for()


def _chosen(page: Page, address: str) -> None:
    page.goto(f"{address}leads?severity=critical&disposition=todo&order=amount")
    page.locator("#list input[name=alert_id]").first.check()
    page.locator("#list summary").click()


def _printed(page: Page, address: str) -> None:
    _plot(page, address)
    page.locator("form[action$='/print'] button").first.click()
    page.locator("article.print").wait_for()


def _asked(page: Page, address: str) -> None:
    _plot(page, address)
    form = page.locator("form[action='/persons']")
    form.locator("textarea, input[name=reason]").first.fill("核查线索需联系本人")
    form.locator("button").click()
    page.locator("dl.facts").wait_for()


def _login(page: Page, address: str) -> None:
    page.locator("form.user button").click()
    page.locator("input[name=token]").wait_for()
    page.goto(f"{address}login")


VIEWS: Mapping[str, Callable[[Page, str], None]] = {
    "now": _at(lambda: ""),
    "leads": _at(lambda: "leads"),
    "leads-chosen": _chosen,
    "leads-none": _at(lambda: "leads?text=nothing-like-it"),
    "lead": _plot,
    "institution": _at(lambda: f"institutions/{shown_lead()['fixmedins_code']}"),
    "person": _at(lambda: f"persons/{shown_person()}"),
    "rules": _at(lambda: "rules"),
    "rule": _at(lambda: "rules/D01"),
    "health": _at(lambda: "health"),
    "print": _printed,
    "who": _asked,
    "error": _at(lambda: "leads/nothing"),
    "login": _login,
}
"""Name -> how to get there, logged in; the last one logs out."""
