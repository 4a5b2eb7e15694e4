"""Is everything there, and which setting is wrong."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from aiokafka.errors import KafkaError
from redis import Redis
from redis.exceptions import RedisError

from monitor import __version__
from monitor.area.configure import compare
from monitor.area.gaptext import gap_text
from monitor.area.notifying import Telling, ask_alertmanagers, telling
from monitor.area.reconciled import last_reconciled, text_of
from monitor.area.tallies import noted_since, sentence
from monitor.contract.text import Said
from monitor.errors import ConfigurationError
from monitor.inforce.reference import load_reference
from monitor.inforce.versions import versions_of
from monitor.settings import DEVELOPMENT_KEY, Settings, unknown_variables
from monitor.worker.fingerprint import SECRET
from monitor.worker.worker import check_key, check_rules, group_of
from rules.engine.watch import able_of
from rules.times import DAY, MINUTE, iso
from streams.kafka import area, gaps, topics
from streams.kafka.handover import Member, members
from streams.kafka.reading import UnreadError


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    what: Said
    detail: Said
    ok: bool


Words = Said | str
"""Names, values and the texts of errors are the same in both languages."""


def check(what: Words, detail: Words, *, ok: bool) -> Check:
    """A thing, as it should be or not."""
    return Check(_said(what), _said(detail), ok)


def well(what: Words, detail: Words) -> Check:
    """A thing that is as it should be."""
    return check(what, detail, ok=True)


def wrong(what: Words, detail: Words) -> Check:
    """A thing that is not."""
    return check(what, detail, ok=False)


def _said(words: Words) -> Said:
    return words if isinstance(words, Said) else Said(words, words)


_ENVIRONMENT = Said("环境变量", "environment")
_APPEND_TIME = Said("追加时间", "append time")
_LOST_OFFSETS = Said("丢失的偏移量", "lost offsets")
_TO_ACCEPT = Said("{gap}：monitor topics accept-gap", "{gap}: monitor topics accept-gap")
_RULES = Said("规则", "rules")
_TABLES = Said("参考表", "reference tables")
_AREA = Said("统筹区", "area")
_WORKERS = Said("工作进程", "workers")
_NOTIFY = Said("线索通知", "notify")
_LAST_DAY = Said("最近24小时", "last 24 h")
_ENABLED = Said("{of} 项中启用 {enabled} 项；版本 {mark}", "{enabled} of {of} enabled; version {mark}")
_WANTING = Said("缺少参考表的规则：{rules}", "without their tables: {rules}")
_NONE_WANTING = Said("各规则所需参考表齐全", "every rule has its tables")
_FINGERPRINT = Said("指纹 {fingerprint}", "fingerprint {fingerprint}")
NO_WORKER = Said("没有工作进程在运行", "none runs")
_WORKER = Said("工作进程（{host}）", "worker at {host}")
_WORKS_ON = Said(
    "{name}，events 分区 {events}，内部主题分区 {inside}{fault}",
    "{name}, partitions of events {events}, inside {inside}{fault}",
)
_OTHER_RELEASE = Said("：版本不同", ": of another release")
_OTHER_FINGERPRINT = Said("：应为指纹 {fingerprint}", ": expected fingerprint {fingerprint}")
_NO_FAULT = Said("", "")
_ALERTMANAGER = Said("第 {number} 个，共 {of} 个：{reason}", "{number} of {of}: {reason}")
_RECONCILED = Said("与结算平台对账", "reconciliation")
_READY = Said("就绪", "ready")
_NEVER_RAN = Said("在本统筹区从未运行", "never ran in this area")
_WROTE_NOTHING = Said("尚未写入", "wrote nothing yet")
_WROTE = Said("最后写入 {at}", "last wrote at {at}")
_ALL_READ = Said("没有未读的线索版本", "every revision is read")
_WAIT = Said("自 {since} 起有线索版本未读", "revisions wait since {since}")
_AND = Said("{wrote}；{reads}", "{wrote}; {reads}")
_MORE = Said("另有 {number} 项，次数更少", "{number} more, less frequent")
_REDIS_AWAY = Said(
    "{error}；新登录及需要登录的页面无法使用，已打开的页面收不到新线索提示；检测与线索清单不受影响",
    "{error}; nobody who logs in gets through, open pages hear of no new lead; detection and lists go on",
)
_ANSWERS = Said("正常应答", "answers")
_STATES = {
    "exists": Said("已存在", "exists"),
    "missing": Said("不存在：monitor topics create", "missing"),
    "differs": Said("不一致", "differs"),
}


def examine(settings: Settings, notifiers: str) -> list[Check]:
    """Look at everything that a worker needs, and whether leads reach Alertmanager.

    notifiers: the group under which `monitor notify` commits its offsets.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return [*_settings(settings), *asyncio.run(_cluster(settings, notifiers)), redis_check(settings)]


