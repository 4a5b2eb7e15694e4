"""How the area is: who works on it and how far, what was set aside and of whom, how old the tables are. No person."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from monitor.area.backlog import Backlog, backlog_of
from monitor.area.doctor import (
    NO_WORKER,
    Check,
    in_force_checks,
    lost_checks,
    notify_checks,
    reconciled_checks,
    redis_check,
    well,
    worker_checks,
    wrong,
)
from monitor.area.tallies import MEANINGS, noted_since
from monitor.console.context import Console, language_of
from monitor.console.guard import user_of
from monitor.console.pages import ERRORS
from monitor.contract.text import MEANING, Language, Said
from monitor.notify import notifier
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.readmodel.silence import may_be_institution
from monitor.readmodel.watcher import loaded
from monitor.reconcile.span import span_of
from monitor.settings import Settings
from monitor.worker.worker import group_of
from rules.times import BEIJING, DAY, iso
from rules.wire.door import Limits
from streams.detect.meter import Blocked
from streams.kafka import area
from streams.kafka.reading import UnreadError
from streams.kafka.topics import Names
from streams.route.router import Noted

T = TypeVar("T")
FRESH_SECONDS = 15.0
"""So long an answer of the brokers is shown to all who ask. Our assumption: a page loaded anew costs little."""
PATIENCE_SECONDS = 20.0
"""So long each part of an answer is waited for."""
MOST_ROWS = 20
"""So many senders are named of each thing, the most frequent first. Our assumption: a page."""
_UNREAD = Said("未能读取（{error}）", "cannot be read ({error})")
_WORKERS, _LAG = Said("工作进程", "workers"), Said("积压", "backlog")
_LOST, _RULES = Said("丢失的偏移量", "lost offsets"), Said("规则", "rules")
_NOTED, _LOADED = Said("未计入的报文", "messages set aside"), Said("参考表时间", "age of tables")
_RECONCILED = Said("与结算平台对账", "reconciliation")
_DEMO = Said("演示", "demo")
_NOT_THERE = Said(
    "演示在单个进程内运行，没有工作进程、偏移量、积压、对账结果和已载入的参考表，因此不作检查",
    "one process, without workers, offsets, a backlog, reconciliation or tables that were loaded: none is looked at",
)
_NOTIFY = Said("线索通知", "notify")
WHY: Mapping[Blocked, Said] = {
    "open_transaction": Said("发布方的事务未结束", "a publisher's transaction is open"),
    "no_leader": Said("该分区没有主节点", "no broker leads it"),
}
"""Why a partition cannot be read on -> in words."""


@dataclass(frozen=True)
class Health:
    """What was found. at: ms UTC. noted: of the 24 h before. tables: when each was last loaded, seconds since 1970."""

    at: int
    checks: list[Check]
    backlog: list[Backlog]
    noted: Mapping[Noted, int]
    tables: list[tuple[str, float]]

    def contract(self, within: Jurisdiction | None) -> dict[str, Any]:
        """The same as JSON, with the senders that a reader may see."""
        return {
            "at": iso(self.at),
            "checks": [{"what": one.what.en, "ok": one.ok, "detail": one.detail.en} for one in self.checks],
            "backlog": [one._asdict() for one in self.backlog],
            "set_aside": [
                {**one._asdict(), "number": number} for one, number in seen_by(self.noted, within).most_common()
            ],
            "tables": {table: iso(int(1000 * at)) if at else None for table, at in self.tables},
        }


class Noticed(NamedTuple):
    """What was noted of senders, of one kind.

    rows: what was noted, the meaning of its detail, the command that sends it again, how often.
    """

    meaning: str
    total: int
    rows: list[tuple[Noted, str, str, int]]

    @property
    def has_detail(self) -> bool:
        """Whether any row has a reason."""
        return any(one.detail for one, *_ in self.rows)

    @property
    def has_command(self) -> bool:
        """Whether any row can be sent again."""
        return any(command for _, _, command, _ in self.rows)


class Look:
    """Looks at an area for all who ask: once at a time, and not again while the answer is fresh."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._found: Health | None = None

    def now(self) -> Health:
        """How the area is, at most FRESH_SECONDS ago. What cannot be read is a check that says so."""
        with self._lock:
            now = int(1000 * time.time())
            if self._found is None or now - self._found.at > 1000 * FRESH_SECONDS:
                self._found = asyncio.run(_look(self._settings, now))
            return self._found


