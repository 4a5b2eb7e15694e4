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
from monitor.area.notifying import Telling, ask_alertmanagers, telling
from monitor.area.tallies import noted_since, sentence
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

    what: str
    detail: str
    ok: bool


def well(what: str, detail: str) -> Check:
    """A thing that is as it should be."""
    return Check(what, detail, ok=True)


def wrong(what: str, detail: str) -> Check:
    """A thing that is not."""
    return Check(what, detail, ok=False)


def examine(settings: Settings, notifiers: str) -> list[Check]:
    """Look at everything that a worker needs, and whether leads reach Alertmanager.

    notifiers: the group under which `monitor notify` commits its offsets.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return [*_settings(settings), *asyncio.run(_cluster(settings, notifiers)), _redis(settings)]


def _settings(settings: Settings) -> Iterator[Check]:
    for variable in unknown_variables(os.environ):
        yield wrong("environment", f"{variable}: expected a setting, there is none of that name")
    yield _key(settings)
    try:
        check_rules(settings)
        yield well("MONITOR_RULES", "not set: the rules stand on their topic")
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
    return well(what, "set" if key else "not set: fixed key, on loopback only")


async def _cluster(settings: Settings, notifiers: str) -> list[Check]:
    """What the broker and the topics say. Long because it is one check after the other."""
    client = {"bootstrap_servers": settings.brokers}
    sizes = topics.Sizes(settings.events_partitions, settings.entries_partitions, replicas=settings.replication)
    try:
        found = await topics.look(client, settings.prefix, sizes)
        lost = await gaps.find(client, settings.prefix, group_of(settings))
        stamped = await topics.stamped_by_publishers(client, settings.prefix)
        in_force = await versions_of(client, settings.prefix).newest()
    except (KafkaError, OSError) as error:
        return [wrong("MONITOR_BROKERS", f"{settings.brokers}: {type(error).__name__}")]
    checks = [well("MONITOR_BROKERS", settings.brokers)]
    checks += [Check(one.name, one.detail or one.state, ok=one.state == "exists") for one in found]
    checks += [wrong("append time", stamped)] if stamped else []
    checks += [wrong("lost offsets", f"{gap.what}: monitor topics accept-gap") for gap in lost]
    enabled = sum(watch.enabled for watch in in_force.watches)
    _, wanting = able_of(in_force.watches, in_force.reference)
    detail = f"without their tables: {', '.join(wanting)}" if wanting else "every rule has its tables"
    checks.append(well("rules", f"{enabled} of {len(in_force.watches)} enabled; version {in_force.mark}"))
    checks.append(Check("reference tables", detail, ok=not wanting))
    checks += [*await _area(settings), *await _notify(settings, notifiers)]
    return [*checks, *await _noted(client, settings.prefix)]


async def _area(settings: Settings) -> list[Check]:
    """Whether the settings are those of the area, and who works on it."""
    client = {"bootstrap_servers": settings.brokers}
    try:
        found = await members(client, group_of(settings))
        compared = await compare(settings)
    except ConfigurationError as error:
        return [wrong("area", str(error))]
    except (KafkaError, OSError) as error:
        return [wrong("workers", f"{group_of(settings)}: {type(error).__name__}")]
    differ = area.told(compared.stands, compared.now, SECRET) if compared.stands else []
    checks = [wrong("area", one) for one in differ] or [well("area", f"fingerprint {area.short(compared.stands)}")]
    workers = [worker_check(one, settings.prefix, area.short(compared.stands)) for one in found]
    return [*checks, *(workers or [well("workers", "none runs")])]


def worker_check(member: Member, prefix: str, fingerprint: str) -> Check:
    """One worker of the group: its machine, release, fingerprint and partitions; a problem where it is not as ours.

    >>> worker_check(Member("faust-0.15.3", "10.0.0.7", {"p.events": [0, 1, 2, 5]}), "p", "3f2a91c0").detail
    'faust-0.15.3, partitions of events 0-2 5, inside none: of another release'
    """
    names = topics.Names(prefix)
    events, inside = (_ranges(member.partitions.get(topic, [])) for topic in (names.events, names.entries))
    detail = f"{member.client_id}, partitions of events {events}, inside {inside}"
    what = f"worker at {member.host}"
    made, _, rest = member.client_id.removeprefix("settlement-monitor/").partition("/")
    if made != __version__:
        return wrong(what, f"{detail}: of another release")
    if rest.partition("/")[0] != fingerprint:
        return wrong(what, f"{detail}: expected fingerprint {fingerprint}")
    return well(what, detail)


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


async def _notify(settings: Settings, group: str) -> list[Check]:
    """Whether leads reach Alertmanager; it is asked only where MONITOR_ALERTMANAGER is set."""
    wanted = "alertmanager" in settings.model_fields_set
    answers = await ask_alertmanagers(settings.alertmanager) if wanted else ()
    checks = [
        Check("MONITOR_ALERTMANAGER", f"{number} of {len(answers)}: {reason or 'ready'}", ok=not reason)
        for number, reason in enumerate(answers, 1)
    ]
    try:
        found = await telling(settings.brokers, settings.prefix, group, int(time.time() * 1000) - WAITS_MS)
    except (KafkaError, UnreadError, OSError) as error:
        return [*checks, wrong("notify", type(error).__name__)]
    return [*checks, notify_check(found, wanted=wanted)]


def notify_check(found: Telling | None, *, wanted: bool) -> Check:
    """The last sign of life of `monitor notify`; a problem where revisions wait, or where it is wanted and never ran.

    >>> notify_check(Telling(wrote=0, waits_since=None), wanted=True)
    Check(what='notify', detail='last wrote at 1970-01-01T08:00:00+08:00; every revision is read', ok=True)
    """
    if found is None:
        return Check("notify", "never ran in this area", ok=not wanted)
    wrote = "wrote nothing yet" if found.wrote is None else f"last wrote at {iso(found.wrote)}"
    if found.waits_since is None:
        return well("notify", f"{wrote}; every revision is read")
    return wrong("notify", f"{wrote}; revisions wait since {iso(found.waits_since)}")


MOST_NOTED = 20


async def _noted(client: dict[str, str], prefix: str) -> list[Check]:
    """What senders should know: no fault of this monitor, so nothing here is a problem."""
    noted = await noted_since(client, prefix, int(time.time() * 1000) - DAY)
    frequent = sorted(noted.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_NOTED]
    checks = [well("last 24 h", sentence(one, number)) for one, number in frequent]
    if len(noted) > MOST_NOTED:
        checks.append(well("last 24 h", f"{len(noted) - MOST_NOTED} more, less frequent"))
    return checks


REDIS_SCHEMES = ("redis", "rediss", "unix")


def _redis(settings: Settings) -> Check:
    scheme = settings.redis.partition("://")[0]
    if scheme not in REDIS_SCHEMES:
        return wrong("MONITOR_REDIS", f"expected {'://, '.join(REDIS_SCHEMES)}://, was another scheme")
    try:
        Redis.from_url(settings.redis, socket_connect_timeout=3).ping()
    except (RedisError, ValueError) as error:
        return wrong("MONITOR_REDIS", f"{type(error).__name__}; the read model is away, detection goes on")
    return well("MONITOR_REDIS", "answers")