def _settings(settings: Settings) -> Iterator[Check]:
    for variable in unknown_variables(os.environ):
        yield wrong(_ENVIRONMENT, f"{variable}: expected a setting, there is none of that name")
    yield _key(settings)
    try:
        check_rules(settings)
        yield well("MONITOR_RULES", Said("未设置：以规则主题为准", "not set: the rules stand on their topic"))
    except ConfigurationError as error:
        yield wrong("MONITOR_RULES", str(error))
    if settings.reference is not None:
        try:
            load_reference(settings.reference, settings.pseudonyms)
            yield well("MONITOR_REFERENCE", str(settings.reference))
        except ConfigurationError as error:
            yield wrong("MONITOR_REFERENCE", str(error))


SHORTEST_KEY = 16
"""Characters of a person key; with fewer all keys can be tried. Our assumption."""


def _key(settings: Settings) -> Check:
    key, what = settings.person_key, "MONITOR_PERSON_KEY"
    try:
        check_key(settings)
    except ConfigurationError as error:
        return wrong(what, str(error))
    if key == DEVELOPMENT_KEY:
        return wrong(what, "expected a secret, was the development key, which everybody knows")
    if 0 < len(key) < SHORTEST_KEY:
        return wrong(what, f"expected {SHORTEST_KEY} characters or more, was {len(key)}")
    return well(
        what,
        Said("已设置", "set")
        if key
        else Said("未设置：使用固定密钥，仅限本机", "not set: fixed key, on loopback only"),
    )


async def _cluster(settings: Settings, notifiers: str) -> list[Check]:
    """What the broker and the topics say. Long because it is one check after the other."""
    client = {"bootstrap_servers": settings.brokers}
    sizes = topics.Sizes(settings.events_partitions, settings.entries_partitions, replicas=settings.replication)
    try:
        found = await topics.look(client, settings.prefix, sizes)
        lost = await lost_checks(client, settings.prefix, group_of(settings))
        stamped = await topics.stamped_by_publishers(client, settings.prefix)
        in_force = await in_force_checks(client, settings.prefix)
    except (KafkaError, OSError) as error:
        return [wrong("MONITOR_BROKERS", f"{settings.brokers}: {type(error).__name__}")]
    checks = [well("MONITOR_BROKERS", settings.brokers)]
    checks += [check(one.name, one.detail or _STATES[one.state], ok=one.state == "exists") for one in found]
    checks += [wrong(_APPEND_TIME, stamped)] if stamped else []
    checks += [*lost, *in_force, *await _area(settings), *await notify_checks(settings, notifiers)]
    checks += await reconciled_checks(client, settings.prefix)
    return [*checks, *await _noted(client, settings.prefix)]


async def lost_checks(client: dict[str, str], prefix: str, group: str) -> list[Check]:
    """Every partition on which the workers of a group cannot go on; none where all is well."""
    lost = await gaps.find(client, prefix, group)
    return [wrong(_LOST_OFFSETS, _TO_ACCEPT.filled(gap=gap_text(gap))) for gap in lost]


async def in_force_checks(client: dict[str, str], prefix: str) -> list[Check]:
    """How many rules are in force, and whether each has its tables."""
    in_force = await versions_of(client, prefix).newest()
    enabled = sum(watch.enabled for watch in in_force.watches)
    _, wanting = able_of(in_force.watches, in_force.reference)
    detail = _WANTING.filled(rules=", ".join(wanting)) if wanting else _NONE_WANTING
    return [
        well(_RULES, _ENABLED.filled(enabled=enabled, of=len(in_force.watches), mark=in_force.mark)),
        check(_TABLES, detail, ok=not wanting),
    ]


async def reconciled_checks(client: dict[str, str], prefix: str) -> list[Check]:
    """The last result of a reconciliation; a problem where institutions do not add up."""
    try:
        found = await last_reconciled(client, prefix, int(time.time() * 1000))
    except (KafkaError, UnreadError, OSError) as error:
        return [wrong(_RECONCILED, type(error).__name__)]
    return [check(_RECONCILED, text_of(found), ok=found is None or found.is_well)]


async def _area(settings: Settings) -> list[Check]:
    """Whether the settings are those of the area, and who works on it."""
    client = {"bootstrap_servers": settings.brokers}
    try:
        compared = await compare(settings)
        workers = await worker_checks(client, settings.prefix, group_of(settings), compared.stands)
    except ConfigurationError as error:
        return [wrong(_AREA, str(error))]
    except (KafkaError, OSError) as error:
        return [wrong(_WORKERS, f"{group_of(settings)}: {type(error).__name__}")]
    differ = area.told(compared.stands, compared.now, SECRET) if compared.stands else []
    fingerprint = area.short(compared.stands)
    checks = [wrong(_AREA, one) for one in differ] or [well(_AREA, _FINGERPRINT.filled(fingerprint=fingerprint))]
    return [*checks, *(workers or [well(_WORKERS, NO_WORKER)])]