def health_of(console: Console) -> APIRouter:
    """The page, and the same as JSON."""
    router, look = APIRouter(), Look(console.settings)

    @router.get("/health", include_in_schema=False, response_class=HTMLResponse)
    def page(request: Request) -> Response:
        found, language = look.now(), language_of(request)
        shown = {
            "health": found, "is_demo": console.settings.console_demo,
            "noticed": noticed(seen_by(found.noted, user_of(request).within), language),
            "backlog": by_topic(found.backlog), "why": {one: said.of(language) for one, said in WHY.items()},
            "ages": [(table, age_of(found.at, loaded_at)) for table, loaded_at in found.tables],
            "at": iso(found.at),
            "day": last_whole_day(datetime.now(UTC), console.settings.limits),
        }  # fmt: skip
        return console.page(request, "health", shown)

    @router.get("/api/health", responses=ERRORS)
    def api(request: Request) -> dict[str, Any]:
        """How the area is: {at, checks, backlog, set_aside, tables}; of the senders, those that you may see."""
        return look.now().contract(user_of(request).within)

    return router


async def _look(settings: Settings, now: int) -> Health:
    """Ask for each part by itself: a part that cannot be read hides no other. Of a demo there is little to ask."""
    if settings.console_demo:
        return Health(now, [well(_DEMO, _NOT_THERE), redis_check(settings)], [], Counter(), [])
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    client, prefix, group = {"bootstrap_servers": settings.brokers}, settings.prefix, group_of(settings)
    failed: list[Check] = []

    async def part(what: Said, work: Awaitable[T], otherwise: T) -> T:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await work
        except ValueError as error:  # a topic is missing: the text says which
            failed.append(wrong(what, str(error)))
        except (KafkaError, UnreadError, OSError) as error:  # a time-out is an OSError
            failed.append(wrong(what, _UNREAD.filled(error=type(error).__name__)))
        return otherwise

    checks = await part(_WORKERS, _workers(client, prefix, group), [])
    checks += await part(_LOST, lost_checks(client, prefix, group), [])
    checks += await part(_RULES, in_force_checks(client, prefix), [])
    checks += await part(_NOTIFY, notify_checks(settings, notifier.group_of(prefix)), [])
    checks += await part(_RECONCILED, reconciled_checks(client, prefix), [])
    backlog = await part(_LAG, backlog_of(client, prefix, group), [])
    noted = await part(_NOTED, noted_since(client, prefix, now - DAY), Counter())
    tables = await part(_LOADED, loaded(client, Names(prefix)), [])
    return Health(now, [*failed, *checks, redis_check(settings)], backlog, noted, tables)


async def _workers(client: dict[str, str], prefix: str, group: str) -> list[Check]:
    stands = await area.read(client, prefix)
    found = await worker_checks(client, prefix, group, {} if stands is None else stands.fingerprint)
    return found or [wrong(_WORKERS, NO_WORKER)]


def seen_by(noted: Mapping[Noted, int], within: Jurisdiction | None) -> Counter[Noted]:
    """What was noted of the senders that a reader may see. A sender that may be no institution has no name here."""
    found = Counter[Noted]()
    for one, number in noted.items():
        if within is None or within.has_institution(one.institution):
            name = one.institution if may_be_institution(one.institution) else ""
            found[one._replace(institution=name)] += number
    return found


def noticed(noted: Counter[Noted], language: Language) -> list[Noticed]:
    """What was noted, kind by kind, the most frequent first; what was refused has the command that sends it again."""
    found = []
    for what, meaning in MEANINGS.items():
        of_kind = Counter({one: number for one, number in noted.items() if one.what == what})
        rows = [
            (one, MEANING[one.detail].of(language) if one.detail in MEANING else "", _again(one), number)
            for one, number in sorted(of_kind.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_ROWS]
        ]
        if rows:
            found.append(Noticed(meaning.of(language), of_kind.total(), rows))
    return found


def _again(one: Noted) -> str:
    return f"monitor deadletter retry --code {one.detail}" if one.what == "refused" else ""


def age_of(now: int, loaded_at: float) -> int | None:
    """Whole days since a table was loaded; None where it never was. now: ms UTC; loaded_at: seconds since 1970.

    >>> age_of(3 * DAY, 3600.0), age_of(0, 0.0)
    (2, None)
    """
    return max(0, now - int(1000 * loaded_at)) // DAY if loaded_at else None


def by_topic(backlog: list[Backlog]) -> list[tuple[str, int, int, list[Backlog]]]:
    """Topic, number of partitions, records that wait in all, and the partitions that cannot be read on."""
    topics = dict.fromkeys(one.topic for one in backlog)
    of_topics = [(topic, [one for one in backlog if one.topic == topic]) for topic in topics]
    return [
        (topic, len(found), sum(one.lag or 0 for one in found), [one for one in found if one.blocked])
        for topic, found in of_topics
    ]


def last_whole_day(now: datetime, limits: Limits) -> date:
    """The last day about which no upload is in time any more: it can be reconciled.

    >>> last_whole_day(datetime(2026, 3, 9, 4, tzinfo=UTC), Limits())
    datetime.date(2026, 3, 5)
    """
    day = now.astimezone(BEIJING).date()
    while span_of(day, limits).end > 1000 * now.timestamp():
        day -= timedelta(days=1)
    return day
