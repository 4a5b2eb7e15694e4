"""Is everything there, and which setting is wrong."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from aiokafka.errors import KafkaError
from redis import Redis
from redis.exceptions import RedisError

from monitor.errors import ConfigurationError
from monitor.reference import load_reference
from monitor.rulebook import versions_of
from monitor.settings import Settings
from monitor.tallies import noted_since, sentence
from monitor.worker import check_key, check_rules
from rules.times import DAY
from streams import topics


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


def examine(settings: Settings) -> list[Check]:
    """Look at everything that a worker needs."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return [*_settings(settings), *asyncio.run(_cluster(settings)), _redis(settings)]


def _settings(settings: Settings) -> Iterator[Check]:
    try:
        check_key(settings)
        yield well("MONITOR_PERSON_KEY", "set" if settings.person_key else "not set: fixed key, on loopback only")
    except ConfigurationError as error:
        yield wrong("MONITOR_PERSON_KEY", str(error))
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


async def _cluster(settings: Settings) -> list[Check]:
    client = {"bootstrap_servers": settings.brokers}
    sizes = topics.Sizes(settings.events_partitions, settings.entries_partitions, replicas=settings.replication)
    try:
        found = await topics.look(client, settings.prefix, sizes)
        stamped = await topics.stamped_by_publishers(client, settings.prefix)
        in_force = await versions_of(client, settings.prefix).newest()
    except (KafkaError, OSError) as error:
        return [wrong("MONITOR_BROKERS", f"{settings.brokers}: {type(error).__name__}")]
    checks = [well("MONITOR_BROKERS", settings.brokers)]
    checks += [Check(one.name, one.detail or one.state, ok=one.state == "exists") for one in found]
    checks += [wrong("append time", stamped)] if stamped else []
    enabled = [watch.rule for watch in in_force.watches if watch.enabled]
    wanting = [rule.id for rule in enabled for table in rule.tables if not in_force.reference.has(table)]
    detail = f"without their tables: {', '.join(sorted(set(wanting)))}" if wanting else "every rule has its tables"
    checks.append(well("rules", f"{len(enabled)} of {len(in_force.watches)} enabled; version {in_force.mark}"))
    return [*checks, Check("reference tables", detail, ok=not wanting), *await _noted(client, settings.prefix)]


MOST_NOTED = 20


async def _noted(client: dict[str, str], prefix: str) -> list[Check]:
    """What senders should know: no fault of this monitor, so nothing here is a problem."""
    noted = await noted_since(client, prefix, int(time.time() * 1000) - DAY)
    frequent = sorted(noted.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_NOTED]
    checks = [well("last 24 h", sentence(one, number)) for one, number in frequent]
    if len(noted) > MOST_NOTED:
        checks.append(well("last 24 h", f"{len(noted) - MOST_NOTED} more, less frequent"))
    return checks


def _redis(settings: Settings) -> Check:
    try:
        Redis.from_url(settings.redis, socket_connect_timeout=3).ping()
    except (RedisError, ValueError) as error:
        return wrong("MONITOR_REDIS", f"{type(error).__name__}; the read model is away, detection goes on")
    return well("MONITOR_REDIS", "answers")