async def worker_checks(client: dict[str, str], prefix: str, group: str, stands: area.Fingerprint) -> list[Check]:
    """Who works on an area now; nothing where nobody does. stands: the fingerprint of the area."""
    found = await members(client, group)
    return [worker_check(one, prefix, area.short(stands)) for one in found]


def worker_check(member: Member, prefix: str, fingerprint: str) -> Check:
    """One worker of the group: its machine, release, fingerprint and partitions; a problem where it is not as ours.

    >>> worker_check(Member("faust-0.15.3", "10.0.0.7", {"p.events": [0, 1, 2, 5]}), "p", "3f2a91c0").detail.en
    'faust-0.15.3, partitions of events 0-2 5, inside none: of another release'
    """
    names = topics.Names(prefix)
    events, inside = (_ranges(member.partitions.get(topic, [])) for topic in (names.events, names.entries))
    made, _, rest = member.client_id.removeprefix("settlement-monitor/").partition("/")
    fault = _NO_FAULT
    if made != __version__:
        fault = _OTHER_RELEASE
    elif rest.partition("/")[0] != fingerprint:
        fault = _OTHER_FINGERPRINT.filled(fingerprint=fingerprint)
    detail = _WORKS_ON.filled(name=member.client_id, events=events, inside=inside, fault=fault)
    return check(_WORKER.filled(host=member.host), detail, ok=fault is _NO_FAULT)


def _ranges(numbers: list[int]) -> str:
    """Partitions as people write them.

    >>> _ranges([0, 1, 2, 5])
    '0-2 5'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs) or "none"


WAITS_MS = MINUTE
"""A revision that is unread for less is no sign of anything. Our assumption: `monitor notify` reads twice a second."""


async def notify_checks(settings: Settings, group: str) -> list[Check]:
    """Whether leads reach Alertmanager; it is asked only where MONITOR_ALERTMANAGER is set."""
    wanted = "alertmanager" in settings.model_fields_set
    answers = await ask_alertmanagers(settings.alertmanager) if wanted else ()
    checks = [
        check(
            "MONITOR_ALERTMANAGER",
            _ALERTMANAGER.filled(number=number, of=len(answers), reason=reason or _READY),
            ok=not reason,
        )
        for number, reason in enumerate(answers, 1)
    ]
    try:
        found = await telling(settings.brokers, settings.prefix, group, int(time.time() * 1000) - WAITS_MS)
    except (KafkaError, UnreadError, OSError) as error:
        return [*checks, wrong(_NOTIFY, type(error).__name__)]
    return [*checks, notify_check(found, wanted=wanted)]


def notify_check(found: Telling | None, *, wanted: bool) -> Check:
    """The last sign of life of `monitor notify`; a problem where revisions wait, or where it is wanted and never ran.

    >>> notify_check(Telling(wrote=0, waits_since=None), wanted=True).detail.en
    'last wrote at 1970-01-01T08:00:00+08:00; every revision is read'
    """
    if found is None:
        return check(_NOTIFY, _NEVER_RAN, ok=not wanted)
    wrote = _WROTE_NOTHING if found.wrote is None else _WROTE.filled(at=iso(found.wrote))
    if found.waits_since is None:
        return well(_NOTIFY, _AND.filled(wrote=wrote, reads=_ALL_READ))
    return wrong(_NOTIFY, _AND.filled(wrote=wrote, reads=_WAIT.filled(since=iso(found.waits_since))))


MOST_NOTED = 20


async def _noted(client: dict[str, str], prefix: str) -> list[Check]:
    """What senders should know: no fault of this monitor, so nothing here is a problem."""
    noted = await noted_since(client, prefix, int(time.time() * 1000) - DAY)
    frequent = sorted(noted.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_NOTED]
    checks = [well(_LAST_DAY, sentence(one, number)) for one, number in frequent]
    if len(noted) > MOST_NOTED:
        checks.append(well(_LAST_DAY, _MORE.filled(number=len(noted) - MOST_NOTED)))
    return checks


REDIS_SCHEMES = ("redis", "rediss", "unix")


def redis_check(settings: Settings) -> Check:
    """Whether Redis answers."""
    scheme = settings.redis.partition("://")[0]
    if scheme not in REDIS_SCHEMES:
        return wrong("MONITOR_REDIS", f"expected {'://, '.join(REDIS_SCHEMES)}://, was another scheme")
    try:
        Redis.from_url(settings.redis, socket_connect_timeout=3).ping()
    except (RedisError, ValueError) as error:
        return wrong("MONITOR_REDIS", _REDIS_AWAY.filled(error=type(error).__name__))
    return well("MONITOR_REDIS", _ANSWERS)
